"""The runner: submits ready steps to the workers and is the only one that writes the catalog.

It never imports torch: arithmetic is the workers' part.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from unlearn_core.catalog.store import Catalog
from unlearn_core.configs.experiment import ExperimentConfig
from unlearn_core.errors import StoppedError
from unlearn_core.experiments.cache import StepCache
from unlearn_core.experiments.delivery import Delivery
from unlearn_core.experiments.devices import DevicePlan
from unlearn_core.experiments.engine import pack_steps
from unlearn_core.experiments.file_channel import (
    progress_file,
    read_progress,
    stop_requested,
)
from unlearn_core.experiments.plan import Plan, make_plan
from unlearn_core.experiments.pool import FinishedGroup, WorkerPool
from unlearn_core.experiments.problem import load_problem
from unlearn_core.experiments.status import StageStatus, StatusFile
from unlearn_core.experiments.steps import Step
from unlearn_core.experiments.work import GroupPayload

__all__ = ["ExperimentRun", "run_experiment"]

_TELL_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class ExperimentRun:
    """All an experiment's run needs to know."""

    config: ExperimentConfig
    catalog: Path
    runs: Path
    run_folder: Path
    data_dir: Path | None
    splits_dir: Path | None
    devices: DevicePlan


def run_experiment(run: ExperimentRun, status: StatusFile) -> None:
    """Do every step that is not in the cache, and bring every record into the catalog.

    Raises:
        StoppedError: A stop was requested; finished steps are kept.
        StepFailedError: A step's worker was killed three times.
    """
    problem = load_problem(run.config, run.data_dir, run.splits_dir)
    plan = make_plan(problem)
    catalog = Catalog(run.catalog)
    catalog.ensure()
    cache = StepCache(run.runs)
    cache.sweep()
    for left_over in (run.run_folder / "progress").glob("*"):
        left_over.unlink()
    delivery = Delivery(catalog, cache, problem, plan)
    delivery.open_experiment()
    status.update(experiment_id=problem.experiment_id, state="running", note="")
    pool = WorkerPool(
        len(run.devices.devices), run.devices.threads, lambda group: _take_start_mark(run, group)
    )
    try:
        _Loop(run, plan, cache, delivery, pool, status, catalog.waiting_batches).go()
    finally:
        pool.close()
    catalog.drain()
    status.update(waiting_batches=catalog.waiting_batches())


def _take_start_mark(run: ExperimentRun, group: GroupPayload) -> bool:
    mark = progress_file(run.run_folder, group.group_id)
    was_started = mark.exists()
    mark.unlink(missing_ok=True)
    return was_started


class _Loop:
    """One pass from the first ready step to the last record."""

    def __init__(
        self,
        run: ExperimentRun,
        plan: Plan,
        cache: StepCache,
        delivery: Delivery,
        pool: WorkerPool,
        status: StatusFile,
        waiting_batches: Callable[[], int],
    ) -> None:
        self._run = run
        self._cache = cache
        self._delivery = delivery
        self._pool = pool
        self._status = status
        self._waiting_batches = waiting_batches
        self._config_json = run.config.model_dump_json()
        finished = [step for step in plan.steps if cache.has(step.step_hash)]
        self._finished = {step.step_hash for step in finished}
        self._unsubmitted = [s for s in plan.steps if s.step_hash not in self._finished]
        self._stages = {
            name: StageStatus(name, done=0, total=total) for name, total in plan.stages.items()
        }
        self._left = dict(plan.stages)
        for step in finished:
            self._count(step, cached=True)
        self._undelivered = [
            s.step_hash for s in finished if not delivery.is_delivered(s.step_hash)
        ]
        self._device_load = dict.fromkeys(dict.fromkeys(run.devices.devices), 0)
        self._told = 0.0

    def go(self) -> None:
        """Work until nothing is left."""
        self._deliver()
        self._submit_ready()
        self._tell()
        while self._pool.busy:
            ended = self._pool.wait(_TELL_EVERY_S)
            for group in ended:
                self._after(group)
            self._submit_ready()
            self._deliver()
            self._tell()
            if stop_requested(self._run.run_folder):
                self._status.update(state="stopping")
                self._drop_unfinished()
                raise StoppedError("stopped on request; finished steps are kept")

    def _submit_ready(self) -> None:
        ready = [
            step
            for step in self._unsubmitted
            if all(parent in self._finished for parent in step.parents)
        ]
        for steps in pack_steps(ready, self._run.devices):
            if self._pool.free_places <= 0:
                break
            device = min(self._device_load, key=lambda name: self._device_load[name])
            self._device_load[device] += 1
            self._pool.submit(
                GroupPayload(
                    steps=steps,
                    config_json=self._config_json,
                    data_dir=self._run.data_dir,
                    splits_dir=self._run.splits_dir,
                    runs=self._run.runs,
                    run_folder=self._run.run_folder,
                    device=device,
                )
            )
            stage = self._stages[steps[0].stage]
            if stage.started_at is None:
                self._stages[stage.name] = replace(stage, started_at=time.time())
            hashes = {step.step_hash for step in steps}
            self._unsubmitted = [s for s in self._unsubmitted if s.step_hash not in hashes]

    def _after(self, group: FinishedGroup) -> None:
        self._device_load[group.payload.device] -= 1
        if group.error is not None:
            self._drop_unfinished()
            raise group.error
        for step in group.payload.steps:
            self._finished.add(step.step_hash)
            self._undelivered.append(step.step_hash)
            self._count(step, cached=False)

    def _drop_unfinished(self) -> None:
        """Let running groups notice the stop; what they finish by then is kept and delivered."""
        (self._run.run_folder / "stop").touch()
        while self._pool.busy:
            for group in self._pool.wait(_TELL_EVERY_S):
                if group.error is None:
                    self._undelivered += [s.step_hash for s in group.payload.steps]
        self._deliver()

    def _count(self, step: Step, *, cached: bool) -> None:
        stage = self._stages[step.stage]
        self._left[step.stage] -= 1
        over = self._left[step.stage] == 0
        self._stages[step.stage] = replace(
            stage,
            done=stage.done + 1,
            cached=stage.cached + cached,
            ended_at=time.time() if over else None,
        )
        if over:
            self._status.event("stage finished", stage=step.stage)

    def _deliver(self) -> None:
        if self._undelivered:
            self._delivery.deliver(self._undelivered)
            self._undelivered = []

    def _tell(self) -> None:
        now = time.monotonic()
        if self._pool.busy and now - self._told < _TELL_EVERY_S:
            return
        self._told = now
        fractions: dict[str, float] = {}
        for progress in read_progress(self._run.run_folder).values():
            share = progress.fraction * progress.steps
            fractions[progress.stage] = fractions.get(progress.stage, 0.0) + share
        self._status.update(
            stages=tuple(
                replace(stage, done=min(stage.total, stage.done + fractions.get(name, 0.0)))
                for name, stage in self._stages.items()
            ),
            waiting_batches=self._waiting_batches(),
        )
