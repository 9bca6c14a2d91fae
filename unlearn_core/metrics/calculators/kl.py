"""Kullback-Leibler divergence, both ways."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from unlearn_core.metrics.base import DistanceMetric, MetricInfo, TwinMetric
from unlearn_core.metrics.chunk import Chunk
from unlearn_core.metrics.predictions import normalise

__all__ = [
    "KlFromReference",
    "KlFromReferenceTwin",
    "KlToReference",
    "KlToReferenceTwin",
    "kl_divergence",
]


def kl_divergence(log_p: NDArray[np.floating], log_q: NDArray[np.floating]) -> NDArray[np.float64]:
    """D_KL(p || q) = Σ_k p(k) (ln p(k) - ln q(k)) for every sample.

    Exact from logarithms: gaps of hundreds need no clamp. 0 ln 0 = 0, also beside q = 0;
    p > 0 beside q = 0 gives inf. Kullback and Leibler 1951.

    Args:
        log_p: (N, K) natural logarithms of the base, -inf for a probability of 0.
        log_q: (N, K) natural logarithms of the other.

    Returns:
        (N,) nats, >= 0.
    """
    log_p, log_q = normalise(log_p), normalise(log_q)
    p = np.exp(log_p)
    with np.errstate(invalid="ignore"):
        terms = p * (log_p - log_q)
    terms[p == 0.0] = 0.0
    divergences: NDArray[np.float64] = np.maximum(terms.sum(axis=1), 0.0)
    return divergences


class KlFromReference(DistanceMetric):
    """Facts and call of `kl_divergence` with the reference as base."""

    info: ClassVar[MetricInfo] = MetricInfo(
        name="kl_from_reference",
        title="KL from the reference",
        unit="nats",
        direction="lower",
        lower=0.0,
        upper=None,
        formula="(1/N) Σ_n Σ_k r_n(k) (ln r_n(k) - ln p_n(k)) = D_KL(reference || model)",
        description=(
            "What the model misses of the reference's predictions. Against the retrained models "
            "on the forget samples of the train part it is the headline number "
            "`kl_from_retrained`; compare it with the noise floor, the same number of the "
            "retrained models among themselves."
        ),
        kind="distance",
    )

    def per_sample(
        self, model: NDArray[np.floating], reference: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """D_KL(reference || model) of every sample."""
        return kl_divergence(reference, model)

    def pair_sums(self, chunk: Chunk) -> NDArray[np.float64]:
        """Row model, column reference."""
        return chunk.divergences.T


class KlToReference(DistanceMetric):
    """Facts and call of `kl_divergence` with the model as base."""

    info: ClassVar[MetricInfo] = MetricInfo(
        name="kl_to_reference",
        title="KL to the reference",
        unit="nats",
        direction="lower",
        lower=0.0,
        upper=None,
        formula="(1/N) Σ_n Σ_k p_n(k) (ln p_n(k) - ln r_n(k)) = D_KL(model || reference)",
        description=(
            "What the model says that the reference holds impossible; large when the model is "
            "sure of answers the reference never gives. The thesis's tuning minimised this one."
        ),
        kind="distance",
    )

    def per_sample(
        self, model: NDArray[np.floating], reference: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """D_KL(model || reference) of every sample."""
        return kl_divergence(model, reference)

    def pair_sums(self, chunk: Chunk) -> NDArray[np.float64]:
        """Row model, column reference."""
        return chunk.divergences


class KlFromReferenceTwin(TwinMetric):
    """Facts of `kl_from_reference` between twins."""

    base = "kl_from_reference"
    info: ClassVar[MetricInfo] = MetricInfo(
        name="kl_from_reference_twin",
        title="KL from the twin",
        unit="nats",
        direction="lower",
        lower=0.0,
        upper=None,
        formula="mean over i of D_KL(reference_i || model_i)",
        description=(
            "Twins share initialisation and order of samples, so even the untouched model can "
            "lie far below the noise floor: never set it beside the floor. Only in experiments "
            "with pairing `twins`."
        ),
        kind="distance",
    )


class KlToReferenceTwin(TwinMetric):
    """Facts of `kl_to_reference` between twins."""

    base = "kl_to_reference"
    info: ClassVar[MetricInfo] = MetricInfo(
        name="kl_to_reference_twin",
        title="KL to the twin",
        unit="nats",
        direction="lower",
        lower=0.0,
        upper=None,
        formula="mean over i of D_KL(model_i || reference_i)",
        description=(
            "The other direction between twins; like `kl_from_reference_twin` it never stands "
            "beside the noise floor. Only in experiments with pairing `twins`."
        ),
        kind="distance",
    )
