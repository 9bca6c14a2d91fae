"""The loop that most phases are: Adam on cross-entropy, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unlearn_core.algorithms.phases import PhaseRecorder
from unlearn_core.algorithms.samples import SampleWindow
from unlearn_core.models.ensemble import Ensemble
from unlearn_core.training.loss import cross_entropy
from unlearn_core.training.optimizer import EnsembleOptimizer

__all__ = ["Batch", "batches_of", "descend", "number_of_batches"]

Batch = tuple[Tensor, Tensor]
"""Inputs (M, B, C, H, W) and targets: classes (M, B) or probabilities (M, B, K)."""


def descend(
    models: Ensemble,
    batches: Iterable[Batch],
    learning_rate: float,
    phase: PhaseRecorder,
    *,
    maximize: bool = False,
) -> None:
    """Minimise, or maximise, cross-entropy with a fresh Adam, in training mode.

    Args:
        models: The networks, changed in place.
        batches: One step each.
        learning_rate: Adam's rate.
        phase: Records every step; the recorded loss is the cross-entropy itself either way.
        maximize: Ascend instead of descend.
    """
    optimizer = EnsembleOptimizer(
        models.parameters(), models.width, learning_rate, maximize=maximize
    )
    models.train()
    for inputs, targets in batches:
        losses = cross_entropy(models(inputs), targets)
        optimizer.step(losses)
        phase.record(losses, inputs.shape[1])
    models.eval()


def batches_of(
    window: SampleWindow, positions: NDArray[np.int64], batch_size: int, device: torch.device
) -> Iterator[Batch]:
    """Batches over positions (M, n), in order, the last partial one included."""
    index = torch.from_numpy(positions).to(device)
    for batch in torch.split(index, batch_size, dim=1):
        if batch.shape[1]:
            yield window.inputs(batch), window.labels_of(batch)


def number_of_batches(samples: int, batch_size: int) -> int:
    """Batches over `samples`, the last partial one included."""
    return -(-samples // batch_size)
