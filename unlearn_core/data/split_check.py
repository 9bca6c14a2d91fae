"""Does a split fit the data it is to be used on?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unlearn_core.data.dataset import Dataset, Part
from unlearn_core.data.split_file import SplitFile
from unlearn_core.errors import SplitError

__all__ = ["SplitCheck", "check_split"]


@dataclass(frozen=True, slots=True)
class SplitCheck:
    """What a check found out about a split that fits its dataset."""

    name: str
    dataset: str
    class_label: int
    verified: bool  # every part has a fingerprint, and it is the dataset's
    listed_train: int
    listed_test: int
    class_train: int  # samples of the class in the train part
    class_test: int


def check_split(split: SplitFile, dataset: Dataset) -> SplitCheck:
    """Compare a split with the data it is to be used on.

    Raises:
        SplitError: It is for another dataset or other data, names a class or ids that do not
            exist, lists a sample of another class, or lists nothing in the train part.
    """
    if split.dataset != dataset.name:
        raise SplitError(
            f"split '{split.name}' is for the dataset '{split.dataset}', not '{dataset.name}'"
        )
    if split.class_label >= dataset.num_classes:
        raise SplitError(
            f"split '{split.name}' is about class {split.class_label}, but '{dataset.name}' has "
            f"the classes 0 to {dataset.num_classes - 1}"
        )
    parts = (
        ("train", dataset.train, split.ids.train, split.fingerprints.train),
        ("test", dataset.test, split.ids.test, split.fingerprints.test),
    )
    for name, part, ids, fingerprint in parts:
        if fingerprint is not None and fingerprint != part.fingerprint:
            raise SplitError(
                f"split '{split.name}' was made on other data: the {name} part of "
                f"'{dataset.name}' has fingerprint {part.fingerprint}, the split says {fingerprint}"
            )
        _check_ids(split.name, name, part, ids, split.class_label)
    if not split.ids.train:
        raise SplitError(f"split '{split.name}' is empty: it lists no sample of the train part")
    return SplitCheck(
        name=split.name,
        dataset=dataset.name,
        class_label=split.class_label,
        verified=None not in (split.fingerprints.train, split.fingerprints.test),
        listed_train=len(split.ids.train),
        listed_test=len(split.ids.test),
        class_train=int((dataset.train.labels == split.class_label).sum()),
        class_test=int((dataset.test.labels == split.class_label).sum()),
    )


def _check_ids(split: str, name: str, part: Part, ids: Sequence[int], label: int) -> None:
    outside = [sample for sample in ids if sample >= len(part)]
    if outside:
        raise SplitError(
            f"split '{split}': sample id {outside[0]} is out of range; the {name} part has ids "
            f"0 to {len(part) - 1} ({len(outside)} of {len(ids)} ids are out of range)"
        )
    listed = np.asarray(ids, dtype=np.int64)
    foreign = listed[part.labels[listed] != label]
    if len(foreign):
        raise SplitError(
            f"split '{split}' is about class {label}, but sample {foreign[0]} of the {name} part "
            f"has label {part.labels[foreign[0]]} "
            f"({len(foreign)} of {len(ids)} ids have foreign labels)"
        )
