"""The job kind that runs an experiment, and the checks made before such a job is started."""

from __future__ import annotations

import shutil
import socket
import time
from datetime import UTC, datetime
from pathlib import Path

from unlearn_core.catalog.batch import batch_of
from unlearn_core.catalog.store import Catalog
from unlearn_core.configs.experiment import ExperimentConfig
from unlearn_core.errors import DiskFullError, UnlearnError
from unlearn_core.experiments.devices import plan_devices
from unlearn_core.experiments.jobs import JobSpec, read_job_config
from unlearn_core.experiments.plan import Plan, make_plan
from unlearn_core.experiments.problem import Problem, load_problem
from unlearn_core.experiments.runner import ExperimentRun, run_experiment
from unlearn_core.experiments.status import StatusFile
from unlearn_core.metrics.registry import select
from unlearn_core.records import JobRecord

__all__ = ["check_request", "run"]

_ROOM_FOR_ANYTHING = 200 * 2**20  # bytes: below this not even a small experiment is safe


def check_request(spec: JobSpec, config: ExperimentConfig) -> tuple[Problem, Plan]:
    """Find out everything that can be wrong with a request, before anything is written.

    Raises:
        RequestError: Device, metric, data, split, request, catalog path or disk room.
    """
    plan_devices(spec.device, spec.workers)
    select(config.evaluation.metrics)
    problem = load_problem(config, _path(spec.data_dir), _path(spec.splits_dir))
    plan = make_plan(problem)
    Catalog(Path(spec.catalog)).check_path()
    _check_room(Path(spec.runs), problem, plan)
    return problem, plan


def run(spec: JobSpec, run_folder: Path, status: StatusFile) -> None:
    """Run the experiment of a run folder."""
    devices = plan_devices(spec.device, spec.workers)
    status.update(
        state="running",
        note="loading data",
        device=devices.kind,
        workers=len(devices.devices),
    )
    experiment = ExperimentRun(
        config=read_job_config(run_folder),
        catalog=Path(spec.catalog),
        runs=Path(spec.runs),
        run_folder=run_folder,
        data_dir=_path(spec.data_dir),
        splits_dir=_path(spec.splits_dir),
        devices=devices,
    )
    started = time.time()
    state, message = "failed", ""
    try:
        run_experiment(experiment, status)
        state = "done"
    except UnlearnError as error:
        state, message = ("stopped" if error.exit_code == 130 else "failed"), error.message
        raise
    finally:
        record = JobRecord(
            job_id=f"{run_folder.name}/{int(started)}",
            experiment_id=status.status.experiment_id,
            kind=spec.kind,
            state=state,
            run_folder=str(run_folder),
            host=socket.gethostname(),
            device=devices.kind,
            started_at=datetime.fromtimestamp(started, UTC),
            ended_at=datetime.now(UTC),
            error=message,
        )
        Catalog(Path(spec.catalog)).write(batch_of([record]))


def _path(text: str) -> Path | None:
    return Path(text) if text else None


def _check_room(runs: Path, problem: Problem, plan: Plan) -> None:
    """Predictions are most of what a run writes: 4 bytes per class, sample and model."""
    samples = sum(len(part.labels) for part in problem.parts)
    needed = _ROOM_FOR_ANYTHING + 4 * problem.dataset.num_classes * samples * len(plan.models)
    existing = next(path for path in (runs, *runs.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise DiskFullError(
            f"{existing} has {free / 2**20:,.0f} MiB free; this run needs about "
            f"{needed / 2**20:,.0f} MiB",
            hint="free some space (`unlearn cache prune`) or choose another --runs folder",
        )
