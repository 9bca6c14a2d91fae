"""Where datasets and split files are looked for."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from unlearn_core.errors import DataError, SplitError

__all__ = [
    "DATA_DIR_VARIABLE",
    "SPLITS_DIR_VARIABLE",
    "builtin_splits_dir",
    "data_dir_or_default",
    "splits_dir_or_default",
]

DATA_DIR_VARIABLE = "UNLEARN_DATA_DIR"
SPLITS_DIR_VARIABLE = "UNLEARN_SPLITS_DIR"

_PACKAGE = Path(__file__).resolve().parent.parent


def data_dir_or_default(data_dir: Path | None) -> Path:
    """The folder that holds the datasets: as given, UNLEARN_DATA_DIR, or the user data folder."""
    if data_dir is not None:
        return data_dir
    named = os.environ.get(DATA_DIR_VARIABLE)
    return Path(named) if named else platformdirs.user_data_path("unlearn-lab") / "data"


def splits_dir_or_default(splits_dir: Path | None) -> Path | None:
    """The folder of one's own split files: as given, UNLEARN_SPLITS_DIR, or none.

    Raises:
        SplitError: A folder was named and is not there.
    """
    named = os.environ.get(SPLITS_DIR_VARIABLE)
    folder = splits_dir if splits_dir is not None else Path(named) if named else None
    if folder is not None and not folder.is_dir():
        raise SplitError(f"the splits folder '{folder}' does not exist or is no folder")
    return folder


def builtin_splits_dir() -> Path:
    """The folder of the built-in split files.

    A wheel carries them inside the package. An editable install does not see such
    force-included files, so there the checkout's `splits` is used.

    Raises:
        DataError: Neither is there, so the installation is broken.
    """
    for folder in (_PACKAGE / "splits", _PACKAGE.parent / "splits"):
        if folder.is_dir():
            return folder
    raise DataError(f"the built-in split files are missing beside '{_PACKAGE}'; install again")
