"""Everything that is measured between and of the models of a comparison, before any statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unlearn_core.channel import Channel
from unlearn_core.metrics.base import (
    CostMetric,
    DistanceMetric,
    MatchedDistanceMetric,
    Metric,
    ParameterMetric,
    PredictionMetric,
    TwinMetric,
)
from unlearn_core.metrics.calculators.l2 import L2
from unlearn_core.metrics.changes import parameters_only
from unlearn_core.metrics.evaluator import PartPredictions, evaluate_part
from unlearn_core.metrics.pair_changes import l2_matrix, matched_changes
from unlearn_core.metrics.pair_distances import (
    count_chunks,
    distance_matrices,
    distance_subsets,
    matched_distances,
)
from unlearn_core.metrics.registry import metric
from unlearn_core.metrics.roster import LabelledPart, Progress, Roster
from unlearn_core.metrics.values import Value, missing, stored

__all__ = ["PHASE", "Key", "Measurements", "measure"]

PHASE = "compare"
"""Name of the phase under which progress is reported."""


class Key(NamedTuple):
    """What a value is of; '' where a field does not apply."""

    part: str
    subset: str
    metric: str
    detail: str


@dataclass(frozen=True, eq=False, slots=True)
class Measurements:
    """Values of models and pairs, by their places in the roster.

    Attributes:
        own: Key to one value per member.
        matrices: Key to (M, M), row model, column reference; or why there is none.
        matched: Key to the values of pairs with the same instance number; or why there are none.
    """

    own: dict[Key, list[Value]] = field(default_factory=dict)
    matrices: dict[Key, NDArray[np.float64] | str] = field(default_factory=dict)
    matched: dict[Key, dict[tuple[int, int], float] | str] = field(default_factory=dict)


def measure(
    roster: Roster,
    parts: Sequence[LabelledPart],
    metrics: Sequence[Metric],
    channel: Channel,
) -> Measurements:
    """Measure every model and every pair of models.

    Args:
        roster: The models.
        parts: The data.
        metrics: What is wanted; a twin metric brings its base along.
        channel: Told after every piece of work, at least once a second.

    Raises:
        StoppedError: A stop was requested.
        ValueError: Predictions do not fit the part, or architectures differ.
    """
    found = Measurements()
    wanted = {m.info.name: m for m in metrics}
    wanted |= {m.base: metric(m.base) for m in metrics if isinstance(m, TwinMetric)}
    chosen = list(wanted.values())
    _measure_costs(found, roster, chosen)
    predictions = [member.predictions() for member in roster.members]
    progress = Progress(channel, PHASE, _count_pieces(roster, parts, predictions))
    for part in parts:
        arrays = [made[part.name] for made in predictions]
        for member, array in zip(roster.members, arrays, strict=True):
            if len(array) != len(part.labels):
                raise ValueError(
                    f"model {member.model_id} has {len(array)} predictions for part "
                    f"'{part.name}' of {len(part.labels)} samples"
                )
        _measure_own(found, part, arrays, chosen, progress)
        _measure_distances(found, roster, part, arrays, chosen, progress)
    _measure_weights(found, roster, chosen, progress)
    return found


def _count_pieces(
    roster: Roster,
    parts: Sequence[LabelledPart],
    predictions: Sequence[Mapping[str, NDArray[np.floating]]],
) -> int:
    """How much work there is; the tensors of the weights at the end are too quick to count."""
    models, instances = len(roster.members), len(roster.by_instance())
    chunks = sum(
        count_chunks(models, predictions[0][part.name].shape[1], distance_subsets(part.subsets))
        for part in parts
    )
    return len(parts) * (models + instances) + chunks + instances


def _measure_costs(found: Measurements, roster: Roster, metrics: Sequence[Metric]) -> None:
    for one in metrics:
        if isinstance(one, CostMetric):
            name = one.info.name
            found.own[Key("", "", name, "")] = [
                stored(member.costs[name])
                if name in member.costs
                else missing("not counted for this model")
                for member in roster.members
            ]


def _measure_own(
    found: Measurements,
    part: LabelledPart,
    arrays: Sequence[NDArray[np.floating]],
    metrics: Sequence[Metric],
    progress: Progress,
) -> None:
    chosen = [one for one in metrics if isinstance(one, PredictionMetric)]
    ids = np.arange(len(part.labels))
    for place, array in enumerate(arrays):
        made = PartPredictions(ids, part.labels, array, part.subsets)
        for subset, name, detail, value in evaluate_part(part.name, made, chosen):
            key = Key(part.name, subset, name, detail)
            row = found.own.setdefault(key, [missing("")] * len(arrays))
            row[place] = value
        progress()


def _measure_distances(
    found: Measurements,
    roster: Roster,
    part: LabelledPart,
    arrays: Sequence[NDArray[np.floating]],
    metrics: Sequence[Metric],
    progress: Progress,
) -> None:
    subsets = distance_subsets(part.subsets)
    population = [one for one in metrics if isinstance(one, DistanceMetric)]
    matrices = distance_matrices(arrays, part.name, subsets, population, progress)
    for (subset, name), matrix in matrices.items():
        found.matrices[Key(part.name, subset, name, "")] = matrix
    matched = [one for one in metrics if isinstance(one, MatchedDistanceMetric)]
    pairs = matched_distances(roster, arrays, subsets, matched, progress)
    for (subset, name), values in pairs.items():
        found.matched[Key(part.name, subset, name, "")] = values
    for subset, mask in subsets.items():
        for one in matched:
            if isinstance(mask, str):
                found.matched[Key(part.name, subset, one.info.name, "")] = mask


def _measure_weights(
    found: Measurements, roster: Roster, metrics: Sequence[Metric], progress: Progress
) -> None:
    chosen = [one for one in metrics if isinstance(one, ParameterMetric)]
    if not chosen:
        return
    parameters = [parameters_only(member.parameters()) for member in roster.members]
    changes = matched_changes(roster, parameters, chosen, progress)
    for (name, detail), values in changes.items():
        found.matched[Key("", "", name, detail)] = values
    if not any(isinstance(one, L2) for one in chosen):
        return
    key = Key("", "", L2.info.name, "")
    found.matrices[key] = matrix = l2_matrix(parameters, progress)
    # Models that share their past can be so close that a difference of matrix products, exact to
    # about 1e-8 of the norms, shows nothing; theirs comes from the differences themselves.
    exact = found.matched.pop(key, {})
    assert not isinstance(exact, str)
    for (model, reference), value in exact.items():
        matrix[model, reference] = value
