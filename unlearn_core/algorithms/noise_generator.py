"""The network that makes loss-maximising noise from random start vectors (PROTOCOL 4.2)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from unlearn_core.configs.algorithms.noise import NoiseGeneratorConfig
from unlearn_core.models.stack import ModuleStack

__all__ = ["NoiseGenerator"]


class NoiseGenerator:
    """M generators: start vectors through hidden layers with ReLU to unbounded network inputs.

    The images are in the scaled space that the network sees. With `trained_layers = "output"`
    the hidden layers are a frozen random feature map, as the author's code ran (B1): no gradient
    is taken through them.

    Args:
        config: Sizes, and which layers are trained.
        image_shape: Channels, height, width.
        seeds: Seed of each instance's initialisation.
        device: Where the generators lie.
    """

    def __init__(
        self,
        config: NoiseGeneratorConfig,
        image_shape: tuple[int, int, int],
        seeds: Sequence[int],
        device: torch.device,
    ) -> None:
        self._config = config
        self._image_shape = image_shape
        self._device = device
        pairs = [_initialise(config, math.prod(image_shape), seed) for seed in seeds]
        self._hidden = ModuleStack([hidden.to(device) for hidden, _ in pairs], input_axes=2)
        self._output = ModuleStack([output.to(device) for _, output in pairs], input_axes=2)

    @property
    def trains_hidden(self) -> bool:
        """Whether the hidden layers are trained too."""
        return self._config.trained_layers == "all"

    def parameters(self) -> list[Tensor]:
        """The leaf tensors that are trained."""
        hidden = self._hidden.parameters() if self.trains_hidden else []
        return [*hidden, *self._output.parameters()]

    def draw_start(self, count: int, generators: Sequence[torch.Generator]) -> Tensor:
        """Standard normal start vectors (M, count, start_dimension), drawn on the CPU."""
        size = (count, self._config.start_dimension)
        return torch.stack([torch.randn(size, generator=each) for each in generators]).to(
            self._device
        )

    def __call__(self, start: Tensor) -> Tensor:
        """Images (M, B, C, H, W) from start vectors (M, B, start_dimension)."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.trains_hidden):
            features = self._hidden(start)
        return self._output(features).view(*start.shape[:2], *self._image_shape)


def _initialise(
    config: NoiseGeneratorConfig, pixels: int, seed: int
) -> tuple[nn.Sequential, nn.Linear]:
    """Hidden layers and output layer with the framework's initialisation from `seed` alone."""
    widths = (config.start_dimension, *(config.hidden_width,) * config.hidden_layers)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        layers = [
            layer
            for below, above in itertools.pairwise(widths)
            for layer in (nn.Linear(below, above), nn.ReLU())
        ]
        return nn.Sequential(*layers), nn.Linear(config.hidden_width, pixels)
