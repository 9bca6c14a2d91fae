"""From a dataset config to arrays, with a small cache in the process."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from threading import Lock

from unlearn_core.configs.data import DatasetConfig, ImageFolderConfig, NpzConfig
from unlearn_core.data.dataset import Dataset
from unlearn_core.data.places import data_dir_or_default
from unlearn_core.data.sources.registry import source_named
from unlearn_core.errors import DataError

__all__ = ["clear_cache", "load_dataset"]

_KEPT = 2
"""Datasets kept in memory; the largest (CIFAR-10) takes 184 MB."""

_Key = tuple[str, Path, tuple[tuple[Path, int, int], ...]]
_cache: OrderedDict[_Key, Dataset] = OrderedDict()
_lock = Lock()


def load_dataset(config: DatasetConfig, data_dir: Path | None = None) -> Dataset:
    """Read and verify a dataset.

    A dataset is read once per process; it is read again when one of its files has changed.

    Args:
        config: Which one. A relative `path` counts from the current folder.
        data_dir: Folder that holds the datasets; by default UNLEARN_DATA_DIR, then the user
            data folder.

    Raises:
        DataError: A file is missing, truncated or foreign; the message names it and, where one
            is published, the checksum it should have.
    """
    source = source_named(config.name)
    if isinstance(config, ImageFolderConfig | NpzConfig):
        folder = Path(config.path).expanduser().absolute()
    else:
        folder = data_dir_or_default(data_dir).expanduser().absolute()
    with _lock:
        try:
            key = (source.name, folder, tuple(_stamp(path) for path in source.files(folder)))
        except OSError as error:
            raise DataError(f"{source.name}: cannot look into '{folder}': {error}") from error
        if key not in _cache:
            _cache[key] = source.read(folder)
            while len(_cache) > _KEPT:
                _cache.popitem(last=False)
        _cache.move_to_end(key)
        return _cache[key]


def clear_cache() -> None:
    """Forget the datasets kept in memory."""
    with _lock:
        _cache.clear()


def _stamp(path: Path) -> tuple[Path, int, int]:
    state = path.stat()
    return path, state.st_size, state.st_mtime_ns
