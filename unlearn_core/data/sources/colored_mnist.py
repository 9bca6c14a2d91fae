"""Colorized MNIST: 8,835 + 10,000 digits on red, green or blue ground, 28x28x3.

Source: github.com/jayaneetha/colorized-MNIST, the data of the thesis (PROTOCOL 2). Row order:
class folders 0 to 9, inside a folder the file names sorted as text.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from unlearn_core.data.dataset import Dataset, Part, make_dataset, make_part
from unlearn_core.data.sources.image_folder import class_folders, image_files, read_images
from unlearn_core.data.sources.npz import npz_files, read_npz_part
from unlearn_core.data.sources.source import Source
from unlearn_core.errors import DataError

__all__ = ["FINGERPRINTS", "FOLDER", "ORIGIN", "SOURCE", "read_folder"]

FOLDER = "ColoredMNIST"
ORIGIN = "https://github.com/jayaneetha/colorized-MNIST"

FINGERPRINTS = {
    "train": "90e99977645bddc1bad4cf58c4e459f44b3975b7d7355498d2e90fe2c28c5b52",
    "test": "5066f3ad50680c312fbf440b6a8f5bc621ff45bad1ffcae81621e8bbcdaf3698",
}
"""Of the origin's commit 8a75366; the same for the folder tree and the arrays, as only pixels,
labels and their order count."""

_CLASSES = tuple(str(digit) for digit in range(10))
_TREE = {"train": "training", "test": "testing"}
_TREE_FOLDERS = (FOLDER, "colorized-MNIST", "colorized-MNIST-master")


def read_folder(data_dir: Path) -> Dataset:
    """Read the dataset from whichever form is there, without comparing fingerprints.

    Raises:
        DataError: Neither form is there, or a file is truncated.
    """
    files = _npz_or_none(data_dir)
    if files is not None:
        train, test = (read_npz_part(path, "colored_mnist") for path in files)
    else:
        tree = _tree(data_dir)
        train, test = (_read_tree_part(tree, part) for part in ("train", "test"))
    return make_dataset("colored_mnist", train, test, _CLASSES)


def _npz_or_none(data_dir: Path) -> tuple[Path, Path] | None:
    folder = data_dir / FOLDER
    if any((folder / name).exists() for name in ("train.npz", "test.npz")):
        return npz_files(folder, "colored_mnist")
    return None


def _tree(data_dir: Path) -> Path:
    for name in _TREE_FOLDERS:
        if (data_dir / name / _TREE["train"]).is_dir():
            return data_dir / name
    raise DataError(
        f"colored_mnist: neither train.npz and test.npz nor the folders training/<digit> and "
        f"testing/<digit> are in '{data_dir / FOLDER}'",
        f"it comes from {ORIGIN}: clone that repository into '{data_dir}'",
    )


def _tree_part_files(tree: Path, part: str) -> tuple[tuple[Path, ...], list[int]]:
    folders = class_folders(tree / _TREE[part], "colored_mnist")
    strange = [folder.name for folder in folders if folder.name not in _CLASSES]
    if strange:
        raise DataError(f"colored_mnist: '{tree / _TREE[part] / strange[0]}' is no digit 0 to 9")
    files: list[Path] = []
    labels: list[int] = []
    for folder in folders:
        found = image_files(folder, "colored_mnist")
        files.extend(found)
        labels.extend([int(folder.name)] * len(found))
    return tuple(files), labels


def _read_tree_part(tree: Path, part: str) -> Part:
    files, labels = _tree_part_files(tree, part)
    images = read_images(files, "colored_mnist")
    return make_part(images, np.asarray(labels), f"colored_mnist: '{tree / _TREE[part]}'")


def _files(data_dir: Path) -> tuple[Path, ...]:
    npz = _npz_or_none(data_dir)
    if npz is not None:
        return npz
    tree = _tree(data_dir)
    return tuple(path for part in ("train", "test") for path in _tree_part_files(tree, part)[0])


def _read(data_dir: Path) -> Dataset:
    dataset = read_folder(data_dir)
    for part, found in (("train", dataset.train), ("test", dataset.test)):
        if found.fingerprint != FINGERPRINTS[part]:
            raise DataError(
                f"colored_mnist: the {part} part ({len(found):,} images) in '{data_dir}' is not "
                f"the published one: its fingerprint is {found.fingerprint}, "
                f"expected {FINGERPRINTS[part]}",
                f"it comes from {ORIGIN}; for other images use the dataset `npz` or `image_folder`",
            )
    return dataset


SOURCE = Source(
    name="colored_mnist",
    title="colorized MNIST, 28x28x3",
    origin=ORIGIN,
    files=_files,
    read=_read,
)
