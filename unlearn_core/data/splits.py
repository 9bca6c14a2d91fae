"""Split files by name; with the functions to check, import, read and write them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from unlearn_core.data.places import builtin_splits_dir, splits_dir_or_default
from unlearn_core.data.split_check import SplitCheck, check_split
from unlearn_core.data.split_file import SplitFile, read_split, write_split
from unlearn_core.data.split_import import SplitDetails, import_split
from unlearn_core.errors import SplitError, UnknownNameError

__all__ = [
    "FoundSplit",
    "SplitCheck",
    "SplitDetails",
    "SplitEntry",
    "SplitFile",
    "check_split",
    "find_split",
    "import_split",
    "list_splits",
    "read_split",
    "write_split",
]


@dataclass(frozen=True, slots=True)
class FoundSplit:
    """A split file and where it was found."""

    split: SplitFile
    path: Path
    builtin: bool


@dataclass(frozen=True, slots=True)
class SplitEntry:
    """One line of the list of split files; a broken file has a problem instead of a split."""

    name: str
    path: Path
    builtin: bool
    split: SplitFile | None
    problem: str


def _paths(splits_dir: Path | None) -> list[tuple[Path, bool]]:
    builtin = builtin_splits_dir()
    found = [(path, True) for path in sorted(builtin.glob("*.json"))]
    own = splits_dir_or_default(splits_dir)
    if own is not None and own.resolve() != builtin.resolve():
        found += [(path, False) for path in sorted(own.glob("*.json"))]
    return found


def find_split(name: str, splits_dir: Path | None = None) -> FoundSplit:
    """The split file of that name, built in or in one's own folder.

    Args:
        name: The file's name without .json.
        splits_dir: Folder of one's own split files; by default UNLEARN_SPLITS_DIR, if set.

    Raises:
        UnknownNameError: There is none.
        SplitError: Two different files have the name, or the file is no split file.
    """
    paths = _paths(splits_dir)
    named = [(path, builtin) for path, builtin in paths if path.stem == name]
    if not named:
        raise UnknownNameError("split", name, {path.stem for path, _ in paths})
    path, builtin = named[0]
    split = read_split(path)
    for other, _ in named[1:]:
        if read_split(other) != split:
            raise SplitError(
                f"two different splits are named '{name}': '{path}' and '{other}'; rename one"
            )
    return FoundSplit(split, path, builtin)


def list_splits(splits_dir: Path | None = None) -> tuple[SplitEntry, ...]:
    """Every split file, the built-in ones first; broken ones with what is wrong with them.

    Raises:
        SplitError: The folder of one's own split files is not there.
    """
    return tuple(_entry(path, builtin) for path, builtin in _paths(splits_dir))


def _entry(path: Path, builtin: bool) -> SplitEntry:
    try:
        return SplitEntry(path.stem, path, builtin, read_split(path), "")
    except SplitError as error:
        return SplitEntry(path.stem, path, builtin, None, error.message)
