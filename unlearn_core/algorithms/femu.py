"""FEMU (UNSIR): learn one batch of loss-maximising noise per class, impair, repair.

Tarun et al., Fast yet Effective Machine Unlearning, TNNLS 2023, after the original notebook
(PROTOCOL 6):

    min over the noise N_c:   -CE(f(N_c), c) + lambda * mean ||N_c||^2
    then over the model's weights: cross-entropy on copies of the noise labelled c together with
    retain samples (impair), and on the retain samples alone (repair).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from unlearn_core.algorithms.base import Unlearner
from unlearn_core.algorithms.impair_repair import ImpairRepairSettings, impair_and_repair
from unlearn_core.algorithms.phases import PhaseRecorder
from unlearn_core.algorithms.retain_draws import RetainDraws
from unlearn_core.algorithms.task import UnlearningTask
from unlearn_core.channel import Channel
from unlearn_core.configs.algorithms.femu import FemuConfig
from unlearn_core.models.ensemble import Ensemble
from unlearn_core.training.loss import cross_entropy
from unlearn_core.training.optimizer import EnsembleOptimizer

__all__ = ["Femu", "FixedNoise"]


class FixedNoise:
    """Copies of learned noise images.

    Args:
        images: (M, n, C, H, W), one batch of noise after the other.
        classes: (n,) the class that each image is labelled with.
        copies: Times that each image stands in the impair data.
        num_classes: Number of classes K.
    """

    def __init__(
        self, images: Tensor, classes: NDArray[np.int64], copies: int, num_classes: int
    ) -> None:
        self._images = images
        labels = torch.from_numpy(np.tile(classes, copies)).to(images.device)
        one_hot = functional.one_hot(labels, num_classes).to(torch.float32)
        self._targets = one_hot.expand(len(images), -1, -1)

    @property
    def count(self) -> int:
        """Number of noise items, copies included."""
        return self._targets.shape[1]

    @property
    def targets(self) -> Tensor:
        """Probabilities (M, count, K)."""
        return self._targets

    def renew(self) -> None:
        """Learned noise stays as it is."""

    def images(self, items: NDArray[np.int64]) -> Tensor:
        """Images (M, W, C, H, W) of items (M, W)."""
        rows = torch.arange(len(self._images), device=self._images.device).unsqueeze(1)
        columns = torch.from_numpy(items % self._images.shape[1]).to(self._images.device)
        return self._images[rows, columns]


class Femu(Unlearner[FemuConfig]):
    """Noise per class, impair, repair."""

    def change(self, models: Ensemble, task: UnlearningTask, channel: Channel) -> None:
        """The three phases."""
        config = self.config
        forget_labels = task.forget_labels()
        classes = np.unique(forget_labels)
        total = len(classes) * config.noise_epochs * config.noise_steps_per_epoch
        generators = task.torch_generators("noise")
        with task.phase("noise", total, channel) as phase:
            learned = [
                self._learn(int(label), models, task, generators, phase) for label in classes
            ]
        labels = np.repeat(classes, config.noise_batch_size)
        if config.first_class_labels_all_noise:
            labels = np.full_like(labels, classes[0])
        noise = FixedNoise(torch.cat(learned, dim=1), labels, config.noise_copies, task.num_classes)
        retain = task.retain_data()
        draws = RetainDraws(config.retain, False, retain.labels, len(forget_labels), task)
        settings = ImpairRepairSettings(
            impair_epochs=config.impair_epochs,
            impair_batch_size=config.batch_size,
            impair_learning_rate=config.impair_learning_rate,
            repair_epochs=config.repair_epochs,
            repair_batch_size=config.batch_size,
            repair_learning_rate=config.repair_learning_rate,
        )
        impair_and_repair(models, noise, retain, draws, settings, task, channel)

    def _learn(
        self,
        label: int,
        models: Ensemble,
        task: UnlearningTask,
        generators: list[torch.Generator],
        phase: PhaseRecorder,
    ) -> Tensor:
        """Noise (M, B, C, H, W) that the models, in evaluation mode, least take for `label`.

        The notebook evaluates its model right before, which leaves it in evaluation mode:
        BatchNorm's running statistics do not follow the noise before impair.
        """
        config = self.config
        size = (config.noise_batch_size, *task.image_shape)
        noise = torch.stack([torch.randn(size, generator=each) for each in generators])
        noise = noise.to(task.device).requires_grad_()
        wanted = torch.full(noise.shape[:2], label, device=task.device)
        optimizer = EnsembleOptimizer([noise], task.width, config.noise_learning_rate)
        models.eval()
        for _ in range(config.noise_epochs * config.noise_steps_per_epoch):
            penalty = noise.flatten(2).square().sum(dim=2).mean(dim=1)
            losses = config.noise_penalty * penalty - cross_entropy(models(noise), wanted)
            optimizer.step(losses)
            phase.record(losses, config.noise_batch_size)
        return noise.detach()
