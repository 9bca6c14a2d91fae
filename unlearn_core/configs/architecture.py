"""Which network: the architectures an experiment may name."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from unlearn_core.configs.base import FrozenConfig

__all__ = ["ArchitectureConfig", "CNNConfig", "MLPConfig", "ResNet18Config"]


class MLPConfig(FrozenConfig):
    """Fully connected network with ReLU; input is flattened.

    One hidden layer of 800 is the thesis's MNIST and Fashion network, 636,010 parameters
    (PROTOCOL 1).
    """

    kind: Literal["mlp"] = "mlp"
    hidden: tuple[Annotated[int, Field(ge=1, le=65536)], ...] = Field(
        default=(800,), description="width of each hidden layer"
    )


class CNNConfig(FrozenConfig):
    """3x3 convolutions with ReLU and 2x2 max-pooling, then two dense layers.

    The defaults are the thesis's Colored MNIST network: 3->32->64->128, 1152->128->10,
    242,122 parameters (PROTOCOL 1).
    """

    kind: Literal["cnn"] = "cnn"
    channels: tuple[Annotated[int, Field(ge=1, le=4096)], ...] = Field(
        default=(32, 64, 128), min_length=1, description="output channels of each convolution"
    )
    hidden: int = Field(default=128, ge=1, le=65536, description="width of the dense layer")


class ResNet18Config(FrozenConfig):
    """torchvision's ResNet-18 from scratch, with BatchNorm."""

    kind: Literal["resnet18"] = "resnet18"
    stem: Literal["imagenet", "small"] = Field(
        default="small",
        description="`imagenet`: 7x7 stride 2 and max-pooling; "
        "`small`: 3x3 stride 1 without pooling, for 32x32 images",
    )


ArchitectureConfig = Annotated[MLPConfig | CNNConfig | ResNet18Config, Field(discriminator="kind")]
