"""A dataset in memory: two read-only parts with their fingerprints, and the class names."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unlearn_core.errors import DataError

__all__ = ["Dataset", "Part", "fingerprint_of", "make_dataset", "make_part"]


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """One part as it came from its source: row i is sample id i."""

    images: NDArray[np.uint8]  # (N, H, W, C), C = 1 or 3, read-only
    labels: NDArray[np.int64]  # (N,), read-only
    fingerprint: str  # SHA-256 over dtype, shape, pixels and labels of the whole part

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False, slots=True)
class Dataset:
    """Train and test part of one dataset, before any subset is taken."""

    name: str
    train: Part
    test: Part
    class_names: tuple[str, ...]

    @property
    def num_classes(self) -> int:
        """Number of classes; labels are 0 .. num_classes - 1."""
        return len(self.class_names)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height, width: the shape a network's input has."""
        _, height, width, channels = self.train.images.shape
        return channels, height, width

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over the fingerprints of both parts."""
        key = f"train={self.train.fingerprint};test={self.test.fingerprint}"
        return hashlib.sha256(key.encode()).hexdigest()


def fingerprint_of(images: NDArray[np.uint8], labels: NDArray[np.int64]) -> str:
    """SHA-256 (hex) over dtype, shape, pixels and labels.

    Args:
        images: (N, H, W, C), C-contiguous.
        labels: (N,), hashed as little-endian 64-bit integers on every machine.
    """
    digest = hashlib.sha256(f"{images.dtype.name}{images.shape}int64".encode())
    digest.update(np.ascontiguousarray(images).data)
    digest.update(np.ascontiguousarray(labels, dtype="<i8").data)
    return digest.hexdigest()


def make_part(images: NDArray[np.uint8], labels: NDArray[np.integer], where: str) -> Part:
    """Check the arrays of one part, make them read-only and take their fingerprint.

    Args:
        images: (N, H, W) or (N, H, W, C) with C = 1 or 3, uint8.
        labels: (N,) integers, not negative.
        where: what to call the part in an error, for example a file name.

    Raises:
        DataError: The arrays are no part: wrong type, shape, length, or empty.
    """
    if images.dtype != np.uint8:
        raise DataError(f"{where}: images are {images.dtype}, expected uint8 (0 to 255)")
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim != 4 or images.shape[3] not in (1, 3):
        raise DataError(
            f"{where}: images have shape {images.shape}, expected (N, height, width) "
            "or (N, height, width, channels) with 1 or 3 channels"
        )
    if not np.issubdtype(labels.dtype, np.integer) or labels.ndim != 1:
        raise DataError(
            f"{where}: labels are {labels.dtype} of shape {labels.shape}, expected (N,) integers"
        )
    if len(images) != len(labels):
        raise DataError(f"{where}: {len(images)} images but {len(labels)} labels")
    if images.size == 0:
        raise DataError(f"{where}: there are no images")
    if int(labels.min()) < 0:
        raise DataError(f"{where}: label {int(labels.min())} is negative")
    whole_images = np.ascontiguousarray(images).view()
    whole_labels = labels.astype(np.int64)
    whole_images.flags.writeable = False
    whole_labels.flags.writeable = False
    return Part(whole_images, whole_labels, fingerprint_of(whole_images, whole_labels))


def make_dataset(name: str, train: Part, test: Part, class_names: Sequence[str]) -> Dataset:
    """Put two parts together.

    Raises:
        DataError: Image shapes differ, or a label has no class name.
    """
    if train.images.shape[1:] != test.images.shape[1:]:
        raise DataError(
            f"{name}: train images are {_size(train)} but test images are {_size(test)}"
        )
    largest = max(int(train.labels.max()), int(test.labels.max()))
    if largest >= len(class_names):
        raise DataError(
            f"{name}: label {largest} has no class; there are {len(class_names)} classes "
            f"(0 to {len(class_names) - 1})"
        )
    return Dataset(name, train, test, tuple(class_names))


def _size(part: Part) -> str:
    _, height, width, channels = part.images.shape
    return f"{height}x{width}x{channels}"
