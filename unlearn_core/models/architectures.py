"""The networks an experiment may name, from images to logits. None has Dropout.

The thesis's networks end in log_softmax (PROTOCOL 1). Here every network gives logits:
log_softmax is idempotent, so cross-entropy and softmax of either are the same (PROTOCOL, B2).
"""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from unlearn_core.configs.architecture import (
    ArchitectureConfig,
    CNNConfig,
    MLPConfig,
    ResNet18Config,
)
from unlearn_core.errors import ConfigError

__all__ = ["CNN", "MLP", "build_module", "initialise_module"]


class MLP(nn.Module):
    """Fully connected network with ReLU between its layers `fc1` ... `fcN`.

    With one hidden layer, `fc2` is the layer that the thesis's code calls `fc3` (D13).
    """

    def __init__(self, inputs: int, hidden: tuple[int, ...], outputs: int) -> None:
        super().__init__()
        widths = (inputs, *hidden, outputs)
        for number, (below, above) in enumerate(itertools.pairwise(widths), start=1):
            self.add_module(f"fc{number}", nn.Linear(below, above))

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, K) of images (B, C, H, W)."""
        *hidden, last = self.children()
        signal = images.flatten(1)
        for layer in hidden:
            signal = functional.relu(layer(signal))
        logits: Tensor = last(signal)
        return logits


class CNN(nn.Module):
    """3x3 convolutions `conv1` ... each with ReLU and 2x2 max-pooling, then `fc1` and `fc2`."""

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        channels: tuple[int, ...],
        hidden: int,
        outputs: int,
    ) -> None:
        super().__init__()
        below, height, width = image_shape
        for number, above in enumerate(channels, start=1):
            self.add_module(f"conv{number}", nn.Conv2d(below, above, kernel_size=3, padding=1))
            below, height, width = above, height // 2, width // 2
        if not height or not width:
            raise ConfigError(
                f"architecture.channels has {len(channels)} convolutions, each halving the image; "
                f"images of {image_shape[1]}x{image_shape[2]} allow at most "
                f"{int(math.log2(min(image_shape[1:])))}"
            )
        self.fc1 = nn.Linear(below * height * width, hidden)
        self.fc2 = nn.Linear(hidden, outputs)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, K) of images (B, C, H, W)."""
        *convolutions, hidden, last = self.children()
        signal = images
        for convolution in convolutions:
            signal = functional.max_pool2d(functional.relu(convolution(signal)), 2)
        logits: Tensor = last(functional.relu(hidden(signal.flatten(1))))
        return logits


def build_module(
    config: ArchitectureConfig, image_shape: tuple[int, int, int], num_classes: int
) -> nn.Module:
    """A network from images (B, C, H, W) to logits (B, num_classes), freshly initialised.

    The initialisation is the framework's default, drawn from the global generator.

    Args:
        config: Which network.
        image_shape: Channels, height, width.
        num_classes: Number of logits.

    Raises:
        ConfigError: The images are too small for the network.
    """
    channels, height, width = image_shape
    if isinstance(config, MLPConfig):
        return MLP(channels * height * width, config.hidden, num_classes)
    if isinstance(config, CNNConfig):
        return CNN(image_shape, config.channels, config.hidden, num_classes)
    return _resnet18(config, channels, num_classes)


def initialise_module(
    config: ArchitectureConfig, image_shape: tuple[int, int, int], num_classes: int, seed: int
) -> nn.Module:
    """The network that `seed` gives, on the CPU.

    Global random state, of every device, is as before afterwards.
    """
    with torch.random.fork_rng(devices=[]):
        # torch.manual_seed would also reseed the accelerators, which fork_rng does not put back.
        torch.default_generator.manual_seed(seed)
        return build_module(config, image_shape, num_classes)


def _resnet18(config: ResNet18Config, channels: int, num_classes: int) -> nn.Module:
    from torchvision.models import resnet18  # one second of import, for this network only

    module: nn.Module = resnet18(weights=None, num_classes=num_classes)
    if config.stem == "small":
        module.conv1 = nn.Conv2d(channels, 64, kernel_size=3, stride=1, padding=1, bias=False)
        module.maxpool = nn.Identity()
    elif channels != 3:
        module.conv1 = nn.Conv2d(channels, 64, kernel_size=7, stride=2, padding=3, bias=False)
    # A replaced stem gets the initialisation that torchvision gives all of ResNet's convolutions.
    nn.init.kaiming_normal_(
        module.get_parameter("conv1.weight"), mode="fan_out", nonlinearity="relu"
    )
    return module
