"""The process of one job: `python -m unlearn_core.experiments.job_process RUN_FOLDER`."""

from __future__ import annotations

import importlib
import os
import signal
import socket
import sys
import threading
import time
import traceback
from pathlib import Path

from unlearn_core.errors import StoppedError, UnlearnError
from unlearn_core.experiments.jobs import JobSpec, read_job
from unlearn_core.experiments.slots import slot
from unlearn_core.experiments.status import JobStatus, StatusFile, own_process_start, read_status

__all__ = ["main"]

_HEARTBEAT_EVERY_S = 5.0


def main(run_folder: Path) -> int:
    """Wait for a free slot, do the job, and write down how it ended."""
    spec = read_job(run_folder)
    status = StatusFile(run_folder, _first_status(spec, run_folder))
    signal.signal(signal.SIGTERM, lambda *_: (run_folder / "stop").touch())
    signal.signal(signal.SIGINT, lambda *_: (run_folder / "stop").touch())
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    status.update()
    status.event("started", pid=os.getpid(), host=socket.gethostname())
    _beat(status)
    try:
        with slot(Path(spec.runs), spec.device, run_folder, status):
            module, _, function = spec.kind.partition(":")
            getattr(importlib.import_module(module), function)(spec, run_folder, status)
    except StoppedError as error:
        return _end(status, "stopped", error)
    except UnlearnError as error:
        return _end(status, "failed", error)
    except BaseException as error:  # noqa: BLE001 - whatever it was, the status must say so
        traceback.print_exc()
        return _end(status, "failed", error)
    _end(status, "done", None)
    return 0


def _first_status(spec: JobSpec, run_folder: Path) -> JobStatus:
    before = read_status(run_folder)
    return JobStatus(
        job_id=run_folder.name,
        kind=spec.kind,
        name=spec.name,
        state="queued",
        pid=os.getpid(),
        process_started_at=own_process_start(),
        created_at=before.created_at if before else time.time(),
        heartbeat=time.time(),
        device=spec.device,
        note="starting",
        run_folder=run_folder,
    )


def _beat(status: StatusFile) -> None:
    """Show a sign of life from a thread, whatever the main thread is busy with."""

    def beat() -> None:
        while status.status.ended_at is None:
            time.sleep(_HEARTBEAT_EVERY_S)
            if time.time() - status.status.heartbeat > _HEARTBEAT_EVERY_S:
                status.update()

    threading.Thread(target=beat, daemon=True).start()


def _end(status: StatusFile, state: str, error: BaseException | None) -> int:
    exit_code = 0 if error is None else error.exit_code if isinstance(error, UnlearnError) else 1
    if isinstance(error, UnlearnError):
        message, hint = error.message, error.hint or ""
    else:
        message, hint = (f"{type(error).__name__}: {error}", "") if error else ("", "")
    status.event(state, error=message)
    status.update(
        state=state,
        ended_at=time.time(),
        error=message,
        hint=hint,
        exit_code=exit_code,
        is_defect=error is not None and not isinstance(error, UnlearnError),
        note="",
    )
    return exit_code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
