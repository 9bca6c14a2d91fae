"""KL as the thesis's code computes it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from unlearn_core.metrics.base import MatchedDistanceMetric, MetricInfo
from unlearn_core.metrics.calculators.thesis_batches import batch_weights
from unlearn_core.metrics.predictions import normalise

__all__ = ["ThesisKl", "clamped_probabilities", "thesis_kl"]

_LOG_LIMIT = 15.0
_SMALLEST = 1e-6


def clamped_probabilities(log_probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities as the thesis's code clamps them (PROTOCOL 5).

    Log-probabilities are clamped to [-15, 15], go through a softmax again, and what is below
    1e-6 becomes 1e-6; the rows are not normalised afterwards.

    Args:
        log_probabilities: (N, K) natural logarithms.

    Returns:
        (N, K); rows sum to 1 or a little more.
    """
    clamped = np.clip(log_probabilities.astype(np.float64), -_LOG_LIMIT, _LOG_LIMIT)
    return np.maximum(np.exp(normalise(clamped)), _SMALLEST)


def thesis_kl(log_model: NDArray[np.floating], log_reference: NDArray[np.floating]) -> float:
    """Mean over batches of 8 of the batch means of Σ r (ln r - ln p), on clamped probabilities.

    The reference is the base. At most about 13.8 = -ln 1e-6; because clamped rows are not
    normalised it can be below 0 by about K times 1e-6.

    Args:
        log_model: (N, K) natural logarithms, in sample order, N >= 1.
        log_reference: (N, K) likewise.
    """
    metric = ThesisKl()
    distances = metric.per_sample(metric.prepare(log_model), metric.prepare(log_reference))
    return float(np.dot(metric.weights(len(distances)), distances))


class ThesisKl(MatchedDistanceMetric):
    """Facts and call of `thesis_kl`."""

    depends_on_order = True
    info: ClassVar[MetricInfo] = MetricInfo(
        name="thesis_kl",
        title="KL as the thesis recorded it",
        unit="nats",
        direction="lower",
        lower=None,
        upper=13.9,
        formula=(
            "mean over batches of 8 of mean over n of Σ_k r'_n(k) (ln r'_n(k) - ln p'_n(k)), "
            "p' = max(softmax(clamp(ln p, -15, 15)), 1e-6)"
        ),
        description=(
            "D_KL(reference || model) of models with the same instance number, with the clamps "
            "of the thesis's code: 13.8 = -ln 1e-6 is the most it can show. For replication only."
        ),
        kind="distance",
    )

    def prepare(
        self, log_probabilities: NDArray[np.floating]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Clamped probabilities and their logarithms."""
        probabilities = clamped_probabilities(log_probabilities)
        return probabilities, np.log(probabilities)

    def per_sample(
        self,
        model: tuple[NDArray[np.float64], NDArray[np.float64]],
        reference: tuple[NDArray[np.float64], NDArray[np.float64]],
    ) -> NDArray[np.float64]:
        """Σ_k r' (ln r' - ln p') of every sample."""
        summed: NDArray[np.float64] = np.einsum("nk,nk->n", reference[0], reference[1] - model[1])
        return summed

    def weights(self, samples: int) -> NDArray[np.float64]:
        """Weights of a plain mean over batch means."""
        return batch_weights(samples)
