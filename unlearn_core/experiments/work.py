"""What crosses from the runner to a worker, and the worker's way through a group of steps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from unlearn_core.configs.experiment import ExperimentConfig
from unlearn_core.experiments.cache import StepCache
from unlearn_core.experiments.file_channel import FileChannel
from unlearn_core.experiments.problem import Problem, load_problem
from unlearn_core.experiments.steps import Step

__all__ = ["GroupPayload", "execute_group"]


@dataclass(frozen=True, slots=True)
class GroupPayload:
    """Steps of one kind and setting, to be done as one stacked ensemble.

    Attributes:
        steps: The steps, in order of their instances.
        config_json: The whole experiment config.
        data_dir: Where the data lies, or None for the default places.
        splits_dir: Where split files lie besides the built-in ones, or None.
        runs: The runs folder with the cache.
        run_folder: The job's own folder, for progress and stop.
        device: `cpu`, `cuda` or `cuda:<n>`.
    """

    steps: tuple[Step, ...]
    config_json: str
    data_dir: Path | None
    splits_dir: Path | None
    runs: Path
    run_folder: Path
    device: str

    @property
    def stage(self) -> str:
        """Stage of the group's steps."""
        return self.steps[0].stage

    @property
    def group_id(self) -> str:
        """Name of the group's progress file."""
        return self.steps[0].step_hash


def execute_group(payload: GroupPayload) -> None:
    """Do the steps of a group that nobody has done yet; results go into the cache.

    Raises:
        StoppedError: A stop was requested; the unfinished group is discarded.
    """
    from unlearn_core.experiments.kitchen import perform, phases_of

    cache = StepCache(payload.runs)
    channel = FileChannel(
        payload.run_folder,
        payload.group_id,
        payload.stage,
        len(payload.steps),
        phases_of(payload.steps[0]),
    )
    channel.begin()
    with cache.lock([step.step_hash for step in payload.steps]):
        missing = [step for step in payload.steps if not cache.has(step.step_hash)]
        if missing:
            problem = _problem(payload.config_json, payload.data_dir, payload.splits_dir)
            perform(missing, problem, cache, payload.device, channel)
    channel.end()


@lru_cache(maxsize=2)
def _problem(config_json: str, data_dir: Path | None, splits_dir: Path | None) -> Problem:
    """Data is loaded once per worker, not once per step."""
    config = ExperimentConfig.model_validate_json(config_json)
    return load_problem(config, data_dir, splits_dir)
