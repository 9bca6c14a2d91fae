"""Cross-entropy: the true mean, and what the thesis recorded in its place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from unlearn_core.metrics.base import MetricInfo, PredictionMetric
from unlearn_core.metrics.calculators.thesis_batches import THESIS_BATCH, batch_weights
from unlearn_core.metrics.predictions import Predictions

__all__ = ["Loss", "ThesisLoss", "mean_loss", "thesis_loss"]


def mean_loss(losses: NDArray[np.float64]) -> float:
    """Mean cross-entropy.

    Args:
        losses: (N,) -ln p of the true class, nats, N >= 1.

    Returns:
        Nats per sample; inf when a true class has probability 0.
    """
    return float(np.mean(losses))


def thesis_loss(losses: NDArray[np.float64]) -> float:
    """The sum of the batch means (batches of 8, in sample order), divided by the samples.

    Source: the thesis's code, PROTOCOL D3. It is about an eighth of the mean: exactly
    ceil(N/8)/N times it when all samples of the last batch are like the others.

    Args:
        losses: (N,) -ln p of the true class, nats, in sample order, N >= 1.
    """
    weights = batch_weights(len(losses))  # of a mean over batches
    batches = math.ceil(len(losses) / THESIS_BATCH)
    return float(np.dot(weights, losses) * batches / len(losses))


class Loss(PredictionMetric):
    """Facts and call of `loss`."""

    info: ClassVar[MetricInfo] = MetricInfo(
        name="loss",
        title="Loss",
        unit="nats",
        direction="reference",
        lower=0.0,
        upper=None,
        formula="-(1/N) Σ_n ln p_n(y_n)",
        description=(
            "Mean cross-entropy of the true class. A uniform guess over K classes has ln K "
            "(2.303 for ten). On the forget set the goal is the retrained models' loss."
        ),
        kind="prediction",
    )

    def values(self, predictions: Predictions) -> Mapping[str, float]:
        """One value without detail."""
        return {"": mean_loss(predictions.losses)}


class ThesisLoss(PredictionMetric):
    """Facts and call of `thesis_loss`."""

    depends_on_order = True
    info: ClassVar[MetricInfo] = MetricInfo(
        name="thesis_loss",
        title="Loss as the thesis recorded it",
        unit="nats / 8",
        direction="reference",
        lower=0.0,
        upper=None,
        formula="(1/N) Σ_b mean_{n in batch b}(-ln p_n(y_n)), batches of 8 in sample order",
        description=(
            "Batch means are summed but divided by the number of samples, so the value is about "
            "an eighth of the loss: a uniform guess over ten classes records 0.288. For "
            "replication only."
        ),
        kind="prediction",
    )

    def values(self, predictions: Predictions) -> Mapping[str, float]:
        """One value without detail."""
        return {"": thesis_loss(predictions.losses)}
