"""From a forget request to sample ids."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from unlearn_core.configs.request import (
    ClassesRequest,
    Count,
    FeatureRequest,
    ForgetRequest,
    RandomRequest,
    WithinClass,
)
from unlearn_core.data.dataset import Dataset
from unlearn_core.data.splits import check_split, find_split
from unlearn_core.errors import ConfigError, SplitError
from unlearn_core.seeds import derive_seed

__all__ = ["ResolvedRequest", "resolve_request"]

Ids = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class ResolvedRequest:
    """A forget request as sample ids.

    Ids of `train` and `validation` both count in the source order of the train part; `train`
    holds training ids only.
    """

    request_id: str  # SHA-256 over the data fingerprint and the forget ids of all parts
    kind: str
    description: str  # one sentence for people
    source: str  # the split file's name, or ''
    labelled_by: str  # who labelled the split file, or ''
    forget: Mapping[str, Ids | None]  # per part, sorted; None: a random request names none there
    touched_classes: tuple[int, ...]  # classes with a forget sample in training, sorted


@dataclass(frozen=True, slots=True)
class _Forgotten:
    """Forget samples of both parts of the source, before validation is taken out."""

    train: NDArray[np.bool_]
    test: NDArray[np.bool_] | None
    description: str
    source: str = ""
    labelled_by: str = ""


def resolve_request(
    request: ForgetRequest,
    dataset: Dataset,
    training_ids: Ids,
    validation_ids: Ids,
    splits_dir: Path | None = None,
) -> ResolvedRequest:
    """Find out which samples a request is about.

    Args:
        request: What is to be forgotten.
        dataset: The data.
        training_ids: Ids of the train part that are trained on.
        validation_ids: Ids of the train part that are held out.
        splits_dir: Folder of one's own split files; by default UNLEARN_SPLITS_DIR, if set.

    Raises:
        UnknownNameError: No split file has the name.
        SplitError: The split does not fit the data, or leaves one side of its class empty.
        ConfigError: A class does not exist, more samples are asked for than there are, nothing
            would be forgotten, or nothing would be retained.
    """
    if isinstance(request, FeatureRequest):
        forgotten = _feature(request, dataset, training_ids, splits_dir)
    elif isinstance(request, ClassesRequest):
        forgotten = _classes(request, dataset)
    else:
        forgotten = _random(request, dataset, training_ids)
    train = training_ids[forgotten.train[training_ids]]
    if len(train) == 0:
        raise ConfigError(f"the request ({forgotten.description}) forgets no training sample")
    if len(train) == len(training_ids):
        raise ConfigError(
            f"the request ({forgotten.description}) forgets all {len(train):,} training samples "
            "and leaves no retain data"
        )
    drawn = isinstance(request, RandomRequest)
    forget: dict[str, Ids | None] = {
        "train": np.sort(train),
        "validation": None if drawn else np.sort(validation_ids[forgotten.train[validation_ids]]),
        "test": None if forgotten.test is None else np.flatnonzero(forgotten.test),
    }
    for ids in forget.values():
        if ids is not None:
            ids.flags.writeable = False
    return ResolvedRequest(
        request_id=_request_id(dataset.fingerprint, forget),
        kind=request.kind,
        description=forgotten.description,
        source=forgotten.source,
        labelled_by=forgotten.labelled_by,
        forget=MappingProxyType(forget),
        touched_classes=tuple(int(label) for label in np.unique(dataset.train.labels[train])),
    )


def _feature(
    request: FeatureRequest, dataset: Dataset, training_ids: Ids, splits_dir: Path | None
) -> _Forgotten:
    split = find_split(request.split, splits_dir).split
    check_split(split, dataset)
    masks = []
    for labels, ids in (
        (dataset.train.labels, split.ids.train),
        (dataset.test.labels, split.ids.test),
    ):
        listed = np.zeros(len(labels), dtype=np.bool_)
        listed[np.asarray(ids, dtype=np.int64)] = True
        of_class = labels == split.class_label
        masks.append(listed if request.listed == "forget" else of_class & ~listed)
    train, test = masks
    name = dataset.class_names[split.class_label]
    in_class = training_ids[dataset.train.labels[training_ids] == split.class_label]
    forgotten = int(train[in_class].sum())
    if forgotten == len(in_class):
        raise SplitError(
            f"split '{split.name}' with listed = '{request.listed}' forgets all {forgotten} "
            f"training samples of class {split.class_label} ({name}); a feature request needs "
            "some that are retained",
            "to forget a whole class, use a request of kind 'classes'",
        )
    if forgotten == 0:
        raise SplitError(
            f"split '{split.name}' with listed = '{request.listed}' forgets none of the "
            f"{len(in_class)} training samples of class {split.class_label} ({name})"
        )
    return _Forgotten(
        train=train,
        test=test,
        description=(
            f"class {split.class_label} ({name}): "
            f"{'' if request.listed == 'forget' else 'all but '}{split.feature}"
        ),
        source=f"{split.name}.json",
        labelled_by=split.labelled_by,
    )


def _classes(request: ClassesRequest, dataset: Dataset) -> _Forgotten:
    classes = sorted(set(request.classes))
    for label in classes:
        _class_exists(label, dataset)
    names = ", ".join(f"{label} ({dataset.class_names[label]})" for label in classes)
    return _Forgotten(
        train=np.isin(dataset.train.labels, classes),
        test=np.isin(dataset.test.labels, classes),
        description=f"{'class' if len(classes) == 1 else 'classes'} {names}",
    )


def _random(request: RandomRequest, dataset: Dataset, training_ids: Ids) -> _Forgotten:
    pool = np.sort(training_ids)
    where = "training samples"
    if isinstance(request.within, WithinClass):
        label = request.within.label
        _class_exists(label, dataset)
        pool = pool[dataset.train.labels[pool] == label]
        where = f"training samples of class {label} ({dataset.class_names[label]})"
    if isinstance(request.amount, Count):
        count = request.amount.count
        if count > len(pool):
            raise ConfigError(f"request.amount.count is {count}, but there are {len(pool)} {where}")
    else:
        count = math.floor(request.amount.fraction * len(pool))
        if count == 0:
            raise ConfigError(
                f"request.amount.fraction is {request.amount.fraction}: that is less than one of "
                f"the {len(pool)} {where}"
            )
    generator = np.random.default_rng(derive_seed(request.seed, 0, "random request"))
    train = np.zeros(len(dataset.train), dtype=np.bool_)
    train[generator.permutation(pool)[:count]] = True
    return _Forgotten(
        train=train,
        test=None,
        description=f"{count} of {len(pool)} {where}, drawn with seed {request.seed}",
    )


def _class_exists(label: int, dataset: Dataset) -> None:
    if label >= dataset.num_classes:
        choices = ", ".join(f"{i} ({name})" for i, name in enumerate(dataset.class_names))
        raise ConfigError(f"'{dataset.name}' has no class {label}; classes: {choices}")


def _request_id(data_fingerprint: str, forget: Mapping[str, Ids | None]) -> str:
    digest = hashlib.sha256(data_fingerprint.encode())
    for part, ids in forget.items():
        digest.update(f";{part}={'none' if ids is None else len(ids)};".encode())
        if ids is not None:
            digest.update(ids.astype("<i8").tobytes())
    return digest.hexdigest()
