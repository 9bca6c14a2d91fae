"""The channel of a worker: progress out through a file, stop request in through another."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from unlearn_core.errors import StoppedError

__all__ = [
    "FileChannel",
    "GroupProgress",
    "progress_file",
    "read_progress",
    "stop_requested",
]

_WRITE_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class GroupProgress:
    """How far a running group of steps is, as its worker last told."""

    stage: str
    steps: int
    phase: str
    fraction: float


class FileChannel:
    """Writes progress at most twice a second and looks for the stop file at every batch."""

    def __init__(
        self, run_folder: Path, group_id: str, stage: str, steps: int, phases: tuple[str, ...]
    ) -> None:
        self._stop = str(run_folder / "stop")
        self._path = progress_file(run_folder, group_id)
        self._stage = stage
        self._steps = steps
        self._phases = phases
        self._written = 0.0

    def advance(self, phase: str, done: int, total: int) -> None:
        """Say how far a phase is.

        Raises:
            StoppedError: The stop file is there.
        """
        if os.path.exists(self._stop):  # noqa: PTH110 - called every millisecond
            raise StoppedError("stopped on request")
        now = time.monotonic()
        if now - self._written >= _WRITE_EVERY_S:
            self._written = now
            before = self._phases.index(phase) if phase in self._phases else 0
            within = done / total if total else 1.0
            self._write(phase, (before + within) / max(1, len(self._phases)))

    def begin(self) -> None:
        """Mark the group as started."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._write("start", 0.0)

    def end(self) -> None:
        """Take the group's progress away."""
        self._path.unlink(missing_ok=True)

    def _write(self, phase: str, fraction: float) -> None:
        progress = GroupProgress(self._stage, self._steps, phase, fraction)
        scratch = self._path.with_suffix(".new")
        scratch.write_text(json.dumps(asdict(progress)))
        scratch.replace(self._path)


def progress_file(run_folder: Path, group_id: str) -> Path:
    """Where a started group's worker says how far it is."""
    return run_folder / "progress" / f"{group_id}.json"


def read_progress(run_folder: Path) -> dict[str, GroupProgress]:
    """Progress of every started group, by group id."""
    found = {}
    for path in (run_folder / "progress").glob("*.json"):
        try:
            content = json.loads(path.read_text())
        except FileNotFoundError:
            continue
        found[path.stem] = GroupProgress(**content)
    return found


def stop_requested(run_folder: Path) -> bool:
    """Whether somebody asked this run to stop."""
    return (run_folder / "stop").exists()
