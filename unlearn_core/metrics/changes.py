"""How far weights moved, tensor by tensor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "TensorChange",
    "check_same_tensors",
    "parameter_changes",
    "parameter_norms",
    "parameters_only",
]

_BUFFERS = ("running_mean", "running_var", "num_batches_tracked")


@dataclass(frozen=True, slots=True)
class TensorChange:
    """Norms of one tensor's difference, model minus reference.

    Attributes:
        l1: Sum of absolute differences.
        l2: Square root of the sum of squared differences.
        reference_l2: L2 norm of the reference's tensor.
    """

    l1: float
    l2: float
    reference_l2: float


def parameters_only(arrays: Mapping[str, NDArray[np.generic]]) -> dict[str, NDArray[np.floating]]:
    """The trained tensors of a checkpoint: without the statistics that BatchNorm counts.

    Args:
        arrays: Everything a checkpoint holds, by torch's names.
    """
    return {
        name: array
        for name, array in arrays.items()
        if name.rpartition(".")[2] not in _BUFFERS and _is_floating(array)
    }


def _is_floating(array: NDArray[np.generic]) -> TypeGuard[NDArray[np.floating]]:
    return np.issubdtype(array.dtype, np.floating)


def parameter_norms(model: Mapping[str, NDArray[np.floating]]) -> dict[str, float]:
    """L2 norm of every tensor, in float64."""
    flat = {name: array.astype(np.float64, copy=False).ravel() for name, array in model.items()}
    return {name: float(np.sqrt(np.dot(vector, vector))) for name, vector in flat.items()}


def parameter_changes(
    model: Mapping[str, NDArray[np.floating]],
    reference: Mapping[str, NDArray[np.floating]],
    reference_norms: Mapping[str, float] | None = None,
) -> dict[str, TensorChange]:
    """Norms of model minus reference for every tensor, in float64.

    Args:
        model: Tensor name to array.
        reference: The same names and shapes.
        reference_norms: `parameter_norms(reference)` where it is known already.

    Raises:
        ValueError: The two do not have the same tensors.
    """
    check_same_tensors(model, reference)
    norms = parameter_norms(reference) if reference_norms is None else reference_norms
    changes = {}
    for name, array in model.items():
        difference = np.subtract(array, reference[name], dtype=np.float64).ravel()
        changes[name] = TensorChange(
            l1=float(np.abs(difference).sum()),
            l2=float(np.sqrt(np.dot(difference, difference))),
            reference_l2=norms[name],
        )
    return changes


def check_same_tensors(
    model: Mapping[str, NDArray[np.floating]], reference: Mapping[str, NDArray[np.floating]]
) -> None:
    """Refuse models of different architectures.

    Raises:
        ValueError: Names or shapes differ.
    """
    shapes = {name: array.shape for name, array in model.items()}
    others = {name: array.shape for name, array in reference.items()}
    if shapes != others:
        differing = sorted(n for n in shapes.keys() | others if shapes.get(n) != others.get(n))
        raise ValueError(
            f"only models of one architecture can be compared; these tensors differ: "
            f"{', '.join(differing)}"
        )
