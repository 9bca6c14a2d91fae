"""The command line, called in this process as a shell would call it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from unlearn_core.cli.main import main


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
    for variable in ("CATALOG", "RUNS", "DATA_DIR", "SPLITS_DIR"):
        monkeypatch.delenv(f"UNLEARN_{variable}", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user-data"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Outcome(int(ended.value.code or 0), out, err)

    return call
