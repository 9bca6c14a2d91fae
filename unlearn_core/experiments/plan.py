"""From a problem to its steps: every instance of every role, and what depends on what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from unlearn_core.configs.algorithms.info import AlgorithmConfig
from unlearn_core.experiments.problem import Problem
from unlearn_core.experiments.steps import Step, make_step
from unlearn_core.records import Role
from unlearn_core.seeds import derive_seed

__all__ = ["Plan", "PlannedModel", "make_plan"]


@dataclass(frozen=True, slots=True)
class PlannedModel:
    """A model the experiment uses: its role, its label, and the steps that make and judge it."""

    role: Role
    label: str
    instance: int
    step: Step
    evaluation: Step


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps of an experiment, each hash once, parents before children."""

    steps: tuple[Step, ...]
    models: tuple[PlannedModel, ...]
    comparison: Step

    @property
    def stages(self) -> dict[str, int]:
        """Number of steps of each stage, in the order of the plan."""
        counts: dict[str, int] = {}
        for step in self.steps:
            counts[step.stage] = counts.get(step.stage, 0) + 1
        return counts


def make_plan(problem: Problem) -> Plan:
    """The steps of an experiment.

    A model step's specification holds only what its result depends on, so that experiments with
    equal training share their trained models.
    """
    instances = range(problem.config.instances)
    untrained = [_initialise_step(problem, i) for i in instances]
    trained = [_train_step(problem, i, "trained") for i in instances]
    retrained = [_train_step(problem, i, "retrained") for i in instances]
    makers: list[tuple[Role, str, list[Step]]] = [
        ("untrained", "untrained", untrained),
        ("trained", "trained", trained),
        ("retrained", "retrained", retrained),
    ]
    for entry in problem.config.entries:
        unlearned = [_unlearn_step(problem, entry, i, trained[i]) for i in instances]
        makers.append(("unlearned", entry.resolved_label, unlearned))
    models = tuple(
        PlannedModel(role, label, instance, step, _evaluate_step(problem, step, instance))
        for role, label, steps in makers
        for instance, step in enumerate(steps)
    )
    comparison = _compare_step(problem, models)
    unique: dict[str, Step] = {}
    for step in (*(m.step for m in models), *(m.evaluation for m in models), comparison):
        unique.setdefault(step.step_hash, step)
    return Plan(steps=tuple(unique.values()), models=models, comparison=comparison)


def _seed(problem: Problem, role: str, instance: int, purpose: str) -> int:
    """Twins share their seeds across roles; independent models have their own."""
    if problem.config.pairing == "independent":
        purpose = f"{role}/{purpose}"
    return derive_seed(problem.config.seed, instance, purpose)


def _network(problem: Problem) -> dict[str, Any]:
    return {
        "architecture": problem.config.architecture.model_dump(mode="json"),
        "image_shape": list(problem.dataset.image_shape),
        "num_classes": problem.dataset.num_classes,
    }


def _initialise_step(problem: Problem, instance: int) -> Step:
    spec = {
        **_network(problem),
        "initialisation_seed": _seed(problem, "untrained", instance, "initialise"),
    }
    return make_step("initialise", "initialise", instance, spec)


def _train_step(problem: Problem, instance: int, role: Role) -> Step:
    config = problem.config
    spec = {
        **_network(problem),
        "data_fingerprint": problem.dataset.fingerprint,
        "scaling": config.dataset.scaling.model_dump(mode="json"),
        "validation_fraction": config.dataset.validation_fraction,
        "validation_seed": config.seed if config.dataset.validation_fraction else 0,
        "recipe": config.training.model_dump(mode="json"),
        "excluded_request_id": problem.request.request_id if role == "retrained" else "",
        "initialisation_seed": _seed(problem, role, instance, "initialise"),
        "order_seed": _seed(problem, role, instance, "order"),
    }
    return make_step("train", "train" if role == "trained" else "retrain", instance, spec)


def _unlearn_step(problem: Problem, entry: AlgorithmConfig, instance: int, parent: Step) -> Step:
    spec = {
        "parent": parent.step_hash,
        "request_id": problem.request.request_id,
        "algorithm": entry.model_dump(mode="json", exclude={"label"}),
        "seed": derive_seed(problem.config.seed, instance, "unlearn"),
    }
    stage = f"unlearn {entry.resolved_label}"
    return make_step("unlearn", stage, instance, spec, parents=(parent.step_hash,))


def _evaluate_step(problem: Problem, model: Step, instance: int) -> Step:
    spec = {
        "model": model.step_hash,
        "data_fingerprint": problem.dataset.fingerprint,
        "scaling": problem.config.dataset.scaling.model_dump(mode="json"),
        "validation_fraction": problem.config.dataset.validation_fraction,
        "validation_seed": problem.config.seed if len(problem.validation_ids) else 0,
        "request_id": problem.request.request_id,
        "evaluation": problem.config.evaluation.model_dump(mode="json"),
    }
    return make_step("evaluate", "evaluate", instance, spec, parents=(model.step_hash,))


def _compare_step(problem: Problem, models: tuple[PlannedModel, ...]) -> Step:
    spec = {
        "experiment_id": problem.experiment_id,
        "models": [[m.label, m.instance, m.evaluation.step_hash] for m in models],
    }
    parents = tuple(dict.fromkeys(m.evaluation.step_hash for m in models))
    return make_step("compare", "compare", -1, spec, parents=parents)
