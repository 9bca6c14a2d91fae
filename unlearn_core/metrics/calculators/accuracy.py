"""Accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from unlearn_core.metrics.base import MetricInfo, PredictionMetric
from unlearn_core.metrics.predictions import Predictions

__all__ = ["Accuracy", "accuracy"]


def accuracy(predicted: NDArray[np.int64], labels: NDArray[np.int64]) -> float:
    """Share of samples whose most probable class is the true one.

    Args:
        predicted: (N,) predicted classes, N >= 1.
        labels: (N,) true classes.

    Returns:
        A share, 0 to 1.
    """
    return float(np.mean(predicted == labels))


class Accuracy(PredictionMetric):
    """Facts and call of `accuracy`."""

    info: ClassVar[MetricInfo] = MetricInfo(
        name="accuracy",
        title="Accuracy",
        unit="share",
        direction="reference",
        lower=0.0,
        upper=1.0,
        formula="(1/N) Σ_n [argmax_k p_n(k) = y_n]",
        description=(
            "Share of samples answered rightly; on a tie the lowest class counts. On the forget "
            "set the goal is the retrained models' accuracy, not 0: they still answer many "
            "forgotten samples rightly."
        ),
        kind="prediction",
    )

    def values(self, predictions: Predictions) -> Mapping[str, float]:
        """One value without detail."""
        return {"": accuracy(predictions.predicted, predictions.labels)}
