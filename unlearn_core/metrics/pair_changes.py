"""Distances between the weights of models: all pairs at once, and pairs of one instance number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from unlearn_core.metrics.base import ParameterMetric
from unlearn_core.metrics.calculators.l2 import add_squared_distances
from unlearn_core.metrics.changes import (
    TensorChange,
    check_same_tensors,
    parameter_changes,
    parameter_norms,
)
from unlearn_core.metrics.roster import Progress, Roster

__all__ = ["l2_matrix", "matched_changes"]

Parameters = Mapping[str, NDArray[np.floating]]


def l2_matrix(parameters: Sequence[Parameters], progress: Progress) -> NDArray[np.float64]:
    """Euclidean distance between the whole parameter vectors of all pairs of models.

    Args:
        parameters: Of M models of one architecture; read in pieces.
        progress: Called after every tensor.

    Returns:
        (M, M), symmetric, 0 on the diagonal.

    Raises:
        ValueError: The models do not have the same tensors.
    """
    for other in parameters[1:]:
        check_same_tensors(other, parameters[0])
    squares = np.zeros((len(parameters), len(parameters)))
    for name in parameters[0]:
        add_squared_distances(squares, [model[name] for model in parameters])
        progress()
    np.fill_diagonal(squares, np.where(np.isnan(np.diagonal(squares)), np.nan, 0.0))
    distances: NDArray[np.float64] = np.sqrt(squares)
    return distances


def matched_changes(
    roster: Roster,
    parameters: Sequence[Parameters],
    metrics: Sequence[ParameterMetric],
    progress: Progress,
) -> dict[tuple[str, str], dict[tuple[int, int], float]]:
    """Parameter metrics of every ordered pair with the same instance number.

    For an unlearned model and the trained one of its number this is the way from where the
    unlearning started.

    Args:
        roster: The models.
        parameters: Of every member.
        metrics: What is computed of the tensors' changes.
        progress: Called after every instance number.

    Returns:
        (metric name, detail) to {(model's place, reference's place): value}.
    """
    found: dict[tuple[str, str], dict[tuple[int, int], float]] = {}

    def keep(model: int, reference: int, changes: Mapping[str, TensorChange]) -> None:
        for metric in metrics:
            for detail, value in metric.values(changes).items():
                pairs = found.setdefault((metric.info.name, detail), {})
                pairs[model, reference] = value

    for places in roster.by_instance().values():
        models = {
            place: {name: array.astype(np.float64) for name, array in parameters[place].items()}
            for place in places
        }
        norms = {place: parameter_norms(model) for place, model in models.items()}
        for position, place in enumerate(places):
            for other in places[position + 1 :]:
                there = parameter_changes(models[place], models[other], norms[other])
                back = {
                    name: replace(change, reference_l2=norms[place][name])
                    for name, change in there.items()
                }
                keep(place, other, there)
                keep(other, place, back)
        progress()
    return found
