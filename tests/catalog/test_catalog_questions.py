from dataclasses import replace
from datetime import timedelta

import pytest
from catalog_examples import LABELS, NOW, comparison, experiment, small_experiment

from unlearn_core.catalog import queries
from unlearn_core.catalog.batch import batch_of
from unlearn_core.errors import UnknownNameError
from unlearn_core.records import ExperimentModelRecord


def test_the_leaderboard_has_one_row_per_label_in_the_order_of_roles(filled):
    rows = queries.leaderboard(filled)
    assert [row.label for row in rows] == ["trained", "retrained", "untrained", "femu"]
    assert [row.role for row in rows] == ["trained", "retrained", "untrained", "unlearned"]


def test_every_column_of_the_leaderboard_is_the_comparison_it_says(filled):
    row = queries.leaderboard(filled)[3]
    position = LABELS.index("femu")
    assert row.forget_accuracy == pytest.approx(0.60 - position / 100)
    assert row.retain_accuracy == pytest.approx(0.90 - position / 100)
    assert row.test_accuracy == pytest.approx(0.80 - position / 100)
    kl = 0.01 * (1 + position) + 0.1 * LABELS.index("retrained")
    assert row.kl_from_retrained == pytest.approx(kl)
    assert row.kl_from_retrained_low == pytest.approx(kl - 0.1)
    assert row.kl_from_retrained_high == pytest.approx(kl + 0.1)
    floor = 0.01 * 2 + 0.1
    assert row.noise_floor == pytest.approx(floor)
    assert row.noise_floor_low == pytest.approx(floor - 0.1)
    assert row.noise_floor_high == pytest.approx(floor + 0.1)
    assert row.n == 2
    assert row.collapsed == 0.5
    assert (row.seconds, row.steps, row.samples_with_gradient) == (5.0, 100.0, 800.0)


def test_the_noise_floor_is_the_retrained_models_own_distance(filled):
    by_label = {row.label: row for row in queries.leaderboard(filled)}
    assert by_label["retrained"].kl_from_retrained == by_label["femu"].noise_floor
    floors = {
        (row.metric, row.part, row.subset): row.noise_floor for row in queries.noise_floor(filled)
    }
    assert floors["kl_from_reference", "train", "forget"] == by_label["femu"].noise_floor
    assert floors["layer_l2", "", ""] == 1.25


def test_an_experiment_whose_comparisons_are_missing_has_no_rows_yet(catalog):
    catalog.write(batch_of([experiment("e", "young")]))
    assert queries.leaderboard(catalog, "young") == []


def test_a_value_that_is_missing_is_none(catalog):
    catalog.write(
        batch_of([experiment("e", "n"), comparison("e", "femu", "accuracy", 0.5, "test", "all")])
    )
    [row] = queries.leaderboard(catalog, "n")
    assert row.test_accuracy == 0.5
    assert row.role == "unlearned"
    assert (row.kl_from_retrained, row.noise_floor, row.forget_accuracy) == (None, None, None)


def test_of_several_experiments_with_one_name_the_newest_is_meant(filled):
    newer = experiment("exp-2", "digits-demo", NOW + timedelta(hours=1))
    filled.write(batch_of([newer]))
    assert queries.find_experiment(filled, "digits-demo").experiment_id == "exp-2"
    assert queries.find_experiment(filled).experiment_id == "exp-2"
    assert queries.find_experiment(filled, "exp-1").experiment_id == "exp-1"


def test_an_unknown_experiment_offers_the_nearest_name(filled):
    with pytest.raises(UnknownNameError, match="did you mean 'digits-demo'"):
        queries.leaderboard(filled, "digit-demo")


def test_an_ambiguous_beginning_of_an_id_offers_all(filled):
    filled.write(batch_of([experiment("exp-2", "other")]))
    with pytest.raises(UnknownNameError, match="exp-1, exp-2"):
        queries.find_experiment(filled, "exp")


def test_a_name_with_a_quote_is_only_a_name(filled):
    with pytest.raises(UnknownNameError):
        queries.leaderboard(filled, "x' OR 1=1 --")


