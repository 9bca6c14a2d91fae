"""What only describes, lists or watches starts without the libraries that compute."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "torchvision", "sklearn", "scipy", "matplotlib")
MODULES_WITHOUT_TORCH = (
    "unlearn_core.errors",
    "unlearn_core.records",
    "unlearn_core.channel",
    "unlearn_core.seeds",
    "unlearn_core.presets",
    *(
        f"unlearn_core.{package}.{path.stem}"
        for package in ("configs", "configs.algorithms", "catalog", "data", "data.sources")
        for path in sorted((ROOT / "unlearn_core" / package.replace(".", "/")).glob("*.py"))
        if path.stem != "__init__"
    ),
    "unlearn_core.metrics.registry",
    "unlearn_core.experiments.plan",
    "unlearn_core.experiments.cache",
    "unlearn_core.experiments.runner",
    "unlearn_core.experiments.jobs",
    "unlearn_core.cli.main",
    *(
        f"unlearn_core.cli.commands.{path.stem}"
        for path in sorted((ROOT / "unlearn_core" / "cli" / "commands").glob("*.py"))
        if path.stem != "__init__"
    ),
    *(
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted((ROOT / "unlearn_tui").rglob("*.py"))
        if path.stem != "__init__"
    ),
)


def loaded_after(code: str, *arguments: str) -> set[str]:
    """Names in sys.modules after `code` ran in a fresh interpreter."""
    script = f"{code}\nimport sys as _sys\n_sys.stderr.write('\\n' + ' '.join(_sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return set(done.stderr.splitlines()[-1].split())


def test_modules_that_describe_do_not_import_torch() -> None:
    """One interpreter imports them all, and says after which one torch was there."""
    code = "\n".join(
        (
            "import importlib, sys",
            f"for name in {MODULES_WITHOUT_TORCH!r}:",
            "    importlib.import_module(name)",
            "    assert 'torch' not in sys.modules, f'{name} imports torch'",
        )
    )
    assert "torch" not in loaded_after(code)


def test_the_app_s_modules_load_neither_duckdb_nor_computing_libraries() -> None:
    loaded = loaded_after("import unlearn_tui.app")
    assert "textual" in loaded
    assert loaded.isdisjoint({*HEAVY, "duckdb", "pyarrow"})


def test_the_core_does_not_load_textual() -> None:
    assert "textual" not in loaded_after("import unlearn_core.cli.main")


HELP = """
import sys
from unlearn_core.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert not end.code, end.code
"""


@pytest.mark.parametrize("arguments", [["--help"], ["algorithms", "list"], ["presets", "list"]])
def test_the_command_line_answers_without_torch(arguments: list[str]) -> None:
    loaded = loaded_after(HELP, *arguments)
    assert "unlearn_core.cli.main" in loaded
    assert loaded.isdisjoint({*HEAVY, "duckdb"})


def test_help_takes_less_than_half_a_second_of_cpu_time() -> None:
    """The best of three, since other work on the machine only ever adds to it."""
    command = [sys.executable, "-m", "unlearn_core.cli", "--help"]
    times = []
    for _ in range(3):
        before = os.times()
        subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
        after = os.times()
        spent = after.children_user + after.children_system
        times.append(spent - before.children_user - before.children_system)
    assert min(times) < 0.5
