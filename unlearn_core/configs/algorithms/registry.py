"""The menu: every algorithm's config by name, built in or from an entry point.

An algorithm is one menu file here and one kitchen file of the same name in
`unlearn_core.algorithms`; both are found by their name, so that no central list is kept.
"""

from __future__ import annotations

import importlib
import pkgutil
import warnings
from functools import cache
from importlib.metadata import entry_points

import unlearn_core.configs.algorithms as menu
from unlearn_core.configs.algorithms.info import AlgorithmConfig, AlgorithmInfo
from unlearn_core.errors import UnknownNameError

__all__ = ["ENTRY_POINT_GROUP", "algorithm_names", "config_type", "config_types", "info"]

ENTRY_POINT_GROUP = "unlearn_core.algorithm_configs"


@cache
def config_types() -> dict[str, type[AlgorithmConfig]]:
    """Config class of every registered algorithm, by name, in alphabetical order."""
    found: dict[str, type[AlgorithmConfig]] = {}
    for module_info in pkgutil.iter_modules(menu.__path__):
        module = importlib.import_module(f"{menu.__name__}.{module_info.name}")
        for value in vars(module).values():
            if (
                isinstance(value, type)
                and issubclass(value, AlgorithmConfig)
                and value.__module__ == module.__name__
                and "info" in value.__dict__
            ):
                found[value.info.name] = value
    for entry_point in entry_points(group=ENTRY_POINT_GROUP):
        try:
            found.setdefault(entry_point.name, entry_point.load())
        except Exception as error:  # noqa: BLE001 - a broken plugin must not break the laboratory
            warnings.warn(
                f"algorithm plugin '{entry_point.name}' is skipped: {error}", stacklevel=2
            )
    return dict(sorted(found.items()))


def algorithm_names() -> tuple[str, ...]:
    """Names of all registered algorithms."""
    return tuple(config_types())


def config_type(name: str) -> type[AlgorithmConfig]:
    """Config class of one algorithm.

    Raises:
        UnknownNameError: No algorithm has that name.
    """
    try:
        return config_types()[name]
    except KeyError:
        raise UnknownNameError("algorithm", name, config_types()) from None


def info(name: str) -> AlgorithmInfo:
    """Menu line of one algorithm."""
    return config_type(name).info
