"""One model's own values: all subsets and metrics from one set of predictions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unlearn_core.metrics.base import PredictionMetric
from unlearn_core.metrics.predictions import Predictions
from unlearn_core.metrics.registry import ALL, select
from unlearn_core.metrics.values import Value, missing, stored
from unlearn_core.records import EvaluationRecord

__all__ = ["PartPredictions", "evaluate_model", "evaluate_part"]


@dataclass(frozen=True, eq=False, slots=True)
class PartPredictions:
    """What one model says about one part of the data.

    Attributes:
        sample_ids: (N,) rows of the source part.
        labels: (N,) true classes.
        log_probabilities: (N, K) natural logarithms.
        subsets: Subset name to (N,) mask, or the reason why the subset does not exist.
    """

    sample_ids: NDArray[np.int64]
    labels: NDArray[np.int64]
    log_probabilities: NDArray[np.floating]
    subsets: Mapping[str, NDArray[np.bool_] | str]


def evaluate_model(
    model_id: str,
    request_id: str,
    predictions: Mapping[str, PartPredictions],
    metrics: Iterable[str] = (ALL,),
) -> list[EvaluationRecord]:
    """All values that one model has by itself.

    Args:
        model_id: The model.
        request_id: The forget request that names the subsets.
        predictions: Part name to the model's predictions.
        metrics: Metric names, or `all`; those that need more than one model's predictions are
            left to the comparison of populations.

    Raises:
        UnknownNameError: No metric has that name.
    """
    chosen = [metric for metric in select(metrics) if isinstance(metric, PredictionMetric)]
    return [
        EvaluationRecord(
            model_id=model_id,
            reference_model_id="",
            request_id=request_id,
            part=part,
            subset=subset,
            metric=name,
            detail=detail,
            value=value.value,
            reason=value.reason,
        )
        for part, made in predictions.items()
        for subset, name, detail, value in evaluate_part(part, made, chosen)
    ]


def evaluate_part(
    part: str, made: PartPredictions, metrics: Iterable[PredictionMetric]
) -> Iterator[tuple[str, str, str, Value]]:
    """Subset, metric, detail and value for everything that applies to one part."""
    metrics = tuple(metrics)
    whole = Predictions(made.labels, made.log_probabilities)
    for subset, mask in made.subsets.items():
        applying = [metric for metric in metrics if metric.applies_to(part, subset)]
        reason, predictions = _usable(whole, mask)
        for metric in applying:
            if predictions is None:
                yield subset, metric.info.name, "", missing(reason)
                continue
            for detail, number in metric.values(predictions).items():
                yield subset, metric.info.name, detail, stored(number)


def _usable(whole: Predictions, mask: NDArray[np.bool_] | str) -> tuple[str, Predictions | None]:
    """The predictions of a subset, or the reason why nothing can be said about it."""
    if isinstance(mask, str):
        return mask, None
    predictions = whole.take(mask)
    if len(predictions) == 0:
        return "the subset has no samples", None
    if wrong := predictions.not_a_number:
        return (
            f"not a number: the model's outputs are undefined for {wrong} of "
            f"{len(predictions)} samples",
            None,
        )
    return "", predictions
