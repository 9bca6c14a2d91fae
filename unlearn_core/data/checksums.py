"""Reading files of which it is known what they must hold."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from unlearn_core.errors import DataError

__all__ = ["Checksum", "missing_file", "read_file", "read_known_file"]


@dataclass(frozen=True, slots=True)
class Checksum:
    """A published checksum of a file."""

    kind: Literal["sha256", "md5"]
    digest: str

    def of(self, content: bytes) -> str:
        """The checksum (hex) of some content, by the same function."""
        return hashlib.new(self.kind, content, usedforsecurity=False).hexdigest()

    def __str__(self) -> str:
        return f"{self.kind} {self.digest}"


def missing_file(path: Path, dataset: str, checksum: Checksum | None) -> DataError:
    """The error for a file that is not there."""
    expected = f" (expected {checksum})" if checksum else ""
    where = "--data-dir or UNLEARN_DATA_DIR names the folder that holds the datasets"
    hint = f"`unlearn datasets fetch {dataset}` downloads it; {where}"
    if dataset == "npz":
        hint = "`dataset.path` names the folder that holds train.npz and test.npz"
    return DataError(f"{dataset}: the file '{path}' is missing{expected}", hint)


def read_file(path: Path, dataset: str) -> bytes:
    """The file's content.

    Raises:
        DataError: It is not there or cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise missing_file(path, dataset, None) from None
    except OSError as error:
        raise DataError(f"{dataset}: cannot read '{path}': {error.strerror}") from error


def read_known_file(path: Path, dataset: str, checksum: Checksum | None) -> bytes:
    """The file's content, after comparing it with its published checksum.

    Args:
        path: The file.
        dataset: Name of the dataset, for errors.
        checksum: What is published, or None for a file of which nothing is known.

    Raises:
        DataError: The file is missing, unreadable, truncated or another one.
    """
    if checksum is not None and not path.exists():
        raise missing_file(path, dataset, checksum)
    content = read_file(path, dataset)
    if checksum is not None and (found := checksum.of(content)) != checksum.digest:
        raise DataError(
            f"{dataset}: '{path}' is truncated or not the published file: its {checksum.kind} "
            f"is {found} ({len(content):,} bytes), expected {checksum.digest}",
            f"remove it and run `unlearn datasets fetch {dataset}`",
        )
    return content
