"""Menu entry: FEMU (UNSIR), error-maximising noise per class."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from unlearn_core.configs.algorithms.info import AlgorithmConfig, AlgorithmInfo, Need
from unlearn_core.configs.algorithms.noise import PerClassRetain, RetainAmount

__all__ = ["FemuConfig"]


class FemuConfig(AlgorithmConfig):
    """One trainable batch of noise per forgotten class, then impair and repair.

    Defaults are those of the original CIFAR-10 notebook (PROTOCOL 6).
    """

    info: ClassVar[AlgorithmInfo] = AlgorithmInfo(
        name="femu",
        title="FEMU",
        summary="Learns a batch of loss-maximising noise per forgotten class, impairs the model "
        "with it, and repairs on retain data. Sees no forget image.",
        paper="Tarun et al., Fast yet Effective Machine Unlearning, TNNLS 2023",
        needs=frozenset({Need.FORGET_LABELS, Need.RETAIN_DATA}),
        phases=("noise", "impair", "repair"),
    )

    algorithm: Literal["femu"] = "femu"
    noise_epochs: int = Field(
        default=5, ge=1, le=1000, description="epochs of noise learning (notebook: 5)"
    )
    noise_steps_per_epoch: int = Field(
        default=8, ge=1, le=10_000, description="steps in an epoch (notebook: 8)"
    )
    noise_learning_rate: float = Field(
        default=0.1, gt=0.0, le=100.0, description="Adam's rate for the noise (notebook: 0.1)"
    )
    noise_batch_size: int = Field(
        default=256, ge=1, le=65536, description="noise images per class (notebook: 256)"
    )
    noise_penalty: float = Field(
        default=0.1,
        ge=0.0,
        le=100.0,
        description="lambda of the mean squared norm of the noise (notebook: 0.1)",
    )
    noise_copies: int = Field(
        default=20,
        ge=1,
        le=10_000,
        description="times the noise batch of a class stands in the impair data (notebook: 20)",
    )
    retain: RetainAmount = Field(
        default=PerClassRetain(),
        description="retain data of impair and repair (notebook: 1,000 per retained class)",
    )
    batch_size: int = Field(
        default=256, ge=1, le=65536, description="samples per impair and repair step"
    )
    impair_learning_rate: float = Field(
        default=0.02, gt=0.0, le=10.0, description="Adam's rate in impair (notebook: 0.02)"
    )
    repair_learning_rate: float = Field(
        default=0.01, gt=0.0, le=10.0, description="Adam's rate in repair (notebook: 0.01)"
    )
    impair_epochs: int = Field(default=1, ge=1, le=1000, description="epochs (notebook: 1)")
    repair_epochs: int = Field(
        default=1, ge=0, le=1000, description="epochs (notebook: 1); 0 leaves repair out"
    )
    first_class_labels_all_noise: bool = Field(
        default=False,
        description="the notebook's label slip: noise of every class is labelled with the first "
        "forgotten class in the impair step (PROTOCOL 6)",
    )
