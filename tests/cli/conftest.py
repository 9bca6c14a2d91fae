"""The command line, called in this process or in one of its own, as a shell would call it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from unlearn_core.cli.main import main

ROOT = Path(__file__).parents[2]
VARIABLES = tuple(f"UNLEARN_{name}" for name in ("CATALOG", "RUNS", "DATA_DIR", "SPLITS_DIR"))

TINY = """
name = "tiny"
instances = 2

[dataset]
name = "digits"

[request]
kind = "classes"
classes = [7]

[architecture]
kind = "mlp"
hidden = [16]

[training]
amount = { kind = "epochs", epochs = 2 }

[[algorithms]]
algorithm = "finetune"
epochs = 1

[[algorithms]]
algorithm = "gradient_ascent"
learning_rate = 1e-3
batch_size = 32
"""


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def data(self):
        return json.loads(self.out)


@pytest.fixture
def unlearn(monkeypatch, tmp_path, capsys) -> Callable[..., Outcome]:
    """Run `unlearn ARGUMENTS` in an empty folder, without any of its environment variables."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user-data"))
    monkeypatch.setenv("COLUMNS", "200")
    # Jobs are processes of their own and must find the package and the tests' kinds of job.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "tests" / "cli")]))
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Outcome(int(ended.value.code or 0), out, err)

    return call


def own_process(folder: Path, *arguments: object) -> subprocess.Popen[str]:
    """Start `unlearn ARGUMENTS` in a process of its own."""
    environment = {k: v for k, v in os.environ.items() if k not in VARIABLES}
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "cli")])
    return subprocess.Popen(
        [sys.executable, "-m", "unlearn_core.cli", *map(str, arguments)],
        cwd=folder,
        env=environment | {"PYTHONPATH": path, "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def interrupt_at(process: subprocess.Popen[str], sign: str) -> Outcome:
    """Press Ctrl-C as soon as a line of the narration holds the sign; the way it ended."""
    said = []
    for line in process.stderr:
        said.append(line)
        if sign in line:
            process.send_signal(signal.SIGINT)
            break
    out, rest = process.communicate(timeout=900)
    return Outcome(process.returncode, out, "".join(said) + rest)


def outcome_of(process: subprocess.Popen[str]) -> Outcome:
    """Wait for the end of a process."""
    out, err = process.communicate(timeout=900)
    return Outcome(process.returncode, out, err)


@dataclass(frozen=True)
class Laboratory:
    """A folder in which an experiment was run: interrupted first, then resumed."""

    folder: Path
    interrupted: Outcome
    resumed: Outcome


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Laboratory:
    """The tiny experiment, run once for all tests, also where several processes share them."""
    shared = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    base = tmp_path_factory.getbasetemp()
    folder = base.parent / f"laboratory-{shared}" if shared else base / "laboratory"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = folder / "outcomes.json"
        if not told.exists():
            (folder / "tiny.toml").write_text(TINY)
            first = interrupt_at(own_process(folder, "run", "tiny.toml"), "loading data")
            second = outcome_of(own_process(folder, "jobs", "resume", "latest"))
            told.write_text(json.dumps([[o.code, o.out, o.err] for o in (first, second)]))
        first, second = (Outcome(*parts) for parts in json.loads(told.read_text()))
    return Laboratory(folder, first, second)


@pytest.fixture
def laboratory(finished, tmp_path, unlearn) -> Callable[..., Outcome]:
    """Run `unlearn ARGUMENTS` in a folder of its own that holds the finished experiment."""
    assert finished.resumed.code == 0, finished.resumed.err
    for name in ("catalog.duckdb", "tiny.toml"):
        shutil.copy2(finished.folder / name, tmp_path / name)
    shutil.copytree(finished.folder / "runs", tmp_path / "runs")
    return unlearn
