"""Making a split file from somebody's list."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from unlearn_core.data.dataset import Dataset
from unlearn_core.data.split_check import check_split
from unlearn_core.data.split_file import PartFingerprints, SampleIds, SplitFile, read_split
from unlearn_core.errors import SplitError

__all__ = ["SplitDetails", "import_split"]


@dataclass(frozen=True, slots=True)
class SplitDetails:
    """What a plain index list does not say."""

    feature: str
    class_label: int | None = None  # None: the one label all listed samples have
    description: str = ""
    labelled_by: str = ""
    how: str = ""


def import_split(
    train: Path,
    dataset: Dataset,
    name: str,
    *,
    test: Path | None = None,
    details: SplitDetails | None = None,
) -> SplitFile:
    """Make a checked split file, with the dataset's fingerprints, from a list.

    Args:
        train: A JSON list or split file (then it holds both parts), or a text file with one
            sample id of the train part per line; `#` starts a comment.
        dataset: The data the ids count in.
        name: Name of the new split.
        test: Text file with the sample ids of the test part.
        details: What a text list does not say; None for JSON.

    Raises:
        SplitError: A list cannot be read, or does not fit the dataset.
    """
    fields: dict[str, object]
    if train.suffix.lower() == ".json":
        if test is not None or details is not None:
            raise SplitError(
                f"'{train}' is a JSON list and says everything itself; "
                "a test list and details go with text lists only"
            )
        listed = read_split(train)
        # Before its fingerprints are replaced: a split of other data must not become ours.
        check_split(listed, dataset)
        fields = listed.model_dump()
    elif details is None:
        raise SplitError(f"'{train}' is a text list; say at least which feature it lists")
    else:
        ids = SampleIds(train=_read_ids(train), test=() if test is None else _read_ids(test))
        given = details.class_label
        fields = {
            "dataset": dataset.name,
            "class_label": _common_label(ids, dataset, name) if given is None else given,
            "feature": details.feature,
            "description": details.description,
            "labelled_by": details.labelled_by,
            "how": details.how,
            "ids": ids,
        }
    fields["name"] = name
    fields["fingerprints"] = PartFingerprints(
        train=dataset.train.fingerprint, test=dataset.test.fingerprint
    )
    try:
        split = SplitFile.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(step) for step in first["loc"])
        raise SplitError(f"split '{name}': {key}: {first['msg']}") from error
    check_split(split, dataset)
    return split


def _read_ids(path: Path) -> tuple[int, ...]:
    """The ids of a text list, sorted; an id that stands twice counts once."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SplitError(f"cannot read the list '{path}': {error}") from error
    ids: set[int] = set()
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        if not (text.isascii() and text.isdigit()):
            raise SplitError(f"'{path}', line {number}: '{text}' is no sample id (0, 1, 2, ...)")
        ids.add(int(text))
    return tuple(sorted(ids))


def _common_label(ids: SampleIds, dataset: Dataset, name: str) -> int:
    """The one label all listed samples have; ids out of range are left to the check."""
    parts = ((ids.train, dataset.train.labels), (ids.test, dataset.test.labels))
    found = {int(labels[i]) for listed, labels in parts for i in listed if i < len(labels)}
    if len(found) > 1:
        raise SplitError(
            f"split '{name}': the listed samples have {len(found)} different labels "
            f"({', '.join(map(str, sorted(found)))}); a split lists samples of one class"
        )
    return found.pop() if found else 0
