"""Jobs: detached processes with a run folder, started by CLI and app through one function.

A run folder `<runs>/jobs/<job id>/` holds `job.json` (what to do), `config.toml`, `status.json`,
`events.jsonl` and `log.txt`. Whoever started a job only watches it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from unlearn_core.configs.experiment import ExperimentConfig
from unlearn_core.configs.toml_files import read_experiment, write_experiment
from unlearn_core.errors import JobError, UnknownNameError
from unlearn_core.experiments.devices import DeviceChoice
from unlearn_core.experiments.status import JobStatus, StatusFile, read_status

__all__ = [
    "EXPERIMENT_JOB",
    "JobSpec",
    "cancel_job",
    "find_job",
    "list_jobs",
    "read_job",
    "read_job_config",
    "resume_job",
    "start_job",
]

EXPERIMENT_JOB = "unlearn_core.experiments.experiment_job:run"
"""A job kind is the import string of a function of (JobSpec, run folder, StatusFile)."""


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What a job is to do, as `job.json` keeps it. Paths are absolute.

    Attributes:
        kind: Import string of the function that does it.
        name: Name for people, such as the experiment's.
        catalog: The catalog file.
        runs: The runs folder.
        data_dir: Where the data lies, '' for the default places.
        splits_dir: Where split files lie besides the built-in ones, '' for none.
        device: `auto`, `cpu` or `cuda`.
        workers: Number of workers; None for one per core or GPU.
        folder: Where the job was asked for; relative paths of its config count from there.
    """

    kind: str
    name: str
    catalog: str
    runs: str
    data_dir: str = ""
    splits_dir: str = ""
    device: DeviceChoice = "auto"
    workers: int | None = None
    folder: str = ""


def start_job(spec: JobSpec, config: ExperimentConfig) -> JobStatus:
    """Make a run folder and start the job's own process in a session of its own.

    The caller has checked the request (`check_request`): from here on errors are the job's.
    """
    created = time.time()
    jobs = Path(spec.runs) / "jobs"
    jobs.mkdir(parents=True, exist_ok=True)
    run_folder = _new_run_folder(jobs, spec.name, created)
    write_experiment(config, run_folder / "config.toml")
    (run_folder / "job.json").write_text(json.dumps(asdict(spec), indent=1))
    return _launch(spec, run_folder, created)


def resume_job(run_folder: Path) -> JobStatus:
    """Start a stopped, failed or lost job again; finished steps are not repeated.

    Raises:
        JobError: The job is still at work, has nothing left to do, or its folder is gone.
    """
    status = _existing(run_folder)
    if not status.is_resumable:
        raise JobError(
            f"job '{status.job_id}' is {status.state}; only lost, stopped and failed jobs "
            "can be resumed"
        )
    spec = read_job(run_folder)
    if spec.folder and not Path(spec.folder).is_dir():
        raise JobError(f"job '{status.job_id}' was started in {spec.folder}, which is not there")
    (run_folder / "stop").unlink(missing_ok=True)
    return _launch(spec, run_folder, status.created_at)


def cancel_job(run_folder: Path) -> JobStatus:
    """Ask a job to stop. It discards its unfinished steps and ends soon after.

    Raises:
        JobError: The job has ended already.
    """
    status = _existing(run_folder)
    if not status.is_unfinished:
        raise JobError(f"job '{status.job_id}' is {status.state}; there is nothing to cancel")
    (run_folder / "stop").touch()
    return status


def list_jobs(runs: Path) -> list[JobStatus]:
    """Every job of a runs folder, oldest first."""
    found = [read_status(path) for path in (runs / "jobs").glob("*") if path.is_dir()]
    return sorted((s for s in found if s is not None), key=lambda s: (s.created_at, s.job_id))


def find_job(runs: Path, name: str) -> Path:
    """Run folder of a job by its id, the beginning of its id, or `latest`.

    Raises:
        UnknownNameError: No job is called so.
        JobError: Several are.
    """
    job_ids = [status.job_id for status in list_jobs(runs)]
    if name == "latest" and job_ids:
        return runs / "jobs" / job_ids[-1]
    matches = [job_id for job_id in job_ids if job_id == name] or [
        job_id for job_id in job_ids if job_id.startswith(name)
    ]
    if not matches:
        raise UnknownNameError("job", name, [*job_ids, "latest"])
    if len(matches) > 1:
        raise JobError(f"'{name}' is the beginning of several jobs: {', '.join(matches)}")
    return runs / "jobs" / matches[0]


def read_job(run_folder: Path) -> JobSpec:
    """What a job is to do."""
    content: dict[str, Any] = json.loads((run_folder / "job.json").read_text())
    return JobSpec(**content)


def read_job_config(run_folder: Path) -> ExperimentConfig:
    """The experiment a job runs."""
    return read_experiment(run_folder / "config.toml")


def _existing(run_folder: Path) -> JobStatus:
    status = read_status(run_folder)
    if status is None:
        raise JobError(f"{run_folder} is no job's run folder")
    return status


def _new_run_folder(jobs: Path, name: str, created: float) -> Path:
    stem = re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-")
    stamp = datetime.fromtimestamp(created).astimezone().strftime("%Y%m%d-%H%M%S")
    for number in range(1, 1000):
        suffix = "" if number == 1 else f"-{number}"
        folder = jobs / f"{stem}-{stamp}{suffix}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise JobError(f"there are 999 jobs called {stem}-{stamp} already")


def _launch(spec: JobSpec, run_folder: Path, created: float) -> JobStatus:
    with (run_folder / "log.txt").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "unlearn_core.experiments.job_process", str(run_folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=spec.folder or None,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
    # A starter that lives long, such as the app, must not keep ended jobs as zombies.
    threading.Thread(target=process.wait, daemon=True).start()
    status = JobStatus(
        job_id=run_folder.name,
        kind=spec.kind,
        name=spec.name,
        state="queued",
        pid=process.pid,
        process_started_at=time.time(),
        created_at=created,
        heartbeat=time.time(),
        device=spec.device,
        note="starting",
        run_folder=run_folder,
    )
    StatusFile(run_folder, status).update()
    return status
