"""One tree of errors a person can read.

UnlearnError                     exit code 1
├── RequestError                 exit code 2: the request was wrong, nothing was changed
│   ├── ConfigError              a config does not parse or validate
│   ├── UnknownNameError         no preset, algorithm, metric, dataset ... of that name
│   ├── SplitError               a split file does not fit its dataset
│   ├── DataError                data files are missing, truncated or foreign
│   ├── DeviceError              the device asked for is not there
│   ├── CheckpointError          a checkpoint's hash or content is not what was stored
│   ├── CatalogPathError         the path is no catalog, or cannot be written
│   │   ├── SchemaTooNewError    written by a newer unlearn-lab
│   │   └── SchemaTooOldError    needs `unlearn catalog upgrade`
│   ├── QueryError               SQL that is refused or fails
│   ├── JobError                 no such job, or not in a state to do that
│   └── DiskFullError            no room left
├── CatalogBusyError             another process holds the catalog
├── RecordConflictError          a record differs from the one already stored
├── UndeclaredNeedError          an algorithm touched data its info does not declare
├── StepFailedError              a step failed in a worker
└── StoppedError                 exit code 130: a stop request was honoured
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "CatalogBusyError",
    "CatalogPathError",
    "CheckpointError",
    "ConfigError",
    "DataError",
    "DeviceError",
    "DiskFullError",
    "JobError",
    "QueryError",
    "RecordConflictError",
    "RequestError",
    "SchemaTooNewError",
    "SchemaTooOldError",
    "SplitError",
    "StepFailedError",
    "StoppedError",
    "UndeclaredNeedError",
    "UnknownNameError",
    "UnlearnError",
    "nearest_name",
]


class UnlearnError(Exception):
    """Root of every error this project raises on purpose.

    Args:
        message: One sentence that names the thing, the value and the choices.
        hint: What to do about it, or None.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by message and hint, so that errors cross process borders whole."""
        return (_rebuild, (type(self), self.message, self.hint))

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\n{self.hint}"


def _rebuild(kind: type[UnlearnError], message: str, hint: str | None) -> UnlearnError:
    error = kind.__new__(kind)
    UnlearnError.__init__(error, message, hint)
    return error


class RequestError(UnlearnError):
    """The request was wrong; nothing was changed."""

    exit_code = 2


class ConfigError(RequestError):
    """A config does not parse or does not validate."""


class UnknownNameError(RequestError):
    """No thing of that name; the message offers the nearest one and all choices."""

    def __init__(self, kind: str, name: str, choices: Iterable[str]) -> None:
        ordered = sorted(choices)
        near = nearest_name(name, ordered)
        question = f" did you mean '{near}'?" if near else ""
        super().__init__(f"no {kind} '{name}';{question} choices: {', '.join(ordered) or '(none)'}")


class SplitError(RequestError):
    """A split file does not parse or does not fit its dataset."""


class DataError(RequestError):
    """Data files are missing, truncated, or not what their checksum says."""


class DeviceError(RequestError):
    """The device asked for is not available."""


class CheckpointError(RequestError):
    """A checkpoint's hash or content is not what was stored."""


class CatalogPathError(RequestError):
    """The catalog path is a folder, not a DuckDB file, or cannot be written."""


class SchemaTooNewError(CatalogPathError):
    """The catalog was written by a newer unlearn-lab."""


class SchemaTooOldError(CatalogPathError):
    """The catalog needs `unlearn catalog upgrade`."""


class QueryError(RequestError):
    """A query was refused (it is not one read-only statement) or failed."""


class JobError(RequestError):
    """No such job, or it is not in a state to do what was asked."""


class DiskFullError(RequestError):
    """There is no room left on the disk."""


class CatalogBusyError(UnlearnError):
    """Another process holds the catalog."""


class RecordConflictError(UnlearnError):
    """A record differs, outside its timing columns, from the one already stored."""


class UndeclaredNeedError(UnlearnError):
    """An algorithm touched data that its AlgorithmInfo does not declare."""


class StepFailedError(UnlearnError):
    """A step failed in a worker."""


class StoppedError(UnlearnError):
    """A stop request was honoured; the unfinished step was discarded."""

    exit_code = 130


def nearest_name(name: str, choices: Iterable[str]) -> str | None:
    """The choice most like `name`, or None when nothing is near.

    >>> nearest_name("gefue", ["gefeu", "femu", "finetune"])
    'gefeu'
    """
    found = difflib.get_close_matches(name, list(choices), n=1, cutoff=0.5)
    return found[0] if found else None
