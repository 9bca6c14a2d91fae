"""The unit of computation: M instances of one architecture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import torch
from torch import Tensor, nn

from unlearn_core.configs.architecture import ArchitectureConfig
from unlearn_core.errors import CheckpointError
from unlearn_core.models.architectures import build_module, initialise_module
from unlearn_core.models.stack import ModuleStack

__all__ = ["Ensemble"]


class Ensemble(ModuleStack):
    """M networks of one architecture on one device: images (M, B, C, H, W) to logits (M, B, K).

    An instance's result does not depend on its neighbours. New ensembles are in evaluation
    mode.

    Args:
        architecture: Which network.
        image_shape: Channels, height, width.
        num_classes: Number of logits K.
        modules: The networks, all on one device. They become the ensemble's own.
    """

    def __init__(
        self,
        architecture: ArchitectureConfig,
        image_shape: tuple[int, int, int],
        num_classes: int,
        modules: Sequence[nn.Module],
    ) -> None:
        super().__init__(modules)
        self._architecture = architecture
        self._image_shape = image_shape
        self._num_classes = num_classes
        self.eval()

    @classmethod
    def initialise(
        cls,
        architecture: ArchitectureConfig,
        image_shape: tuple[int, int, int],
        num_classes: int,
        seeds: Sequence[int],
        device: torch.device,
    ) -> Self:
        """Fresh networks, instance i from `seeds[i]` alone, drawn on the CPU.

        Raises:
            ConfigError: The architecture does not fit the images.
        """
        modules = [
            initialise_module(architecture, image_shape, num_classes, seed).to(device)
            for seed in seeds
        ]
        return cls(architecture, image_shape, num_classes, modules)

    @classmethod
    def from_states(
        cls,
        architecture: ArchitectureConfig,
        image_shape: tuple[int, int, int],
        num_classes: int,
        states: Sequence[Mapping[str, Tensor]],
        device: torch.device,
    ) -> Self:
        """Networks with given state dicts, which are copied.

        Raises:
            CheckpointError: A state has missing, foreign or wrongly shaped tensors.
        """
        modules = []
        for state in states:
            # On the meta device nothing is drawn, so the global generator stays where it is.
            with torch.device("meta"):
                module = build_module(architecture, image_shape, num_classes)
            own = {name: value.detach().to(device, copy=True) for name, value in state.items()}
            try:
                module.load_state_dict(own, assign=True)
            except RuntimeError as error:
                raise CheckpointError(
                    f"the state does not fit architecture '{architecture.kind}' with "
                    f"{num_classes} classes on images {image_shape}: {' '.join(str(error).split())}"
                ) from None
            modules.append(module)
        return cls(architecture, image_shape, num_classes, modules)

    @property
    def architecture(self) -> ArchitectureConfig:
        """Which network."""
        return self._architecture

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        return self._image_shape

    @property
    def num_classes(self) -> int:
        """Number of logits K."""
        return self._num_classes

    @property
    def parameter_count(self) -> int:
        """Trainable values of one instance."""
        return sum(value.numel() for value in self.parameters()) // self.width
