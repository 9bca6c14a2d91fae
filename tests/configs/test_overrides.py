"""`--set KEY=VALUE` on the plain table."""

from __future__ import annotations

import pytest

from unlearn_core.configs.overrides import apply_overrides
from unlearn_core.configs.toml_files import parse_experiment
from unlearn_core.errors import ConfigError, UnknownNameError, UnlearnError

CONFIG = parse_experiment(
    """name = "x"
    [dataset]
    name = "digits"
    validation_fraction = 0.1
    [request]
    kind = "feature"
    split = "sevens"
    listed = "retain"
    [[algorithms]]
    algorithm = "femu_gen"
    [[algorithms]]
    algorithm = "gefeu"
    label = "gefeu-0.5"
    [[algorithms]]
    algorithm = "gefeu"
    label = "gefeu"
    """,
    "x.toml",
)


def entry(config, label):
    return dict(zip(config.labels, config.entries, strict=True))[label]


def test_no_override_changes_nothing():
    assert apply_overrides(CONFIG, []) == CONFIG


def test_values_are_toml_values_and_bare_words_are_text():
    changed = apply_overrides(
        CONFIG,
        [
            "instances=3",
            "pairing=independent",
            'description="a = b"',
            "architecture.hidden=[64, 32]",
            "training.learning_rate=1e-4",
            "name = 2020-01-01",
        ],
    )
    assert changed.instances == 3
    assert changed.pairing == "independent"
    assert changed.description == "a = b"
    assert changed.architecture.hidden == (64, 32)
    assert changed.training.learning_rate == 1e-4
    assert changed.name == "2020-01-01"


def test_only_the_named_key_changes():
    changed = apply_overrides(CONFIG, ["training.batch_size=7"])
    expected = CONFIG.full_dump()
    expected["training"]["batch_size"] = 7
    assert changed.full_dump() == expected


@pytest.mark.parametrize("first", [True, False])
def test_a_new_tag_replaces_the_whole_table_wherever_it_stands(first):
    tag, other = "request.kind=random", "request.seed=9"
    changed = apply_overrides(CONFIG, [tag, other] if first else [other, tag])
    assert changed.request.model_dump() == {
        "kind": "random",
        "amount": {"kind": "fraction", "fraction": 0.1},
        "within": {"kind": "all"},
        "seed": 9,
    }


def test_outer_tags_are_set_before_inner_ones():
    changed = apply_overrides(
        CONFIG, ["request.amount.count=5", "request.amount.kind=count", "request.kind=random"]
    )
    assert changed.request.amount.model_dump() == {"kind": "count", "count": 5}


def test_the_same_tag_keeps_the_table():
    assert apply_overrides(CONFIG, ["request.kind=feature", "dataset.name=digits"]) == CONFIG


def test_a_new_dataset_drops_the_keys_of_the_old_one():
    changed = apply_overrides(CONFIG, ["dataset.name=npz", "dataset.path=here"])
    assert changed.dataset.model_dump()["path"] == "here"
    assert changed.dataset.validation_fraction == 0.0


def test_one_entry_is_reached_by_its_label_even_with_a_dot_in_it():
    changed = apply_overrides(CONFIG, ["algorithms.gefeu-0.5.noise_epochs=2"])
    assert entry(changed, "gefeu-0.5").noise_epochs == 2
    assert entry(changed, "gefeu") == entry(CONFIG, "gefeu")


def test_a_key_of_a_nested_table_leaves_its_neighbours_as_the_algorithm_has_them():
    changed = apply_overrides(CONFIG, ["algorithms.femu_gen.generator.trained_layers=output"])
    generator = entry(changed, "femu_gen").generator
    assert (generator.trained_layers, generator.start_dimension, generator.hidden_layers) == (
        "output",
        35,
        1,
    )


def test_an_entry_can_be_renamed_and_is_still_found_by_its_old_label():
    changed = apply_overrides(
        CONFIG, ["algorithms.femu_gen.label=fg", "algorithms.femu_gen.noise_epochs=2"]
    )
    assert changed.labels == ("fg", "gefeu-0.5", "gefeu")
    assert entry(changed, "fg").noise_epochs == 2


def test_another_algorithm_keeps_a_given_label_and_nothing_else():
    changed = apply_overrides(CONFIG, ["algorithms.gefeu-0.5.algorithm=finetune"])
    assert entry(changed, "gefeu-0.5").table() == {
        "algorithm": "finetune",
        "label": "gefeu-0.5",
        "fidelity": "corrected",
        "epochs": 1,
        "learning_rate": 1e-3,
        "batch_size": 64,
    }
    renamed = apply_overrides(CONFIG, ["algorithms.femu_gen.algorithm=finetune"])
    assert renamed.labels == ("finetune", "gefeu-0.5", "gefeu")


def test_an_empty_value_takes_a_key_or_an_entry_out():
    changed = apply_overrides(
        apply_overrides(CONFIG, ["instances=9", "algorithms.gefeu.noise_samples=4"]),
        ["instances=", "algorithms.gefeu.noise_samples=", "algorithms.femu_gen="],
    )
    assert changed.instances == CONFIG.instances
    assert changed.labels == ("gefeu-0.5", "gefeu")
    assert entry(changed, "gefeu").noise_samples is None


def test_the_whole_list_of_algorithms_can_be_given():
    changed = apply_overrides(CONFIG, ['algorithms=[{algorithm="finetune", epochs=2}]'])
    assert changed.labels == ("finetune",)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("instances", "KEY=VALUE"),
        ("=3", "KEY=VALUE"),
        ("a..b=3", "KEY=VALUE"),
        ("instances=0", "at least 1"),
        ("trainig.batch_size=3", "did you mean 'training'"),
        ("training.batchsize=3", "did you mean 'batch_size'"),
        ("seed.x=3", "seed is a value, not a table"),
        ("training=5", "training = 5"),
        ("architecture.hidden=[64,", "no TOML value"),
        ("architecture.hidden.0=3", "as a whole"),
        ("request.kind=classes", "request.classes is missing"),
        ("dataset.name=mnits", "did you mean 'mnist'"),
        ("algorithms.gefeu.label=femu_gen", "stands 2 times"),
        ("algorithms.femu_gen.algorithm=gefue", "did you mean 'gefeu'"),
        ("algorithms.gefeu=3", "must be a table"),
        ("algorithms=", None),
    ],
)
def test_a_wrong_override_is_one_readable_error(override, message):
    if message is None:
        assert apply_overrides(CONFIG, [override]).labels == ()
        return
    with pytest.raises(ConfigError, match="--set") as caught:
        apply_overrides(CONFIG, [override])
    assert message in caught.value.message


def test_an_unknown_label_names_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'femu_gen'") as caught:
        apply_overrides(CONFIG, ["algorithms.femugen.noise_epochs=2"])
    assert isinstance(caught.value, UnlearnError)
    assert "gefeu-0.5" in caught.value.message


def test_a_line_break_in_a_value_cannot_smuggle_in_a_second_key():
    changed = apply_overrides(CONFIG, ["description=1\nvalue2 = 2"])
    assert changed.description == "1\nvalue2 = 2"
