"""One part of a dataset as a single uint8 tensor on the device."""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unlearn_core.configs.data import PixelScaling, StandardScaling
from unlearn_core.data.dataset import Part
from unlearn_core.errors import ConfigError

__all__ = ["DeviceImages"]


class DeviceImages:
    """Images and labels that are batched by index, without loader, copy to the host or PIL.

    Args:
        images: (N, C, H, W) uint8.
        labels: (N,) classes.
        scaling: How pixels become the network's input.
        device: Where the tensors go.

    Raises:
        ConfigError: The scaling is for another number of channels.
    """

    def __init__(
        self,
        images: NDArray[np.uint8],
        labels: NDArray[np.int64],
        scaling: PixelScaling,
        device: torch.device,
    ) -> None:
        # Copied, because the arrays may be read-only, which torch does not know.
        self._pixels = torch.from_numpy(np.array(images, order="C")).to(device)
        self._labels = torch.from_numpy(np.array(labels)).to(device)
        channels = self._pixels.shape[1]
        self._mean: Tensor | None = None
        self._std: Tensor | None = None
        if isinstance(scaling, StandardScaling):
            if not len(scaling.mean) == len(scaling.std) == channels:
                raise ConfigError(
                    f"dataset.scaling has {len(scaling.mean)} means and {len(scaling.std)} "
                    f"standard deviations for images of {channels} channels"
                )
            self._mean = torch.tensor(scaling.mean, device=device).view(-1, 1, 1)
            self._std = torch.tensor(scaling.std, device=device).view(-1, 1, 1)

    @classmethod
    def from_part(cls, part: Part, scaling: PixelScaling, device: torch.device) -> Self:
        """The whole part; row i is sample id i."""
        return cls(part.images.transpose(0, 3, 1, 2), part.labels, scaling, device)

    def __len__(self) -> int:
        return len(self._labels)

    @property
    def device(self) -> torch.device:
        """Where the tensors lie."""
        return self._pixels.device

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        _, channels, height, width = self._pixels.shape
        return channels, height, width

    def inputs(self, index: Tensor) -> Tensor:
        """Network inputs (..., C, H, W), float32, of sample ids (...), int64."""
        flat = self._pixels.index_select(0, index.reshape(-1))
        scaled = flat.to(torch.float32).div_(255.0)
        if self._mean is not None and self._std is not None:
            scaled = scaled.sub_(self._mean).div_(self._std)
        return scaled.view(*index.shape, *flat.shape[1:])

    def labels_of(self, index: Tensor) -> Tensor:
        """Classes (...), int64, of sample ids (...)."""
        return self._labels.index_select(0, index.reshape(-1)).view(index.shape)
