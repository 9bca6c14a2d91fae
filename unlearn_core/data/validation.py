"""Holding out a validation part: seeded, stratified, the same for every role."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from unlearn_core.errors import ConfigError
from unlearn_core.seeds import derive_seed

__all__ = ["split_validation"]


def split_validation(
    labels: NDArray[np.int64], fraction: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Divide the train part into training and validation ids.

    Every class gives the same share, rounded to the nearest sample (halves up), but always keeps
    one sample for training. A class's draw depends on the seed and its own ids alone.

    Args:
        labels: (N,) labels of the train part in source order.
        fraction: Share to hold out, in [0, 1); 0 holds out nothing.
        seed: The experiment's seed.

    Returns:
        (training ids, validation ids), both sorted; together every id of the part exactly once.

    Raises:
        ConfigError: The fraction is outside [0, 1).
    """
    if not 0.0 <= fraction < 1.0:
        raise ConfigError(f"validation_fraction is {fraction}, it must be at least 0 and below 1")
    held_out = np.zeros(len(labels), dtype=np.bool_)
    for label in np.unique(labels) if fraction > 0 else ():
        ids = np.flatnonzero(labels == label)
        count = min(math.floor(fraction * len(ids) + 0.5), len(ids) - 1)
        order = np.random.default_rng(derive_seed(seed, int(label), "validation"))
        held_out[order.permutation(ids)[:count]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)
