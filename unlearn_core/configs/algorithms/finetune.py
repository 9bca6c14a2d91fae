"""Menu entry: fine-tuning on the retain set."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from unlearn_core.configs.algorithms.info import AlgorithmConfig, AlgorithmInfo, Need

__all__ = ["FinetuneConfig"]


class FinetuneConfig(AlgorithmConfig):
    """Train on with the retain set only; forgetting is by drift."""

    info: ClassVar[AlgorithmInfo] = AlgorithmInfo(
        name="finetune",
        title="Fine-tuning",
        summary="Minimises cross-entropy on the retain set only; forgetting is by drift.",
        paper="Warnecke et al., Machine Unlearning of Features and Labels, NDSS 2023",
        needs=frozenset({Need.RETAIN_DATA}),
        phases=("finetune",),
    )

    algorithm: Literal["finetune"] = "finetune"
    epochs: int = Field(default=1, ge=1, le=1000, description="passes over the retain set")
    learning_rate: float = Field(default=1e-3, gt=0.0, le=10.0, description="Adam's learning rate")
    batch_size: int = Field(default=64, ge=1, le=65536, description="samples per step")
