"""Course of the learning rate."""

from __future__ import annotations

import math
from collections.abc import Callable

from unlearn_core.configs.training import (
    CosineSchedule,
    PlateauSchedule,
    ScheduleConfig,
    StepByRoundSchedule,
)

__all__ = ["Plateau", "learning_rate_factor"]


def learning_rate_factor(schedule: ScheduleConfig, total_steps: int) -> Callable[[int, int], float]:
    """Factor of the base rate as a function of (round, step), both from 0.

    A plateau depends on losses and is followed by `Plateau`; its factor here is 1.
    """
    if isinstance(schedule, StepByRoundSchedule):
        return lambda round_, _step: schedule.factor ** (round_ // schedule.every)
    if isinstance(schedule, CosineSchedule):
        return lambda _round, step: 0.5 * (1.0 + math.cos(math.pi * step / total_steps))
    return lambda _round, _step: 1.0


class Plateau:
    """Counts rounds without improvement, as ReduceLROnPlateau does (relative threshold 1e-4)."""

    def __init__(self, schedule: PlateauSchedule) -> None:
        self._schedule = schedule
        self._best = math.inf
        self._bad_rounds = 0
        self.factor = 1.0

    def after_round(self, loss: float) -> None:
        """Take note of a round's mean loss."""
        if loss < self._best * (1.0 - 1e-4):
            self._best = loss
            self._bad_rounds = 0
            return
        self._bad_rounds += 1
        if self._bad_rounds > self._schedule.patience:
            self.factor *= self._schedule.factor
            self._bad_rounds = 0