def test_experiments_say_how_far_they_came(filled):
    [row] = queries.experiments(filled)
    assert (row.name, row.models, row.labels, row.request) == ("digits-demo", 8, 4, "sevens")
    assert row.created_at == NOW


def test_comparisons_are_filtered(filled):
    rows = queries.comparisons(
        filled, metric=["accuracy"], label=["femu", "trained"], part=["test"], subset=["all"]
    )
    assert {(r.label, r.metric, r.part, r.subset) for r in rows} == {
        ("femu", "accuracy", "test", "all"),
        ("trained", "accuracy", "test", "all"),
    }
    everything = queries.comparisons(filled)
    assert len(everything) == 4 * (11 + 4)


def test_an_unknown_metric_offers_the_nearest(filled):
    with pytest.raises(UnknownNameError, match="did you mean 'accuracy'"):
        queries.comparisons(filled, metric=["acuracy"])


def test_accuracy_by_class_reads_the_class_from_the_subset(filled):
    rows = [row for row in queries.accuracy_by_class(filled) if row.label == "femu"]
    assert [(r.class_index, r.kept, r.accuracy) for r in rows] == [
        (7, "all", 0.70),
        (10, "forget", 0.65),
    ]


def test_the_kl_matrix_has_every_ordered_pair(filled):
    rows = queries.kl_matrix(filled)
    values = {(row.label, row.reference): row.kl for row in rows}
    assert len(values) == 16
    assert values["trained", "femu"] != values["femu", "trained"]
    assert queries.kl_matrix(filled, subset="retain") == []


def test_layers_and_costs(filled):
    layers = queries.layer_distances(filled)
    assert {(row.layer, row.metric, row.distance) for row in layers} == {
        ("fc1.weight", "layer_l2", 1.25)
    }
    costs = {row.label: row for row in queries.costs(filled)}
    assert costs["retrained"].share_of_retraining == 1.0
    assert costs["femu"].share_of_retraining == pytest.approx(5 / 3)
    assert costs["femu"].peak_memory == 4096.0


def test_models_of_an_experiment_and_of_the_catalog(filled):
    members = queries.models(filled, "digits-demo")
    assert len(members) == 8
    assert {row.label for row in members if row.role == "unlearned"} == {"femu"}
    assert len(queries.models(filled)) == 8
    assert members[0].created_at == NOW


def test_one_model_under_two_labels_is_a_member_twice(filled):
    filled.write(batch_of([ExperimentModelRecord("exp-1", "femu-0", "unlearned", "femu again", 0)]))
    labels = [row.label for row in queries.models(filled, "exp-1") if row.model_id == "femu-0"]
    assert labels == ["femu", "femu again"]


def test_samples_can_be_drawn(filled):
    [sample] = queries.samples(filled)
    assert (sample.sample_id, sample.label, sample.in_forget) == (3, 7, True)
    assert sample.shape == (2, 2)
    assert sample.pixels == bytes([0, 1, 2, 255])
    assert queries.samples(filled, part="train", in_forget=False) == []
    assert [s.in_forget for s in queries.samples(filled, part="test", in_forget=None)] == [False]


def test_log_probabilities_of_one_sample_by_label(filled):
    found = queries.sample_log_probabilities(filled, "digits-demo", "test", 4)
    assert found == {label: [(-0.25, -1.5)] * 2 for label in LABELS}


def test_curves_metrics_and_config(filled):
    assert [row.model_id for row in queries.curves(filled, ["femu-1", "femu-0"])] == [
        "femu-0",
        "femu-1",
    ]
    assert "peak_memory" in {row.name for row in queries.metrics(filled)}
    assert queries.experiment_config(filled) == 'name = "x"\n'
    assert queries.jobs(filled) == []


def test_two_experiments_do_not_mix(filled):
    other = [
        replace(record, value=0.0)
        for record in small_experiment("exp-2", "other")
        if type(record).__name__ == "ComparisonRecord"
    ]
    filled.write(batch_of([experiment("exp-2", "other"), *other]))
    assert {row.test_accuracy for row in queries.leaderboard(filled, "other")} == {0.0}
    assert 0.0 not in {row.test_accuracy for row in queries.leaderboard(filled, "digits-demo")}
    assert {row.noise_floor for row in queries.leaderboard(filled, "other")} == {0.0}
