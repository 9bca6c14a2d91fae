"""Commands that look things up: presets, datasets, splits, algorithms, metrics, schema, doctor."""

from __future__ import annotations

import json

import numpy as np
import pytest

from unlearn_core.configs.algorithms.registry import algorithm_names
from unlearn_core.configs.toml_files import parse_experiment
from unlearn_core.data.splits import read_split
from unlearn_core.metrics.registry import metric_names
from unlearn_core.presets import load_preset, preset_names


def names(outcome):
    assert outcome.code == 0
    return {row["name"] for row in outcome.data}


def test_lists_name_everything_that_is_registered(unlearn):
    assert names(unlearn("presets", "list", "--json")) == set(preset_names())
    assert names(unlearn("algorithms", "list", "--json")) == set(algorithm_names())
    assert names(unlearn("metrics", "list", "--json")) == set(metric_names())
    assert {"digits", "mnist", "npz"} <= names(unlearn("datasets", "list", "--json"))


@pytest.mark.parametrize("group", ["presets", "algorithms", "metrics", "datasets", "splits"])
def test_lists_for_people_hold_the_same_names(unlearn, group):
    table = unlearn(group, "list").out
    assert all(name in table for name in names(unlearn(group, "list", "--json")))


def test_a_shown_preset_can_be_saved_and_run(unlearn):
    outcome = unlearn("presets", "show", "thesis-mnist")
    assert parse_experiment(outcome.out, "saved") == load_preset("thesis-mnist")
    assert outcome.out.startswith("# ")
    full = unlearn("presets", "show", "thesis-mnist", "--json").data
    assert full == load_preset("thesis-mnist").full_dump()


def test_a_shown_algorithm_names_every_key_with_default_and_bounds(unlearn):
    keys = {
        key["path"]: key for key in unlearn("algorithms", "show", "femu", "--json").data["keys"]
    }
    assert keys["noise_copies"]["default"] == "20"
    assert keys["noise_copies"]["expects"] == "an integer, at least 1 and at most 10000"
    assert "notebook: 20" in keys["noise_copies"]["description"]
    assert "noise_copies" in unlearn("algorithms", "show", "femu").out


def test_a_shown_metric_names_its_formula(unlearn):
    assert "nats" in unlearn("metrics", "show", "kl_from_reference").out
    assert unlearn("metrics", "show", "accuracy", "--json").data["upper_bound"] == 1.0


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (("presets", "show", "digit-demo"), "digits-demo"),
        (("algorithms", "show", "gefue"), "gefeu"),
        (("metrics", "show", "acuracy"), "accuracy"),
        (("datasets", "verify", "mnits"), "mnist"),
    ],
)
def test_an_unknown_name_offers_the_nearest(unlearn, arguments, near):
    outcome = unlearn(*arguments)
    assert outcome.code == 2
    assert f"did you mean '{near}'?" in outcome.err
    assert outcome.out == ""


def test_the_schema_is_json(unlearn):
    assert unlearn("schema").data["required"] == ["name", "dataset", "request"]


def test_digits_are_always_there_and_verified(unlearn):
    facts = unlearn("datasets", "verify", "digits", "--json").data
    assert facts["train_count"] + facts["test_count"] == 1797
    assert facts["image_shape"] == [1, 8, 8]
    assert "image shape" in unlearn("datasets", "verify", "digits").out


def test_missing_data_names_the_file_and_how_to_get_it(unlearn, tmp_path):
    outcome = unlearn("datasets", "verify", "mnist", "--data-dir", tmp_path)
    assert outcome.code == 2
    assert str(tmp_path) in outcome.err
    assert "unlearn datasets fetch mnist" in outcome.err
    states = {r["name"]: r for r in unlearn("datasets", "list", "--json").data}
    assert not states["mnist"]["present"]
    assert "missing" in states["mnist"]["problem"]
    assert states["digits"]["present"]


def save_own_data(folder):
    folder.mkdir()
    rng = np.random.default_rng(0)
    for part in ("train", "test"):
        np.savez(
            folder / f"{part}.npz",
            images=rng.integers(0, 256, (20, 4, 4), dtype=np.uint8),
            labels=np.arange(20) % 4,
        )


