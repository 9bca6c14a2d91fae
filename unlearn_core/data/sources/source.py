"""What every dataset's module offers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from unlearn_core.data.dataset import Dataset

__all__ = ["Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """How one dataset is found and read.

    `files` and `read` take the data folder (for `image_folder` and `npz`: the dataset's own
    folder) and raise DataError when something is missing, truncated or foreign.
    """

    name: str
    title: str
    origin: str  # where it comes from, for people
    files: Callable[[Path], tuple[Path, ...]]  # the files that hold it, all of them there
    read: Callable[[Path], Dataset]
