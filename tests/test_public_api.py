"""What modules export is there, sorted, and documented."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import unlearn_core
import unlearn_tui

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted(
    info.name
    for package in (unlearn_core, unlearn_tui)
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not info.name.endswith("__main__")
)


def sorted_as_the_linter_does(names: list[str]) -> list[str]:
    """CONSTANTS first, then Classes, then functions, each alphabetically."""

    def kind(name: str) -> int:
        if name.isupper() and len(name) > 1:
            return 0
        return 1 if name[:1].isupper() else 2

    return sorted(names, key=lambda name: (kind(name), name))


@pytest.mark.parametrize("name", MODULES)
def test_exported_names_exist_and_are_sorted(name: str) -> None:
    module = importlib.import_module(name)
    exported = list(getattr(module, "__all__", []))
    missing = [one for one in exported if not hasattr(module, one)]
    assert not missing
    assert exported == sorted_as_the_linter_does(exported)


@pytest.mark.parametrize("name", MODULES)
def test_modules_and_what_they_export_have_docstrings(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__, f"{name} has no docstring"
    bare = [
        one
        for one in getattr(module, "__all__", [])
        if (inspect.isclass(value := getattr(module, one)) or inspect.isfunction(value))
        and not value.__doc__
    ]
    assert not bare


@pytest.mark.parametrize("package", ["unlearn_core", "unlearn_tui"])
def test_packages_say_that_they_are_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