def test_ones_own_data_needs_its_path_and_no_other_data_takes_one(unlearn, tmp_path):
    save_own_data(tmp_path / "own")
    assert unlearn("datasets", "verify", "npz", "--path", "own", "--json").data["train_count"] == 20
    assert "--path" in unlearn("datasets", "verify", "npz").err
    assert unlearn("datasets", "verify", "digits", "--path", "own").code == 2


def test_a_list_becomes_a_split_that_is_listed_shown_and_checked(unlearn, tmp_path):
    save_own_data(tmp_path / "own")
    (tmp_path / "mine").mkdir()
    (tmp_path / "train.txt").write_text("2\n6\n10  # third\n")
    (tmp_path / "test.txt").write_text("18\n")
    own = ("--path", "own", "--splits-dir", "mine")
    made = unlearn(
        *("splits", "import", "train.txt", "--dataset", "npz", "--name", "two", *own),
        *("--test", "test.txt", "--feature", "a hat", "--labelled-by", "me"),
    )
    assert made.code == 0
    assert made.out == ""
    split = read_split(tmp_path / "mine" / "two.json")
    assert (split.class_label, split.ids.train, split.ids.test) == (2, (2, 6, 10), (18,))
    assert "two" in names(unlearn("splits", "list", "--json", "--splits-dir", "mine"))
    assert "a hat" in unlearn("splits", "show", "two", "--splits-dir", "mine").out
    shown = unlearn("splits", "show", tmp_path / "mine" / "two.json", "--json").data
    assert shown["ids"]["train"] == [2, 6, 10]
    checked = unlearn("splits", "check", "two", *own, "--json").data
    assert (checked["verified"], checked["class_train"]) == (True, 5)


def test_a_split_file_is_never_replaced(unlearn, tmp_path):
    save_own_data(tmp_path / "own")
    (tmp_path / "train.txt").write_text("2\n6\n")
    command = (
        "splits",
        "import",
        "train.txt",
        "--dataset",
        "npz",
        "--name",
        "two",
        "--path",
        "own",
    )
    assert unlearn(*command, "--feature", "a hat").code == 0
    before = (tmp_path / "two.json").read_bytes()
    again = unlearn(*command, "--feature", "another")
    assert again.code == 2
    assert "already there" in again.err
    assert (tmp_path / "two.json").read_bytes() == before


@pytest.mark.parametrize(
    ("lines", "message"),
    [("2\n99\n", "out of range"), ("2\n3\n", "different labels"), ("x\n", "no sample id")],
)
def test_a_wrong_list_makes_no_split(unlearn, tmp_path, lines, message):
    save_own_data(tmp_path / "own")
    (tmp_path / "train.txt").write_text(lines)
    outcome = unlearn(
        *("splits", "import", "train.txt", "--dataset", "npz", "--name", "two"),
        *("--path", "own", "--feature", "a hat"),
    )
    assert outcome.code == 2
    assert message in outcome.err
    assert not (tmp_path / "two.json").exists()


def test_a_broken_split_is_listed_with_its_problem(unlearn, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "bad.json").write_text("{")
    table = unlearn("splits", "list", "--splits-dir", "mine").out
    assert "broken" in table
    assert unlearn("splits", "check", "bad", "--splits-dir", "mine").code == 2


def test_a_splits_folder_that_is_not_there_is_refused(unlearn):
    outcome = unlearn("splits", "list", "--splits-dir", "nowhere")
    assert outcome.code == 2
    assert "nowhere" in outcome.err


def test_quiet_leaves_only_data_and_errors(unlearn):
    loud, quiet = unlearn("datasets", "list"), unlearn("datasets", "list", "--quiet")
    assert loud.err
    assert quiet.err == ""
    assert quiet.out == loud.out


def test_json_has_no_nan(unlearn):
    text = unlearn("metrics", "list", "--json").out
    assert "NaN" not in text
    json.loads(text, parse_constant=pytest.fail)
