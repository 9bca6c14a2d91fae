"""`unlearn datasets`: which images there are, where they come from, and whether they are whole."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unlearn_core.cli.narration import say
from unlearn_core.cli.options import Settings, command_group, with_settings
from unlearn_core.cli.output import Column, print_facts, print_json, print_rows
from unlearn_core.cli.progress import Bars, clock
from unlearn_core.errors import ConfigError

if TYPE_CHECKING:
    from unlearn_core.configs.data import DatasetConfig
    from unlearn_core.data.dataset import Dataset

__all__ = ["app", "load_named_dataset"]

app = command_group("datasets", "Datasets.")

_OWN = ("image_folder", "npz")
"""Datasets of one's own: their folder is a key of the experiment."""

OwnFolder = Annotated[
    Path | None,
    typer.Option("--path", help="Folder of an image_folder or npz dataset.", metavar="DIR"),
]


@app.command("list")
@with_settings
def list_datasets(settings: Settings) -> None:
    """List the datasets and whether their files are there."""
    from unlearn_core.data.places import data_dir_or_default
    from unlearn_core.data.verify import dataset_states

    say(f"data folder: {data_dir_or_default(settings.data_dir)}", quiet=settings.quiet)
    rows = [asdict(state) for state in dataset_states(settings.data_dir)]
    columns = [Column("name"), Column("title", wrap=True), Column("present")]
    columns += [Column("origin", wrap=True), Column("problem", wrap=True)]
    print_rows(rows, columns, "json" if settings.json else "table")


@app.command("fetch")
@with_settings
def fetch(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="Name of the dataset.")],
) -> None:
    """Download what is missing of a dataset into the data folder, and verify it."""
    from unlearn_core.data.fetch import fetch_dataset

    started: dict[str, float] = {}
    with Bars(quiet=settings.quiet) as bars:

        def show_progress(file: str, done: int, total: int) -> None:
            first = started.setdefault(file, time.monotonic())
            bars.update(file, done, total, _transfer(done, total, time.monotonic() - first))

        files = fetch_dataset(name, settings.data_dir, show_progress)
    if settings.json:
        print_json([str(file) for file in files])
    elif files:
        sys.stdout.writelines(f"{file}\n" for file in files)
    else:
        say(f"'{name}' is built in; there is nothing to download", quiet=settings.quiet)


@app.command("verify")
@with_settings
def verify(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="Name of the dataset.")],
    path: OwnFolder = None,
) -> None:
    """Read a dataset whole, check it, and show its size and fingerprints."""
    from unlearn_core.data.verify import verify_dataset

    _check_own_folder(name, path)
    result = verify_dataset(name, path or settings.data_dir)
    print_facts(asdict(result), as_json=settings.json)


def load_named_dataset(name: str, path: Path | None, settings: Settings) -> Dataset:
    """A dataset by its name, with the folder of one's own data where it needs one.

    Raises:
        UnknownNameError: No dataset has that name.
        DataError: Its files are missing, truncated or foreign.
    """
    from unlearn_core.data.load import load_dataset

    return load_dataset(_config_of(name, path), settings.data_dir)


def _config_of(name: str, path: Path | None) -> DatasetConfig:
    from pydantic import TypeAdapter

    from unlearn_core.configs.data import DatasetConfig

    _check_own_folder(name, path)
    table = {"name": name} if path is None else {"name": name, "path": str(path)}
    config: DatasetConfig = TypeAdapter(DatasetConfig).validate_python(table)
    return config


def _check_own_folder(name: str, path: Path | None) -> None:
    from unlearn_core.data.sources.registry import source_named

    source_named(name)
    if path is None and name in _OWN:
        raise ConfigError(f"dataset '{name}' needs --path, the folder that holds it")
    if path is not None and name not in _OWN:
        raise ConfigError(
            f"dataset '{name}' takes no --path; --data-dir names the folder of all datasets"
        )


def _transfer(done: int, total: int, seconds: float) -> str:
    """Megabytes, rate and time left of a download."""
    of_total = f" of {total / 1e6:.1f}" if total else ""
    text = f"{done / 1e6:.1f}{of_total} MB"
    if seconds <= 0 or done <= 0:
        return text
    rate = done / seconds
    left = f", {clock((total - done) / rate)} left" if total else ""
    return f"{text}, {rate / 1e6:.1f} MB/s{left}"
