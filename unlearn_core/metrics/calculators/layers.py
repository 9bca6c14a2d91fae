"""Distances tensor by tensor. The thesis's layer-wise value is `layer_l1` (PROTOCOL D21)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from unlearn_core.metrics.base import MetricInfo, ParameterMetric
from unlearn_core.metrics.changes import TensorChange

__all__ = ["LayerL1", "LayerL2", "LayerRelative", "relative_change"]


def relative_change(change: TensorChange) -> float:
    """Norm of a tensor's difference over the norm of the reference's tensor.

    Args:
        change: Norms of one tensor.

    Returns:
        A ratio; inf where a tensor of zeros changed, NaN where it stayed.
    """
    if change.reference_l2 > 0.0:
        return change.l2 / change.reference_l2
    return float(np.inf) if change.l2 > 0.0 else float(np.nan)


class LayerL1(ParameterMetric):
    """Facts and call of a tensor's L1 norm."""

    info: ClassVar[MetricInfo] = MetricInfo(
        name="layer_l1",
        title="L1 distance per layer",
        unit="1",
        direction="none",
        lower=0.0,
        upper=None,
        formula="Σ over the tensor |w - w_ref|, detail = tensor",
        description=(
            "Sum of absolute differences of each parameter tensor, between models with the same "
            "instance number; for unlearned against trained models the way from where they "
            "started. Large layers have large values. This is also what the thesis recorded as "
            "its layer-wise distance."
        ),
        kind="parameters",
    )

    def values(self, changes: Mapping[str, TensorChange]) -> Mapping[str, float]:
        """One value per tensor."""
        return {name: change.l1 for name, change in changes.items()}


class LayerL2(ParameterMetric):
    """Facts and call of a tensor's L2 norm."""

    info: ClassVar[MetricInfo] = MetricInfo(
        name="layer_l2",
        title="L2 distance per layer",
        unit="1",
        direction="none",
        lower=0.0,
        upper=None,
        formula="sqrt(Σ over the tensor (w - w_ref)²), detail = tensor",
        description=(
            "Euclidean norm of each parameter tensor's difference, between models with the same "
            "instance number. The squares add up to the square of `l2` of the same pair."
        ),
        kind="parameters",
    )

    def values(self, changes: Mapping[str, TensorChange]) -> Mapping[str, float]:
        """One value per tensor."""
        return {name: change.l2 for name, change in changes.items()}


class LayerRelative(ParameterMetric):
    """Facts and call of `relative_change`."""

    info: ClassVar[MetricInfo] = MetricInfo(
        name="layer_relative",
        title="Relative distance per layer",
        unit="ratio",
        direction="none",
        lower=0.0,
        upper=None,
        formula="‖w - w_ref‖₂ / ‖w_ref‖₂ of the tensor, detail = tensor",
        description=(
            "Change of each parameter tensor measured by its own size, between models with the "
            "same instance number, so that small and large layers can be compared. No value "
            "where the reference's tensor is all zeros."
        ),
        kind="parameters",
    )

    def values(self, changes: Mapping[str, TensorChange]) -> Mapping[str, float]:
        """One value per tensor."""
        return {name: relative_change(change) for name, change in changes.items()}
