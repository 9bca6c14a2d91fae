"""Rules that every registered metric keeps, found by themselves from the registry."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import log_softmax

from unlearn_core.metrics.base import (
    DistanceMetric,
    MatchedDistanceMetric,
    ParameterMetric,
    PredictionMetric,
    TwinMetric,
)
from unlearn_core.metrics.changes import parameter_changes
from unlearn_core.metrics.chunk import Chunk
from unlearn_core.metrics.evaluator import PartPredictions, evaluate_model, evaluate_part
from unlearn_core.metrics.predictions import Predictions
from unlearn_core.metrics.registry import select
from unlearn_core.metrics.values import stored


def of_kind(kind):
    found = [m for m in select() if isinstance(m, kind)]
    return pytest.mark.parametrize("metric", found, ids=[m.info.name for m in found])


every_prediction_metric = of_kind(PredictionMetric)
every_distance = of_kind(DistanceMetric)
every_matched_distance = of_kind(MatchedDistanceMetric)
every_parameter_metric = of_kind(ParameterMetric)
every_twin_metric = of_kind(TwinMetric)

logits = arrays(
    np.float64,
    st.tuples(st.integers(1, 30), st.integers(2, 6)),
    elements=st.floats(-400, 400, width=32),
)


def within(info, value):
    slack = 1e-9
    return (info.lower is None or value >= info.lower - slack) and (
        info.upper is None or value <= info.upper + slack
    )


def drawn(seed, samples=45, classes=5, scale=4.0):
    rng = np.random.default_rng(seed)
    return log_softmax(rng.normal(0, scale, (samples, classes)), axis=1).astype(np.float32)


def labels_for(log_p, seed=9):
    return np.random.default_rng(seed).integers(0, log_p.shape[1], len(log_p))


def distance(metric, model, reference):
    """Mean distance of one pair, the way the metric's kind computes it."""
    if isinstance(metric, DistanceMetric):
        return float(metric.per_sample(model, reference).mean())
    values = metric.per_sample(metric.prepare(model), metric.prepare(reference))
    return float(np.dot(metric.weights(len(values)), values))


def test_every_metric_is_of_a_kind_that_is_computed():
    for metric in select():
        assert metric.info.kind in ("prediction", "distance", "parameters", "cost")
        if isinstance(metric, TwinMetric):
            (base,) = select((metric.base,))
            assert isinstance(base, DistanceMetric | ParameterMetric)
            assert (metric.info.lower, metric.info.upper) == (base.info.lower, base.info.upper)


@every_prediction_metric
@settings(max_examples=40, deadline=None)
@given(logits=logits, seed=st.integers(0, 99))
def test_a_value_keeps_its_bounds(metric, logits, seed):
    log_p = log_softmax(logits, axis=1).astype(np.float32)
    values = metric.values(Predictions(labels_for(log_p, seed), log_p))
    assert values
    for value in values.values():
        assert math.isfinite(value)
        assert within(metric.info, value)


@every_prediction_metric
def test_the_order_of_samples_does_not_matter_unless_it_says_so(metric):
    log_p = drawn(1)
    labels = labels_for(log_p)
    order = np.random.default_rng(2).permutation(len(labels))
    straight = metric.values(Predictions(labels, log_p))
    mixed = metric.values(Predictions(labels[order], log_p[order]))
    if metric.depends_on_order:
        assert mixed != pytest.approx(straight, rel=1e-9)
    else:
        assert mixed == pytest.approx(straight, rel=1e-12)


NO_MEANS_OVER_SAMPLES = {"collapsed", "thesis_loss"}
a_mean_over_samples = pytest.mark.parametrize(
    "metric",
    [
        m
        for m in select()
        if isinstance(m, PredictionMetric) and m.info.name not in NO_MEANS_OVER_SAMPLES
    ],
    ids=lambda m: m.info.name,
)


@a_mean_over_samples
def test_the_whole_is_the_weighted_mean_of_its_pieces(metric):
    log_p = drawn(3)
    labels = labels_for(log_p)
    whole = metric.values(Predictions(labels, log_p))
    pieces = [
        (len(ids), metric.values(Predictions(labels[ids], log_p[ids])))
        for ids in np.split(np.arange(len(labels)), [4, 30])
    ]
    for detail, value in whole.items():
        mean = sum(n * piece[detail] for n, piece in pieces) / len(labels)
        assert mean == pytest.approx(value, rel=1e-9)


