"""What making a model took. The numbers are counted where the work is done."""

from __future__ import annotations

from typing import ClassVar

from unlearn_core.metrics.base import CostMetric, MetricInfo

__all__ = ["PeakMemory", "SamplesWithGradient", "Seconds", "Steps"]


class Seconds(CostMetric):
    """Facts of `seconds`."""

    info: ClassVar[MetricInfo] = MetricInfo(
        name="seconds",
        title="Time",
        unit="seconds",
        direction="lower",
        lower=0.0,
        upper=None,
        formula="wall-clock time of one model's training or unlearning",
        description=(
            "Depends on the machine and on how many models were computed side by side; compare "
            "only within one run. Steps and samples with gradient do not depend on that."
        ),
        kind="cost",
    )


class Steps(CostMetric):
    """Facts of `steps`."""

    info: ClassVar[MetricInfo] = MetricInfo(
        name="steps",
        title="Optimizer steps",
        unit="steps",
        direction="lower",
        lower=0.0,
        upper=None,
        formula="number of optimizer steps",
        description=(
            "Steps of all phases, those of a noise generator too. They may be of different "
            "batch sizes; see samples with gradient."
        ),
        kind="cost",
    )


class SamplesWithGradient(CostMetric):
    """Facts of `samples_with_gradient`."""

    info: ClassVar[MetricInfo] = MetricInfo(
        name="samples_with_gradient",
        title="Samples with gradient",
        unit="samples",
        direction="lower",
        lower=0.0,
        upper=None,
        formula="Σ over steps of the batch size",
        description=(
            "How many samples went forward and backward, repeats counted: the fairest measure "
            "of work, independent of machine and batch size."
        ),
        kind="cost",
    )


class PeakMemory(CostMetric):
    """Facts of `peak_memory`."""

    info: ClassVar[MetricInfo] = MetricInfo(
        name="peak_memory",
        title="Peak memory",
        unit="bytes",
        direction="lower",
        lower=0.0,
        upper=None,
        formula="largest memory held at one moment",
        description=(
            "Of the process on a CPU, of the allocator on a GPU; models computed side by side "
            "share it."
        ),
        kind="cost",
    )
