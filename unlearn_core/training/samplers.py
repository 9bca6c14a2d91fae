"""Which samples make a batch. Indices are drawn on the CPU, per instance, ahead of the steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from unlearn_core.configs.training import BalancedCycleSampling, SamplingConfig

__all__ = ["BalancedCycle", "Sampler", "ShuffleStream", "make_sampler"]

Ids = NDArray[np.int64]


class Sampler(Protocol):
    """An endless stream of sample ids per instance."""

    def draw(self, count: int) -> Ids:
        """The next `count` ids of every instance, (M, count)."""


class BalancedCycle:
    """Classes in fixed cycle, one cursor per class, pools of the smallest class's size (as run).

    The pool of a class is the first m of its ids in an order shuffled per instance, with m the
    size of the smallest class that has any; cursors wrap at m and go on from draw to draw.

    Args:
        ids: (n,) ids to draw from.
        labels: (n,) their classes.
        seeds: One per instance.
    """

    def __init__(self, ids: Ids, labels: NDArray[np.int64], seeds: Sequence[int]) -> None:
        classes = np.unique(labels)
        by_class = [ids[labels == c] for c in classes]
        self.pool_size = min(len(members) for members in by_class)
        generators = [np.random.default_rng(seed) for seed in seeds]
        self._pools = np.stack(
            [
                np.stack([rng.permutation(members)[: self.pool_size] for members in by_class])
                for rng in generators
            ]
        )  # (M, classes, m)
        self._position = 0

    def draw(self, count: int) -> Ids:
        """The next `count` ids of every instance, (M, count)."""
        positions = np.arange(self._position, self._position + count)
        self._position += count
        number_of_classes = self._pools.shape[1]
        drawn: Ids = self._pools[
            :, positions % number_of_classes, (positions // number_of_classes) % self.pool_size
        ]
        return drawn


class ShuffleStream:
    """Fresh permutations of all ids, one after another; excluded ids are skipped.

    Twins of equal seed share the permutation, so a retrained twin meets the retained samples in
    the order its trained twin met them.

    Args:
        ids: (n,) all training ids.
        excluded: Ids to skip, may be empty.
        seeds: One per instance.
    """

    def __init__(self, ids: Ids, excluded: Ids, seeds: Sequence[int]) -> None:
        self._ids = ids
        self._kept = ~np.isin(ids, excluded)
        self._generators = [np.random.default_rng(seed) for seed in seeds]
        self._waiting: Ids = np.empty((len(seeds), 0), np.int64)

    def draw(self, count: int) -> Ids:
        """The next `count` ids of every instance, (M, count)."""
        parts = [self._waiting]
        available = self._waiting.shape[1]
        while available < count:
            parts.append(self._permutation())
            available += parts[-1].shape[1]
        stream = np.concatenate(parts, axis=1)
        self._waiting = stream[:, count:]
        return stream[:, :count]

    def _permutation(self) -> Ids:
        rows = []
        for rng in self._generators:
            order = rng.permutation(len(self._ids))
            rows.append(self._ids[order[self._kept[order]]])
        return np.stack(rows)


def make_sampler(
    config: SamplingConfig,
    training_ids: Ids,
    labels: NDArray[np.int64],
    excluded_ids: Ids,
    seeds: Sequence[int],
) -> Sampler:
    """The sampler a config names.

    Args:
        config: Which sampler.
        training_ids: (n,) all training ids.
        labels: (n,) their classes.
        excluded_ids: Ids that must not be drawn.
        seeds: One per instance.
    """
    if isinstance(config, BalancedCycleSampling):
        kept = ~np.isin(training_ids, excluded_ids)
        return BalancedCycle(training_ids[kept], labels[kept], seeds)
    return ShuffleStream(training_ids, excluded_ids, seeds)
