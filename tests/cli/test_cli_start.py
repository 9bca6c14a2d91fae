"""Starting the program: fast, without heavy libraries, and clear about mistakes."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from unlearn_core import __version__
from unlearn_core.cli import main as cli_main

HEAVY = ("torch", "torchvision", "pydantic", "duckdb", "pyarrow", "numpy", "sklearn", "textual")
ROOT = Path(__file__).parents[2]


def fresh(code: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )


def test_help_starts_without_heavy_libraries():
    done = fresh(
        "import sys\n"
        "from unlearn_core.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        f"print('HEAVY', [m for m in {HEAVY!r} if m in sys.modules])"
    )
    assert "Commands" in done.stdout
    assert "HEAVY []" in done.stdout


def test_help_takes_less_than_half_a_second_of_processor_time():
    fresh("from unlearn_core.cli.main import main\nmain(['--help'])")  # compile once
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = fresh("from unlearn_core.cli.main import main\nmain(['--help'])")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert used < 0.5


@pytest.mark.parametrize(
    "arguments",
    [
        ["presets", "list"],
        ["algorithms", "show", "gefeu"],
        ["metrics", "list"],
        ["splits", "list"],
        ["datasets", "list"],
        ["schema"],
        ["paths"],
    ],
)
def test_looking_things_up_never_imports_torch(arguments):
    done = fresh(
        "import sys\n"
        "from unlearn_core.cli.main import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit as end: print('CODE', end.code)\n"
        "print('TORCH', 'torch' in sys.modules)"
    )
    assert "CODE 0" in done.stdout, done.stderr
    assert "TORCH False" in done.stdout


def test_the_module_is_the_program():
    done = subprocess.run(
        [sys.executable, "-m", "unlearn_core.cli", "--version"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert done.stdout == f"unlearn {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [(["prestes"], "presets"), (["presets", "lsit"], "list"), (["docter"], "doctor")],
)
def test_an_unknown_command_names_the_nearest(unlearn, arguments, nearest):
    outcome = unlearn(*arguments)
    assert outcome.code == 2
    assert f"'{nearest}'" in outcome.err
    assert outcome.out == ""


@pytest.mark.parametrize("arguments", [["paths", "--nope"], ["paths", "extra"], ["presets"]])
def test_wrong_usage_ends_with_2(unlearn, arguments):
    assert unlearn(*arguments).code == 2


def test_global_options_count_before_and_after_the_command(unlearn, tmp_path):
    def runs_of(*arguments):
        return {row["what"]: row for row in unlearn(*arguments, "--json").data}["runs"]

    assert runs_of("paths")["path"] == str(tmp_path / "runs")
    assert runs_of("paths")["source"] == "default"
    assert runs_of("--runs", "a", "paths")["path"] == str(tmp_path / "a")
    assert runs_of("paths", "--runs", "b")["path"] == str(tmp_path / "b")
    assert runs_of("--runs", "a", "paths", "--runs", "b")["path"] == str(tmp_path / "b")
    assert runs_of("paths", "--runs", "b")["source"] == "--runs"


def test_a_group_passes_global_options_on(unlearn):
    assert unlearn("--json", "presets", "list").data == unlearn("presets", "--json", "list").data
    assert unlearn("presets", "list", "--json").data == unlearn("presets", "--json", "list").data


def test_options_win_over_the_environment_and_empty_variables_count_as_unset(
    unlearn, monkeypatch, tmp_path
):
    monkeypatch.setenv("UNLEARN_CATALOG", str(tmp_path / "env.duckdb"))
    monkeypatch.setenv("UNLEARN_RUNS", "")
    rows = {row["what"]: row for row in unlearn("paths", "--json").data}
    assert rows["catalog"] == {
        "what": "catalog",
        "path": str(tmp_path / "env.duckdb"),
        "source": "UNLEARN_CATALOG",
        "exists": False,
    }
    assert rows["runs"]["source"] == "default"
    rows = {row["what"]: row for row in unlearn("paths", "--json", "--catalog", "o.duckdb").data}
    assert rows["catalog"]["path"] == str(tmp_path / "o.duckdb")


def test_a_defect_keeps_its_traceback(monkeypatch):
    def broken(*_arguments, **_options):
        raise ValueError("a defect")

    monkeypatch.setattr(cli_main.typer.main, "get_command", lambda _app: broken)
    with pytest.raises(ValueError, match="a defect") as caught:
        cli_main.main(["paths"])
    assert "broken" in "".join(traceback.format_tb(caught.value.__traceback__))


def test_a_full_disk_is_a_wrong_request_and_not_a_defect(monkeypatch, capsys):
    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device", "here")

    monkeypatch.setattr(cli_main.typer.main, "get_command", lambda _app: full)
    with pytest.raises(SystemExit) as ended:
        cli_main.main(["paths"])
    assert ended.value.code == 2
    assert "no room left on the disk (here)" in capsys.readouterr().err
