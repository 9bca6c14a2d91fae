"""What a metric is: its facts, and what the evaluator and the comparison ask of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from unlearn_core.metrics.changes import TensorChange
    from unlearn_core.metrics.chunk import Chunk
    from unlearn_core.metrics.predictions import Predictions

__all__ = [
    "CostMetric",
    "Direction",
    "DistanceMetric",
    "Kind",
    "MatchedDistanceMetric",
    "Metric",
    "MetricInfo",
    "ParameterMetric",
    "PredictionMetric",
    "TwinMetric",
]

Direction = Literal["higher", "lower", "reference", "none"]
Kind = Literal["prediction", "distance", "parameters", "cost"]


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """Facts about a metric, known without computing anything.

    Attributes:
        name: Name in configs, tables and file names.
        title: Name for people.
        unit: Unit of the value: `share`, `nats`, `seconds`, ... or `1`.
        direction: `higher` or `lower` is better, `reference`: like the retrained models is best,
            `none`: the value says nothing about better or worse.
        lower: Smallest possible value, or None.
        upper: Largest possible value, or None.
        formula: The formula in one line.
        description: How it is to be read.
        kind: What it is computed from: the predictions of one model (`prediction`), the
            predictions of a model and a reference (`distance`), their weights (`parameters`), or
            what making the model took (`cost`).
    """

    name: str
    title: str
    unit: str
    direction: Direction
    lower: float | None
    upper: float | None
    formula: str
    description: str
    kind: Kind


class Metric(ABC):
    """A metric. Subclasses with their own `info` are registered."""

    info: ClassVar[MetricInfo]

    depends_on_order: ClassVar[bool] = False
    """Whether the value depends on the order of the samples (fixed batches, as the thesis)."""


class PredictionMetric(Metric):
    """A value of one model's predictions on one subset."""

    def applies_to(self, part: str, subset: str) -> bool:  # noqa: ARG002
        """Whether the metric is defined on this subset of this part."""
        return True

    @abstractmethod
    def values(self, predictions: Predictions) -> Mapping[str, float]:
        """Detail ('' or a class) to value.

        Args:
            predictions: At least one sample, no NaN.
        """


class DistanceMetric(Metric):
    """A distance between the predictions of a model and of a reference: a mean over samples."""

    def applies_to(self, part: str, subset: str) -> bool:  # noqa: ARG002
        """Whether the metric is computed on this subset of this part."""
        return True

    @abstractmethod
    def per_sample(
        self, model: NDArray[np.floating], reference: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """Distance for every sample.

        Args:
            model: (N, K) log-probabilities of the model.
            reference: (N, K) log-probabilities of the reference.

        Returns:
            (N,) distances.
        """

    @abstractmethod
    def pair_sums(self, chunk: Chunk) -> NDArray[np.float64]:
        """Sum over the chunk's samples for every ordered pair of models.

        Returns:
            (M, M): row is the model, column is the reference.
        """


class MatchedDistanceMetric(Metric):
    """A distance that is only computed for pairs of the same instance number."""

    @abstractmethod
    def prepare(
        self, log_probabilities: NDArray[np.floating]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What is needed of one model, computed once for all its pairs.

        Args:
            log_probabilities: (N, K).

        Returns:
            Probabilities and log-probabilities (N, K) as the metric uses them.
        """

    @abstractmethod
    def per_sample(
        self,
        model: tuple[NDArray[np.float64], NDArray[np.float64]],
        reference: tuple[NDArray[np.float64], NDArray[np.float64]],
    ) -> NDArray[np.float64]:
        """Distance for every sample, (N,), of two prepared models."""

    @abstractmethod
    def weights(self, samples: int) -> NDArray[np.float64]:
        """(samples,) weight of each sample of a subset, in sample order; they sum to 1."""


class TwinMetric(Metric):
    """Another metric's value for pairs of twins: same instance number, same random numbers."""

    base: ClassVar[str]


class ParameterMetric(Metric):
    """A distance between the weights of a model and of a reference."""

    @abstractmethod
    def values(self, changes: Mapping[str, TensorChange]) -> Mapping[str, float]:
        """Detail ('' or the tensor's name) to value.

        Args:
            changes: Tensor name to the norms of model minus reference, in tensor order.
        """


class CostMetric(Metric):
    """What making a model took; the value is counted where the work is done."""
