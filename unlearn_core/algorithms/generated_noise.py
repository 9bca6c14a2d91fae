"""Noise of the impair phase, generated afresh for every epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unlearn_core.algorithms.impair import cells_of
from unlearn_core.algorithms.noise_generator import NoiseGenerator

__all__ = ["GeneratedNoise"]


class GeneratedNoise:
    """Noise items of one or several trained generators.

    Args:
        generators: The generators.
        forget_numbers: For each generator, the number of the forget sample that each of its
            items stands for.
        forget_targets: (M, n_f, K) target of every forget sample.
        starts: One generator of start vectors per instance.
    """

    def __init__(
        self,
        generators: Sequence[NoiseGenerator],
        forget_numbers: Sequence[NDArray[np.int64]],
        forget_targets: Tensor,
        starts: Sequence[torch.Generator],
    ) -> None:
        self._generators = list(generators)
        self._sizes = [len(numbers) for numbers in forget_numbers]
        self._owner = np.repeat(np.arange(len(self._generators)), self._sizes)
        numbers = torch.from_numpy(np.concatenate(list(forget_numbers)))
        self._targets = forget_targets[:, numbers.to(forget_targets.device)]
        self._starts = list(starts)
        self._start = self._draw()

    @property
    def count(self) -> int:
        """Number of noise items."""
        return len(self._owner)

    @property
    def targets(self) -> Tensor:
        """Probabilities (M, count, K)."""
        return self._targets

    def renew(self) -> None:
        """Draw fresh start vectors for all items."""
        self._start = self._draw()

    def _draw(self) -> Tensor:
        return torch.cat(
            [
                generator.draw_start(size, self._starts)
                for generator, size in zip(self._generators, self._sizes, strict=True)
            ],
            dim=1,
        )

    @torch.no_grad()
    def images(self, items: NDArray[np.int64]) -> Tensor:
        """Images (M, W, C, H, W) of items (M, W)."""
        if len(self._generators) == 1:
            return self._generators[0](self._start_of(items))
        images: Tensor | None = None
        for number, generator in enumerate(self._generators):
            own = cells_of(self._owner[items] == number, self._start.device)
            if not own.columns.size:
                continue
            made = generator(self._start_of(np.take_along_axis(items, own.columns, axis=1)))
            if images is None:
                images = torch.empty(*items.shape, *made.shape[2:], device=made.device)
            own.put(images, made)
        if images is None:
            raise ValueError("no noise item was asked for")
        return images

    def _start_of(self, items: NDArray[np.int64]) -> Tensor:
        index = torch.from_numpy(items).to(self._start.device)
        return self._start.gather(1, index.unsqueeze(2).expand(-1, -1, self._start.shape[2]))
