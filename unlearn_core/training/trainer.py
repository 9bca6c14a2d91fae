"""Training an ensemble from a recipe: trained and retrained models alike."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unlearn_core.channel import Channel
from unlearn_core.configs.training import Rounds, TrainingConfig
from unlearn_core.models.ensemble import Ensemble
from unlearn_core.training.device_images import DeviceImages
from unlearn_core.training.loss import cross_entropy
from unlearn_core.training.optimizer import EnsembleOptimizer
from unlearn_core.training.sampling import SampleStream, make_stream
from unlearn_core.training.schedule import Schedule

__all__ = ["TRAINING_PHASE", "Round", "TrainingResult", "train_ensemble"]

TRAINING_PHASE = "train"
"""Name of the phase that a training reports."""

_GATHERED_SAMPLES = 512
"""Samples fetched at once: batches of 8 one by one would spend a tenth of a step on fetching."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one instance's training.

    Attributes:
        round: Number, from 1.
        steps: Optimizer steps so far.
        samples_seen: Samples so far.
        learning_rate: Rate of the round's first step.
        loss: Mean cross-entropy of the round's samples as they were seen, in nats.
        accuracy: Share of the same samples that were classified rightly.
    """

    round: int
    steps: int
    samples_seen: int
    learning_rate: float
    loss: float
    accuracy: float


@dataclass(frozen=True, eq=False, slots=True)
class TrainingResult:
    """A trained ensemble and how it went.

    Attributes:
        models: The trained networks, in evaluation mode.
        curves: The rounds of each instance.
        steps: Optimizer steps of each instance.
        samples_with_gradient: Samples each instance saw.
        seconds: Wall time of all instances together.
    """

    models: Ensemble
    curves: tuple[tuple[Round, ...], ...]
    steps: int
    samples_with_gradient: int
    seconds: float


@dataclass(slots=True)
class _Run:
    """Where a training is."""

    models: Ensemble
    images: DeviceImages
    optimizer: EnsembleOptimizer
    schedule: Schedule
    channel: Channel
    batch_size: int
    total_steps: int
    steps: int = 0
    samples: int = 0


def train_ensemble(
    models: Ensemble,
    images: DeviceImages,
    training_ids: NDArray[np.int64],
    excluded_ids: NDArray[np.int64],
    recipe: TrainingConfig,
    order_seeds: Sequence[int],
    channel: Channel,
) -> TrainingResult:
    """Train copies of fresh networks with Adam; the given ones stay as they are.

    Retraining is the same call with the forget ids excluded. With `shuffle` sampling and equal
    seeds the retrained models are then twins: they see the retain set in the same order. With
    `balanced_cycle` the pools are made from the remaining ids.

    Args:
        models: The networks to start from, M instances.
        images: The train part.
        training_ids: (n,) ids that permutations are made of.
        excluded_ids: Those of them that are never seen, the same for all instances.
        recipe: Amount, sampling, schedule, optimizer settings.
        order_seeds: Seed of each instance's order of samples.
        channel: Told of every batch, in phase `train`.

    Raises:
        ConfigError: Nothing is left to train on, or the schedule cannot serve several instances.
        StoppedError: The channel asks to stop.
    """
    started = time.perf_counter()
    labels = images.labels_of(torch.from_numpy(training_ids).to(images.device)).cpu().numpy()
    stream = make_stream(recipe.sampling, training_ids, labels, excluded_ids, order_seeds)
    rounds, length = _amount(recipe, stream)
    total_steps = rounds * -(-length // recipe.batch_size)
    trained = models.clone().train()
    optimizer = EnsembleOptimizer(
        trained.parameters(),
        trained.width,
        recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        clipping=recipe.clipping,
    )
    run = _Run(
        trained,
        images,
        optimizer,
        Schedule(recipe.schedule, optimizer, total_steps, trained.width),
        channel,
        recipe.batch_size,
        total_steps,
    )
    curve = [_train_round(run, number, stream.take(length)) for number in range(1, rounds + 1)]
    return TrainingResult(
        models=trained.eval(),
        curves=tuple(zip(*curve, strict=True)),
        steps=run.steps,
        samples_with_gradient=run.samples,
        seconds=time.perf_counter() - started,
    )


def _amount(recipe: TrainingConfig, stream: SampleStream) -> tuple[int, int]:
    """Number of rounds and samples per round; an epoch is one pass over the stream."""
    if isinstance(recipe.amount, Rounds):
        return recipe.amount.rounds, recipe.amount.samples_per_round
    return recipe.amount.epochs, stream.pass_length


def _train_round(run: _Run, number: int, ids: NDArray[np.int64]) -> tuple[Round, ...]:
    """One round over ids (M, n), the last partial batch included; one `Round` per instance."""
    index = torch.from_numpy(ids).to(run.images.device)
    learning_rate = run.optimizer.learning_rate
    count = ids.shape[1]
    loss_sum = torch.zeros(len(ids), device=run.images.device, dtype=torch.float64)
    correct = torch.zeros(len(ids), device=run.images.device, dtype=torch.int64)
    gathered = run.batch_size * max(1, _GATHERED_SAMPLES // run.batch_size)
    for several in torch.split(index, gathered, dim=1):
        inputs, labels = run.images.inputs(several), run.images.labels_of(several)
        for begin in range(0, several.shape[1], run.batch_size):
            batch = slice(begin, begin + run.batch_size)
            _train_batch(run, inputs[:, batch], labels[:, batch], loss_sum, correct)
    losses = tuple((loss_sum / count).tolist())
    accuracies = (correct.double() / count).tolist()
    run.schedule.after_round(losses)
    return tuple(
        Round(number, run.steps, run.samples, learning_rate, loss, accuracy)
        for loss, accuracy in zip(losses, accuracies, strict=True)
    )


def _train_batch(
    run: _Run, inputs: Tensor, labels: Tensor, loss_sum: Tensor, correct: Tensor
) -> None:
    """One step on inputs (M, B, C, H, W) with labels (M, B).

    The sums (M,) are added to without waiting for the device.
    """
    logits = run.models(inputs)
    losses = cross_entropy(logits, labels)
    run.optimizer.step(losses)
    run.schedule.after_step()
    count = labels.shape[1]
    loss_sum.add_(losses.detach(), alpha=count)
    correct.add_((logits.detach().argmax(dim=2) == labels).sum(dim=1))
    run.steps += 1
    run.samples += count
    run.channel.advance(TRAINING_PHASE, run.steps, run.total_steps)
