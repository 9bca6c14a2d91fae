"""Training of an ensemble, for trained and retrained models alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy

from unlearn_core.channel import Channel
from unlearn_core.configs.training import Epochs, PlateauSchedule, TrainingConfig
from unlearn_core.errors import ConfigError
from unlearn_core.models.ensemble import Ensemble
from unlearn_core.training.device_images import DeviceImages
from unlearn_core.training.optimizer import EnsembleAdam
from unlearn_core.training.samplers import make_sampler
from unlearn_core.training.schedules import Plateau, learning_rate_factor

__all__ = ["Round", "TrainingResult", "train_ensemble"]


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one instance: its samples as they were seen, before each update.

    Attributes:
        round: Number, from 1.
        steps: Optimizer steps so far.
        samples_seen: Samples so far.
        learning_rate: Rate of the round's last step.
        loss: Mean cross-entropy, nats.
        accuracy: Share of correct answers.
    """

    round: int
    steps: int
    samples_seen: int
    learning_rate: float
    loss: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """Trained instances, their curves, and what each cost."""

    models: Ensemble
    curves: tuple[tuple[Round, ...], ...]
    steps: int
    samples_with_gradient: int


def train_ensemble(
    models: Ensemble,
    images: DeviceImages,
    training_ids: NDArray[np.int64],
    excluded_ids: NDArray[np.int64],
    recipe: TrainingConfig,
    order_seeds: Sequence[int],
    channel: Channel,
) -> TrainingResult:
    """Train the instances of an ensemble, in place, each in its own order.

    Args:
        models: Fresh instances.
        images: The source part.
        training_ids: (n,) rows that may be trained on.
        excluded_ids: Rows left out: none for trained models, the forget set for retrained ones.
        recipe: How.
        order_seeds: One per instance.
        channel: Progress and stop.

    Raises:
        StoppedError: A stop was requested.
        ConfigError: A plateau schedule with several stacked instances.
    """
    labels = images.labels.cpu().numpy()
    sampler = make_sampler(
        recipe.sampling, training_ids, labels[training_ids], excluded_ids, order_seeds
    )
    rounds, per_round = _amount(recipe, len(np.setdiff1d(training_ids, excluded_ids)))
    batches = -(-per_round // recipe.batch_size)
    factor = learning_rate_factor(recipe.schedule, rounds * batches)
    plateau = _plateau(recipe, models.width)
    adam = EnsembleAdam(
        models.parameters(),
        models.width,
        recipe.learning_rate,
        recipe.weight_decay,
        clipping=recipe.clipping,
    )
    curves: list[list[Round]] = [[] for _ in range(models.width)]
    models.train()
    step = 0
    for round_ in range(rounds):
        index = images.to_device(sampler.draw(per_round))
        loss_sum = torch.zeros(models.width, device=models.device)
        correct = torch.zeros(models.width, dtype=torch.int64, device=models.device)
        for batch in torch.split(index, recipe.batch_size, dim=1):
            rate = recipe.learning_rate * factor(round_, step)
            adam.learning_rate = rate * (plateau.factor if plateau else 1.0)
            targets = images.labels[batch]
            logits = models(images.inputs(batch))
            losses = cross_entropy(
                logits.flatten(0, 1), targets.flatten(), reduction="none"
            ).view_as(targets)
            adam.step(losses.mean(dim=1))
            loss_sum += losses.detach().sum(dim=1)
            correct += (logits.detach().argmax(dim=-1) == targets).sum(dim=1)
            step += 1
            channel.advance("train", step, rounds * batches)
        mean_losses = (loss_sum / per_round).tolist()
        for m, curve in enumerate(curves):
            curve.append(
                Round(
                    round=round_ + 1,
                    steps=step,
                    samples_seen=(round_ + 1) * per_round,
                    learning_rate=adam.learning_rate,
                    loss=mean_losses[m],
                    accuracy=int(correct[m]) / per_round,
                )
            )
        if plateau:
            plateau.after_round(mean_losses[0])
    return TrainingResult(models, tuple(tuple(curve) for curve in curves), step, rounds * per_round)


def _amount(recipe: TrainingConfig, samples: int) -> tuple[int, int]:
    """Rounds, and samples in each."""
    if isinstance(recipe.amount, Epochs):
        return recipe.amount.epochs, samples
    return recipe.amount.rounds, recipe.amount.samples_per_round


def _plateau(recipe: TrainingConfig, width: int) -> Plateau | None:
    if not isinstance(recipe.schedule, PlateauSchedule):
        return None
    if width > 1:
        raise ConfigError(
            f"a plateau schedule trains one instance at a time, not {width} stacked ones"
        )
    return Plateau(recipe.schedule)
