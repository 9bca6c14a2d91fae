"""Every metric by name; the facts need neither torch nor SciPy.

A metric is a class in a module of `unlearn_core.metrics.calculators` that has its own `info`.
Other packages add metrics by an entry point of the group `unlearn_core.metrics`.
"""

from __future__ import annotations

import importlib
import pkgutil
import warnings
from collections.abc import Iterable
from functools import cache
from importlib.metadata import entry_points

from unlearn_core.errors import UnknownNameError
from unlearn_core.metrics import calculators
from unlearn_core.metrics.base import Metric, MetricInfo
from unlearn_core.records import MetricRecord

__all__ = [
    "ALL",
    "ENTRY_POINT_GROUP",
    "metric",
    "metric_info",
    "metric_names",
    "metric_records",
    "select",
]

ALL = "all"
"""Stands for every registered metric in a config."""

ENTRY_POINT_GROUP = "unlearn_core.metrics"


@cache
def _metrics() -> dict[str, Metric]:
    found: dict[str, Metric] = {}
    for module_info in pkgutil.iter_modules(calculators.__path__):
        module = importlib.import_module(f"{calculators.__name__}.{module_info.name}")
        for value in vars(module).values():
            if (
                isinstance(value, type)
                and issubclass(value, Metric)
                and value.__module__ == module.__name__
                and "info" in value.__dict__
            ):
                instance = value()
                if instance.info.name in found:
                    raise RuntimeError(f"two metrics are named '{instance.info.name}'")
                found[instance.info.name] = instance
    for entry_point in entry_points(group=ENTRY_POINT_GROUP):
        try:
            instance = entry_point.load()()
            found.setdefault(instance.info.name, instance)
        except Exception as error:  # noqa: BLE001 - a broken plugin must not break the laboratory
            warnings.warn(f"metric plugin '{entry_point.name}' is skipped: {error}", stacklevel=2)
    return dict(sorted(found.items()))


def metric_names() -> tuple[str, ...]:
    """Names of all registered metrics, in alphabetical order."""
    return tuple(_metrics())


def metric(name: str) -> Metric:
    """One metric.

    Raises:
        UnknownNameError: No metric has that name.
    """
    try:
        return _metrics()[name]
    except KeyError:
        raise UnknownNameError("metric", name, _metrics()) from None


def metric_info(name: str) -> MetricInfo:
    """Facts of one metric.

    Raises:
        UnknownNameError: No metric has that name.
    """
    return metric(name).info


def select(names: Iterable[str] = (ALL,)) -> tuple[Metric, ...]:
    """The metrics of a config's list, each once, in alphabetical order.

    Args:
        names: Metric names; `all` stands for every registered metric.

    Raises:
        UnknownNameError: No metric has that name.
    """
    wanted: set[str] = set()
    for name in names:
        wanted.update(metric_names() if name == ALL else (metric(name).info.name,))
    return tuple(_metrics()[name] for name in sorted(wanted))


def metric_records() -> list[MetricRecord]:
    """The catalog's table `metrics`."""
    return [
        MetricRecord(
            name=info.name,
            title=info.title,
            unit=info.unit,
            direction=info.direction,
            lower_bound=info.lower,
            upper_bound=info.upper,
            formula=info.formula,
            description=info.description,
        )
        for info in map(metric_info, metric_names())
    ]
