"""The documentation of the command line names what is there, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from unlearn_core.cli.main import app
from unlearn_core.configs.toml_files import parse_experiment
from unlearn_core.presets import load_experiment, preset_names

DOCS = Path(__file__).parents[2] / "docs"
COMMAND_LINE = (DOCS / "command-line.md").read_text()
CONFIGURATION = (DOCS / "configuration.md").read_text()


def commands(group, prefix=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*prefix, name))
        else:
            yield (*prefix, name), command


COMMANDS = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_is_documented_and_helps(path):
    assert f"`unlearn {' '.join(path)}" in COMMAND_LINE
    assert COMMANDS[path].help


def test_every_documented_command_exists():
    groups = {path[0] for path in COMMANDS if len(path) == 2}
    for words in re.findall(r"\| `unlearn ([a-z]+(?: [a-z]+)?)", COMMAND_LINE):
        first, *rest = words.split()
        assert ((first, *rest) if first in groups else (first,)) in COMMANDS, words


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_takes_the_global_options(path):
    known = {option for param in COMMANDS[path].params for option in param.opts}
    assert {"--catalog", "--runs", "--data-dir", "--splits-dir", "--quiet", "--json"} <= known


def test_every_option_of_a_documented_command_exists():
    known = {
        option for command in COMMANDS.values() for param in command.params for option in param.opts
    }
    for option in re.findall(r"(--[a-z][a-z-]+)", COMMAND_LINE):
        assert option in known | {"--help"}, option


def test_every_preset_is_documented():
    for name in preset_names():
        assert f"`{name}`" in CONFIGURATION


def test_the_examples_of_the_configuration_page_work():
    for block in re.findall(r"```toml\n(.*?)```", CONFIGURATION, re.DOTALL):
        parse_experiment(block, "example")
    lines = re.findall(r"^unlearn run digits-demo (.*)$", CONFIGURATION, re.MULTILINE)
    assert len(lines) >= 5
    for line in lines:
        overrides = [a or b for a, b in re.findall(r"--set (?:'([^']*)'|(\S+))", line)]
        load_experiment("digits-demo", overrides)


def test_the_python_of_the_configuration_page_works(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    block = re.findall(r"```python\n(.*?)```", CONFIGURATION, re.DOTALL)[0]
    exec(compile(block, "configuration.md", "exec"), {})
    assert "instances = 3" in capsys.readouterr().out


def test_the_way_to_the_small_cifar_images_works(tmp_path, monkeypatch):
    import numpy as np

    from unlearn_core.configs.data import NpzConfig
    from unlearn_core.data import load
    from unlearn_core.data.dataset import make_dataset, make_part

    rng = np.random.default_rng(0)
    parts = [
        make_part(rng.integers(0, 256, (500, 4, 4, 3), dtype=np.uint8), np.arange(500) % 10, name)
        for name in ("train", "test")
    ]
    whole = make_dataset("cifar10", *parts, [str(c) for c in range(10)])
    monkeypatch.chdir(tmp_path)
    block = re.findall(r"```python\n(.*?)```", CONFIGURATION, re.DOTALL)[1]
    with monkeypatch.context() as patch:
        patch.setattr(load, "load_dataset", lambda _config: whole)
        exec(compile(block, "configuration.md", "exec"), {})
    small = load.load_dataset(NpzConfig(path="cifar10-small"))
    assert np.bincount(small.train.labels).tolist() == [40] * 10
    assert np.bincount(small.test.labels).tolist() == [10] * 10
