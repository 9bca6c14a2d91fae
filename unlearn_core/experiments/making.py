"""Steps that make models: initialise, train, unlearn. All instances of a group run stacked."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from pydantic import TypeAdapter
from torch import Tensor

from unlearn_core.algorithms.registry import create
from unlearn_core.algorithms.task import UnlearningTask
from unlearn_core.catalog.batch import batch_of
from unlearn_core.channel import Channel
from unlearn_core.configs.algorithms.registry import config_type
from unlearn_core.configs.architecture import ArchitectureConfig
from unlearn_core.configs.base import canonical_json, content_hash
from unlearn_core.configs.training import TrainingConfig
from unlearn_core.experiments.cache import StepCache, write_records
from unlearn_core.experiments.problem import Problem
from unlearn_core.experiments.provenance import (
    code_version,
    library_versions,
    peak_memory_bytes,
)
from unlearn_core.experiments.steps import Step
from unlearn_core.models.checkpoints import load_checkpoint, save_checkpoint
from unlearn_core.models.ensemble import Ensemble
from unlearn_core.records import (
    ModelRecord,
    Record,
    Role,
    TrainingCurveRecord,
    UnlearningPhaseRecord,
    UnlearningRunRecord,
)
from unlearn_core.training.device_images import DeviceImages
from unlearn_core.training.trainer import train_ensemble

__all__ = [
    "CHECKPOINT",
    "checkpoint_sha256",
    "initialise",
    "load_models",
    "train",
    "train_images",
    "unlearn",
]

CHECKPOINT = "checkpoint.safetensors"

_NO_IDS = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class _Made:
    """What a group of model steps has in common, and what it cost one instance."""

    role: Role
    device: str
    seconds: float
    steps: int = 0
    samples_with_gradient: int = 0
    side_storage_bytes: int = 0
    algorithm: str = ""
    fidelity: str = ""
    parent: str = ""
    request_id: str = ""
    parameter_count: int = 0


@lru_cache(maxsize=2)
def train_images(problem: Problem, device: str) -> DeviceImages:
    """The train part on a device, moved once per worker."""
    return DeviceImages.from_part(
        problem.dataset.train, problem.config.dataset.scaling, torch.device(device)
    )


def initialise(steps: list[Step], problem: Problem, cache: StepCache, device: str) -> None:
    """Fresh networks that have seen nothing."""
    started = time.perf_counter()
    models = _fresh(steps, device)
    made = _Made(
        role="untrained",
        device=device,
        seconds=(time.perf_counter() - started) / len(steps),
        parameter_count=_parameter_count(models),
    )
    for step, state in zip(steps, models.states(), strict=True):
        _store(cache, step, problem, state, made, [])


def train(
    steps: list[Step], problem: Problem, cache: StepCache, device: str, channel: Channel
) -> None:
    """Train, or retrain where the specification excludes a request's forget set."""
    started = time.perf_counter()
    specs = [step.read_spec() for step in steps]
    request_id = specs[0]["excluded_request_id"]
    result = train_ensemble(
        models=_fresh(steps, device),
        images=train_images(problem, device),
        training_ids=problem.training_ids,
        excluded_ids=problem.forget_ids if request_id else _NO_IDS,
        recipe=TrainingConfig.model_validate(specs[0]["recipe"]),
        order_seeds=[spec["order_seed"] for spec in specs],
        channel=channel,
    )
    made = _Made(
        role="retrained" if request_id else "trained",
        device=device,
        seconds=(time.perf_counter() - started) / len(steps),
        steps=result.steps,
        samples_with_gradient=result.samples_with_gradient,
        request_id=request_id,
        parameter_count=_parameter_count(result.models),
    )
    states = result.models.states()
    for step, state, curve in zip(steps, states, result.curves, strict=True):
        curves = [
            TrainingCurveRecord(
                step.step_hash, r.round, r.steps, r.samples_seen, r.learning_rate, r.loss,
                r.accuracy,
            )
            for r in curve
        ]  # fmt: skip
        _store(cache, step, problem, state, made, curves)


