"""The impair phase: noise and retain samples shuffled together (PROTOCOL 4.3).

How many of a batch's samples are noise differs from instance to instance. So batches are not
assembled one by one but in chunks of some thousand samples, whose noise is generated at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from unlearn_core.algorithms.descent import Batch
from unlearn_core.algorithms.samples import SampleWindow

__all__ = ["NoiseSource", "cells_of", "impair_batches"]

_CHUNK_SAMPLES = 2048


class NoiseSource(Protocol):
    """Noise items 0 .. count - 1, each with a target."""

    @property
    def count(self) -> int:
        """Number of noise items."""

    @property
    def targets(self) -> Tensor:
        """Probabilities (M, count, K)."""

    def images(self, items: NDArray[np.int64]) -> Tensor:
        """Images (M, W, C, H, W), without gradient, of items (M, W)."""


@dataclass(frozen=True, eq=False, slots=True)
class Cells:
    """Marked cells of an (M, T) table, packed to the left of an (M, W) one.

    Attributes:
        columns: (M, W) column of each packed cell; arbitrary where a row has fewer than W.
        rows: (n,) row of each marked cell.
        packed: (n,) its column in the packed table.
        unpacked: (n,) its column in the unpacked table.
    """

    columns: NDArray[np.int64]
    rows: Tensor
    packed: Tensor
    unpacked: Tensor

    def put(self, table: Tensor, packed: Tensor) -> None:
        """Write packed values (M, W, ...) into the marked cells of a table (M, T, ...)."""
        table[self.rows, self.unpacked] = packed[self.rows, self.packed]


def cells_of(mask: NDArray[np.bool_], device: torch.device) -> Cells:
    """The marked cells of an (M, T) mask; W is the largest number of them in a row."""
    counts = mask.sum(axis=1)
    columns = np.argsort(~mask, axis=1, kind="stable")[:, : counts.max(initial=0)]
    rows, packed = np.nonzero(np.arange(columns.shape[1]) < counts[:, np.newaxis])
    unpacked = columns[rows, packed]
    index = [torch.from_numpy(each).to(device) for each in (rows, packed, unpacked)]
    return Cells(columns, index[0], index[1], index[2])


def impair_batches(
    noise: NoiseSource,
    retain: SampleWindow,
    retain_positions: NDArray[np.int64],
    batch_size: int,
    generators: Sequence[np.random.Generator],
) -> Iterator[Batch]:
    """One epoch over all noise items and the given retain samples.

    Which places of an instance's order are noise, and which items stand there, is random; the
    retain samples fill the other places in the order given.

    Args:
        noise: The noise items.
        retain: The retain set.
        retain_positions: (M, R) positions in it.
        batch_size: Samples per step.
        generators: One per instance, for the order.
    """
    length = noise.count + retain_positions.shape[1]
    order = np.stack([generator.permutation(length) for generator in generators])
    is_noise = order < noise.count
    positions = _positions_in_order(is_noise, retain_positions)
    chunk = batch_size * max(1, _CHUNK_SAMPLES // batch_size)
    for begin in range(0, length, chunk):
        part = slice(begin, begin + chunk)
        inputs, targets = _chunk(
            noise, retain, order[:, part], is_noise[:, part], positions[:, part]
        )
        yield from zip(
            torch.split(inputs, batch_size, dim=1),
            torch.split(targets, batch_size, dim=1),
            strict=True,
        )


def _positions_in_order(
    is_noise: NDArray[np.bool_], retain_positions: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Retain position (M, T) at every place of the order.

    At a noise place stands the retain sample before it, or the first one: a place holder that
    this instance sees anyway.
    """
    if not retain_positions.shape[1]:
        return np.zeros(is_noise.shape, dtype=np.int64)
    served = np.maximum(np.cumsum(~is_noise, axis=1) - 1, 0)
    return np.take_along_axis(retain_positions, served, axis=1)


@torch.no_grad()
def _chunk(
    noise: NoiseSource,
    retain: SampleWindow,
    items: NDArray[np.int64],
    is_noise: NDArray[np.bool_],
    positions: NDArray[np.int64],
) -> Batch:
    """Inputs (M, T, C, H, W) and targets (M, T, K) of a stretch of every instance's order."""
    device = noise.targets.device
    classes = noise.targets.shape[2]
    tables: list[tuple[Cells, Tensor, Tensor]] = []
    noisy = cells_of(is_noise, device)
    if noisy.columns.size:
        # Padding may point at a retain place, whose item number is no noise item.
        wanted = np.minimum(np.take_along_axis(items, noisy.columns, axis=1), noise.count - 1)
        index = torch.from_numpy(wanted).to(device)
        expanded = index.unsqueeze(2).expand(-1, -1, classes)
        tables.append((noisy, noise.images(wanted), noise.targets.gather(1, expanded)))
    kept = cells_of(~is_noise, device)
    if kept.columns.size:
        index = torch.from_numpy(np.take_along_axis(positions, kept.columns, axis=1)).to(device)
        one_hot = functional.one_hot(retain.labels_of(index), classes).to(torch.float32)
        tables.append((kept, retain.inputs(index), one_hot))
    images = tables[0][1]
    inputs = torch.empty(*items.shape, *images.shape[2:], device=device)
    targets = torch.empty(*items.shape, classes, device=device)
    for cells, some_inputs, some_targets in tables:
        cells.put(inputs, some_inputs)
        cells.put(targets, some_targets)
    return inputs, targets
