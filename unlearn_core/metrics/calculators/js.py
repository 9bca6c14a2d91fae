"""Jensen-Shannon divergence."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from unlearn_core.metrics.base import DistanceMetric, MetricInfo, TwinMetric
from unlearn_core.metrics.chunk import Chunk
from unlearn_core.metrics.predictions import normalise

__all__ = ["Js", "JsTwin", "js_divergence", "js_pair_sums"]

_LN2 = math.log(2.0)
_TINY = 1e-300  # ln of it is finite, and 0 times that is 0
_BLOCK = 2**17  # float64 elements of one intermediate: 1 MiB stays in the cache


def js_divergence(log_p: NDArray[np.floating], log_q: NDArray[np.floating]) -> NDArray[np.float64]:
    """½ D_KL(p || m) + ½ D_KL(q || m) with m = (p + q) / 2, for every sample.

    Always finite, because m > 0 wherever p or q is. Lin 1991.

    Args:
        log_p: (N, K) natural logarithms, -inf for a probability of 0.
        log_q: (N, K) likewise.

    Returns:
        (N,) nats, 0 to ln 2.
    """
    p, q = np.exp(normalise(log_p)), np.exp(normalise(log_q))
    log_halves = np.log(np.maximum((p + q) / 2.0, _TINY))
    terms = p * (np.log(np.maximum(p, _TINY)) - log_halves)
    terms += q * (np.log(np.maximum(q, _TINY)) - log_halves)
    divergences: NDArray[np.float64] = np.clip(0.5 * terms.sum(axis=1), 0.0, _LN2)
    return divergences


def js_pair_sums(probabilities: NDArray[np.float64], samples: int) -> NDArray[np.float64]:
    """Sum of the divergences over the samples, for every pair of models.

    JS = ½ Σ p ln p + ½ Σ q ln q - ½ Σ (p + q) ln(p + q) + ln 2: the mixed term needs one
    logarithm per pair and element, all others one per model and element.

    Args:
        probabilities: (M, L) with L = samples times classes.
        samples: n.

    Returns:
        (M, M), symmetric, 0 on the diagonal (NaN where a model's predictions are).
    """
    models, length = probabilities.shape
    own = np.einsum(
        "ml,ml->m", probabilities, np.log(np.maximum(probabilities, _TINY)), optimize=True
    )
    mixed = np.zeros((models, models))
    step = max(1, _BLOCK // models)
    sums, logs = np.empty((2, models, min(step, length)))
    for start in range(0, length, step):
        block = probabilities[:, start : start + step]
        width = block.shape[1]
        for first in range(models - 1):
            rest = models - first - 1
            both, log_both = sums[:rest, :width], logs[:rest, :width]
            np.add(block[first + 1 :], block[first], out=both)
            np.maximum(both, _TINY, out=log_both)
            np.log(log_both, out=log_both)
            mixed[first, first + 1 :] += np.einsum("ml,ml->m", both, log_both)
    mixed += mixed.T
    result: NDArray[np.float64] = 0.5 * (own[:, None] + own[None, :] - mixed) + samples * _LN2
    diverged = np.isnan(own)
    np.fill_diagonal(result, np.where(diverged, np.nan, 0.0))
    return np.clip(result, 0.0, samples * _LN2, out=result)


class Js(DistanceMetric):
    """Facts and call of `js_divergence`."""

    info: ClassVar[MetricInfo] = MetricInfo(
        name="js",
        title="Jensen-Shannon divergence",
        unit="nats",
        direction="lower",
        lower=0.0,
        upper=_LN2,
        formula="(1/N) Σ_n [½ D_KL(p_n || m_n) + ½ D_KL(r_n || m_n)], m_n = (p_n + r_n)/2",
        description=(
            "Symmetric and never above ln 2 = 0.693, so one absurdly sure prediction cannot "
            "carry the mean as it does in KL. Computed on the test part, and elsewhere on the "
            "forget samples."
        ),
        kind="distance",
    )

    def applies_to(self, part: str, subset: str) -> bool:
        """Everywhere on the test part, elsewhere on forget samples.

        It needs a logarithm per pair of models and element, where KL is one matrix product:
        the whole train part of 180 models would take longer than everything else together.
        """
        return part == "test" or subset == "forget" or subset.endswith("_forget")

    def per_sample(
        self, model: NDArray[np.floating], reference: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """JS of every sample."""
        return js_divergence(model, reference)

    def pair_sums(self, chunk: Chunk) -> NDArray[np.float64]:
        """Row model, column reference; symmetric."""
        return js_pair_sums(chunk.probabilities, chunk.samples)


class JsTwin(TwinMetric):
    """Facts of `js` between twins."""

    base = "js"
    info: ClassVar[MetricInfo] = MetricInfo(
        name="js_twin",
        title="Jensen-Shannon divergence to the twin",
        unit="nats",
        direction="lower",
        lower=0.0,
        upper=_LN2,
        formula="mean over i of JS(model_i, reference_i)",
        description=(
            "Between twins, which share initialisation and order of samples; it never stands "
            "beside the noise floor. Only in experiments with pairing `twins`."
        ),
        kind="distance",
    )
