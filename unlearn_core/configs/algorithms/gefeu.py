"""Menu entry: GeFeU, generative feature unlearning."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from unlearn_core.configs.algorithms.info import AlgorithmInfo, Need
from unlearn_core.configs.algorithms.noise import (
    NoiseGeneratorConfig,
    NoiseTarget,
    PriorPredictionTarget,
    RatioRetain,
    RetainAmount,
)
from unlearn_core.configs.algorithms.noise_generator_unlearner import (
    NoiseGeneratorUnlearnerConfig,
)

__all__ = ["GefeuConfig"]


class GefeuConfig(NoiseGeneratorUnlearnerConfig):
    """FEMU+Gen with the model's own predictions on the forget samples as labels of the noise.

    Defaults are the thesis's Table 3 with the code's impair batch of 8 (D6). The generator
    sees neither sample nor label, so it cannot pair a noise image with f(x) (D5).
    """

    info: ClassVar[AlgorithmInfo] = AlgorithmInfo(
        name="gefeu",
        title="GeFeU",
        summary="As FEMU+Gen, but the noise stands for the model's own soft predictions on the "
        "forget samples, so it needs their images.",
        paper="Thesis section 5",
        needs=frozenset(
            {Need.FORGET_IMAGES, Need.FORGET_LABELS, Need.FORGET_COUNT, Need.RETAIN_DATA}
        ),
        phases=("noise", "impair", "repair"),
    )

    algorithm: Literal["gefeu"] = "gefeu"
    target: NoiseTarget = Field(
        default=PriorPredictionTarget(), description="what the noise stands for"
    )
    noise_epochs: int = Field(default=7, ge=1, le=1000, description="Table 3: 7")
    noise_learning_rate: float = Field(default=0.24, gt=0.0, le=10.0, description="Table 3: 0.24")
    noise_batch_size: int = Field(default=100, ge=1, le=65536, description="Table 3: 100")
    noise_penalty: float = Field(default=0.07, ge=0.0, le=100.0, description="Table 3: 0.07")
    generator: NoiseGeneratorConfig = Field(
        default=NoiseGeneratorConfig(start_dimension=128, hidden_layers=5),
        description="Table 3: start dimension 128, five hidden layers of 1024",
    )
    retain: RetainAmount = Field(
        default=RatioRetain(ratio=4.75), description="Table 3: 4.75 retain per forget sample"
    )
    impair_learning_rate: float = Field(default=0.04, gt=0.0, le=10.0, description="Table 3: 0.04")
    repair_learning_rate: float = Field(default=0.02, gt=0.0, le=10.0, description="Table 3: 0.02")
