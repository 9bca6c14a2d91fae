"""How models are trained: optimizer, amount, sampling and learning-rate schedule."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from unlearn_core.configs.base import FrozenConfig

__all__ = [
    "AmountConfig",
    "BalancedCycleSampling",
    "ConstantSchedule",
    "CosineSchedule",
    "Epochs",
    "GradientClipping",
    "NoClipping",
    "PlateauSchedule",
    "Rounds",
    "SamplingConfig",
    "ScheduleConfig",
    "ShuffleSampling",
    "StepByRoundSchedule",
    "TrainingConfig",
    "ValueClipping",
]


class Rounds(FrozenConfig):
    """A fixed number of samples per round, whatever the size of the data (as run).

    The thesis's "60,000 updates" are 10 rounds of 6,000 samples: 7,500 steps of batch 8
    (PROTOCOL, D1).
    """

    kind: Literal["rounds"] = "rounds"
    rounds: int = Field(default=10, ge=1, le=100_000, description="number of rounds")
    samples_per_round: int = Field(default=6000, ge=1, description="samples drawn in one round")


class Epochs(FrozenConfig):
    """Whole passes over the training data; a round is one epoch (corrected)."""

    kind: Literal["epochs"] = "epochs"
    epochs: int = Field(default=5, ge=1, le=100_000, description="passes over the data")


AmountConfig = Annotated[Rounds | Epochs, Field(discriminator="kind")]


class BalancedCycleSampling(FrozenConfig):
    """Classes in fixed cycle 0, 1, ..., one cursor per class (as run).

    Each class's pool is cut to the size of the smallest class, in an order shuffled per
    instance; its cursor wraps there (PROTOCOL 3, D2).
    """

    kind: Literal["balanced_cycle"] = "balanced_cycle"


class ShuffleSampling(FrozenConfig):
    """Every sample once per epoch, in a fresh permutation."""

    kind: Literal["shuffle"] = "shuffle"


SamplingConfig = Annotated[BalancedCycleSampling | ShuffleSampling, Field(discriminator="kind")]


class ConstantSchedule(FrozenConfig):
    """The same learning rate throughout."""

    kind: Literal["constant"] = "constant"


class CosineSchedule(FrozenConfig):
    """Half a cosine from the learning rate to zero, per step."""

    kind: Literal["cosine"] = "cosine"


class StepByRoundSchedule(FrozenConfig):
    """Multiply by `factor` after every `every` rounds (as run: StepLR(5, 0.1) per round, D15)."""

    kind: Literal["step_by_round"] = "step_by_round"
    every: int = Field(default=5, ge=1, description="rounds between drops")
    factor: float = Field(default=0.1, gt=0.0, le=1.0, description="factor of each drop")


class PlateauSchedule(FrozenConfig):
    """Multiply by `factor` when the round's loss has not improved for `patience` rounds.

    The original FEMU notebook trains with factor 0.5 and patience 3 (PROTOCOL 6). The loss is
    the round's mean training loss, so that no test data steers the training.
    """

    kind: Literal["plateau"] = "plateau"
    factor: float = Field(default=0.5, gt=0.0, lt=1.0, description="factor of each drop")
    patience: int = Field(default=3, ge=0, description="rounds without improvement allowed")


ScheduleConfig = Annotated[
    ConstantSchedule | CosineSchedule | StepByRoundSchedule | PlateauSchedule,
    Field(discriminator="kind"),
]


class NoClipping(FrozenConfig):
    """Gradients as they are."""

    kind: Literal["none"] = "none"


class ValueClipping(FrozenConfig):
    """Each gradient entry is cut to [-limit, limit] (original FEMU notebook: 0.1)."""

    kind: Literal["value"] = "value"
    limit: float = Field(default=0.1, gt=0.0, description="largest absolute gradient entry")


GradientClipping = Annotated[NoClipping | ValueClipping, Field(discriminator="kind")]


class TrainingConfig(FrozenConfig):
    """The recipe of trained and retrained models alike. The optimizer is Adam (PROTOCOL 3)."""

    learning_rate: float = Field(default=1e-3, gt=0.0, le=10.0, description="Adam's learning rate")
    batch_size: int = Field(default=32, ge=1, le=65536, description="samples per step")
    weight_decay: float = Field(default=0.0, ge=0.0, le=10.0, description="Adam's L2 penalty")
    amount: AmountConfig = Field(default=Epochs(), description="how long")
    sampling: SamplingConfig = Field(
        default=ShuffleSampling(), description="which samples make a batch"
    )
    schedule: ScheduleConfig = Field(
        default=ConstantSchedule(), description="course of the learning rate"
    )
    clipping: GradientClipping = Field(
        default=NoClipping(), description="what is done to large gradients"
    )
