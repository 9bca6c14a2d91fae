"""Compare populations: statistics over what was measured, as records for the catalog."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unlearn_core.channel import Channel, SilentChannel
from unlearn_core.metrics.base import TwinMetric
from unlearn_core.metrics.calculators.predicted_share import Collapsed
from unlearn_core.metrics.measurements import Key, Measurements, measure
from unlearn_core.metrics.pair_records import pair_evaluations
from unlearn_core.metrics.registry import ALL, metric_info, select
from unlearn_core.metrics.roster import LabelledPart, Member, Population, Roster
from unlearn_core.metrics.statistics import (
    JACKKNIFE,
    SCORE,
    STUDENT,
    Estimate,
    jackknife_interval,
    mean_distance_to_others,
    no_estimate,
    share_interval,
    t_interval,
)
from unlearn_core.metrics.values import Value, stored
from unlearn_core.records import ComparisonRecord, EvaluationRecord

__all__ = ["Member", "Population", "compare_populations"]

Pairing = Literal["independent", "twins"]


def compare_populations(
    experiment_id: str,
    request_id: str,
    pairing: Pairing,
    populations: Sequence[Population],
    parts: Sequence[LabelledPart],
    metrics: Iterable[str] = (ALL,),
    confidence: float = 0.95,
    channel: Channel | None = None,
) -> tuple[list[EvaluationRecord], list[ComparisonRecord]]:
    """Compare every population with every other one and with itself.

    Values of single models and costs give one comparison per label, with reference ''. Distances
    give one per ordered pair of labels: the mean over models i of the mean over references j != i;
    a population against itself is its noise floor. Metrics of pairs with the same instance number
    (layers, `thesis_...`, and `..._twin` where the pairing is `twins`) give one per ordered pair
    of different labels.

    Args:
        experiment_id: The experiment.
        request_id: The forget request that names the subsets.
        pairing: Whether trained and retrained models of one instance number are twins.
        populations: Labels are unique, and instance numbers within each.
        parts: The data, in the order of the members' predictions.
        metrics: Metric names, or `all`.
        confidence: Level of the intervals.
        channel: Told after every piece of work.

    Returns:
        Pair values for the evaluations (all pairs with a reference of role `retrained`, pairs of
        the same instance number otherwise; none on subsets that do not exist), and comparisons.

    Raises:
        UnknownNameError: No metric has that name.
        StoppedError: A stop was requested.
        ValueError: Labels, instance numbers, samples or architectures do not fit together.
    """
    roster = Roster(populations)
    if not roster.members:
        return [], []
    chosen = select(metrics)
    wanted = {metric.info.name for metric in chosen}
    found = measure(roster, parts, chosen, channel or SilentChannel())
    comparisons = [
        *_own(experiment_id, roster, found, confidence),
        *_distances(experiment_id, roster, found, wanted, confidence),
        *_matched(experiment_id, roster, found, confidence),
    ]
    if pairing == "twins":
        twins = [metric for metric in chosen if isinstance(metric, TwinMetric)]
        comparisons += _twins(experiment_id, roster, found, twins, confidence)
    return pair_evaluations(request_id, roster, found, wanted), comparisons


def _own(
    experiment_id: str, roster: Roster, found: Measurements, confidence: float
) -> list[ComparisonRecord]:
    """Values of single models: mean over instances; of `collapsed`: the share of models."""
    records = []
    for population in roster.populations:
        places = roster.places[population.label]
        for key, values in found.own.items():
            estimate = _estimate(
                [values[place] for place in places],
                confidence,
                is_share=key.metric == Collapsed.info.name,
            )
            records.append(_comparison(experiment_id, population.label, "", key, estimate))
    return records


def _estimate(values: Sequence[Value], confidence: float, is_share: bool = False) -> Estimate:
    """Statistics of one value per instance; one missing value leaves no mean."""
    numbers = [value.value for value in values if value.value is not None]
    reasons = [value.reason for value in values if value.value is None]
    if reasons:
        reason = reasons[0]
        if len(reasons) < len(values):
            reason = f"{len(reasons)} of {len(values)} instances have no value; {reason}"
        return no_estimate(len(values), SCORE if is_share else STUDENT, reason)
    return share_interval(numbers, confidence) if is_share else t_interval(numbers, confidence)


def _distances(
    experiment_id: str, roster: Roster, found: Measurements, wanted: set[str], confidence: float
) -> list[ComparisonRecord]:
    """Population distances of every ordered pair of populations."""
    records = []
    for population, reference in roster.pairs():
        for key, matrix in found.matrices.items():
            if key.metric not in wanted:
                continue
            n = len(population.members)
            itself = population.label == reference.label
            if isinstance(matrix, str):
                estimate = no_estimate(n, JACKKNIFE if itself else STUDENT, matrix)
            else:
                rows, columns = roster.places[population.label], roster.places[reference.label]
                block = matrix[np.ix_(rows, columns)]
                estimate = (
                    jackknife_interval(block, confidence)
                    if itself
                    else _population_distance(block, population, reference, confidence)
                )
            records.append(
                _comparison(experiment_id, population.label, reference.label, key, estimate)
            )
    return records


def _population_distance(
    block: NDArray[np.float64], population: Population, reference: Population, confidence: float
) -> Estimate:
    """Mean over the population's models of their mean distance to the other references."""
    n = len(population.members)
    if any(set(reference.instances) <= {instance} for instance in population.instances):
        reason = f"'{reference.label}' has no model of another instance number"
        return no_estimate(n, STUDENT, reason)
    means = mean_distance_to_others(block, population.instances, reference.instances)
    return t_interval(means, confidence)


