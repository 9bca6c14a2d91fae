"""Which retain samples impair and repair see."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unlearn_core.algorithms.task import UnlearningTask
from unlearn_core.configs.algorithms.noise import RatioRetain, RetainAmount
from unlearn_core.training.sampling import BalancedCycle, ShuffledPasses

__all__ = ["RetainDraws", "retain_count"]


def retain_count(amount: RetainAmount, retain_labels: NDArray[np.int64], forget_count: int) -> int:
    """Retain samples of one epoch.

    Args:
        amount: A ratio, int(ratio x forget samples) (PROTOCOL, D18), or a number of each class.
        retain_labels: (n_r,) classes of the retain samples.
        forget_count: Number of forget samples.
    """
    if isinstance(amount, RatioRetain):
        return int(amount.ratio * forget_count) if len(retain_labels) else 0
    _, sizes = np.unique(retain_labels, return_counts=True)
    return int(np.minimum(sizes, amount.samples).sum())


class RetainDraws:
    """Positions in the retain set, epoch after epoch.

    Balanced, as the thesis ran: the cycle over all classes, whose cursors go on from epoch to
    epoch and from impair to repair (PROTOCOL 4.3). Otherwise one subset is drawn without
    replacement, wrapping where more is asked for than there is; all epochs of impair and repair
    see this subset, as in the original FEMU notebook, each in a fresh order.

    Args:
        amount: How many.
        balanced: Which of the two.
        retain_labels: (n_r,) class at every position.
        forget_count: Number of forget samples.
        task: Gives the seeds.
    """

    def __init__(
        self,
        amount: RetainAmount,
        balanced: bool,
        retain_labels: NDArray[np.int64],
        forget_count: int,
        task: UnlearningTask,
    ) -> None:
        self.count = retain_count(amount, retain_labels, forget_count)
        self._generators = task.numpy_generators("retain order")
        self._cycle: BalancedCycle | None = None
        self._subset = np.empty((task.width, 0), dtype=np.int64)
        if self.count == 0:
            return
        seeds = task.seeds("retain draw")
        positions = np.arange(len(retain_labels))
        if balanced:
            self._cycle = BalancedCycle(positions, retain_labels, seeds)
        elif isinstance(amount, RatioRetain):
            nothing = np.empty(0, dtype=np.int64)
            self._subset = ShuffledPasses(positions, nothing, seeds).take(self.count)
        else:
            self._subset = np.stack(
                [_some_of_each(retain_labels, amount.samples, seed) for seed in seeds]
            )

    def epoch(self) -> NDArray[np.int64]:
        """The next epoch's positions (M, count)."""
        if self._cycle is not None:
            return self._cycle.take(self.count)
        rows = zip(self._generators, self._subset, strict=True)
        return np.stack([generator.permutation(row) for generator, row in rows])


def _some_of_each(labels: NDArray[np.int64], samples: int, seed: int) -> NDArray[np.int64]:
    """Positions of at most `samples` samples of each class."""
    generator = np.random.default_rng(seed)
    return np.concatenate(
        [
            generator.permutation(np.flatnonzero(labels == label))[:samples]
            for label in np.unique(labels)
        ]
    )
