"""Menu entry: FEMU+Gen, FEMU with a noise generator."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from unlearn_core.configs.algorithms.info import AlgorithmInfo, Need
from unlearn_core.configs.algorithms.noise import (
    ClassLabelTarget,
    GivenDistributionTarget,
    NoiseGeneratorConfig,
    RatioRetain,
    RetainAmount,
)
from unlearn_core.configs.algorithms.noise_generator_unlearner import (
    NoiseGeneratorUnlearnerConfig,
)

__all__ = ["FemuGenConfig"]


class FemuGenConfig(NoiseGeneratorUnlearnerConfig):
    """A generator of loss-maximising noise for the forgotten label, then impair and repair.

    Defaults are the thesis's Table 4 with the code's values where the table is wrong: noise
    rate 0.03 (D7), impair batch 8 (D6).
    """

    info: ClassVar[AlgorithmInfo] = AlgorithmInfo(
        name="femu_gen",
        title="FEMU+Gen",
        summary="Learns a generator of noise that maximises the loss for the forgotten label, "
        "impairs the model with it, and repairs on retain data. Sees no forget image.",
        paper="Thesis section 4, from Tarun et al., TNNLS 2023",
        needs=frozenset({Need.FORGET_LABELS, Need.FORGET_COUNT, Need.RETAIN_DATA}),
        phases=("noise", "impair", "repair"),
    )

    algorithm: Literal["femu_gen"] = "femu_gen"
    target: ClassLabelTarget | GivenDistributionTarget = Field(
        default=ClassLabelTarget(),
        discriminator="kind",
        description="what the noise stands for",
    )
    noise_epochs: int = Field(default=6, ge=1, le=1000, description="Table 4: 6")
    noise_learning_rate: float = Field(
        default=0.03, gt=0.0, le=10.0, description="code 0.03 (Table 4 says 0.3, D7)"
    )
    noise_batch_size: int = Field(default=32, ge=1, le=65536, description="Table 4: 32")
    noise_penalty: float = Field(default=0.26, ge=0.0, le=100.0, description="Table 4: 0.26")
    generator: NoiseGeneratorConfig = Field(
        default=NoiseGeneratorConfig(start_dimension=35, hidden_layers=1),
        description="Table 4: start dimension 35, one hidden layer of 1024",
    )
    retain: RetainAmount = Field(
        default=RatioRetain(ratio=11.5), description="Table 4: 11.5 retain per forget sample"
    )
    impair_learning_rate: float = Field(default=0.05, gt=0.0, le=10.0, description="Table 4: 0.05")
    repair_learning_rate: float = Field(default=0.01, gt=0.0, le=10.0, description="Table 4: 0.01")
