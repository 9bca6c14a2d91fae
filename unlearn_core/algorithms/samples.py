"""Windows onto the train part that show only the samples they are made for."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unlearn_core.training.device_images import DeviceImages

__all__ = ["ImageWindow", "SampleWindow"]


class ImageWindow:
    """Images without labels. A position p stands for sample `ids[p]`.

    Args:
        images: The train part.
        ids: (n,) sample ids that may be seen.
        width: Number of instances M.
    """

    def __init__(self, images: DeviceImages, ids: NDArray[np.int64], width: int) -> None:
        self._images = images
        self._ids = torch.from_numpy(np.array(ids)).to(images.device)
        self._used = torch.zeros(width, len(ids), dtype=torch.bool, device=images.device)

    def inputs(self, position: Tensor) -> Tensor:
        """Network inputs (M, B, C, H, W) of positions (M, B), or without M for shared ones."""
        self._mark(position)
        return self._images.inputs(self._ids_of(position))

    @property
    def samples_used(self) -> int:
        """Different samples that one instance has seen, the largest number over instances."""
        return int(self._used.sum(dim=1).max())

    def _ids_of(self, position: Tensor) -> Tensor:
        return self._ids.index_select(0, position.reshape(-1)).view(position.shape)

    def _mark(self, position: Tensor) -> None:
        if position.ndim == 1:
            self._used[:, position] = True
        else:
            self._used.scatter_(1, position, True)


class SampleWindow(ImageWindow):
    """Images with labels."""

    @property
    def labels(self) -> NDArray[np.int64]:
        """(n,) class at every position, on the host."""
        classes: NDArray[np.int64] = self._images.labels_of(self._ids).cpu().numpy()
        return classes

    def labels_of(self, position: Tensor) -> Tensor:
        """Classes (M, B), int64, of positions (M, B)."""
        return self._images.labels_of(self._ids_of(position))
