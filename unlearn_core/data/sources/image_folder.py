"""Images of one's own: `train/<class>/*.png` and `test/<class>/*.png`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unlearn_core.data.dataset import Dataset, make_dataset, make_part
from unlearn_core.data.sources.source import Source
from unlearn_core.errors import DataError

__all__ = ["SOURCE", "class_folders", "image_files", "read_images"]

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"})
_GREY_MODES = frozenset({"1", "L", "LA"})


def class_folders(folder: Path, dataset: str) -> tuple[Path, ...]:
    """The folders of the classes, sorted by name as text.

    Raises:
        DataError: The folder is missing or has no folders in it.
    """
    if not folder.is_dir():
        raise DataError(f"{dataset}: the folder '{folder}' is missing")
    found = sorted(
        (path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")),
        key=lambda path: path.name,
    )
    if not found:
        raise DataError(f"{dataset}: '{folder}' has no class folders")
    return tuple(found)


def image_files(folder: Path, dataset: str) -> tuple[Path, ...]:
    """The image files of one class, sorted by name as text.

    Raises:
        DataError: There are none.
    """
    found = sorted(
        (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES),
        key=lambda path: path.name,
    )
    if not found:
        raise DataError(f"{dataset}: '{folder}' has no images ({', '.join(sorted(SUFFIXES))})")
    return tuple(found)


def read_images(files: Sequence[Path], dataset: str) -> NDArray[np.uint8]:
    """Decode image files of one size.

    Args:
        files: At least one.
        dataset: Name of the dataset, for errors.

    Returns:
        (N, H, W, 1) where all files are grey, else (N, H, W, 3); transparency is dropped.

    Raises:
        DataError: A file is truncated or no image, or the sizes differ.
    """
    from PIL import Image, UnidentifiedImageError

    pixels: list[NDArray[np.uint8]] = []
    for path in files:
        try:
            with Image.open(path) as image:
                mode = _eight_bit_mode(image.mode, path, dataset)
                array = np.asarray(image.convert(mode), dtype=np.uint8)
        except (OSError, SyntaxError, ValueError, UnidentifiedImageError) as error:
            raise DataError(f"{dataset}: '{path}' is truncated or no image: {error}") from error
        array = array[..., np.newaxis] if array.ndim == 2 else array
        if pixels and array.shape[:2] != pixels[0].shape[:2]:
            (height, width), (first_height, first_width) = array.shape[:2], pixels[0].shape[:2]
            raise DataError(
                f"{dataset}: '{path}' is {width}x{height}, but '{files[0]}' is "
                f"{first_width}x{first_height}; all images must have one size"
            )
        pixels.append(array)
    channels = max(array.shape[2] for array in pixels)
    return np.stack([np.broadcast_to(array, (*array.shape[:2], channels)) for array in pixels])


def _eight_bit_mode(mode: str, path: Path, dataset: str) -> str:
    """What to convert an image to; deeper pixels would be cut off at 255, so they are refused."""
    if mode.startswith(("I", "F")):
        raise DataError(
            f"{dataset}: '{path}' has more than 8 bits per pixel (mode {mode}); "
            "save it with 8 bits per channel"
        )
    return "L" if mode in _GREY_MODES else "RGB"


def _listing(folder: Path, part: str, classes: Sequence[str]) -> tuple[list[Path], list[int]]:
    files: list[Path] = []
    labels: list[int] = []
    for class_folder in class_folders(folder / part, "image_folder"):
        if class_folder.name not in classes:
            raise DataError(
                f"image_folder: '{class_folder}' is no class of the train part; "
                f"classes: {', '.join(classes)}"
            )
        found = image_files(class_folder, "image_folder")
        files.extend(found)
        labels.extend([classes.index(class_folder.name)] * len(found))
    return files, labels


def _classes(folder: Path) -> list[str]:
    return [path.name for path in class_folders(folder / "train", "image_folder")]


def _files(folder: Path) -> tuple[Path, ...]:
    classes = _classes(folder)
    return tuple(path for part in ("train", "test") for path in _listing(folder, part, classes)[0])


def _read(folder: Path) -> Dataset:
    classes = _classes(folder)
    train_files, train_labels = _listing(folder, "train", classes)
    test_files, test_labels = _listing(folder, "test", classes)
    # Decoded together, so that one coloured file makes both parts coloured.
    images = read_images([*train_files, *test_files], "image_folder")
    cut = len(train_files)
    return make_dataset(
        "image_folder",
        make_part(images[:cut], np.asarray(train_labels), f"image_folder: '{folder / 'train'}'"),
        make_part(images[cut:], np.asarray(test_labels), f"image_folder: '{folder / 'test'}'"),
        classes,
    )


SOURCE = Source(
    name="image_folder",
    title="your own images",
    origin="train/<class>/*.png and test/<class>/*.png in a folder of your own",
    files=_files,
    read=_read,
)
