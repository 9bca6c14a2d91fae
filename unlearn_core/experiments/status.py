"""What a run folder says of its job: one file replaced as a whole, and a log of events."""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import psutil

__all__ = [
    "JobState",
    "JobStatus",
    "StageStatus",
    "StatusFile",
    "own_process_start",
    "read_events",
    "read_status",
]

JobState = Literal["queued", "running", "stalled", "lost", "stopping", "stopped", "failed", "done"]

_STALLED_AFTER_S = 30.0
_LOST_AFTER_S = 60.0
_UNFINISHED: tuple[JobState, ...] = ("queued", "running", "stopping")


@dataclass(frozen=True, slots=True)
class StageStatus:
    """How far one stage is.

    Attributes:
        name: `train`, `retrain`, `unlearn <label>`, `evaluate`, ...
        done: Steps finished, counting the fractions of running ones.
        total: Steps of the stage.
        cached: Steps that were there before this job started.
        started_at: When its first step started, seconds since 1970; None before.
        ended_at: When its last step ended; None before.
    """

    name: str
    done: float
    total: int
    cached: int = 0
    started_at: float | None = None
    ended_at: float | None = None

    @property
    def rate_per_s(self) -> float | None:
        """Steps per second since the stage started; None before anything is done."""
        fresh = self.done - self.cached
        if self.started_at is None or fresh <= 0:
            return None
        seconds = (self.ended_at or time.time()) - self.started_at
        return fresh / seconds if seconds > 0 else None

    @property
    def eta_s(self) -> float | None:
        """Seconds until the stage ends at its rate; None where that is unknown."""
        rate = self.rate_per_s
        return (self.total - self.done) / rate if rate else None


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job as its run folder tells it."""

    job_id: str
    kind: str
    name: str
    state: JobState
    pid: int
    process_started_at: float  # tells a process id from a later one of the same number
    created_at: float
    heartbeat: float
    ended_at: float | None = None
    device: str = ""
    workers: int = 0
    experiment_id: str = ""
    stages: tuple[StageStatus, ...] = ()
    waiting_batches: int = 0
    note: str = ""
    error: str = ""
    hint: str = ""
    exit_code: int | None = None
    is_defect: bool = False  # ended by an error nobody raised on purpose; log.txt has its traceback
    run_folder: Path = field(default=Path())

    @property
    def is_unfinished(self) -> bool:
        """Whether its process should be alive."""
        return self.state in (*_UNFINISHED, "stalled")

    @property
    def is_resumable(self) -> bool:
        """Whether `unlearn jobs resume` makes sense."""
        return self.state in ("lost", "stopped", "failed")

    @property
    def silence_s(self) -> float:
        """Seconds since the last heartbeat."""
        return max(0.0, time.time() - self.heartbeat)


class StatusFile:
    """The writing side: only the job's own process uses it, from any of its threads."""

    def __init__(self, run_folder: Path, status: JobStatus) -> None:
        self._folder = run_folder
        self._lock = threading.Lock()
        self.status = status

    def update(self, **changes: Any) -> None:  # noqa: ANN401 - fields of JobStatus
        """Replace fields and write the file, heartbeat included."""
        with self._lock:
            self.status = replace(self.status, heartbeat=time.time(), **changes)
            content = asdict(self.status)
            del content["run_folder"]
            scratch = self._folder / f"status.json.{os.getpid()}"
            scratch.write_text(json.dumps(content, indent=1))
            scratch.replace(self._folder / "status.json")

    def event(self, what: str, **details: Any) -> None:  # noqa: ANN401 - plain JSON values
        """Append a line to the log of events."""
        line = json.dumps({"time": time.time(), "event": what, **details})
        with (self._folder / "events.jsonl").open("a") as handle:
            handle.write(line + "\n")


def read_status(run_folder: Path) -> JobStatus | None:
    """The job's status, with `stalled` and `lost` found out; None where there is no job."""
    try:
        content = json.loads((run_folder / "status.json").read_text())
    except FileNotFoundError:
        return None
    content["stages"] = tuple(StageStatus(**stage) for stage in content["stages"])
    status = JobStatus(**content, run_folder=run_folder)
    if status.state not in _UNFINISHED:
        return status
    if not _is_alive(status) or status.silence_s > _LOST_AFTER_S:
        return replace(status, state="lost")
    if status.silence_s > _STALLED_AFTER_S:
        return replace(status, state="stalled")
    return status


def read_events(run_folder: Path) -> list[dict[str, Any]]:
    """Every whole line of the log of events."""
    try:
        lines = (run_folder / "events.jsonl").read_text().splitlines()
    except FileNotFoundError:
        return []
    events = []
    for line in lines:
        try:
            events.append(json.loads(line))
        except json.JSONDecodeError:  # the half line of a killed process
            continue
    return events


def own_process_start() -> float:
    """When this process started, seconds since 1970."""
    return float(psutil.Process(os.getpid()).create_time())


def _is_alive(status: JobStatus) -> bool:
    try:
        process = psutil.Process(status.pid)
        return (
            abs(process.create_time() - status.process_started_at) < 2.0
            and process.status() != psutil.STATUS_ZOMBIE
        )
    except psutil.Error:
        return False
