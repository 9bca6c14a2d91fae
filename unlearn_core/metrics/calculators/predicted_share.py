"""What is predicted at all, and whether a model has collapsed onto one class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from unlearn_core.metrics.base import MetricInfo, PredictionMetric
from unlearn_core.metrics.predictions import Predictions

__all__ = [
    "COLLAPSE_SHARE",
    "Collapsed",
    "PredictedShare",
    "is_collapsed",
    "predicted_shares",
]

COLLAPSE_SHARE = 0.95
"""A model that gives more than this share of its answers to one class counts as collapsed.

On a test part with K equal classes such a model answers at most 5 % + 1/K of the samples rightly,
whatever the rest of its answers are, so its accuracy on a forget set of one class says nothing
about forgetting. The thesis's collapsed models lie above it (PROTOCOL D12: one class for 98.9 % of
its own samples and nearly everything else), and a working classifier of ten classes lies near 0.1.
"""


def predicted_shares(predicted: NDArray[np.int64], num_classes: int) -> NDArray[np.float64]:
    """Share of the samples that each class gets as answer.

    Args:
        predicted: (N,) predicted classes, N >= 1.
        num_classes: K.

    Returns:
        (K,) shares that sum to 1.
    """
    shares: NDArray[np.float64] = np.bincount(predicted, minlength=num_classes) / len(predicted)
    return shares


def is_collapsed(predicted: NDArray[np.int64], num_classes: int) -> bool:
    """Whether one class gets more than `COLLAPSE_SHARE` of the answers.

    Args:
        predicted: (N,) predicted classes of a sample with several true classes, N >= 1.
        num_classes: K.
    """
    return bool(predicted_shares(predicted, num_classes).max() > COLLAPSE_SHARE)


class PredictedShare(PredictionMetric):
    """Facts and call of `predicted_shares`."""

    info: ClassVar[MetricInfo] = MetricInfo(
        name="predicted_share",
        title="Share of answers per class",
        unit="share",
        direction="reference",
        lower=0.0,
        upper=1.0,
        formula="(1/N) Σ_n [argmax_k p_n(k) = c], detail = c",
        description=(
            "How often each class is the answer; the classes sum to 1. On `class_<c>` it is a "
            "row of the confusion matrix. The goal is the retrained models' shares."
        ),
        kind="prediction",
    )

    def values(self, predictions: Predictions) -> Mapping[str, float]:
        """One value per class; the detail is the class."""
        shares = predicted_shares(predictions.predicted, predictions.num_classes)
        return {str(label): float(share) for label, share in enumerate(shares)}


class Collapsed(PredictionMetric):
    """Facts and call of `is_collapsed`."""

    info: ClassVar[MetricInfo] = MetricInfo(
        name="collapsed",
        title="Collapsed onto one class",
        unit="0 or 1",
        direction="lower",
        lower=0.0,
        upper=1.0,
        formula="1 if max_c predicted_share(c) > 0.95 on test / all, else 0",
        description=(
            "1 for a model that gives more than 95 % of its answers on the whole test part to "
            "one class: it is broken, not unlearned. Of a population: the share of such models."
        ),
        kind="prediction",
    )

    def applies_to(self, part: str, subset: str) -> bool:
        """Only the whole test part has all classes in their natural shares."""
        return part == "test" and subset == "all"

    def values(self, predictions: Predictions) -> Mapping[str, float]:
        """One value without detail."""
        return {"": float(is_collapsed(predictions.predicted, predictions.num_classes))}
