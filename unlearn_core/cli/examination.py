"""What `unlearn doctor` looks at. The only part of the command line that may import torch."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from unlearn_core import __version__
from unlearn_core.cli.options import Settings
from unlearn_core.errors import UnlearnError

__all__ = ["Finding", "examine_laboratory"]

_LIBRARIES = (
    "torch",
    "torchvision",
    "numpy",
    "scipy",
    "scikit-learn",
    "pydantic",
    "duckdb",
    "pyarrow",
    "safetensors",
    "textual",
    "typer",
)
_GIB = 2**30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `problem` is '' where all is well."""

    what: str
    value: str
    problem: str = ""


def examine_laboratory(settings: Settings) -> list[Finding]:
    """Look at versions, machine, folders and catalog. Nothing is changed."""
    return [
        Finding("unlearn-lab", __version__),
        Finding("python", f"{platform.python_version()} on {platform.platform()}"),
        *(_library(name) for name in _LIBRARIES),
        *_machine(),
        _gpu(),
        *_folders(settings),
        *_catalog(settings),
    ]


def _library(name: str) -> Finding:
    try:
        return Finding(name, version(name))
    except PackageNotFoundError:
        return Finding(name, "missing", f"install it: pip install {name}")


def _machine() -> Iterator[Finding]:
    import psutil

    memory = psutil.virtual_memory()
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Finding("cores", f"{usable} usable of {os.cpu_count()}")
    yield Finding(
        "memory", f"{memory.total / _GIB:.1f} GiB, {memory.available / _GIB:.1f} GiB available"
    )


def _gpu() -> Finding:
    try:
        import torch
    except ImportError as error:
        return Finding("gpu", "unknown", f"torch cannot be imported: {error}")
    if not torch.cuda.is_available():
        return Finding("gpu", "none; everything runs on the CPU")
    devices = [torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count())]
    return Finding("gpu", ", ".join(f"{d.name} ({d.total_memory / _GIB:.0f} GiB)" for d in devices))


def _folders(settings: Settings) -> Iterator[Finding]:
    from unlearn_core.data.places import data_dir_or_default

    data = data_dir_or_default(settings.data_dir)
    yield Finding("data folder", f"{data}{'' if data.is_dir() else ' (not there yet)'}")
    splits = settings.splits_dir_path
    lost = "the folder is not there" if splits and not splits.is_dir() else ""
    yield Finding("splits folder", str(splits) if splits else "built-in splits only", lost)
    runs = settings.runs_path.absolute()
    existing = next(path for path in (runs, *runs.parents) if path.exists())
    free = f"{shutil.disk_usage(existing).free / _GIB:.1f} GiB free"
    yield Finding("runs folder", f"{runs} ({free})", _write_problem(existing))


def _write_problem(folder: Path) -> str:
    if not folder.is_dir():
        return f"{folder} is no folder"
    return "" if os.access(folder, os.W_OK) else f"{folder} cannot be written"


def _catalog(settings: Settings) -> Iterator[Finding]:
    from unlearn_core.catalog.store import Catalog

    path = settings.catalog_path.absolute()
    catalog = Catalog(path)
    try:
        catalog.check_path()
    except UnlearnError as error:
        yield Finding("catalog", str(path), error.message)
        return
    yield Finding("catalog", f"{path}{'' if path.exists() else ' (made by the first run)'}")
    waiting = catalog.waiting_batches()
    yield Finding(
        "journal",
        f"{waiting} batches wait; `unlearn catalog drain` brings them in" if waiting else "empty",
    )
