"""Batches that wait beside a busy catalog, in `<catalog>.journal/`.

One folder per batch, one Parquet file per table in it. A batch is assembled under a hidden name,
synced to the disk, and appears whole by one rename; so any number of processes append at once.
The names sort by time of writing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from unlearn_core.catalog.batch import Batch, conform
from unlearn_core.catalog.failures import disk_full, is_disk_full
from unlearn_core.errors import CatalogPathError

__all__ = ["DamagedBatchError", "Journal"]

_SET_ASIDE = "set-aside-"
_HALF_WRITTEN = ".half-"
_ABANDONED_AFTER_S = 3600.0


class DamagedBatchError(Exception):
    """A batch of the journal cannot be read; the message says why."""


class Journal:
    """The journal beside one catalog.

    Args:
        folder: Made on the first append; reading needs no folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def append(self, batch: Batch) -> str:
        """Put a batch down durably; returns its name.

        Raises:
            DiskFullError: There is no room left.
            CatalogPathError: The folder cannot be written.
            ValueError: The batch has an unknown table or column.
        """
        rows_by_name = {name: conform(name, rows) for name, rows in batch.items()}
        batch_id = f"{time.time_ns():020d}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        half = self.folder / f"{_HALF_WRITTEN}{batch_id}"
        try:
            half.mkdir(parents=True)
            for name, rows in rows_by_name.items():
                pq.write_table(rows, half / f"{name}.parquet", compression="zstd")
                _sync(half / f"{name}.parquet")
            _sync(half)
            half.rename(self.folder / batch_id)
            _sync(self.folder)
            _sync(self.folder.parent)
        except OSError as error:
            shutil.rmtree(half, ignore_errors=True)
            if is_disk_full(error):
                raise disk_full(self.folder) from error
            raise CatalogPathError(
                f"the journal {self.folder} cannot be written: {error}"
            ) from error
        return batch_id

    def waiting(self) -> list[str]:
        """Names of the batches that wait, oldest first."""
        return sorted(n for n in self._names() if not n.startswith((_SET_ASIDE, ".")))

    def set_aside_names(self) -> list[str]:
        """Names of the batches that could not be brought in."""
        return sorted(name for name in self._names() if name.startswith(_SET_ASIDE))

    def reason(self, name: str) -> str:
        """Why a batch was set aside."""
        try:
            return (self.folder / name / "reason.txt").read_text(encoding="utf-8").strip()
        except OSError:
            return "no reason was kept"

    def read(self, batch_id: str) -> Batch:
        """The rows of a batch.

        Raises:
            DamagedBatchError: It is not readable, or does not fit the tables.
        """
        batch: dict[str, pa.Table] = {}
        files = sorted((self.folder / batch_id).glob("*.parquet"))
        if not files:
            raise DamagedBatchError("it holds no Parquet file")
        for path in files:
            try:
                # Read by pyarrow's own file handle: a journal file is never the catalog file.
                batch[path.stem] = conform(path.stem, pq.ParquetFile(path).read())
            except (OSError, ValueError, pa.ArrowException) as error:
                raise DamagedBatchError(f"{path.name}: {error}") from error
        return batch

    def discard(self, batch_id: str) -> None:
        """Delete a batch that the catalog holds now."""
        shutil.rmtree(self.folder / batch_id, ignore_errors=True)

    def set_aside(self, batch_id: str, reason: str) -> str:
        """Put a batch out of the way under a name that says so; returns the name."""
        name = f"{_SET_ASIDE}{batch_id}"
        folder = self.folder / batch_id
        if not folder.is_dir():  # a stray file that somebody put here
            folder.rename(self.folder / name)
            return name
        (folder / "reason.txt").write_text(reason + "\n", encoding="utf-8")
        folder.rename(self.folder / name)
        return name

    def sweep(self) -> None:
        """Delete what killed processes left half-written; it was never promised to anybody."""
        for name in self._names():
            path = self.folder / name
            with contextlib.suppress(OSError):
                old = time.time() - path.stat().st_mtime > _ABANDONED_AFTER_S
                if name.startswith(_HALF_WRITTEN) and old:
                    shutil.rmtree(path, ignore_errors=True)

    def _names(self) -> list[str]:
        try:
            return [path.name for path in self.folder.iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
