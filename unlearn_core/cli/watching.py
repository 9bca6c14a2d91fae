"""Watching a job from outside. Its run folder is all that is read; the job does not notice."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from unlearn_core.cli.narration import say
from unlearn_core.cli.progress import Bars, clock
from unlearn_core.errors import JobError
from unlearn_core.experiments.jobs import cancel_job
from unlearn_core.experiments.status import JobStatus, StageStatus, read_status

__all__ = ["stage_detail", "status_of", "watch", "watch_own"]

_LOOK_EVERY_S = 0.25
_ENOUGH = 0.1  # share of a stage from which on its rate says something


def status_of(run_folder: Path) -> JobStatus:
    """The status of a job that is known to be there.

    Raises:
        JobError: Its run folder was deleted meanwhile.
    """
    status = read_status(run_folder)
    if status is None:
        raise JobError(f"{run_folder} is no job's run folder")
    return status


def watch(run_folder: Path, *, quiet: bool = False) -> JobStatus:
    """Show a job's stages until it ends, one bar each.

    Returns:
        Its last status: done, failed, stopped or lost.
    """
    noted = ""
    with Bars(quiet=quiet) as bars:
        while True:
            status = status_of(run_folder)
            for stage in status.stages:
                bars.update(stage.name, stage.done, stage.total, stage_detail(stage))
            if status.note != noted:
                noted = status.note
                if noted:
                    say(f"{status.job_id}: {noted}", quiet=quiet)
            if not status.is_unfinished:
                return status
            time.sleep(_LOOK_EVERY_S)


def watch_own(run_folder: Path, *, quiet: bool = False) -> JobStatus:
    """Watch a job that this command started: Ctrl-C asks it to stop and waits for its end.

    A second Ctrl-C leaves at once; the job then ends on its own.
    """
    try:
        return watch(run_folder, quiet=quiet)
    except KeyboardInterrupt:
        say("stopping; finished steps are kept (Ctrl-C again: leave at once)", quiet=quiet)
        with contextlib.suppress(JobError):  # it ended meanwhile
            cancel_job(run_folder)
        return watch(run_folder, quiet=quiet)


def stage_detail(stage: StageStatus) -> str:
    """Counts, rate and time left of a stage, in words.

    >>> stage_detail(StageStatus("train", done=5, total=5, cached=5))
    '5 of 5, all there already'
    """
    text = f"{int(stage.done)} of {stage.total}"
    if stage.cached == stage.total:
        return f"{text}, all there already"
    rate = stage.rate_per_s
    if rate is None or stage.done - stage.cached < min(1.0, _ENOUGH * stage.total):
        return text
    text += f", {rate:.1f}/s" if rate >= 1 else f", {60 * rate:.1f}/min"
    left = stage.eta_s
    return f"{text}, {clock(left)} left" if left and stage.ended_at is None else text
