"""The step that judges a model: one forward pass, all subsets and metrics, kept predictions."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from unlearn_core.catalog.batch import Batch, batch_of, merge_batches, prediction_batch
from unlearn_core.channel import Channel
from unlearn_core.experiments.cache import StepCache, write_records
from unlearn_core.experiments.making import load_models, train_images
from unlearn_core.experiments.problem import EvaluatedPart, Problem
from unlearn_core.experiments.steps import Step
from unlearn_core.metrics.evaluator import PartPredictions, evaluate_model
from unlearn_core.metrics.forward import log_probabilities
from unlearn_core.training.device_images import DeviceImages

__all__ = ["evaluate", "predictions_file"]


def predictions_file(folder: Path, part: str) -> Path:
    """Where an evaluation keeps a part's log-probabilities, (n, classes) float32."""
    return folder / f"log_probabilities_{part}.npy"


def evaluate(
    steps: list[Step], problem: Problem, cache: StepCache, device: str, channel: Channel
) -> None:
    """Run each model over every part once, and compute all that needs no other model."""
    model_ids = [step.read_spec()["model"] for step in steps]
    models = load_models(model_ids, problem, cache, device)
    by_part = {
        part.name: log_probabilities(
            models,
            _images(problem, part, device),
            part.sample_ids,
            problem.config.evaluation.batch_size,
            channel,
        )
        for part in problem.parts
    }
    for m, (step, model_id) in enumerate(zip(steps, model_ids, strict=True)):
        of_model = {name: values[m] for name, values in by_part.items()}
        with cache.new_entry(step) as folder:
            for name, values in of_model.items():
                np.save(predictions_file(folder, name), values, allow_pickle=False)
            write_records(folder, _records(problem, model_id, of_model))


def _records(problem: Problem, model_id: str, by_part: dict[str, NDArray[np.float32]]) -> Batch:
    predictions = {
        part.name: PartPredictions(part.sample_ids, part.labels, by_part[part.name], part.subsets)
        for part in problem.parts
    }
    evaluations = evaluate_model(
        model_id,
        problem.request.request_id,
        predictions,
        problem.config.evaluation.metrics,
    )
    batches = [batch_of(evaluations)]
    for part in problem.parts:
        kept = _kept(problem, part)
        if kept.any():
            batches.append(
                prediction_batch(
                    model_id, part.name, part.sample_ids[kept], by_part[part.name][kept]
                )
            )
    return merge_batches(batches)


def _kept(problem: Problem, part: EvaluatedPart) -> NDArray[np.bool_]:
    """Which samples' log-probabilities go to the catalog."""
    choice = problem.config.evaluation.store_predictions
    if choice == "all" or (choice == "forget_and_test" and part.name == "test"):
        return np.ones(len(part.labels), dtype=np.bool_)
    if choice == "none" or part.forget is None:
        return np.zeros(len(part.labels), dtype=np.bool_)
    return part.forget


def _images(problem: Problem, part: EvaluatedPart, device: str) -> DeviceImages:
    return _test_images(problem, device) if part.source == "test" else train_images(problem, device)


@lru_cache(maxsize=2)
def _test_images(problem: Problem, device: str) -> DeviceImages:
    return DeviceImages.from_part(
        problem.dataset.test, problem.config.dataset.scaling, torch.device(device)
    )
