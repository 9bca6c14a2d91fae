"""What is said when a job has ended, and the exit code it gives the command that watched it."""

from __future__ import annotations

from pathlib import Path

import typer

from unlearn_core.cli.narration import say, say_error
from unlearn_core.cli.progress import clock
from unlearn_core.errors import UnlearnError
from unlearn_core.experiments.status import JobStatus

__all__ = ["end_with", "facts_of", "say_ending"]

_LOG_LINES = 15


def facts_of(status: JobStatus) -> dict[str, object]:
    """A job for machines."""
    return {
        "job_id": status.job_id,
        "experiment_id": status.experiment_id,
        "name": status.name,
        "state": status.state,
        "exit_code": exit_code_of(status),
        "error": status.error,
        "hint": status.hint,
        "waiting_batches": status.waiting_batches,
        "run_folder": str(status.run_folder),
    }


def exit_code_of(status: JobStatus) -> int | None:
    """Exit code of the command that watched the job; None while it is at work."""
    if status.is_unfinished:
        return None
    if status.state == "lost":
        return 1
    return status.exit_code


def say_ending(status: JobStatus, *, quiet: bool = False) -> None:
    """Say how a job ended: errors always, the rest unless quiet was asked for."""
    resume = f"go on with: unlearn jobs resume {status.job_id}"
    if status.state == "done":
        say(f"{status.job_id} is done{_took(status)}", quiet=quiet)
    elif status.state == "stopped":
        say(f"{status.job_id} was stopped; finished steps are kept\n{resume}")
    elif status.state == "lost":
        say_error(UnlearnError(f"{status.job_id} has lost its process", hint=resume))
    else:
        if status.is_defect:
            say(_end_of_log(status.run_folder))
        say_error(UnlearnError(status.error, hint=status.hint or None))
        say(f"when that is mended, {resume}", quiet=quiet)


def end_with(status: JobStatus) -> None:
    """End the command with the job's exit code, unless the job ended well.

    Raises:
        typer.Exit: The job did not end well.
    """
    code = exit_code_of(status)
    if code:
        raise typer.Exit(code)


def _took(status: JobStatus) -> str:
    started = [stage.started_at for stage in status.stages if stage.started_at is not None]
    if status.ended_at is None or not started:
        return ""
    return f" after {clock(status.ended_at - min(started))}"


def _end_of_log(run_folder: Path) -> str:
    """The end of a job's log, where the traceback of a defect stands."""
    log = (run_folder / "log.txt").absolute()
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    return "\n".join([*lines[-_LOG_LINES:], f"(the whole log: {log})"])
