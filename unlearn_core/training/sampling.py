"""Which samples make a batch: endless streams of sample ids, one row per instance.

Everything is drawn with NumPy from per-instance generators on the CPU and in whole rounds, so
that no Python runs per sample and no instance depends on its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from unlearn_core.configs.training import BalancedCycleSampling, SamplingConfig
from unlearn_core.errors import ConfigError

__all__ = ["BalancedCycle", "SampleStream", "ShuffledPasses", "make_stream"]


class SampleStream(Protocol):
    """Sample ids without end."""

    @property
    def pass_length(self) -> int:
        """Samples per instance in one pass over the stream's data."""

    def take(self, count: int) -> NDArray[np.int64]:
        """The next ids (M, count); every instance goes on where it stopped."""


class BalancedCycle:
    """Classes in fixed cycle, one cursor per class (as run; PROTOCOL 3, D2).

    The pool of a class is its first m samples in an order shuffled per instance, m being the
    size of the smallest class. Cursors wrap at m. A class without samples is left out.

    Args:
        ids: (n,) sample ids.
        labels: (n,) their classes.
        seeds: One per instance.
    """

    def __init__(
        self, ids: NDArray[np.int64], labels: NDArray[np.int64], seeds: Sequence[int]
    ) -> None:
        by_class = [ids[labels == label] for label in np.unique(labels)]
        self._size = min(len(members) for members in by_class)
        generators = [np.random.default_rng(seed) for seed in seeds]
        # (M, classes, m)
        self._pools = np.stack(
            [
                np.stack([generator.permutation(pool)[: self._size] for pool in by_class])
                for generator in generators
            ]
        )
        self._taken = 0

    @property
    def pass_length(self) -> int:
        """Samples in all pools of an instance: classes x m."""
        return int(self._pools.shape[1]) * self._size

    def take(self, count: int) -> NDArray[np.int64]:
        """The next ids (M, count)."""
        classes = self._pools.shape[1]
        position = np.arange(self._taken, self._taken + count)
        self._taken += count
        drawn: NDArray[np.int64] = self._pools[
            :, position % classes, (position // classes) % self._size
        ]
        return drawn


class ShuffledPasses:
    """Every sample once per pass, in a fresh permutation per pass and instance.

    The permutation is of all ids, and excluded ones are skipped. So two streams with equal
    seeds, one with and one without exclusions, serve the ids they share in the same order:
    twins.

    Args:
        ids: (n,) sample ids.
        excluded_ids: Those of them to skip.
        seeds: One per instance.
    """

    def __init__(
        self, ids: NDArray[np.int64], excluded_ids: NDArray[np.int64], seeds: Sequence[int]
    ) -> None:
        self._ids = ids
        self._included = ~np.isin(ids, excluded_ids)
        self._length = int(np.count_nonzero(self._included))
        self._generators = [np.random.default_rng(seed) for seed in seeds]
        self._ahead = np.empty((len(seeds), 0), dtype=np.int64)

    @property
    def pass_length(self) -> int:
        """Samples that are not excluded."""
        return self._length

    def take(self, count: int) -> NDArray[np.int64]:
        """The next ids (M, count)."""
        missing = count - self._ahead.shape[1]
        passes = [
            np.stack([self._one_pass(generator) for generator in self._generators])
            for _ in range(-(-missing // self._length))
        ]
        stream = np.concatenate([self._ahead, *passes], axis=1)
        self._ahead = stream[:, count:]
        return stream[:, :count]

    def _one_pass(self, generator: np.random.Generator) -> NDArray[np.int64]:
        order = generator.permutation(len(self._ids))
        served: NDArray[np.int64] = self._ids[order[self._included[order]]]
        return served


def make_stream(
    config: SamplingConfig,
    ids: NDArray[np.int64],
    labels: NDArray[np.int64],
    excluded_ids: NDArray[np.int64],
    seeds: Sequence[int],
) -> SampleStream:
    """The stream of a sampling.

    Args:
        config: Which sampling.
        ids: (n,) sample ids.
        labels: (n,) their classes.
        excluded_ids: Those of them to leave out.
        seeds: One per instance.

    Raises:
        ConfigError: Nothing is left to train on.
    """
    remaining = ~np.isin(ids, excluded_ids)
    if not remaining.any():
        raise ConfigError(
            f"there is nothing to train on: {len(ids)} samples, {len(excluded_ids)} left out"
        )
    if isinstance(config, BalancedCycleSampling):
        return BalancedCycle(ids[remaining], labels[remaining], seeds)
    return ShuffledPasses(ids, excluded_ids, seeds)
