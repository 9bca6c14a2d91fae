"""CIFAR-10: 50,000 + 10,000 photographs of ten classes, 32x32x3 (Krizhevsky 2009).

Read from torchvision's `cifar-10-batches-py`, or from `CIFAR10/train.npz` and `test.npz`, which
may hold a part of it only.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unlearn_core.data.checksums import Checksum, missing_file, read_known_file
from unlearn_core.data.dataset import Dataset, Part, make_dataset, make_part
from unlearn_core.data.sources.npz import npz_files, read_npz_part
from unlearn_core.data.sources.source import Source
from unlearn_core.errors import DataError

__all__ = ["BATCHES", "CHECKSUMS", "CLASS_NAMES", "FOLDER", "SOURCE", "read_batches"]

FOLDER = "CIFAR10"
BATCHES = "cifar-10-batches-py"
CLASS_NAMES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
# What torchvision compares with; the origin publishes no SHA-256.
CHECKSUMS: Mapping[str, Checksum] = {
    "data_batch_1": Checksum("md5", "c99cafc152244af753f735de768cd75f"),
    "data_batch_2": Checksum("md5", "d4bba439e000b95fd0a9bffe97cbabec"),
    "data_batch_3": Checksum("md5", "54ebc095f3ab1f0389bbae665268c751"),
    "data_batch_4": Checksum("md5", "634d18415352ddfa80567beed471001a"),
    "data_batch_5": Checksum("md5", "482c414d41f54cd18b22e5b47cb7c3cb"),
    "test_batch": Checksum("md5", "40351d587109b95175f43aff81a1287e"),
}
_PARTS = {
    "train": tuple(f"data_batch_{number}" for number in range(1, 6)),
    "test": ("test_batch",),
}
# The only names a batch file may call: those that make one NumPy array.
_ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}


class _ArraysOnly(pickle.Unpickler):
    """Reads the origin's batch files and refuses to call anything else."""

    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it names '{module}.{name}', which is no array")
        found: object = super().find_class(module.replace("numpy.core", "numpy._core"), name)
        return found


def read_batches(folder: Path, checksums: Mapping[str, Checksum]) -> Dataset:
    """Read the origin's six python batches.

    They are pickles, so each is compared with its published checksum first, and then read by an
    unpickler that can make arrays and nothing else.

    Raises:
        DataError: A file is missing, truncated, foreign, or holds more than arrays.
    """
    train, test = (_read_part(folder, part, checksums) for part in ("train", "test"))
    return make_dataset("cifar10", train, test, CLASS_NAMES)


def _read_part(folder: Path, part: str, checksums: Mapping[str, Checksum]) -> Part:
    batches = [_read_batch(folder / name, checksums.get(name)) for name in _PARTS[part]]
    images = np.concatenate([images for images, _ in batches])
    labels = np.concatenate([labels for _, labels in batches])
    return make_part(images, labels, f"cifar10, {part} part")


def _read_batch(
    path: Path, checksum: Checksum | None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    content = read_known_file(path, "cifar10", checksum)
    try:
        batch = _ArraysOnly(io.BytesIO(content), encoding="bytes").load()
        flat = np.asarray(batch[b"data"], dtype=np.uint8)
        labels = np.asarray(batch[b"labels"], dtype=np.int64)
        # A row is 1,024 red, then green, then blue values.
        return flat.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), labels
    except Exception as error:
        raise DataError(f"cifar10: '{path}' is no CIFAR-10 batch: {error}") from error


def _batches_folder(data_dir: Path) -> Path | None:
    for folder in (data_dir / BATCHES, data_dir / FOLDER / BATCHES):
        if folder.is_dir():
            return folder
    return None


def _npz_files(data_dir: Path) -> tuple[Path, Path]:
    folder = data_dir / FOLDER
    if not any((folder / name).exists() for name in ("train.npz", "test.npz")):
        first, checksum = next(iter(CHECKSUMS.items()))
        raise DataError(
            f"cifar10: neither '{data_dir / BATCHES}' (data_batch_1 to data_batch_5 and "
            f"test_batch; {first} has {checksum}) nor '{folder}' with train.npz and test.npz "
            "is there",
            "`unlearn datasets fetch cifar10` downloads it; "
            "--data-dir or UNLEARN_DATA_DIR names the folder that holds the datasets",
        )
    return npz_files(folder, "cifar10")


def _files(data_dir: Path) -> tuple[Path, ...]:
    batches = _batches_folder(data_dir)
    if batches is None:
        return _npz_files(data_dir)
    files = tuple(batches / name for names in _PARTS.values() for name in names)
    for path in files:
        if not path.is_file():
            raise missing_file(path, "cifar10", CHECKSUMS[path.name])
    return files


def _read(data_dir: Path) -> Dataset:
    batches = _batches_folder(data_dir)
    if batches is not None:
        return read_batches(batches, CHECKSUMS)
    train, test = (read_npz_part(path, "cifar10") for path in _npz_files(data_dir))
    return make_dataset("cifar10", train, test, CLASS_NAMES)


SOURCE = Source(
    name="cifar10",
    title="CIFAR-10 photographs, 32x32x3",
    origin="www.cs.toronto.edu/~kriz/cifar.html",
    files=_files,
    read=_read,
)
