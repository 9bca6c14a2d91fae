"""FEMU+Gen and GeFeU: learn a noise generator, impair, repair (thesis sections 4 and 5).

    min over the generator's weights w:  -CE(f(g_w(n)), y) + lambda * mean ||g_w(n)||^2
    then over the model's:                CE(f(g_w(n)), y) + CE(f(x_r), y_r)       (impair)
                                          CE(f(x_r), y_r)                          (repair)

The penalty is the squared norm of the generated images, summed over all pixels and averaged over
the batch (PROTOCOL, D17). The generator sees neither sample nor label, so a batch pairs random
noise with target i by position only (D5).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unlearn_core.algorithms.base import Unlearner
from unlearn_core.algorithms.descent import number_of_batches
from unlearn_core.algorithms.generated_noise import GeneratedNoise
from unlearn_core.algorithms.impair_repair import ImpairRepairSettings, impair_and_repair
from unlearn_core.algorithms.noise_generator import NoiseGenerator
from unlearn_core.algorithms.noise_targets import noise_targets
from unlearn_core.algorithms.phases import PhaseRecorder
from unlearn_core.algorithms.retain_draws import RetainDraws
from unlearn_core.algorithms.task import UnlearningTask
from unlearn_core.channel import Channel
from unlearn_core.configs.algorithms.noise import (
    ClassLabelTarget,
    GivenDistributionTarget,
    PriorPredictionTarget,
)
from unlearn_core.configs.algorithms.noise_generator_unlearner import (
    NoiseGeneratorUnlearnerConfig,
)
from unlearn_core.models.ensemble import Ensemble
from unlearn_core.training.loss import cross_entropy
from unlearn_core.training.optimizer import EnsembleOptimizer

__all__ = ["NoiseGeneratorUnlearner", "noise_positions"]

GeneratorConfigT = TypeVar("GeneratorConfigT", bound=NoiseGeneratorUnlearnerConfig)


class NoiseGeneratorUnlearner(Unlearner[GeneratorConfigT]):
    """The three phases; subclasses say what the noise stands for."""

    @property
    @abstractmethod
    def target(self) -> ClassLabelTarget | PriorPredictionTarget | GivenDistributionTarget:
        """What the noise stands for."""

    def change(self, models: Ensemble, task: UnlearningTask, channel: Channel) -> None:
        """Noise, impair, repair."""
        config = self.config
        targets = noise_targets(self.target, models, task)
        groups = self._groups(task, targets.shape[1])
        generators = [
            NoiseGenerator(
                config.generator, task.image_shape, task.seeds(f"generator {number}"), task.device
            )
            for number in range(len(groups))
        ]
        total = config.noise_epochs * sum(self._steps_per_epoch(len(group)) for group in groups)
        starts = task.torch_generators("noise start")
        with task.phase("noise", total, channel) as phase:
            for generator, group in zip(generators, groups, strict=True):
                self._learn(generator, models, targets, group, starts, phase)
        retain = task.retain_data()
        draws = RetainDraws(
            config.retain, config.balanced_retain, retain.labels, targets.shape[1], task
        )
        noise = GeneratedNoise(
            generators,
            [_cycled(group, config.noise_samples or len(group)) for group in groups],
            targets,
            task.torch_generators("impair noise"),
        )
        settings = ImpairRepairSettings(
            impair_epochs=config.impair_epochs,
            impair_batch_size=config.impair_batch_size,
            impair_learning_rate=config.impair_learning_rate,
            repair_epochs=config.repair_epochs,
            repair_batch_size=config.repair_batch_size,
            repair_learning_rate=config.repair_learning_rate,
        )
        impair_and_repair(models, noise, retain, draws, settings, task, channel)

    def _groups(self, task: UnlearningTask, count: int) -> list[NDArray[np.int64]]:
        """Numbers of the forget samples that each generator stands for."""
        if self.config.generators == "one":
            return [np.arange(count)]
        labels = task.forget_labels()
        return [np.flatnonzero(labels == label) for label in np.unique(labels)]

    def _steps_per_epoch(self, group_size: int) -> int:
        return self.config.noise_batches_per_epoch or number_of_batches(
            group_size, self.config.noise_batch_size
        )

    def _learn(
        self,
        generator: NoiseGenerator,
        models: Ensemble,
        targets: Tensor,
        group: NDArray[np.int64],
        starts: list[torch.Generator],
        phase: PhaseRecorder,
    ) -> None:
        """Train one generator against the frozen models, which are in evaluation mode.

        The original notebook learns its noise right after an evaluation, so in evaluation mode
        too: BatchNorm's running statistics must not follow the noise before impair.
        """
        config = self.config
        optimizer = EnsembleOptimizer(
            generator.parameters(), models.width, config.noise_learning_rate
        )
        models.eval()
        for positions in noise_positions(
            group, config.noise_epochs, config.noise_batch_size, config.noise_batches_per_epoch
        ):
            noise = generator(generator.draw_start(len(positions), starts))
            wanted = targets[:, torch.from_numpy(positions).to(targets.device)]
            penalty = noise.flatten(2).square().sum(dim=2).mean(dim=1)
            losses = config.noise_penalty * penalty - cross_entropy(models(noise), wanted)
            optimizer.step(losses)
            phase.record(losses, len(positions))


def noise_positions(
    group: NDArray[np.int64], epochs: int, batch_size: int, batches_per_epoch: int | None
) -> Iterator[NDArray[np.int64]]:
    """Which forget samples' targets stand in each batch of generator training.

    Without a number of batches an epoch goes once through the group in order, the last partial
    batch included. With one, batches are full and go round the group without end.

    Args:
        group: (n,) numbers of forget samples.
        epochs: Number of epochs.
        batch_size: Noise images per step.
        batches_per_epoch: Steps in an epoch, or None.
    """
    if batches_per_epoch is None:
        for _ in range(epochs):
            for begin in range(0, len(group), batch_size):
                yield group[begin : begin + batch_size]
        return
    for number in range(epochs * batches_per_epoch):
        yield group[np.arange(number * batch_size, (number + 1) * batch_size) % len(group)]


def _cycled(group: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    return group[np.arange(count) % len(group)]
