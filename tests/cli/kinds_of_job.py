"""Kinds of job that end at once in one way or another; a job's spec names them by import string."""

from __future__ import annotations

from pathlib import Path

from unlearn_core.errors import CatalogBusyError, StoppedError
from unlearn_core.experiments.status import StageStatus


def end_well(spec, run_folder, status):
    stages = (StageStatus("train", done=3, total=3, started_at=1.0, ended_at=2.5),)
    status.update(state="running", stages=stages, experiment_id="0" * 64)


def fail_for_a_reason(spec, run_folder, status):
    raise CatalogBusyError("somebody holds the catalog", hint="ask them to leave")


def fail_by_a_defect(spec, run_folder, status):
    raise ValueError("nobody thought of this")


def be_stopped(spec, run_folder, status):
    raise StoppedError("stopped on request")


def note_the_folder(spec, run_folder, status):
    with (run_folder / "folders.txt").open("a") as notes:
        notes.write(f"{Path.cwd()}\n")
    raise StoppedError("stopped on request")


def wait_for_the_stop(spec, run_folder, status):
    import threading

    status.update(state="running", note="waiting for the stop")
    looks = threading.Event()
    while not (run_folder / "stop").exists():
        looks.wait(0.05)
    raise StoppedError("stopped on request")
