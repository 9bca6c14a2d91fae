"""What an install needs agrees with itself: scripts, versions, pins, built-in splits."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path

import pytest

import unlearn_core

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINS = dict(
    line.split("==")
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements() -> list[str]:
    project = PROJECT["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["dev"]]


@pytest.mark.parametrize("requirement", requirements())
def test_every_direct_dependency_is_pinned_in_the_tested_set(requirement: str) -> None:
    name = re.split(r"[<>=~!\[; ]", requirement, maxsplit=1)[0]
    assert canonical(name) in {canonical(pinned) for pinned in PINS}


def test_pins_are_plain_versions_without_addresses_or_local_builds() -> None:
    assert [pin for pin in PINS.values() if not re.fullmatch(r"[0-9]+(\.[0-9]+)*", pin)] == []


def test_one_version_everywhere() -> None:
    assert unlearn_core.__version__ == PROJECT["project"]["version"]


@pytest.mark.parametrize("script", PROJECT["project"]["scripts"].values())
def test_scripts_point_at_functions(script: str) -> None:
    module, function = script.split(":")
    assert callable(getattr(importlib.import_module(module), function))


def test_the_wheel_carries_the_built_in_splits() -> None:
    carried = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert carried["splits"] == "unlearn_core/splits"
    assert sorted((ROOT / "splits").glob("*.json")), "there are no built-in splits"


def test_one_committed_file_alone_knows_the_shared_folder() -> None:
    """Tests and docs name environment variables, so that any checkout works anywhere."""
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "UNLEARN_DATA_DIR" in run
    word = "/".join(("..", "shared"))
    assert word in run
    knowing = [
        path
        for folder in ("unlearn_core", "unlearn_tui", "tests", "docs", "benchmarks")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".md", ".toml", ".json"}
        and word in path.read_text(encoding="utf-8")
    ]
    assert knowing == []
