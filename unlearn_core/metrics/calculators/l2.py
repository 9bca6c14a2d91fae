"""Distance between whole parameter vectors, and the thesis's sum of tensor norms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from unlearn_core.metrics.base import MetricInfo, ParameterMetric, TwinMetric
from unlearn_core.metrics.changes import TensorChange

__all__ = ["L2", "L2Twin", "ThesisL2", "add_squared_distances", "l2_norm", "sum_of_tensor_norms"]

_BLOCK_BYTES = 64 * 2**20


def l2_norm(changes: Mapping[str, TensorChange]) -> float:
    """Euclidean norm of the difference of the whole parameter vectors.

    Args:
        changes: Tensor name to its norms.
    """
    return float(np.sqrt(sum(change.l2**2 for change in changes.values())))


def sum_of_tensor_norms(changes: Mapping[str, TensorChange]) -> float:
    """Sum over tensors of the Euclidean norm of each tensor's difference (PROTOCOL D20).

    Never below `l2_norm`, and larger the more tensors there are.

    Args:
        changes: Tensor name to its norms.
    """
    return float(sum(change.l2 for change in changes.values()))


def add_squared_distances(
    squares: NDArray[np.float64], tensors: Sequence[NDArray[np.floating]]
) -> None:
    """Add one tensor's share to the squared distances of all pairs of models.

    |a - b|² = a·a + b·b - 2 a·b, one matrix product in float64 per block of columns. The mean
    model is subtracted first: it changes no distance and keeps the products small, so that
    little is lost where they cancel.

    Args:
        squares: (M, M), added to in place.
        tensors: M arrays of one shape, read block by block (they may be memory-mapped).
    """
    flat = [tensor.reshape(-1) for tensor in tensors]
    step = max(1, _BLOCK_BYTES // (8 * len(flat)))
    for start in range(0, flat[0].size, step):
        block = np.stack([vector[start : start + step] for vector in flat], dtype=np.float64)
        block -= block.mean(axis=0)
        gram = block @ block.T
        own = np.diagonal(gram)
        squares += np.maximum(own[:, None] + own[None, :] - 2.0 * gram, 0.0)


class L2(ParameterMetric):
    """Facts and call of `l2_norm`."""

    info: ClassVar[MetricInfo] = MetricInfo(
        name="l2",
        title="Distance of the weights",
        unit="1",
        direction="none",
        lower=0.0,
        upper=None,
        formula="sqrt(Σ over all parameters (w - w_ref)²)",
        description=(
            "Euclidean norm of the difference of the whole parameter vectors, without "
            "BatchNorm's running statistics. Two equally good networks can be far apart, so it "
            "says how far weights moved, not how well was forgotten."
        ),
        kind="parameters",
    )

    def values(self, changes: Mapping[str, TensorChange]) -> Mapping[str, float]:
        """One value without detail."""
        return {"": l2_norm(changes)}


class L2Twin(TwinMetric):
    """Facts of `l2` between twins."""

    base = "l2"
    info: ClassVar[MetricInfo] = MetricInfo(
        name="l2_twin",
        title="Distance of the weights to the twin",
        unit="1",
        direction="none",
        lower=0.0,
        upper=None,
        formula="mean over i of sqrt(Σ (w_i - w_ref,i)²)",
        description=(
            "Between twins, which start from the same weights; for unlearned against trained "
            "models it is the way the unlearning went. Only in experiments with pairing `twins`."
        ),
        kind="parameters",
    )


class ThesisL2(ParameterMetric):
    """Facts and call of `sum_of_tensor_norms`."""

    info: ClassVar[MetricInfo] = MetricInfo(
        name="thesis_l2",
        title="Distance of the weights as the thesis recorded it",
        unit="1",
        direction="none",
        lower=0.0,
        upper=None,
        formula="Σ over tensors of sqrt(Σ over the tensor (w - w_ref)²)",
        description=(
            "The thesis adds up the norms of the tensors where `l2` takes the norm of the whole "
            "vector, so it is never the smaller one. Models with the same instance number. For "
            "replication only."
        ),
        kind="parameters",
    )

    def values(self, changes: Mapping[str, TensorChange]) -> Mapping[str, float]:
        """One value without detail."""
        return {"": sum_of_tensor_norms(changes)}
