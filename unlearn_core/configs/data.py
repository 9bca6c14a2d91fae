"""Which images: the datasets, how pixels are scaled, and what is held out for validation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from unlearn_core.configs.base import FrozenConfig

__all__ = [
    "CIFAR10Config",
    "ColoredMNISTConfig",
    "DatasetConfig",
    "DigitsConfig",
    "FashionMNISTConfig",
    "ImageFolderConfig",
    "MNISTConfig",
    "NpzConfig",
    "PixelScaling",
    "StandardScaling",
    "UnitScaling",
]


class UnitScaling(FrozenConfig):
    """Pixels x 1/255, nothing else (PROTOCOL 1: the thesis's input)."""

    kind: Literal["unit"] = "unit"


class StandardScaling(FrozenConfig):
    """Pixels x 1/255, then (x - mean) / std per channel."""

    kind: Literal["standard"] = "standard"
    mean: tuple[float, ...] = Field(description="mean of each channel, in 0..1")
    std: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        description="standard deviation of each channel, in 0..1"
    )


PixelScaling = Annotated[UnitScaling | StandardScaling, Field(discriminator="kind")]


class _Dataset(FrozenConfig):
    validation_fraction: float = Field(
        default=0.0,
        ge=0.0,
        lt=0.9,
        description="share of the train part held out from the training of every role; "
        "seeded and stratified. 0 as the thesis ran, 0.1 in corrected presets",
    )
    scaling: PixelScaling = Field(
        default=UnitScaling(), description="how uint8 pixels become the network's input"
    )


class DigitsConfig(_Dataset):
    """scikit-learn's built-in digits: 1,797 images of 8x8, always there."""

    name: Literal["digits"] = "digits"


class MNISTConfig(_Dataset):
    """MNIST: 60,000 + 10,000 handwritten digits, 28x28."""

    name: Literal["mnist"] = "mnist"


class FashionMNISTConfig(_Dataset):
    """FashionMNIST: 60,000 + 10,000 articles of clothing, 28x28."""

    name: Literal["fashion_mnist"] = "fashion_mnist"


class ColoredMNISTConfig(_Dataset):
    """Colorized MNIST: 8,835 + 10,000 digits on red, green or blue ground, 28x28x3."""

    name: Literal["colored_mnist"] = "colored_mnist"


class CIFAR10Config(_Dataset):
    """CIFAR-10: 50,000 + 10,000 photographs of ten classes, 32x32x3."""

    name: Literal["cifar10"] = "cifar10"


class ImageFolderConfig(_Dataset):
    """Your own images: `path/train/<class>/*.png` and `path/test/<class>/*.png`."""

    name: Literal["image_folder"] = "image_folder"
    path: str = Field(description="the folder that holds `train` and `test`")


class NpzConfig(_Dataset):
    """Your own arrays: `train.npz` and `test.npz` with `images` (uint8) and `labels`."""

    name: Literal["npz"] = "npz"
    path: str = Field(description="the folder that holds `train.npz` and `test.npz`")


DatasetConfig = Annotated[
    DigitsConfig
    | MNISTConfig
    | FashionMNISTConfig
    | ColoredMNISTConfig
    | CIFAR10Config
    | ImageFolderConfig
    | NpzConfig,
    Field(discriminator="name"),
]
