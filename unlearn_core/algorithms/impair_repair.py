"""Impair and repair, shared by all algorithms that learn noise (PROTOCOL 4.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from unlearn_core.algorithms.descent import Batch, batches_of, descend, number_of_batches
from unlearn_core.algorithms.impair import NoiseSource, impair_batches
from unlearn_core.algorithms.retain_draws import RetainDraws
from unlearn_core.algorithms.samples import SampleWindow
from unlearn_core.algorithms.task import UnlearningTask
from unlearn_core.channel import Channel
from unlearn_core.models.ensemble import Ensemble

__all__ = ["ImpairRepairSettings", "RenewableNoise", "impair_and_repair"]


class RenewableNoise(NoiseSource, Protocol):
    """Noise that can be made anew for the next epoch."""

    def renew(self) -> None:
        """Draw fresh noise; called before every epoch of impair."""


@dataclass(frozen=True, slots=True)
class ImpairRepairSettings:
    """Hyperparameters of the two phases."""

    impair_epochs: int
    impair_batch_size: int
    impair_learning_rate: float
    repair_epochs: int
    repair_batch_size: int
    repair_learning_rate: float


def impair_and_repair(
    models: Ensemble,
    noise: RenewableNoise,
    retain: SampleWindow,
    draws: RetainDraws,
    settings: ImpairRepairSettings,
    task: UnlearningTask,
    channel: Channel,
) -> None:
    """Train on noise and retain samples together, then on retain samples alone.

    Both phases minimise cross-entropy in training mode, each with a fresh Adam.

    Args:
        models: The networks, changed in place.
        noise: The noise items with their targets.
        retain: The retain set.
        draws: Which retain samples an epoch sees; goes on from impair to repair.
        settings: Epochs, batches, rates.
        task: Gives seeds, takes phases.
        channel: Told of every batch.
    """
    generators = task.numpy_generators("impair order")

    def impairing() -> Iterator[Batch]:
        for _ in range(settings.impair_epochs):
            noise.renew()
            yield from impair_batches(
                noise, retain, draws.epoch(), settings.impair_batch_size, generators
            )

    def repairing() -> Iterator[Batch]:
        for _ in range(settings.repair_epochs):
            yield from batches_of(retain, draws.epoch(), settings.repair_batch_size, task.device)

    impair_steps, repair_steps = phase_steps(settings, noise.count, draws.count)
    with task.phase("impair", impair_steps, channel) as phase:
        descend(models, impairing(), settings.impair_learning_rate, phase)
    if repair_steps:
        with task.phase("repair", repair_steps, channel) as phase:
            descend(models, repairing(), settings.repair_learning_rate, phase)


def phase_steps(
    settings: ImpairRepairSettings, noise_count: int, retain_count: int
) -> tuple[int, int]:
    """Optimizer steps of impair and of repair."""
    impair = number_of_batches(noise_count + retain_count, settings.impair_batch_size)
    repair = number_of_batches(retain_count, settings.repair_batch_size)
    return settings.impair_epochs * impair, settings.repair_epochs * repair
