"""A wrong experiment gets one readable ConfigError."""

from __future__ import annotations

import pytest

from unlearn_core.configs.toml_files import parse_experiment, read_experiment
from unlearn_core.errors import ConfigError

BASE = """name = "x"
instances = 4
[dataset]
name = "digits"
[request]
kind = "random"
[[algorithms]]
algorithm = "femu"
[[algorithms]]
algorithm = "gefeu"
label = "soft"
"""


def message_after(old: str, new: str) -> str:
    assert old in BASE
    with pytest.raises(ConfigError) as caught:
        parse_experiment(BASE.replace(old, new, 1), "x.toml")
    assert caught.value.exit_code == 2
    assert "\n  - " not in caught.value.message or "problems" in caught.value.message
    return caught.value.message


def test_the_base_itself_is_valid():
    assert parse_experiment(BASE, "x.toml").labels == ("femu", "soft")


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("instances = 4", "instances = 0", ["instances = 0", "at least 1", "at most 10000"]),
        ("instances = 4", "instances = 5.0", ["instances = 5.0", "an integer"]),
        ("instances = 4", "instances = true", ["instances = true", "an integer"]),
        ("instances = 4", 'instances = "4"', ["instances = '4'", "an integer"]),
        ("instances = 4", "seed = 2147483648", ["seed = 2147483648", "less than 2147483648"]),
        ("instances = 4", "intsances = 4", ["unknown key 'intsances'", "mean 'instances'?"]),
        ("instances = 4", "pairing = 'twin'", ["pairing = 'twin'", "mean 'twins'?", "independent"]),
        ('kind = "random"', 'kind = "rnadom"', ["request.kind = 'rnadom'", "mean 'random'?"]),
        ('kind = "random"', 'knd = "random"', ["request.kind is missing", "'knd'", "classes"]),
        ('kind = "random"', 'kind = "feature"', ["request.split is missing", "text"]),
        ('"femu"', '"fmeu"', ["no algorithm 'fmeu'", "mean 'femu'?", "gradient_ascent"]),
        ('algorithm = "gefeu"', "noise_epochs = 3", ["algorithms.soft.algorithm is missing"]),
        (
            'label = "soft"',
            'label = "soft"\nnoise_epoch = 3',
            ["unknown key 'noise_epoch' in algorithms.soft", "mean 'noise_epochs'?"],
        ),
        (
            'label = "soft"',
            "[algorithms.generator]\nhidden_layers = 33",
            ["algorithms.gefeu.generator.hidden_layers = 33", "at most 32"],
        ),
        (
            'label = "soft"',
            "target.kind = 'given'\ntarget.probabilities = [0.5, 0.6]",
            ["algorithms.gefeu.target", "sum to 1.1"],
        ),
        (
            'label = "soft"',
            "target.kind = 'given'\ntarget.probabilities = [0.5, 2.0]",
            ["algorithms.gefeu.target.probabilities[1] = 2.0", "a number", "at most 1"],
        ),
        ('label = "soft"', 'label = "femu"', ["label 'femu' stands 2 times"]),
        ('label = "soft"', 'label = "retrained"', ["'retrained' is the name of a role"]),
        ('[dataset]\nname = "digits"', 'dataset = "mnist"', ["dataset = 'mnist'", "key 'name'"]),
        ('[dataset]\nname = "digits"\n', "", ["dataset is missing", "fashion_mnist"]),
        (
            'kind = "random"',
            'kind = "random"\namount = {kind = "fraction", fraction = nan}',
            ["request.amount.fraction", "greater than 0 and less than 1"],
        ),
        (
            'kind = "random"',
            'kind = "random"\namount = {kind = "fraction", fractoin = 0.5}',
            ["2 problems", "request.amount.fraction is missing", "'fractoin' in request.amount"],
        ),
    ],
)
def test_the_message_names_path_value_and_choices(old, new, parts):
    message = message_after(old, new)
    assert message.startswith("x.toml: ")
    for part in parts:
        assert part in message


def test_all_problems_come_in_one_message():
    message = message_after("instances = 4", "instances = 0\npairing = 'twin'\nsede = 1")
    assert message.startswith("x.toml: 3 problems\n")
    assert message.count("\n  - ") == 3


@pytest.mark.parametrize(
    ("text", "line", "shown"),
    [
        ('name = "x', 1, 'name = "x'),
        ('name = "x"\ninstances = 1\ninstances = 2\n', 3, "instances = 2"),
        ("name = 'x'\n[dataset\nname = 'digits'", 2, "[dataset"),
    ],
)
def test_broken_toml_names_file_and_line(tmp_path, text, line, shown):
    path = tmp_path / "broken.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=f"line {line}") as caught:
        read_experiment(path)
    assert str(path) in caught.value.message
    assert shown in caught.value.message


def test_toml_that_ends_too_early_names_its_last_line():
    with pytest.raises(ConfigError, match=r"x\.toml, line 2: .*: algorithms = \["):
        parse_experiment("name = 'x'\nalgorithms = [", "x.toml")


def test_a_missing_file_a_folder_and_a_binary_file_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="no experiment file"):
        read_experiment(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="cannot read"):
        read_experiment(tmp_path)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"name = \xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_experiment(binary)
