"""What a worker does with a group of steps: make models, judge them, compare populations."""

from __future__ import annotations

from unlearn_core.channel import Channel
from unlearn_core.configs.algorithms.registry import info
from unlearn_core.experiments.cache import StepCache
from unlearn_core.experiments.comparing import compare
from unlearn_core.experiments.judging import evaluate
from unlearn_core.experiments.making import initialise, train, unlearn
from unlearn_core.experiments.problem import Problem
from unlearn_core.experiments.steps import Step

__all__ = ["perform", "phases_of"]


def perform(
    steps: list[Step], problem: Problem, cache: StepCache, device: str, channel: Channel
) -> None:
    """Do steps of one kind and setting as one ensemble and put each into the cache."""
    kind = steps[0].kind
    if kind == "initialise":
        initialise(steps, problem, cache, device)
    elif kind == "train":
        train(steps, problem, cache, device, channel)
    elif kind == "unlearn":
        unlearn(steps, problem, cache, device, channel)
    elif kind == "evaluate":
        evaluate(steps, problem, cache, device, channel)
    else:
        compare(steps[0], problem, cache, channel)


def phases_of(step: Step) -> tuple[str, ...]:
    """Phases a step reports, in order."""
    if step.kind == "unlearn":
        return info(step.read_spec()["algorithm"]["algorithm"]).phases
    return ("predict",) if step.kind == "evaluate" else (step.kind,)
