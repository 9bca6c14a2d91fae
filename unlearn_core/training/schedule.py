"""The course of the learning rate, by torch's own schedulers."""

from __future__ import annotations

from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, ReduceLROnPlateau, StepLR

from unlearn_core.configs.training import (
    CosineSchedule,
    PlateauSchedule,
    ScheduleConfig,
    StepByRoundSchedule,
)
from unlearn_core.errors import ConfigError
from unlearn_core.training.optimizer import EnsembleOptimizer

__all__ = ["Schedule"]


class Schedule:
    """Changes an optimizer's rate after its steps and rounds.

    Args:
        config: Which course.
        optimizer: Whose rate.
        total_steps: Steps of the whole training.
        width: Number of instances.

    Raises:
        ConfigError: `plateau` with several instances: each meets its own plateau, but they
            share one rate.
    """

    def __init__(
        self, config: ScheduleConfig, optimizer: EnsembleOptimizer, total_steps: int, width: int
    ) -> None:
        self._per_step: LRScheduler | None = None
        self._per_round: LRScheduler | None = None
        self._plateau: ReduceLROnPlateau | None = None
        if isinstance(config, CosineSchedule):
            self._per_step = CosineAnnealingLR(optimizer.adam, T_max=total_steps)
        elif isinstance(config, StepByRoundSchedule):
            self._per_round = StepLR(optimizer.adam, config.every, config.factor)
        elif isinstance(config, PlateauSchedule):
            if width > 1:
                raise ConfigError(
                    f"training.schedule 'plateau' trains one instance at a time, not {width}: "
                    "each instance meets its own plateau"
                )
            self._plateau = ReduceLROnPlateau(
                optimizer.adam, factor=config.factor, patience=config.patience, eps=0.0
            )

    def after_step(self) -> None:
        """To be called after every optimizer step."""
        if self._per_step is not None:
            self._per_step.step()

    def after_round(self, losses: tuple[float, ...]) -> None:
        """To be called after every round, with its mean loss per instance."""
        if self._per_round is not None:
            self._per_round.step()
        if self._plateau is not None:
            self._plateau.step(losses[0])