def _matched(
    experiment_id: str, roster: Roster, found: Measurements, confidence: float
) -> list[ComparisonRecord]:
    """Metrics of pairs with the same instance number."""
    records = []
    for population, reference in _different(roster):
        pairs = roster.matched(population, reference)
        for key, values in found.matched.items():
            if isinstance(values, str):
                estimate = no_estimate(len(pairs), STUDENT, values)
            else:
                estimate = _estimate([stored(values[pair]) for pair in pairs], confidence)
            records.append(
                _comparison(experiment_id, population.label, reference.label, key, estimate)
            )
    return records


def _twins(
    experiment_id: str,
    roster: Roster,
    found: Measurements,
    metrics: Sequence[TwinMetric],
    confidence: float,
) -> list[ComparisonRecord]:
    """The twins' entries of the distance matrices."""
    records = []
    for population, reference in _different(roster):
        pairs = roster.matched(population, reference)
        for metric in metrics:
            for key, matrix in found.matrices.items():
                if key.metric != metric.base:
                    continue
                if isinstance(matrix, str):
                    estimate = no_estimate(len(pairs), STUDENT, matrix)
                else:
                    estimate = _estimate([stored(matrix[pair]) for pair in pairs], confidence)
                records.append(
                    _comparison(
                        experiment_id,
                        population.label,
                        reference.label,
                        key._replace(metric=metric.info.name),
                        estimate,
                    )
                )
    return records


def _different(roster: Roster) -> Iterable[tuple[Population, Population]]:
    return ((a, b) for a, b in roster.pairs() if a.label != b.label)


def _comparison(
    experiment_id: str, label: str, reference: str, key: Key, estimate: Estimate
) -> ComparisonRecord:
    """A record; its interval ends where the metric's values end."""
    info = metric_info(key.metric)
    low, high = estimate.low, estimate.high
    if low is not None and info.lower is not None:
        low = max(low, info.lower)
    if high is not None and info.upper is not None:
        high = min(high, info.upper)
    return ComparisonRecord(
        experiment_id=experiment_id,
        label=label,
        reference=reference,
        part=key.part,
        subset=key.subset,
        metric=key.metric,
        detail=key.detail,
        value=estimate.value,
        low=low,
        high=high,
        sd=estimate.sd,
        n=estimate.n,
        method=estimate.method,
        reason=estimate.reason,
    )
