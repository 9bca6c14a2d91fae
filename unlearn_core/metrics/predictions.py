"""The predictions of one model, with what several metrics need computed once."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["Predictions", "normalise", "plogp"]


def normalise(log_probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log-probabilities in float64 whose rows sum to 1 exactly enough for divergences >= 0.

    Log-probabilities are stored as float32, so a row's probabilities sum to 1 only within about
    1e-7, and a divergence of two near-equal models could come out below 0. Gaps of any size are
    kept, because nothing leaves the logarithm.

    Args:
        log_probabilities: (..., K) natural logarithms; -inf is a probability of 0.

    Returns:
        (..., K) with log-sum-exp 0; rows with NaN or +inf, or with -inf only, are NaN.
    """
    values = log_probabilities.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        values -= values.max(axis=-1, keepdims=True)
        values -= np.log(np.exp(values).sum(axis=-1, keepdims=True))
    return values


def plogp(log_probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """P ln p of every element, with 0 ln 0 = 0.

    Args:
        log_probabilities: Any shape, normalised; -inf is a probability of 0.
    """
    finite = np.where(np.isneginf(log_probabilities), 0.0, log_probabilities)
    product: NDArray[np.float64] = np.exp(log_probabilities) * finite
    return product


class Predictions:
    """Predictions of one model for some samples, in sample order.

    Per-sample vectors are computed once for a whole part; a subset only slices them.

    Attributes:
        labels: (N,) true classes.
        predicted: (N,) most probable class; the lowest one on a tie.
        losses: (N,) cross-entropy of the true class, nats.
        confidences: (N,) probability of the most probable class.
        entropies: (N,) entropy of the prediction, nats.
        num_classes: K.
    """

    def __init__(self, labels: NDArray[np.int64], log_probabilities: NDArray[np.floating]) -> None:
        if log_probabilities.ndim != 2 or len(log_probabilities) != len(labels):
            raise ValueError(
                f"{len(labels)} labels need log-probabilities of shape ({len(labels)}, K), "
                f"not {log_probabilities.shape}"
            )
        self._log_probabilities = normalise(log_probabilities)
        self._mask: NDArray[np.bool_] | None = None
        self.num_classes = int(log_probabilities.shape[1])
        self.labels = labels
        self.predicted = self._log_probabilities.argmax(axis=1)
        self.losses = -self._log_probabilities[np.arange(len(labels)), labels]
        self.confidences = np.exp(self._log_probabilities.max(axis=1))
        self.entropies = -plogp(self._log_probabilities).sum(axis=1)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def not_a_number(self) -> int:
        """How many samples have predictions that are not numbers (the model diverged)."""
        return int(np.isnan(self.losses).sum())

    @cached_property
    def log_probabilities(self) -> NDArray[np.float64]:
        """(N, K) normalised log-probabilities; a subset's copy is made when it is asked for."""
        if self._mask is None:
            return self._log_probabilities
        return self._log_probabilities[self._mask]

    def take(self, mask: NDArray[np.bool_]) -> Predictions:
        """The predictions of a subset.

        Args:
            mask: (N,) of the whole part.

        Raises:
            ValueError: These predictions are a subset already, or the mask has another length.
        """
        if self._mask is not None or mask.shape != self.labels.shape:
            raise ValueError(
                f"a subset is taken from a whole part with a mask of shape {self.labels.shape}, "
                f"not {mask.shape}"
            )
        subset = object.__new__(Predictions)
        subset._log_probabilities = self._log_probabilities
        subset._mask = mask
        subset.num_classes = self.num_classes
        subset.labels = self.labels[mask]
        subset.predicted = self.predicted[mask]
        subset.losses = self.losses[mask]
        subset.confidences = self.confidences[mask]
        subset.entropies = self.entropies[mask]
        return subset
