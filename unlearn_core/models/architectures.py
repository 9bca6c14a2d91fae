"""The networks an experiment may name. All give logits; none has Dropout."""

from __future__ import annotations

import itertools
import math
from collections import OrderedDict

import torch
from torch import Tensor, nn

from unlearn_core.configs.architecture import (
    ArchitectureConfig,
    CNNConfig,
    MLPConfig,
    ResNet18Config,
)
from unlearn_core.errors import ConfigError

__all__ = ["build_module"]


def build_module(
    config: ArchitectureConfig, image_shape: tuple[int, int, int], num_classes: int
) -> nn.Module:
    """A network from (B, C, H, W) inputs to (B, num_classes) logits, freshly initialised.

    The initialisation is torch's default, drawn from the global generator.

    Raises:
        ConfigError: The images are too small for the network.
    """
    if isinstance(config, MLPConfig):
        return _mlp(config, image_shape, num_classes)
    if isinstance(config, CNNConfig):
        return _cnn(config, image_shape, num_classes)
    return _resnet18(config, image_shape, num_classes)


def _mlp(config: MLPConfig, image_shape: tuple[int, int, int], num_classes: int) -> nn.Module:
    """Layers fc1, fc2, ...; the thesis calls the last of its two layers fc3 (PROTOCOL, D13)."""
    layers: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
    widths = (math.prod(image_shape), *config.hidden, num_classes)
    for number, (before, after) in enumerate(itertools.pairwise(widths), start=1):
        layers[f"fc{number}"] = nn.Linear(before, after)
        if number < len(widths) - 1:
            layers[f"relu{number}"] = nn.ReLU()
    return nn.Sequential(layers)


def _cnn(config: CNNConfig, image_shape: tuple[int, int, int], num_classes: int) -> nn.Module:
    """Convolutions conv1, conv2, ... each with ReLU and 2x2 max-pooling, then fc1 and fc2."""
    channels, height, width = image_shape
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for number, after in enumerate(config.channels, start=1):
        layers[f"conv{number}"] = nn.Conv2d(channels, after, kernel_size=3, padding=1)
        layers[f"conv_relu{number}"] = nn.ReLU()
        layers[f"pool{number}"] = nn.MaxPool2d(2)
        channels, height, width = after, height // 2, width // 2
    if not height or not width:
        raise ConfigError(
            f"architecture.channels has {len(config.channels)} convolutions, each halving the "
            f"image; images of {image_shape[1]}x{image_shape[2]} allow at most "
            f"{int(math.log2(min(image_shape[1:])))}"
        )
    layers["flatten"] = nn.Flatten()
    layers["fc1"] = nn.Linear(channels * height * width, config.hidden)
    layers["fc_relu1"] = nn.ReLU()
    layers["fc2"] = nn.Linear(config.hidden, num_classes)
    return nn.Sequential(layers)


class _Rgb(nn.Module):
    """Repeats a grey channel three times; colour passes through."""

    def forward(self, images: Tensor) -> Tensor:
        return images.expand(-1, 3, -1, -1)


def _resnet18(
    config: ResNet18Config, image_shape: tuple[int, int, int], num_classes: int
) -> nn.Module:
    from torchvision.models import resnet18  # one second of import, for this network only

    network = resnet18(weights=None, num_classes=num_classes)
    if config.stem == "small":
        network.conv1 = nn.Conv2d(3, 64, kernel_size=3, stride=1, padding=1, bias=False)
        nn.init.kaiming_normal_(network.conv1.weight, mode="fan_out", nonlinearity="relu")
        network.maxpool = nn.Identity()
    module: nn.Module = network
    return module if image_shape[0] == 3 else nn.Sequential(OrderedDict(rgb=_Rgb(), net=module))


def initialised_module(
    config: ArchitectureConfig,
    image_shape: tuple[int, int, int],
    num_classes: int,
    seed: int,
) -> nn.Module:
    """A network initialised on the CPU from its own seed; the global generator is left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build_module(config, image_shape, num_classes)