@every_prediction_metric
def test_a_subset_is_computed_like_a_part_of_its_own(metric):
    log_p = drawn(4)
    labels = labels_for(log_p)
    mask = labels == 2
    subset = Predictions(labels, log_p).take(mask)
    alone = Predictions(labels[mask], log_p[mask])
    assert metric.values(subset) == pytest.approx(metric.values(alone))
    np.testing.assert_array_equal(subset.log_probabilities, alone.log_probabilities)


@every_prediction_metric
def test_an_empty_or_absent_subset_gives_no_value_and_a_reason(metric):
    log_p = drawn(5)
    part = PartPredictions(
        np.arange(45),
        labels_for(log_p),
        log_p,
        {"all": "absent for a reason", "forget": np.zeros(45, dtype=bool)},
    )
    for subset, name, detail, value in evaluate_part("test", part, [metric]):
        assert name == metric.info.name
        assert detail == ""
        assert value.value is None
        assert (
            value.reason
            == {
                "all": "absent for a reason",
                "forget": "the subset has no samples",
            }[subset]
        )


@every_prediction_metric
def test_one_class_only(metric):
    values = metric.values(Predictions(np.zeros(5, dtype=np.int64), np.zeros((5, 1))))
    for value in values.values():
        assert math.isfinite(value)
        assert within(metric.info, value)


@every_prediction_metric
def test_zero_probabilities_give_a_number_or_a_reason_but_never_nan(metric):
    log_p = np.array([[0.0, -np.inf], [-np.inf, 0.0], [0.0, -np.inf]])
    for value in metric.values(Predictions(np.array([0, 0, 1]), log_p)).values():
        assert not math.isnan(value)
        kept = stored(value)
        assert kept.value is not None or kept.reason.startswith("infinite")


@every_prediction_metric
def test_a_diverged_model_has_no_value_and_a_reason(metric):
    log_p = drawn(6)
    log_p[7] = np.nan
    subsets = {"all": np.ones(45, dtype=bool)}
    part = PartPredictions(np.arange(45), labels_for(log_p), log_p, subsets)
    for *_, value in evaluate_part("test", part, [metric]):
        assert value.value is None
        assert value.reason == (
            "not a number: the model's outputs are undefined for 1 of 45 samples"
        )


@every_distance
@settings(max_examples=40, deadline=None)
@given(logits=logits, seed=st.integers(0, 99))
def test_a_distance_keeps_its_bounds_and_is_zero_for_equal_models(metric, logits, seed):
    log_p = log_softmax(logits, axis=1).astype(np.float32)
    log_q = np.random.default_rng(seed).permuted(log_p, axis=1)
    for value in metric.per_sample(log_p, log_q):
        assert math.isfinite(value)
        assert within(metric.info, value)
    np.testing.assert_array_equal(metric.per_sample(log_p, log_p), 0.0)


@every_matched_distance
@settings(max_examples=40, deadline=None)
@given(logits=logits, seed=st.integers(0, 99))
def test_a_matched_distance_keeps_its_bounds(metric, logits, seed):
    log_p = log_softmax(logits, axis=1).astype(np.float32)
    log_q = np.random.default_rng(seed).permuted(log_p, axis=1)
    assert within(metric.info, distance(metric, log_p, log_q))
    assert distance(metric, log_p, log_p) == 0.0


@every_distance
@settings(max_examples=40, deadline=None)
@given(logits=logits, seed=st.integers(0, 99))
def test_all_pairs_at_once_are_what_single_pairs_are(metric, logits, seed):
    base = log_softmax(logits, axis=1)
    rng = np.random.default_rng(seed)
    models = np.stack([rng.permuted(base, axis=1) for _ in range(3)]).astype(np.float32)
    found = metric.pair_sums(Chunk(models))
    for row in range(3):
        for column in range(3):
            expected = metric.per_sample(models[row], models[column]).sum()
            assert found[row, column] == pytest.approx(expected, rel=1e-9, abs=1e-11)


@every_distance
def test_all_pairs_with_zero_probabilities_are_what_single_pairs_are(metric):
    p = np.array(
        [
            [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]],
            [[0.9, 0.1, 0.0], [0.4, 0.6, 0.0]],
            [[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]],
        ]
    )
    with np.errstate(divide="ignore"):
        models = np.log(p)
    expected = [[metric.per_sample(a, b).sum() for b in models] for a in models]
    np.testing.assert_allclose(metric.pair_sums(Chunk(models)), expected, rtol=1e-9, atol=1e-12)


