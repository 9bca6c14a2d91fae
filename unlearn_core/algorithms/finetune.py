"""Fine-tuning: minimise cross-entropy on the retain set; forgetting is by drift.

Warnecke et al., NDSS 2023, and many before: theta <- theta - rate * Adam(grad CE(D_r)).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from unlearn_core.algorithms.base import Unlearner
from unlearn_core.algorithms.descent import Batch, batches_of, descend, number_of_batches
from unlearn_core.algorithms.task import UnlearningTask
from unlearn_core.channel import Channel
from unlearn_core.configs.algorithms.finetune import FinetuneConfig
from unlearn_core.models.ensemble import Ensemble
from unlearn_core.training.sampling import ShuffledPasses

__all__ = ["Finetune"]


class Finetune(Unlearner[FinetuneConfig]):
    """Train on with the retain set only."""

    def change(self, models: Ensemble, task: UnlearningTask, channel: Channel) -> None:
        """Whole passes over the retain set, each in a fresh order."""
        config = self.config
        retain = task.retain_data()
        count = len(retain.labels)
        stream = ShuffledPasses(
            np.arange(count), np.empty(0, dtype=np.int64), task.seeds("finetune order")
        )

        def batches() -> Iterator[Batch]:
            for _ in range(config.epochs):
                yield from batches_of(retain, stream.take(count), config.batch_size, task.device)

        total = config.epochs * number_of_batches(count, config.batch_size)
        with task.phase("finetune", total, channel) as phase:
            descend(models, batches(), config.learning_rate, phase)
