"""The ready experiments."""

from __future__ import annotations

import re

import pytest

from unlearn_core.configs.algorithms.registry import algorithm_names
from unlearn_core.configs.toml_files import experiment_toml, parse_experiment
from unlearn_core.data.requests import resolve_request
from unlearn_core.errors import ConfigError, UnknownNameError
from unlearn_core.presets import (
    load_experiment,
    load_preset,
    preset_names,
    preset_path,
    preset_text,
)

AS_RUN = ("thesis-mnist", "thesis-fashion-mnist", "thesis-colored-mnist")
CORRECTED = ("mnist-corrected", "fashion-mnist-corrected")


def test_every_preset_of_the_documentation_is_there():
    assert set(preset_names()) == {
        "digits-demo",
        *AS_RUN,
        *CORRECTED,
        "thesis-cifar10",
        "thesis-cifar10-small",
    }


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_named_as_its_file_says_what_it_is_and_survives_toml(name):
    config = load_preset(name)
    assert config.name == name == preset_path(name).stem
    assert config.description
    assert preset_text(name).startswith("# ")
    assert parse_experiment(experiment_toml(config), "again") == config


@pytest.mark.parametrize(
    ("name", "samples", "steps", "rate", "listed"),
    [
        ("thesis-mnist", 60_000, 7_500, 1e-5, "retain"),
        ("thesis-fashion-mnist", 60_000, 7_500, 2e-5, "forget"),
        ("thesis-colored-mnist", 20_000, 2_500, 1e-4, "forget"),
    ],
)
def test_thesis_presets_train_as_the_code_ran(name, samples, steps, rate, listed):
    config = load_preset(name)
    training = config.training
    drawn = training.amount.rounds * training.amount.samples_per_round
    assert drawn == samples
    assert drawn / training.batch_size == steps
    assert training.learning_rate == rate
    assert (training.schedule.every, training.schedule.factor) == (5, 0.1)
    assert training.sampling.kind == "balanced_cycle"
    assert (config.pairing, config.instances) == ("independent", 30)
    assert config.dataset.validation_fraction == 0.0
    assert config.request.listed == listed
    assert config.labels == ("gradient_ascent", "femu_gen", "gefeu")
    assert {entry.fidelity for entry in config.entries} == {"as-run"}
    ascent, femu_gen, gefeu = config.entries
    assert (ascent.learning_rate, ascent.shuffle, ascent.batch_size) == (rate, True, 8)
    for entry, ratio, layers in ((femu_gen, 11.5, 1), (gefeu, 4.75, 5)):
        assert entry.impair_batch_size == entry.repair_batch_size == 8
        assert entry.generator.trained_layers == "output"
        assert entry.generators == "one"
        assert entry.balanced_retain
        assert (entry.retain.ratio, entry.generator.hidden_layers) == (ratio, layers)
        assert (entry.impair_epochs, entry.repair_epochs) == (1, 1)


@pytest.mark.parametrize("name", CORRECTED)
def test_corrected_presets_take_the_confounders_out(name):
    config = load_preset(name)
    assert config.pairing == "twins"
    assert config.instances == 30
    assert config.dataset.validation_fraction == 0.1
    assert config.training.sampling.kind == "shuffle"
    assert config.training.amount.kind == "epochs"
    assert {entry.fidelity for entry in config.entries} == {"corrected"}
    assert {e.generator.trained_layers for e in config.entries if hasattr(e, "generator")} == {
        "all"
    }


def test_the_small_cifar_form_differs_from_the_study_in_amounts_only():
    study, small = load_preset("thesis-cifar10"), load_preset("thesis-cifar10-small")
    assert (study.request.classes, study.training.amount.epochs) == ((0, 2), 40)
    assert small.request == study.request
    assert small.architecture == study.architecture
    assert small.dataset.scaling == study.dataset.scaling
    assert small.labels == study.labels == ("femu", "femu_gen")
    amounts = re.compile(r"amount|batch|copies|samples|generator|batches")
    for one, other in zip(study.entries, small.entries, strict=True):
        ours, theirs = one.table(), other.table()
        changed = {key for key in ours if ours[key] != theirs[key]}
        assert all(amounts.search(key) or key == "retain" for key in changed), changed


def test_the_demo_shows_every_built_in_algorithm_and_its_split_is_built_in(monkeypatch):
    from unlearn_core.configs.data import DigitsConfig
    from unlearn_core.data.load import load_dataset
    from unlearn_core.data.validation import split_validation

    monkeypatch.delenv("UNLEARN_SPLITS_DIR", raising=False)
    config = load_preset("digits-demo")
    assert set(config.labels) == set(algorithm_names())
    assert (config.instances, config.pairing) == (5, "twins")
    digits = load_dataset(DigitsConfig(), None)
    training, validation = split_validation(
        digits.train.labels, config.dataset.validation_fraction, config.seed
    )
    resolved = resolve_request(config.request, digits, training, validation, None)
    assert len(resolved.forget["train"]) > 0
    assert len(resolved.forget["test"]) > 0


def test_a_name_is_a_preset_and_a_path_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_experiment("digits-demo", ["instances=2"]).instances == 2
    (tmp_path / "mine.toml").write_text(preset_text("digits-demo"))
    assert load_experiment("mine.toml") == load_preset("digits-demo")
    assert load_experiment(str(tmp_path / "mine.toml")) == load_preset("digits-demo")


def test_unknown_presets_and_files_are_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="did you mean 'thesis-mnist'"):
        load_experiment("thesis-mnits")
    with pytest.raises(UnknownNameError, match="choices: digits-demo"):
        preset_text("../presets/digits-demo")
    with pytest.raises(ConfigError, match="no experiment file"):
        load_experiment(str(tmp_path / "none.toml"))
