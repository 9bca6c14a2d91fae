"""What is known of a dataset after reading the whole of it again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from unlearn_core.data.dataset import Dataset
from unlearn_core.data.places import data_dir_or_default
from unlearn_core.data.sources.registry import SOURCES, source_named
from unlearn_core.errors import DataError, RequestError

__all__ = ["DatasetState", "Verification", "dataset_states", "verify_dataset"]


@dataclass(frozen=True, slots=True)
class DatasetState:
    """One line of the list of datasets."""

    name: str
    title: str
    origin: str
    present: bool  # its files are there; they have not been read
    problem: str  # what is missing, or ''


@dataclass(frozen=True, slots=True)
class Verification:
    """A dataset that was read and compared with everything published about it."""

    name: str
    files: tuple[Path, ...]
    train_count: int
    test_count: int
    image_shape: tuple[int, int, int]  # channels, height, width
    class_names: tuple[str, ...]
    train_fingerprint: str
    test_fingerprint: str
    fingerprint: str


def dataset_states(data_dir: Path | None = None) -> tuple[DatasetState, ...]:
    """Every dataset and whether its files are there; nothing is read.

    `image_folder` and `npz` are one's own and have no place of their own, so their state says so.
    """
    folder = data_dir_or_default(data_dir)
    states = []
    for source in SOURCES.values():
        problem = ""
        if source.name in ("image_folder", "npz"):
            problem = "your own: the config's `path` says where"
        else:
            try:
                source.files(folder)
            except RequestError as error:
                problem = error.message
        states.append(DatasetState(source.name, source.title, source.origin, not problem, problem))
    return tuple(states)


def verify_dataset(name: str, data_dir: Path | None = None) -> Verification:
    """Read a dataset anew and compare its files with what is published.

    Args:
        name: Name of the dataset; for `image_folder` and `npz`, `data_dir` is its own folder.
        data_dir: Folder that holds the datasets; by default as `load_dataset`.

    Raises:
        UnknownNameError: There is no dataset of that name.
        DataError: A file is missing, truncated or foreign; the message names it.
    """
    source = source_named(name)
    if name in ("image_folder", "npz") and data_dir is None:
        raise DataError(f"'{name}' is for {source.title}; say which folder is to be verified")
    folder = data_dir_or_default(data_dir)
    dataset: Dataset = source.read(folder)
    return Verification(
        name=name,
        files=source.files(folder),
        train_count=len(dataset.train),
        test_count=len(dataset.test),
        image_shape=dataset.image_shape,
        class_names=dataset.class_names,
        train_fingerprint=dataset.train.fingerprint,
        test_fingerprint=dataset.test.fingerprint,
        fingerprint=dataset.fingerprint,
    )
