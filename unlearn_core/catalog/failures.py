"""What DuckDB and the system report, as errors for people."""

from __future__ import annotations

import errno
import re
from pathlib import Path
from typing import TYPE_CHECKING

from unlearn_core.errors import CatalogBusyError, CatalogPathError, DiskFullError, UnlearnError

if TYPE_CHECKING:
    import duckdb

__all__ = ["as_unlearn_error", "clean_message", "disk_full", "is_busy", "is_disk_full"]

_FULL = re.compile(
    r"no space left on device|disk quota exceeded|out of disk|file too large"
    r"|failed to offload|max_temp_directory_size",
    re.IGNORECASE,
)
_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")
_FULL_ERRNO = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def is_busy(error: duckdb.Error) -> bool:
    """Whether another process holds the file."""
    return "Could not set lock on file" in str(error)


def is_disk_full(error: Exception) -> bool:
    """Whether an error of DuckDB, Arrow or the system says that there is no room."""
    if isinstance(error, OSError) and error.errno in _FULL_ERRNO:
        return True
    return _FULL.search(str(error)) is not None


def disk_full(path: Path) -> DiskFullError:
    """No room for the catalog or its journal."""
    return DiskFullError(
        f"no room left on the disk that holds {path}; nothing of this batch was written",
        hint="free some space (`unlearn cache prune`), then resume the job",
    )


def as_unlearn_error(error: duckdb.Error, path: Path) -> UnlearnError | None:
    """The error that says for people what DuckDB said about the file, or None for all else."""
    message = str(error)
    if is_busy(error):
        return busy(path, message)
    if is_disk_full(error):
        return disk_full(path)
    if "not a valid DuckDB database" in message:
        return CatalogPathError(f"{path} is not a DuckDB file")
    if "database file with version" in message or "serialized with a newer" in message.lower():
        return CatalogPathError(
            f"{path} was written by a newer DuckDB than the installed one",
            hint="update duckdb (`pip install -U duckdb`)",
        )
    if re.search(r"permission denied|read-only file system|cannot open file", message, re.I):
        return CatalogPathError(f"{path} cannot be opened: {clean_message(message)}")
    return None


def busy(path: Path, message: str = "") -> CatalogBusyError:
    """Another process holds the file; names it where DuckDB does."""
    held = _HOLDER.search(message)
    holder = f" ({Path(held['program']).name}, process {held['pid']})" if held else ""
    return CatalogBusyError(
        f"another process{holder} holds the catalog {path}",
        hint="close it there (a duckdb shell, a notebook), or try again in a moment",
    )


def clean_message(message: str) -> str:
    """DuckDB's message without its class name, links and advice on DuckDB's own settings.

    >>> clean_message('Catalog Error: Table with name modells does not exist!')
    'Table with name modells does not exist!'
    """
    text = re.sub(r"^[A-Z][A-Za-z]*(?: [A-Za-z]+)* Error: ", "", message.strip())
    text = re.split(r"\n\s*\n?Possible solutions:", text)[0]
    text = re.sub(r"\s*See also https?://\S+", "", text)
    return text.strip()
