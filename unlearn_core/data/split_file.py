"""The split file: which samples of one class show one feature, and who says so."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StrictInt, ValidationError, field_validator

from unlearn_core.configs.base import FrozenConfig
from unlearn_core.errors import SplitError

__all__ = ["PartFingerprints", "SampleIds", "SplitFile", "read_split", "write_split"]

_Fingerprint = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Ids = tuple[Annotated[StrictInt, Field(ge=0)], ...]


class PartFingerprints(FrozenConfig):
    """Fingerprints of the parts the ids count in; None where nobody has recorded one."""

    train: _Fingerprint | None = Field(default=None, description="of the train part")
    test: _Fingerprint | None = Field(default=None, description="of the test part")


class SampleIds(FrozenConfig):
    """Sample ids per part: rows in the source order of that part, sorted, each once."""

    train: _Ids = Field(default=(), description="sample ids of the train part")
    test: _Ids = Field(default=(), description="sample ids of the test part")

    @field_validator("train", "test")
    @classmethod
    def _sorted_and_unique(cls, ids: tuple[int, ...]) -> tuple[int, ...]:
        for before, after in pairwise(ids):
            if before >= after:
                raise ValueError(
                    f"sample ids must be sorted and each stand once, but {after} follows {before}"
                )
        return ids


class SplitFile(FrozenConfig):
    """Samples of one class that show one feature."""

    format: Literal[1] = Field(default=1, description="version of this file format")
    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$",
        description="name of the split, the file's name without .json",
    )
    dataset: str = Field(min_length=1, description="the dataset the ids belong to")
    class_label: StrictInt = Field(ge=0, description="the class all listed samples have")
    feature: str = Field(min_length=1, description="what the listed samples show")
    description: str = Field(default="", description="one sentence for people")
    labelled_by: str = Field(default="", description="who judged the images")
    how: str = Field(default="", description="how they were judged")
    fingerprints: PartFingerprints = Field(
        default=PartFingerprints(), description="the data the ids were made on"
    )
    ids: SampleIds = Field(description="the listed samples")


def read_split(path: Path) -> SplitFile:
    """Read a split file, or one of the thesis's JSON lists.

    The thesis's lists (keys `dataset`, `class`, `feature`, `role`, `train`, `test`) record no
    fingerprint, so theirs stay None; their name is the file's.

    Raises:
        SplitError: The file cannot be read, is no JSON, or is no split; the message names the
            file and the first key that is wrong.
    """
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SplitError(f"cannot read the split file '{path}': {error}") from error
    except json.JSONDecodeError as error:
        raise SplitError(
            f"'{path}' is no JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from error
    if not isinstance(table, dict):
        raise SplitError(f"'{path}' is no split file: it holds no table of keys")
    if "format" not in table and "class" in table:
        table = _from_thesis_list(table, path.stem)
    try:
        return SplitFile.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(step) for step in first["loc"]) or "the file"
        raise SplitError(
            f"'{path}' is no split file of format 1: {key}: {first['msg']}",
            f"its keys are: {', '.join(SplitFile.model_fields)}",
        ) from error


def write_split(split: SplitFile, path: Path) -> None:
    """Write a split file: one key per line, ids in one line each. An old file is never replaced.

    Raises:
        SplitError: There is such a file already, or it cannot be written.
    """
    if path.exists():
        raise SplitError(f"'{path}' is already there; remove it first or choose another name")
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(_as_text(split), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise SplitError(f"cannot write '{path}': {error.strerror}") from error


def _as_text(split: SplitFile) -> str:
    lines = []
    for key, value in split.model_dump(mode="json").items():
        if isinstance(value, dict):
            inner = [f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items()]
            shown = "{\n" + ",\n".join(inner) + "\n  }"
        else:
            shown = json.dumps(value, ensure_ascii=False)
        lines.append(f"  {json.dumps(key)}: {shown}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


_THESIS_DATASETS = {
    "MNIST": "mnist",
    "FashionMNIST": "fashion_mnist",
    "ColoredMNIST": "colored_mnist",
    "CIFAR10": "cifar10",
}


def _from_thesis_list(table: Mapping[str, object], name: str) -> dict[str, object]:
    dataset = str(table.get("dataset", ""))
    feature = str(table.get("feature", ""))
    return {
        "name": name,
        "dataset": _THESIS_DATASETS.get(dataset, dataset),
        "class_label": table.get("class"),
        "feature": feature,
        "description": f"{feature} ({table.get('role', 'listed')})",
        "labelled_by": str(table.get("source", "")),
        "how": str(table.get("how", "the list as it stands")),
        "ids": {"train": table.get("train", ()), "test": table.get("test", ())},
    }