@every_distance
def test_a_diverged_model_spoils_only_its_own_pairs(metric):
    models = np.stack([drawn(seed) for seed in range(4)])
    clean = metric.pair_sums(Chunk(models))
    models[2, 5] = np.nan
    spoilt = metric.pair_sums(Chunk(models))
    assert np.isnan(spoilt[2]).all()
    assert np.isnan(spoilt[:, 2]).all()
    others = np.ix_([0, 1, 3], [0, 1, 3])
    np.testing.assert_allclose(spoilt[others], clean[others], rtol=1e-12)


@every_distance
def test_pieces_add_up_to_the_whole(metric):
    models = np.stack([drawn(seed) for seed in range(3)])
    whole = metric.pair_sums(Chunk(models))
    pieces = metric.pair_sums(Chunk(models[:, :11])) + metric.pair_sums(Chunk(models[:, 11:]))
    np.testing.assert_allclose(pieces, whole, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "metric",
    [m for m in select() if isinstance(m, DistanceMetric | MatchedDistanceMetric)],
    ids=lambda m: m.info.name,
)
def test_the_order_of_samples_matters_only_to_a_distance_that_says_so(metric):
    model, reference = drawn(7), drawn(8)
    order = np.random.default_rng(2).permutation(len(model))
    straight = distance(metric, model, reference)
    mixed = distance(metric, model[order], reference[order])
    assert (mixed != pytest.approx(straight, rel=1e-9)) is metric.depends_on_order


@every_parameter_metric
def test_weights_that_did_not_move_have_no_distance_and_others_keep_the_bounds(metric):
    rng = np.random.default_rng(0)
    model = {"a.weight": rng.normal(size=(3, 4)), "a.bias": rng.normal(size=3)}
    other = {name: array + 0.5 for name, array in model.items()}
    assert set(metric.values(parameter_changes(model, model)).values()) == {0.0}
    for value in metric.values(parameter_changes(model, other)).values():
        assert value > 0.0
        assert within(metric.info, value)


def test_one_model_is_evaluated_on_every_subset_of_every_part():
    log_p = drawn(10)
    labels = labels_for(log_p)
    subsets = {"all": np.ones(45, dtype=bool), "class_1": labels == 1, "forget": "none here"}
    parts = {
        name: PartPredictions(np.arange(45), labels, log_p, subsets) for name in ("train", "test")
    }
    records = evaluate_model("m", "r", parts, ("accuracy", "collapsed", "js", "predicted_share"))
    keys = [(r.part, r.subset, r.metric, r.detail) for r in records]
    assert len(keys) == len(set(keys))
    # js needs a second model; collapsed is asked of the whole test part only.
    assert {k[2] for k in keys} == {"accuracy", "collapsed", "predicted_share"}
    assert [k[:2] for k in keys if k[2] == "collapsed"] == [("test", "all")]
    by_key = dict(zip(keys, records, strict=True))
    expected = (log_p.argmax(axis=1) == labels)[labels == 1].mean()
    assert by_key["train", "class_1", "accuracy", ""].value == pytest.approx(expected)
    assert by_key["test", "forget", "accuracy", ""].reason == "none here"
    assert all(r.model_id == "m" and r.request_id == "r" for r in records)


def test_an_infinite_loss_is_stored_as_no_value_with_its_reason():
    with np.errstate(divide="ignore"):
        log_p = np.log([[1.0, 0.0]])
    part = PartPredictions(np.arange(1), np.array([1]), log_p, {"all": np.ones(1, dtype=bool)})
    (record,) = evaluate_model("m", "r", {"test": part}, ("loss",))
    assert record.value is None
    assert record.reason.startswith("infinite")


def test_predictions_that_do_not_fit_the_labels_are_refused():
    with pytest.raises(ValueError, match="3 labels need"):
        Predictions(np.zeros(3, dtype=np.int64), np.zeros((2, 4)))
    whole = Predictions(np.zeros(3, dtype=np.int64), np.zeros((3, 4)))
    with pytest.raises(ValueError, match="from a whole part"):
        whole.take(np.ones(2, dtype=bool))
