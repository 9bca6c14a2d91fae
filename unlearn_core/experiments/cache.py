"""Artefacts of finished steps, by content: `<runs>/cache/<first two>/<hash>/`.

An entry appears whole, by one rename, or not at all. It holds `step.json`, the step's catalog
records as Parquet, and files such as the checkpoint. A lock on the hash lets a second job that
needs the same step wait for the first.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from unlearn_core.catalog.batch import Batch
from unlearn_core.errors import DiskFullError
from unlearn_core.experiments.steps import Step

__all__ = ["CacheEntry", "StepCache", "disk_full_as_error", "write_records"]


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """One finished step on disk."""

    step_hash: str
    kind: str
    stage: str
    bytes_on_disk: int
    finished_at: float  # seconds since 1970
    folder: Path


class StepCache:
    """The folder of finished steps."""

    def __init__(self, runs: Path) -> None:
        self.root = runs / "cache"
        self._finished: set[str] = set()

    def folder(self, step_hash: str) -> Path:
        """Where the entry of a step lies, or will lie."""
        return self.root / step_hash[:2] / step_hash

    def has(self, step_hash: str) -> bool:
        """Whether the step is finished."""
        if step_hash in self._finished:
            return True
        if (self.folder(step_hash) / "step.json").is_file():
            self._finished.add(step_hash)
            return True
        return False

    @contextlib.contextmanager
    def lock(self, step_hashes: list[str]) -> Iterator[None]:
        """Hold the locks of some steps; waits for whoever holds them. Ends with the process."""
        folder = self.root / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            for step_hash in sorted(step_hashes):
                handle = stack.enter_context((folder / step_hash).open("w"))
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def new_entry(self, step: Step) -> Iterator[Path]:
        """A folder to fill; it becomes the step's entry when the block ends well.

        Raises:
            DiskFullError: There is no room left.
        """
        scratch = self.root / "scratch" / f"{step.step_hash[:16]}-{uuid.uuid4().hex[:8]}"
        with disk_full_as_error(self.root):
            scratch.mkdir(parents=True)
            try:
                yield scratch
                self._commit(step, scratch)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)

    def _commit(self, step: Step, scratch: Path) -> None:
        (scratch / "step.json").write_text(
            json.dumps({"kind": step.kind, "stage": step.stage, "spec": step.read_spec()})
        )
        for path in scratch.rglob("*"):
            _sync(path)
        _sync(scratch)
        target = self.folder(step.step_hash)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            scratch.rename(target)
        except OSError as error:
            # Another process finished the same step first; its entry is as good.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        _sync(target.parent)
        self._finished.add(step.step_hash)

    def read_records(self, step_hash: str) -> Batch:
        """The catalog records of a finished step."""
        folder = self.folder(step_hash) / "records"
        return {path.stem: pq.read_table(path) for path in sorted(folder.glob("*.parquet"))}

    def read_details(self, step_hash: str) -> dict[str, Any]:
        """The step's kind, stage and specification."""
        loaded: dict[str, Any] = json.loads((self.folder(step_hash) / "step.json").read_text())
        return loaded

    def entries(self) -> list[CacheEntry]:
        """Every finished step, oldest first."""
        found = []
        for path in self.root.glob("??/*/step.json"):
            details = json.loads(path.read_text())
            found.append(
                CacheEntry(
                    step_hash=path.parent.name,
                    kind=details["kind"],
                    stage=details["stage"],
                    bytes_on_disk=sum(
                        p.stat().st_size for p in path.parent.rglob("*") if p.is_file()
                    ),
                    finished_at=path.stat().st_mtime,
                    folder=path.parent,
                )
            )
        return sorted(found, key=lambda entry: entry.finished_at)

    def remove(self, entry: CacheEntry) -> None:
        """Delete an entry; it leaves its place by one rename, so that no half entry is seen."""
        doomed = self.root / "scratch" / f"doomed-{uuid.uuid4().hex}"
        doomed.parent.mkdir(parents=True, exist_ok=True)
        with self.lock([entry.step_hash]):
            entry.folder.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
        self._finished.discard(entry.step_hash)

    def sweep(self, older_than_s: float = 86_400.0) -> None:
        """Delete scratch folders that killed workers left behind."""
        for path in (self.root / "scratch").glob("*"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > older_than_s:
                    shutil.rmtree(path, ignore_errors=True)


def write_records(folder: Path, batch: Batch) -> None:
    """Put a step's catalog records into its entry."""
    target = folder / "records"
    target.mkdir(exist_ok=True)
    for name, table in batch.items():
        arrow: pa.Table = table
        pq.write_table(arrow, target / f"{name}.parquet")


@contextlib.contextmanager
def disk_full_as_error(where: Path) -> Iterator[None]:
    """Turn the system's "no space left" into a message for people."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(
                f"no room left on the disk that holds {where}",
                hint="free some space (`unlearn cache prune`), then resume the job",
            ) from error
        raise


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
