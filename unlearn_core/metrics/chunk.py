"""Predictions of many models for a few samples, with what several distances share."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from unlearn_core.metrics.predictions import normalise, plogp

__all__ = ["Chunk", "cross_sums"]


def cross_sums(
    probabilities: NDArray[np.float64], log_probabilities: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Σ p_a ln p_b over samples and classes, for every ordered pair (a, b) of models.

    One matrix product. 0 · ln 0 counts as 0; p · ln 0 with p > 0 makes the sum -inf. A product
    with -inf would give NaN for both, so a second product finds the pairs where it stands beside
    a probability above 0.

    Args:
        probabilities: (M, L) with L = samples times classes.
        log_probabilities: (M, L) their logarithms.

    Returns:
        (M, M).
    """
    zero = np.isneginf(log_probabilities)
    if not zero.any():
        product: NDArray[np.float64] = probabilities @ log_probabilities.T
        return product
    product = probabilities @ np.where(zero, 0.0, log_probabilities).T
    product[probabilities @ zero.astype(np.float64).T > 0.0] = -np.inf
    return product


class Chunk:
    """Log-probabilities of M models for n samples, normalised in float64.

    Attributes:
        models: M.
        samples: n.
        log_probabilities: (M, n * K).
    """

    def __init__(self, log_probabilities: NDArray[np.floating]) -> None:
        self.models, self.samples, _ = log_probabilities.shape
        self.log_probabilities = normalise(log_probabilities).reshape(self.models, -1)

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """(M, n * K)."""
        made: NDArray[np.float64] = np.exp(self.log_probabilities)
        return made

    @cached_property
    def negative_entropies(self) -> NDArray[np.float64]:
        """(M,) Σ p ln p over the samples, nats."""
        summed: NDArray[np.float64] = plogp(self.log_probabilities).sum(axis=1)
        return summed

    @cached_property
    def divergences(self) -> NDArray[np.float64]:
        """(M, M) Σ D_KL(row || column) over the samples, nats; never below 0."""
        found = self.negative_entropies[:, None] - cross_sums(
            self.probabilities, self.log_probabilities
        )
        # Both terms are of the order of the entropy, so equal models come out at about 1e-16
        # per sample, on either side of 0. NaN (a diverged model) stays NaN.
        return np.maximum(found, 0.0)
