"""Arrays of one's own: `train.npz` and `test.npz` with `images` and `labels`."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unlearn_core.data.checksums import missing_file
from unlearn_core.data.dataset import Dataset, Part, make_dataset, make_part
from unlearn_core.data.sources.source import Source
from unlearn_core.errors import DataError

__all__ = ["SOURCE", "npz_files", "read_npz_part"]

_UNREADABLE = (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error)


def npz_files(folder: Path, dataset: str) -> tuple[Path, Path]:
    """`train.npz` and `test.npz` of a folder.

    Raises:
        DataError: One is missing.
    """
    train, test = folder / "train.npz", folder / "test.npz"
    for path in (train, test):
        if not path.is_file():
            raise missing_file(path, dataset, None)
    return train, test


def read_npz_part(path: Path, dataset: str) -> Part:
    """One part from an `.npz` file; files with pickled objects are refused.

    Args:
        path: Holds `images`, uint8 (N, H, W) or (N, H, W, C), and `labels`, integers (N,).
        dataset: Name of the dataset, for errors.

    Raises:
        DataError: The file is missing, truncated, or its arrays are no part.
    """
    arrays = _arrays(path, dataset, ("images", "labels"))
    for key in ("images", "labels"):
        if key not in arrays:
            raise DataError(f"{dataset}: '{path}' has no array '{key}'")
    images, labels = arrays["images"], arrays["labels"]
    return make_part(images, labels, f"{dataset}: '{path}'")


def _arrays(path: Path, dataset: str, keys: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {key: archive[key] for key in keys if key in archive.files}
    except FileNotFoundError:
        raise missing_file(path, dataset, None) from None
    except _UNREADABLE as error:
        raise DataError(
            f"{dataset}: '{path}' is truncated or no .npz file without pickled objects: {error}"
        ) from error


def _class_names(path: Path, num_classes: int) -> list[str]:
    """The optional array `class_names` of the train file, or the labels as text."""
    names = _arrays(path, "npz", ("class_names",)).get("class_names")
    if names is None:
        return [str(label) for label in range(num_classes)]
    return [str(name) for name in names]


def _files(folder: Path) -> tuple[Path, ...]:
    return npz_files(folder, "npz")


def _read(folder: Path) -> Dataset:
    train_file, test_file = npz_files(folder, "npz")
    train, test = read_npz_part(train_file, "npz"), read_npz_part(test_file, "npz")
    num_classes = 1 + max(int(train.labels.max()), int(test.labels.max()))
    return make_dataset("npz", train, test, _class_names(train_file, num_classes))


SOURCE = Source(
    name="npz",
    title="your own arrays",
    origin="train.npz and test.npz in a folder of your own",
    files=_files,
    read=_read,
)
