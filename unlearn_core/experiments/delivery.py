"""Records of an experiment on their way into the catalog."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np

from unlearn_core.catalog.batch import batch_of, merge_batches
from unlearn_core.catalog.store import Catalog
from unlearn_core.configs.toml_files import experiment_toml
from unlearn_core.experiments.cache import StepCache
from unlearn_core.experiments.plan import Plan, PlannedModel
from unlearn_core.experiments.problem import EvaluatedPart, Problem
from unlearn_core.metrics.registry import metric_records
from unlearn_core.records import (
    ExperimentModelRecord,
    ExperimentRecord,
    ForgetSampleRecord,
    Record,
    SampleRecord,
    SplitRecord,
)

__all__ = ["Delivery", "description_of_experiment"]


class Delivery:
    """Brings finished steps into the catalog, each exactly once.

    A model's membership in the experiment is written in one transaction with its evaluations,
    so that a member is known to be complete.
    """

    def __init__(self, catalog: Catalog, cache: StepCache, problem: Problem, plan: Plan) -> None:
        self._catalog = catalog
        self._cache = cache
        self._problem = problem
        self._by_step: dict[str, list[PlannedModel]] = {}
        for model in plan.models:
            self._by_step.setdefault(model.evaluation.step_hash, []).append(model)
        self._complete: set[tuple[str, str]] = set()

    def open_experiment(self) -> None:
        """Write what is known before any step: experiment, request, samples and metrics."""
        self._catalog.write(batch_of(description_of_experiment(self._problem)))
        self._catalog.write(batch_of(_samples(self._problem)))
        table = self._catalog.query_unless_busy(
            "SELECT label, model_id FROM experiment_models WHERE experiment_id = ?",
            [self._problem.experiment_id],
        )
        # Where nobody can look, everything is delivered again: what is stored already stays.
        members = [] if table is None else table.to_pylist()
        self._complete = {(row["label"], row["model_id"]) for row in members}

    def is_delivered(self, step_hash: str) -> bool:
        """Whether an evaluation's records, for every label that uses it, are in the catalog."""
        members = self._by_step.get(step_hash, [])
        return bool(members) and all((m.label, m.step.step_hash) in self._complete for m in members)

    def deliver(self, step_hashes: Iterable[str]) -> None:
        """Write the records of finished steps in one transaction."""
        hashes: dict[str, None] = {}
        members: list[Record] = []
        for step_hash in step_hashes:
            for model in self._by_step.get(step_hash, []):
                hashes[model.step.step_hash] = None
                members.append(self._membership(model))
            hashes[step_hash] = None
        if hashes:
            batches = [self._cache.read_records(step_hash) for step_hash in hashes]
            self._catalog.write(merge_batches([*batches, batch_of(members)]))

    def _membership(self, model: PlannedModel) -> ExperimentModelRecord:
        return ExperimentModelRecord(
            experiment_id=self._problem.experiment_id,
            model_id=model.step.step_hash,
            role=model.role,
            label=model.label,
            instance=model.instance,
        )


def description_of_experiment(problem: Problem) -> list[Record]:
    """Experiment, forget request and metric records."""
    config, request, dataset = problem.config, problem.request, problem.dataset
    experiment = ExperimentRecord(
        experiment_id=problem.experiment_id,
        name=config.name,
        description=config.description,
        config_hash=config.config_hash,
        config_toml=experiment_toml(config),
        dataset=dataset.name,
        data_fingerprint=dataset.fingerprint,
        request_id=request.request_id,
        pairing=config.pairing,
        instances=config.instances,
        seed=config.seed,
        created_at=datetime.now(UTC),
    )
    counts = {name: 0 if ids is None else len(ids) for name, ids in request.forget.items()}
    split = SplitRecord(
        request_id=request.request_id,
        data_fingerprint=dataset.fingerprint,
        dataset=dataset.name,
        kind=request.kind,
        description=request.description,
        source=request.source,
        labelled_by=request.labelled_by,
        forget_train=counts["train"],
        forget_validation=counts["validation"],
        forget_test=counts["test"],
    )
    return [experiment, split, *metric_records()]


def _samples(problem: Problem) -> list[Record]:
    """Pixels of forget and test samples, and which of them are to be forgotten."""
    records: list[Record] = []
    for part in problem.parts:
        forget = part.sample_ids[part.forget] if part.forget is not None else np.empty(0, np.int64)
        records += [
            ForgetSampleRecord(problem.request.request_id, part.name, int(i)) for i in forget
        ]
        records += _pixels(problem, part, part.sample_ids if part.name == "test" else forget)
    return records


def _pixels(problem: Problem, part: EvaluatedPart, ids: np.ndarray) -> list[Record]:
    source = problem.dataset.train if part.source == "train" else problem.dataset.test
    shape = source.images.shape[1:] if source.images.shape[-1] > 1 else source.images.shape[1:3]
    return [
        SampleRecord(
            data_fingerprint=problem.dataset.fingerprint,
            part=part.name,
            sample_id=int(i),
            dataset=problem.dataset.name,
            label=int(source.labels[i]),
            shape=",".join(str(size) for size in shape),
            pixels=source.images[i].tobytes(),
        )
        for i in ids
    ]
