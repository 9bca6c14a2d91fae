"""Menu entry: gradient ascent on the forget set."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from unlearn_core.configs.algorithms.info import AlgorithmConfig, AlgorithmInfo, Need

__all__ = ["GradientAscentConfig"]


class GradientAscentConfig(AlgorithmConfig):
    """Maximise the loss on the forget set.

    As the thesis ran it: the training's learning rate, one epoch in one random order, batch 8,
    Adam with fresh state (PROTOCOL 4.1; the text's 1e-4 for MNIST is wrong, D8).
    """

    info: ClassVar[AlgorithmInfo] = AlgorithmInfo(
        name="gradient_ascent",
        title="Gradient ascent",
        summary="Maximises cross-entropy on the forget set; without a stop rule it breaks "
        "the model.",
        paper="Thesis section 5.2; Graves et al., Amnesiac Machine Learning, AAAI 2021; "
        "Thudi et al., EuroS&P 2022",
        needs=frozenset({Need.FORGET_IMAGES, Need.FORGET_LABELS, Need.FORGET_COUNT}),
        phases=("ascent",),
    )

    algorithm: Literal["gradient_ascent"] = "gradient_ascent"
    epochs: int = Field(
        default=1, ge=1, le=1000, description="passes over the forget set (PROTOCOL 4.1: 1)"
    )
    learning_rate: float = Field(
        default=1e-5,
        gt=0.0,
        le=10.0,
        description="Adam's learning rate (PROTOCOL 4.1: that of training, 1e-5 on MNIST)",
    )
    batch_size: int = Field(
        default=8, ge=1, le=65536, description="samples per step (PROTOCOL 4.1: 8)"
    )
    shuffle: bool = Field(
        default=True,
        description="a fresh order each epoch, or the order of the sample ids",
    )
