"""The step that compares populations, from stored predictions and checkpoints alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from unlearn_core.catalog.batch import batch_of
from unlearn_core.channel import Channel
from unlearn_core.experiments.cache import StepCache, write_records
from unlearn_core.experiments.judging import predictions_file
from unlearn_core.experiments.making import CHECKPOINT
from unlearn_core.experiments.plan import PlannedModel, make_plan
from unlearn_core.experiments.problem import Problem
from unlearn_core.experiments.steps import Step
from unlearn_core.metrics.populations import compare_populations
from unlearn_core.metrics.roster import Member, Population
from unlearn_core.models.checkpoints import load_checkpoint_arrays

__all__ = ["compare"]


def compare(step: Step, problem: Problem, cache: StepCache, channel: Channel) -> None:
    """Compare every population of the experiment with every other."""
    by_label: dict[str, list[PlannedModel]] = {}
    for model in make_plan(problem).models:
        by_label.setdefault(model.label, []).append(model)
    populations = [
        Population(
            label=label,
            role=models[0].role,
            members=tuple(_member(model, problem, cache) for model in models),
        )
        for label, models in by_label.items()
    ]
    evaluations, comparisons = compare_populations(
        experiment_id=problem.experiment_id,
        request_id=problem.request.request_id,
        pairing=problem.config.pairing,
        populations=populations,
        parts=problem.parts,
        metrics=problem.config.evaluation.metrics,
        confidence=problem.config.evaluation.confidence,
        channel=channel,
    )
    with cache.new_entry(step) as folder:
        write_records(folder, batch_of([*evaluations, *comparisons]))


def _member(model: PlannedModel, problem: Problem, cache: StepCache) -> Member:
    record = cache.read_records(model.step.step_hash)["models"].to_pylist()[0]
    return Member(
        model_id=model.step.step_hash,
        instance=model.instance,
        predictions=partial(_predictions, model, problem, cache),
        parameters=partial(
            load_checkpoint_arrays,
            cache.folder(model.step.step_hash) / CHECKPOINT,
            record["checkpoint_sha256"],
        ),
        costs={
            "seconds": record["seconds"],
            "steps": record["steps"],
            "samples_with_gradient": record["samples_with_gradient"],
            "peak_memory": record["peak_memory_bytes"],
        },
    )


def _predictions(
    model: PlannedModel, problem: Problem, cache: StepCache
) -> Mapping[str, NDArray[np.float32]]:
    folder = cache.folder(model.evaluation.step_hash)
    return {
        part.name: np.load(predictions_file(folder, part.name), mmap_mode="r", allow_pickle=False)
        for part in problem.parts
    }
