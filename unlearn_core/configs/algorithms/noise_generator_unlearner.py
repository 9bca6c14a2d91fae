"""Fields that FEMU+Gen and GeFeU share: noise generator, impair, repair."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from unlearn_core.configs.algorithms.info import AlgorithmConfig
from unlearn_core.configs.algorithms.noise import NoiseGeneratorConfig, RetainAmount

__all__ = ["NoiseGeneratorUnlearnerConfig"]


class NoiseGeneratorUnlearnerConfig(AlgorithmConfig):
    """Hyperparameters of the three phases; subclasses set the defaults of their table."""

    noise_epochs: int = Field(
        ge=1, le=1000, description="epochs of generator training (PROTOCOL 7)"
    )
    noise_learning_rate: float = Field(gt=0.0, le=10.0, description="Adam's rate for the generator")
    noise_batch_size: int = Field(ge=1, le=65536, description="noise images per generator step")
    noise_penalty: float = Field(
        ge=0.0, le=100.0, description="lambda of the mean squared norm of the noise images"
    )
    noise_batches_per_epoch: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="generator steps in an epoch; if absent, one noise image per forget sample",
    )
    generator: NoiseGeneratorConfig = Field(description="the generator network")
    generators: Literal["one", "per_class"] = Field(
        default="per_class",
        description="one generator for all forget samples (as run), or one per forgotten class "
        "(as written, section 4)",
    )
    retain: RetainAmount = Field(description="retain data of impair and repair")
    balanced_retain: bool = Field(
        default=False,
        description="retain samples from the balanced cycle over all classes (as run), whose "
        "cursors go on from impair to repair; otherwise drawn without replacement",
    )
    noise_samples: int | None = Field(
        default=None,
        ge=1,
        le=10_000_000,
        description="noise images in the impair data, per generator; if absent, as many as "
        "its forget samples (PROTOCOL 4.3)",
    )
    impair_batch_size: int = Field(
        default=8,
        ge=1,
        le=65536,
        description="samples per impair step (PROTOCOL, D6: 8 in the code, whatever Tables 3 "
        "and 4 say)",
    )
    repair_batch_size: int = Field(
        default=8, ge=1, le=65536, description="samples per repair step (PROTOCOL 4.3: 8)"
    )
    impair_learning_rate: float = Field(gt=0.0, le=10.0, description="Adam's rate in impair")
    repair_learning_rate: float = Field(gt=0.0, le=10.0, description="Adam's rate in repair")
    impair_epochs: int = Field(default=1, ge=1, le=1000, description="epochs (PROTOCOL 4.3: 1)")
    repair_epochs: int = Field(
        default=1, ge=0, le=1000, description="epochs (PROTOCOL 4.3: 1); 0 leaves repair out"
    )