def unlearn(
    steps: list[Step], problem: Problem, cache: StepCache, device: str, channel: Channel
) -> None:
    """Make trained models forget."""
    specs = [step.read_spec() for step in steps]
    table: dict[str, Any] = specs[0]["algorithm"]
    config = config_type(table["algorithm"]).model_validate(table)
    parents = [spec["parent"] for spec in specs]
    models = load_models(parents, problem, cache, device)
    task = UnlearningTask(
        needs=config.info.needs,
        images=train_images(problem, device),
        forget_ids=problem.forget_ids,
        retain_ids=problem.retain_ids,
        validation_ids=problem.validation_ids,
        num_classes=problem.dataset.num_classes,
        seeds=[spec["seed"] for spec in specs],
        recipe=problem.config.training,
        untrained=lambda: _untrained_twins(parents, cache, device),
    )
    started = time.perf_counter()
    unlearned = create(config).unlearn(models, task, channel)
    made = _Made(
        role="unlearned",
        device=device,
        seconds=(time.perf_counter() - started) / len(steps),
        steps=sum(phase.steps for phase in task.phases),
        samples_with_gradient=sum(phase.samples_with_gradient for phase in task.phases),
        side_storage_bytes=task.side_storage_bytes,
        algorithm=config.algorithm,
        fidelity=config.fidelity,
        request_id=problem.request.request_id,
        parameter_count=_parameter_count(unlearned),
    )
    for m, (step, state) in enumerate(zip(steps, unlearned.states(), strict=True)):
        run = UnlearningRunRecord(
            model_id=step.step_hash,
            parent_model_id=parents[m],
            algorithm=config.algorithm,
            fidelity=config.fidelity,
            config_json=canonical_json(table),
            declared_needs=", ".join(sorted(config.info.needs)),
            used_needs=", ".join(sorted(task.used_needs)),
            retain_samples_used=task.retain_samples_used,
        )
        phases = [
            UnlearningPhaseRecord(
                model_id=step.step_hash,
                position=position,
                phase=phase.name,
                steps=phase.steps,
                samples_with_gradient=phase.samples_with_gradient,
                first_loss=phase.first_loss[m],
                last_loss=phase.last_loss[m],
                seconds=phase.seconds / len(steps),
            )
            for position, phase in enumerate(task.phases)
        ]
        parent_details = replace(made, parent=parents[m])
        _store(cache, step, problem, state, parent_details, [run, *phases])


def load_models(
    step_hashes: list[str], problem: Problem, cache: StepCache, device: str
) -> Ensemble:
    """The models that some finished steps made, in that order."""
    states = [
        load_checkpoint(cache.folder(h) / CHECKPOINT, checkpoint_sha256(cache, h))
        for h in step_hashes
    ]
    return Ensemble.from_states(
        problem.config.architecture,
        problem.dataset.image_shape,
        problem.dataset.num_classes,
        states,
        torch.device(device),
    )


def checkpoint_sha256(cache: StepCache, step_hash: str) -> str:
    """SHA-256 of a model step's checkpoint, as its record says."""
    row: dict[str, str] = cache.read_records(step_hash)["models"].to_pylist()[0]
    return row["checkpoint_sha256"]


def _fresh(steps: list[Step], device: str) -> Ensemble:
    specs = [step.read_spec() for step in steps]
    architecture: ArchitectureConfig = TypeAdapter(ArchitectureConfig).validate_python(
        specs[0]["architecture"]
    )
    channels, height, width = specs[0]["image_shape"]
    return Ensemble.initialise(
        architecture,
        (channels, height, width),
        specs[0]["num_classes"],
        [spec["initialisation_seed"] for spec in specs],
        torch.device(device),
    )


def _parameter_count(models: Ensemble) -> int:
    """Trainable numbers of one instance."""
    return sum(tensor.numel() for tensor in models.parameters()) // models.width


def _untrained_twins(parents: list[str], cache: StepCache, device: str) -> Ensemble:
    """The trained parents' own initialisations."""
    details = [cache.read_details(parent) for parent in parents]
    steps = [
        Step(d["kind"], d["stage"], 0, json.dumps(d["spec"]), parent, (), "")
        for d, parent in zip(details, parents, strict=True)
    ]
    return _fresh(steps, device)


def _store(
    cache: StepCache,
    step: Step,
    problem: Problem,
    state: dict[str, Tensor],
    made: _Made,
    more: list[Any],
) -> None:
    spec = step.read_spec()
    seed = spec.get("initialisation_seed", spec.get("seed", 0))
    depends_on_data = step.kind != "initialise"
    with cache.new_entry(step) as folder:
        sha256 = save_checkpoint(folder / CHECKPOINT, state)
        model = ModelRecord(
            model_id=step.step_hash,
            role=made.role,
            algorithm=made.algorithm,
            instance=step.instance,
            parent_model_id=made.parent,
            request_id=made.request_id,
            dataset=problem.dataset.name if depends_on_data else "",
            data_fingerprint=problem.dataset.fingerprint if depends_on_data else "",
            architecture=problem.config.architecture.kind,
            parameter_count=made.parameter_count,
            config_json=step.spec,
            config_hash=content_hash(spec.get("algorithm") or spec.get("recipe") or {}),
            seed=seed,
            fidelity=made.fidelity,
            steps=made.steps,
            samples_with_gradient=made.samples_with_gradient,
            checkpoint=str(
                (cache.folder(step.step_hash) / CHECKPOINT).relative_to(cache.root.parent)
            ),
            checkpoint_sha256=sha256,
            seconds=made.seconds,
            peak_memory_bytes=peak_memory_bytes(made.device),
            side_storage_bytes=made.side_storage_bytes,
            device=made.device,
            library_versions=library_versions(),
            code_version=code_version(),
            created_at=datetime.now(UTC),
        )
        records: list[Record] = [model, *more]
        write_records(folder, batch_of(records))
