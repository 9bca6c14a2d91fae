"""Gradient ascent: maximise cross-entropy on the forget set.

theta <- theta + rate * Adam(grad CE(D_f)). Thesis section 5.2, PROTOCOL 4.1; Graves et al., AAAI
2021; Thudi et al., EuroS&P 2022. Nothing stops it: run long enough, it breaks the model.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from unlearn_core.algorithms.base import Unlearner
from unlearn_core.algorithms.descent import Batch, descend, number_of_batches
from unlearn_core.algorithms.task import UnlearningTask
from unlearn_core.channel import Channel
from unlearn_core.configs.algorithms.gradient_ascent import GradientAscentConfig
from unlearn_core.models.ensemble import Ensemble
from unlearn_core.training.sampling import ShuffledPasses

__all__ = ["GradientAscent"]


class GradientAscent(Unlearner[GradientAscentConfig]):
    """Ascend the loss on the forget set."""

    def change(self, models: Ensemble, task: UnlearningTask, channel: Channel) -> None:
        """Whole passes over the forget set, in the order of its ids or shuffled."""
        config = self.config
        count = sum(task.forget_counts().values())
        images = task.forget_images()
        labels = torch.from_numpy(task.forget_labels()).to(task.device)
        stream = ShuffledPasses(
            np.arange(count), np.empty(0, dtype=np.int64), task.seeds("ascent order")
        )
        in_order = np.tile(np.arange(count), (task.width, 1))

        def batches() -> Iterator[Batch]:
            for _ in range(config.epochs):
                order = stream.take(count) if config.shuffle else in_order
                index = torch.from_numpy(order).to(task.device)
                for position in torch.split(index, config.batch_size, dim=1):
                    yield images.inputs(position), labels[position]

        total = config.epochs * number_of_batches(count, config.batch_size)
        with task.phase("ascent", total, channel) as phase:
            descend(models, batches(), config.learning_rate, phase, maximize=True)
