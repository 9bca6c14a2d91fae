"""Every dataset this project can read, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from unlearn_core.data.sources import (
    cifar10,
    colored_mnist,
    digits,
    fashion_mnist,
    image_folder,
    mnist,
    npz,
)
from unlearn_core.data.sources.source import Source
from unlearn_core.errors import UnknownNameError

__all__ = ["SOURCES", "dataset_names", "source_named"]

SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        module.SOURCE.name: module.SOURCE
        for module in (digits, mnist, fashion_mnist, colored_mnist, cifar10, image_folder, npz)
    }
)


def dataset_names() -> tuple[str, ...]:
    """Names of all datasets, the built-in one first."""
    return tuple(SOURCES)


def source_named(name: str) -> Source:
    """The source of that name.

    Raises:
        UnknownNameError: There is none.
    """
    if name not in SOURCES:
        raise UnknownNameError("dataset", name, SOURCES)
    return SOURCES[name]
