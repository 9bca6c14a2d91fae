"""An experiment config brought together with its data: what is trained on, what is forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unlearn_core.configs.base import content_hash
from unlearn_core.configs.experiment import ExperimentConfig
from unlearn_core.data.dataset import Dataset
from unlearn_core.data.load import load_dataset
from unlearn_core.data.requests import ResolvedRequest, resolve_request
from unlearn_core.data.subsets import evaluation_subsets
from unlearn_core.data.validation import split_validation
from unlearn_core.seeds import derive_seed

__all__ = ["EvaluatedPart", "Problem", "load_problem"]


@dataclass(frozen=True, eq=False, slots=True)
class EvaluatedPart:
    """One part as the evaluator sees it.

    Attributes:
        name: `train`, `validation` or `test`.
        source: Source part its pixels come from, `train` or `test`.
        sample_ids: (n,) rows of the source part, ascending.
        labels: (n,) classes.
        forget: (n,) whether each sample is to be forgotten; None where the request has no
            forget samples in this part.
        subsets: Subset name to (n,) mask, or the reason why the subset does not exist.
    """

    name: str
    source: str
    sample_ids: NDArray[np.int64]
    labels: NDArray[np.int64]
    forget: NDArray[np.bool_] | None
    subsets: dict[str, NDArray[np.bool_] | str]


@dataclass(frozen=True, eq=False, slots=True)
class Problem:
    """Config, dataset, training ids and the resolved forget request."""

    config: ExperimentConfig
    dataset: Dataset
    training_ids: NDArray[np.int64]
    validation_ids: NDArray[np.int64]
    request: ResolvedRequest
    parts: tuple[EvaluatedPart, ...]

    @property
    def experiment_id(self) -> str:
        """Hash of the config, the data and the request."""
        return content_hash(
            [self.config.config_hash, self.dataset.fingerprint, self.request.request_id]
        )

    @property
    def forget_ids(self) -> NDArray[np.int64]:
        """Training ids to be forgotten, ascending."""
        ids = self.request.forget["train"]
        assert ids is not None, "every request forgets training samples"
        return ids

    @property
    def retain_ids(self) -> NDArray[np.int64]:
        """Training ids to be kept, ascending."""
        return np.setdiff1d(self.training_ids, self.forget_ids, assume_unique=True)


def load_problem(
    config: ExperimentConfig, data_dir: Path | None, splits_dir: Path | None
) -> Problem:
    """Load the data and resolve the request.

    Raises:
        DataError: Files are missing, truncated or foreign.
        SplitError: The split does not fit the data.
        ConfigError: The request does not fit the data.
    """
    dataset = load_dataset(config.dataset, data_dir)
    training_ids, validation_ids = split_validation(
        dataset.train.labels,
        config.dataset.validation_fraction,
        derive_seed(config.seed, 0, "validation"),
    )
    request = resolve_request(config.request, dataset, training_ids, validation_ids, splits_dir)
    sources = (
        ("train", "train", training_ids),
        ("validation", "train", validation_ids),
        ("test", "test", np.arange(len(dataset.test.labels))),
    )
    parts = tuple(
        _evaluated_part(dataset, request, name, source, ids)
        for name, source, ids in sources
        if len(ids)
    )
    return Problem(config, dataset, training_ids, validation_ids, request, parts)


def _evaluated_part(
    dataset: Dataset,
    request: ResolvedRequest,
    name: str,
    source: str,
    sample_ids: NDArray[np.int64],
) -> EvaluatedPart:
    labels = (dataset.train if source == "train" else dataset.test).labels[sample_ids]
    forget_ids = request.forget[name]
    forget = None if forget_ids is None else np.isin(sample_ids, forget_ids)
    return EvaluatedPart(
        name=name,
        source=source,
        sample_ids=sample_ids,
        labels=labels,
        forget=forget,
        subsets=evaluation_subsets(labels, forget, dataset.num_classes, request.touched_classes),
    )
