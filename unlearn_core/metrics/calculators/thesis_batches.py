"""The thesis's batches of 8, as weights of samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["THESIS_BATCH", "batch_weights"]

THESIS_BATCH = 8
"""Batch size of every evaluation in the thesis's code (PROTOCOL 5)."""


def batch_weights(samples: int, batch: int = THESIS_BATCH) -> NDArray[np.float64]:
    """Weight of each sample in a plain mean over batch means.

    A last batch with fewer samples counts as much as a full one, so its samples weigh more
    (PROTOCOL B7).

    Args:
        samples: N >= 1.
        batch: Samples per batch.

    Returns:
        (N,) weights that sum to 1.
    """
    starts = np.arange(0, samples, batch)
    sizes = np.minimum(batch, samples - starts)
    weights: NDArray[np.float64] = np.repeat(1.0 / (sizes * len(starts)), sizes)
    return weights
