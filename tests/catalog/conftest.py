"""Fixtures of the catalog's tests."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from catalog_examples import holding_process, let_go, small_experiment

from unlearn_core.catalog.batch import batch_of
from unlearn_core.catalog.store import Catalog


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a new catalog, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "catalog.duckdb"
    Catalog(path).ensure()
    return path


@pytest.fixture(scope="session")
def filled_file(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a catalog with one small experiment, to be copied."""
    path = tmp_path_factory.mktemp("filled") / "catalog.duckdb"
    shutil.copyfile(empty_file, path)
    Catalog(path).write(batch_of(small_experiment()))
    return path


@pytest.fixture
def catalog(tmp_path: Path, empty_file: Path) -> Catalog:
    """A new catalog that gives up on a busy file at once."""
    path = tmp_path / "catalog.duckdb"
    shutil.copyfile(empty_file, path)
    return Catalog(path, write_wait_s=0.0, read_wait_s=0.0)


@pytest.fixture
def filled(tmp_path: Path, filled_file: Path) -> Catalog:
    """A catalog with one small experiment."""
    path = tmp_path / "catalog.duckdb"
    shutil.copyfile(filled_file, path)
    return Catalog(path, write_wait_s=0.0, read_wait_s=0.0)


@pytest.fixture
def hold() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a process that holds the file: `hold(path)` or `hold(path, "read")`."""
    started: list[subprocess.Popen[str]] = []

    def start(path: Path, mode: str = "write") -> subprocess.Popen[str]:
        started.append(holding_process(path, mode))
        return started[-1]

    yield start
    for process in started:
        let_go(process)
