"""From a menu entry to its kitchen file, found by name."""

from __future__ import annotations

import importlib
import importlib.util
from importlib.metadata import entry_points
from types import ModuleType

from unlearn_core.algorithms.base import Unlearner
from unlearn_core.configs.algorithms.info import AlgorithmConfig
from unlearn_core.errors import UnlearnError

__all__ = ["ENTRY_POINT_GROUP", "create"]

ENTRY_POINT_GROUP = "unlearn_core.algorithms"


def create(config: AlgorithmConfig) -> Unlearner[AlgorithmConfig]:
    """The algorithm of a config.

    Raises:
        UnlearnError: The menu has the algorithm, but nothing cooks it.
    """
    name = config.info.name
    return _unlearner_type(name)(config)


def _unlearner_type(name: str) -> type[Unlearner[AlgorithmConfig]]:
    module_name = f"{__package__}.{name}"
    if importlib.util.find_spec(module_name) is not None:
        found = _only_unlearner(importlib.import_module(module_name))
        if found is not None:
            return found
    for entry_point in entry_points(group=ENTRY_POINT_GROUP, name=name):
        loaded = entry_point.load()
        if isinstance(loaded, type) and issubclass(loaded, Unlearner):
            return loaded
        raise UnlearnError(f"entry point '{name}' in {ENTRY_POINT_GROUP} is no Unlearner")
    raise UnlearnError(
        f"algorithm '{name}' is on the menu, but {module_name} has no Unlearner for it",
        f"Algorithms of other packages need an entry point in the group '{ENTRY_POINT_GROUP}'.",
    )


def _only_unlearner(module: ModuleType) -> type[Unlearner[AlgorithmConfig]] | None:
    for value in vars(module).values():
        if (
            isinstance(value, type)
            and issubclass(value, Unlearner)
            and value.__module__ == module.__name__
        ):
            return value
    return None
