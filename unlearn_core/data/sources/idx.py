"""IDX files, the format of MNIST and its relatives, as they are or gzipped.

Source: http://yann.lecun.com/exdb/mnist/ (two zero bytes, a type byte, the number of dimensions,
each dimension as a big-endian 32-bit integer, then the values row by row).
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unlearn_core.data.checksums import Checksum, missing_file, read_known_file
from unlearn_core.data.dataset import Dataset, make_dataset, make_part
from unlearn_core.errors import DataError

__all__ = ["IDX_NAMES", "IdxLayout", "idx_checksums", "parse_idx"]

IDX_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
_UNSIGNED_BYTE = 0x08


@dataclass(frozen=True, slots=True)
class IdxLayout:
    """Four IDX files in one folder below the data folder, laid out as torchvision does.

    A gzipped file is preferred and read as it is; nothing is written beside it.
    """

    dataset: str
    folder: str  # below the data folder
    class_names: tuple[str, ...]
    checksums: Mapping[str, Checksum]  # file name, with `.gz` or without -> what is published

    def files(self, data_dir: Path) -> tuple[Path, ...]:
        """The four files, gzipped where there is such a one.

        Raises:
            DataError: One is missing.
        """
        return tuple(self._find(data_dir, name) for name in IDX_NAMES)

    def read(self, data_dir: Path) -> Dataset:
        """Read and verify all four files.

        Raises:
            DataError: A file is missing, truncated or foreign.
        """
        train_images, train_labels, test_images, test_labels = (
            self._array(path) for path in self.files(data_dir)
        )
        return make_dataset(
            self.dataset,
            make_part(train_images, train_labels, f"{self.dataset}, train part"),
            make_part(test_images, test_labels, f"{self.dataset}, test part"),
            self.class_names,
        )

    def _find(self, data_dir: Path, name: str) -> Path:
        folder = data_dir / self.folder
        gzipped, plain = folder / f"{name}.gz", folder / name
        if gzipped.exists() or not plain.exists():
            if not gzipped.exists():
                raise missing_file(gzipped, self.dataset, self.checksums.get(gzipped.name))
            return gzipped
        return plain

    def _array(self, path: Path) -> NDArray[np.uint8]:
        content = read_known_file(path, self.dataset, self.checksums.get(path.name))
        if path.suffix == ".gz":
            try:
                content = gzip.decompress(content)
            except (OSError, EOFError, zlib.error) as error:
                raise DataError(f"{self.dataset}: '{path}' cannot be unpacked: {error}") from error
        return parse_idx(content, f"{self.dataset}: '{path}'")


def idx_checksums(gzipped: Sequence[str], unpacked: Sequence[str]) -> dict[str, Checksum]:
    """The SHA-256 of the four files by file name, for both forms; in the order of IDX_NAMES."""
    names = [f"{name}.gz" for name in IDX_NAMES] + list(IDX_NAMES)
    digests = [*gzipped, *unpacked]
    return {n: Checksum("sha256", digest) for n, digest in zip(names, digests, strict=True)}


def parse_idx(content: bytes, where: str) -> NDArray[np.uint8]:
    """The array in an unpacked IDX file of unsigned bytes, read-only.

    Args:
        content: The whole file.
        where: What to call the file in an error.

    Raises:
        DataError: It is no IDX file of bytes, or shorter or longer than its header says.
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != _UNSIGNED_BYTE:
        raise DataError(f"{where} is no IDX file of unsigned bytes")
    dimensions = content[3]
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise DataError(f"{where} is truncated within its header")
    shape = struct.unpack(f">{dimensions}I", content[4:start])
    expected = start + math.prod(shape)
    if len(content) != expected:
        raise DataError(
            f"{where} is truncated or overlong: {len(content):,} bytes, but its header "
            f"(shape {shape}) says {expected:,}"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
