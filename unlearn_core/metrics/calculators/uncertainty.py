"""How sure a model is of its answers: confidence and entropy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from unlearn_core.metrics.base import MetricInfo, PredictionMetric
from unlearn_core.metrics.predictions import Predictions, normalise, plogp

__all__ = ["Confidence", "Entropy", "mean_confidence", "mean_entropy"]


def mean_confidence(log_probabilities: NDArray[np.floating]) -> float:
    """Mean probability of the most probable class.

    Args:
        log_probabilities: (N, K) natural logarithms, N >= 1.

    Returns:
        A probability, 1/K to 1.
    """
    return float(np.exp(normalise(log_probabilities).max(axis=1)).mean())


def mean_entropy(log_probabilities: NDArray[np.floating]) -> float:
    """Mean Shannon entropy of the predictions, with 0 ln 0 = 0.

    Args:
        log_probabilities: (N, K) natural logarithms, N >= 1.

    Returns:
        Nats, 0 to ln K.
    """
    return float(-plogp(normalise(log_probabilities)).sum(axis=1).mean())


class Confidence(PredictionMetric):
    """Facts and call of `mean_confidence`."""

    info: ClassVar[MetricInfo] = MetricInfo(
        name="confidence",
        title="Confidence",
        unit="probability",
        direction="reference",
        lower=0.0,
        upper=1.0,
        formula="(1/N) Σ_n max_k p_n(k)",
        description=(
            "Mean probability of the answer given, 1/K for a uniform guess. An unlearned model "
            "far from the retrained ones betrays itself here."
        ),
        kind="prediction",
    )

    def values(self, predictions: Predictions) -> Mapping[str, float]:
        """One value without detail."""
        return {"": float(predictions.confidences.mean())}


class Entropy(PredictionMetric):
    """Facts and call of `mean_entropy`."""

    info: ClassVar[MetricInfo] = MetricInfo(
        name="entropy",
        title="Entropy of the predictions",
        unit="nats",
        direction="reference",
        lower=0.0,
        upper=None,
        formula="-(1/N) Σ_n Σ_k p_n(k) ln p_n(k)",
        description=(
            "Mean Shannon entropy, 0 when always sure and ln K for a uniform guess. The goal is "
            "the retrained models' entropy."
        ),
        kind="prediction",
    )

    def values(self, predictions: Predictions) -> Mapping[str, float]:
        """One value without detail."""
        return {"": max(0.0, float(predictions.entropies.mean()))}
