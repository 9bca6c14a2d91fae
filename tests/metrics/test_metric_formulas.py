"""Every metric's pure function against an independent formula."""

import math

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon
from scipy.special import log_softmax, rel_entr
from scipy.stats import entropy
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss

from unlearn_core.metrics.calculators.js import js_divergence
from unlearn_core.metrics.calculators.kl import KlFromReference, KlToReference, kl_divergence
from unlearn_core.metrics.calculators.l2 import (
    add_squared_distances,
    l2_norm,
    sum_of_tensor_norms,
)
from unlearn_core.metrics.calculators.layers import LayerL1, LayerL2, LayerRelative
from unlearn_core.metrics.calculators.loss import thesis_loss
from unlearn_core.metrics.calculators.predicted_share import is_collapsed
from unlearn_core.metrics.calculators.thesis_batches import batch_weights
from unlearn_core.metrics.calculators.thesis_kl import thesis_kl
from unlearn_core.metrics.calculators.uncertainty import mean_confidence, mean_entropy
from unlearn_core.metrics.changes import parameter_changes, parameters_only
from unlearn_core.metrics.predictions import Predictions
from unlearn_core.metrics.registry import metric


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def drawn(rng, samples=37, classes=6, scale=3.0):
    return log_softmax(rng.normal(0, scale, (samples, classes)), axis=1)


def own(name, labels, log_p):
    return dict(metric(name).values(Predictions(labels, log_p)))


def test_accuracy_and_loss_are_those_of_scikit_learn(rng):
    log_p, labels = drawn(rng), rng.integers(0, 6, 37)
    assert own("accuracy", labels, log_p)[""] == accuracy_score(labels, log_p.argmax(axis=1))
    expected = log_loss(labels, np.exp(log_p), labels=range(6))
    assert own("loss", labels, log_p)[""] == pytest.approx(expected, rel=1e-12)


def test_float32_log_probabilities_lose_nothing_that_matters(rng):
    log_p, labels = drawn(rng), rng.integers(0, 6, 37)
    for name in ("loss", "entropy", "confidence"):
        wide, narrow = own(name, labels, log_p), own(name, labels, log_p.astype(np.float32))
        assert narrow[""] == pytest.approx(wide[""], rel=1e-6)


def test_predicted_shares_are_a_row_of_the_confusion_matrix(rng):
    log_p, labels = drawn(rng, samples=200), np.full(200, 2)
    row = confusion_matrix(labels, log_p.argmax(axis=1), labels=range(6), normalize="true")[2]
    shares = own("predicted_share", labels, log_p)
    assert shares == pytest.approx({str(k): row[k] for k in range(6)})


def test_entropy_and_confidence(rng):
    log_p = drawn(rng)
    assert mean_entropy(log_p) == pytest.approx(entropy(np.exp(log_p), axis=1).mean())
    assert mean_confidence(log_p) == pytest.approx(np.exp(log_p).max(axis=1).mean())
    labels = np.zeros(37, dtype=np.int64)
    assert own("entropy", labels, log_p)[""] == pytest.approx(mean_entropy(log_p), rel=1e-12)
    assert own("confidence", labels, log_p)[""] == pytest.approx(mean_confidence(log_p), rel=1e-12)


@pytest.mark.parametrize(("to_one_class", "expected"), [(95, False), (96, True), (100, True)])
def test_collapsed_begins_above_ninety_five_percent(to_one_class, expected):
    predicted = np.array([4] * to_one_class + [1] * (100 - to_one_class))
    assert is_collapsed(predicted, 10) is expected


def test_kl_is_the_sum_of_scipys_relative_entropies(rng):
    log_p, log_q = drawn(rng), drawn(rng)
    expected = rel_entr(np.exp(log_p), np.exp(log_q)).sum(axis=1)
    np.testing.assert_allclose(kl_divergence(log_p, log_q), expected, rtol=1e-10)


def test_from_reference_has_the_reference_as_base(rng):
    model, reference = drawn(rng), drawn(rng)
    forward = rel_entr(np.exp(reference), np.exp(model)).sum(axis=1)
    backward = rel_entr(np.exp(model), np.exp(reference)).sum(axis=1)
    found = KlFromReference().per_sample(model, reference)
    np.testing.assert_allclose(found, forward, rtol=1e-10)
    np.testing.assert_allclose(KlToReference().per_sample(model, reference), backward, rtol=1e-10)
    assert abs(forward.mean() - backward.mean()) > 0.01


def test_kl_of_gaps_of_hundreds_is_exact():
    # p is sure of class 0 and q of class 1, each by 300 nats: D = 300 to within e^-300.
    sure = log_softmax([[300.0, 0.0], [0.0, 300.0]], axis=1)
    np.testing.assert_allclose(kl_divergence(sure, sure[::-1]), [300.0, 300.0], rtol=1e-14)


def test_kl_with_zero_probabilities_counts_zero_log_zero_as_zero_and_may_be_infinite():
    half = np.log([[0.5, 0.5]])
    with np.errstate(divide="ignore"):
        one, other = np.log([[1.0, 0.0]]), np.log([[0.0, 1.0]])
    assert kl_divergence(one, half)[0] == pytest.approx(math.log(2))
    assert kl_divergence(one, one)[0] == 0.0
    assert kl_divergence(half, one)[0] == math.inf
    assert kl_divergence(one, other)[0] == math.inf
    assert js_divergence(one, other)[0] == pytest.approx(math.log(2), rel=1e-15)


def test_js_is_the_square_of_scipys_distance(rng):
    log_p, log_q = drawn(rng), drawn(rng)
    expected = jensenshannon(np.exp(log_p), np.exp(log_q), axis=1) ** 2
    np.testing.assert_allclose(js_divergence(log_p, log_q), expected, rtol=1e-10)


@pytest.mark.parametrize("samples", [1, 7, 8, 9, 64, 139])
def test_thesis_loss_is_the_sum_of_batch_means_over_the_number_of_samples(rng, samples):
    losses = rng.exponential(1.0, samples)
    total = 0.0
    for start in range(0, samples, 8):
        total += losses[start : start + 8].mean()
    assert thesis_loss(losses) == pytest.approx(total / samples, rel=1e-12)


def test_thesis_loss_of_a_uniform_guess_is_the_recorded_0_288():
    assert thesis_loss(np.full(10_000, math.log(10))) == pytest.approx(0.2878, abs=1e-4)
    assert thesis_loss(np.full(139, 1.0)) == pytest.approx(18 / 139)


def the_authors_kl(log_model, log_base):
    """kl_divergence_between_models(model, base) in torch, batch by batch."""
    batches = []
    for start in range(0, len(log_model), 8):
        first, second = (
            torch.clamp(torch.tensor(x[start : start + 8]), -15, 15) for x in (log_model, log_base)
        )
        p1 = torch.clamp(torch.softmax(first, dim=1), min=1e-6)
        p2 = torch.clamp(torch.softmax(second, dim=1), min=1e-6)
        batches.append(torch.nn.functional.kl_div(p1.log(), p2, reduction="batchmean").item())
    return sum(batches) / len(batches)


@pytest.mark.parametrize("samples", [1, 8, 9, 37])
def test_thesis_kl_is_what_torch_computes_with_the_authors_clamps(rng, samples):
    model, reference = drawn(rng, samples, scale=20.0), drawn(rng, samples, scale=20.0)
    expected = the_authors_kl(model, reference)
    assert thesis_kl(model, reference) == pytest.approx(expected, rel=1e-9)


def test_thesis_kl_ends_near_13_8_where_the_true_one_goes_on():
    sure = log_softmax([[300.0, 0.0, 0.0], [0.0, 300.0, 0.0]], axis=1)
    assert thesis_kl(sure, sure[::-1]) == pytest.approx(-math.log(1e-6), rel=1e-3)
    assert kl_divergence(sure, sure[::-1]).mean() == pytest.approx(300.0)


def test_a_short_last_batch_weighs_as_much_as_a_full_one():
    weights = batch_weights(9)
    np.testing.assert_allclose(weights, [1 / 16] * 8 + [1 / 2])


@pytest.fixture
def two_models(rng):
    shapes = {"fc1.weight": (5, 4), "fc1.bias": (5,), "fc2.weight": (3, 5), "fc2.bias": (3,)}
    return tuple(
        {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
        for _ in range(2)
    )


def test_weight_distances_are_numpys_norms(two_models):
    model, reference = two_models
    changes = parameter_changes(model, reference)
    difference = {n: model[n].astype(np.float64) - reference[n] for n in model}
    whole = np.concatenate([d.ravel() for d in difference.values()])
    assert l2_norm(changes) == pytest.approx(np.linalg.norm(whole))
    norms = [np.linalg.norm(d) for d in difference.values()]
    assert sum_of_tensor_norms(changes) == pytest.approx(sum(norms))
    assert LayerL1().values(changes) == pytest.approx(
        {n: np.abs(d).sum() for n, d in difference.items()}
    )
    assert LayerL2().values(changes) == pytest.approx(dict(zip(model, norms, strict=True)))
    assert LayerRelative().values(changes) == pytest.approx(
        {n: np.linalg.norm(d) / np.linalg.norm(reference[n]) for n, d in difference.items()}
    )


def test_a_relative_change_of_zeros_is_infinite_or_undefined():
    zero, one = {"b": np.zeros(3)}, {"b": np.ones(3)}
    assert LayerRelative().values(parameter_changes(one, zero))["b"] == math.inf
    assert math.isnan(LayerRelative().values(parameter_changes(zero, zero))["b"])
    assert LayerRelative().values(parameter_changes(zero, one))["b"] == 1.0


def test_squared_distances_of_all_pairs_are_those_of_single_differences(rng):
    tensors = [(100 + rng.normal(size=(7, 11))).astype(np.float32) for _ in range(6)]
    squares = np.zeros((6, 6))
    add_squared_distances(squares, tensors)
    wide = [t.astype(np.float64) for t in tensors]
    expected = [[((a - b) ** 2).sum() for b in wide] for a in wide]
    np.testing.assert_allclose(squares, expected, rtol=1e-10, atol=1e-10)


def test_statistics_of_batchnorm_are_not_parameters():
    arrays = {
        "bn.weight": np.ones(2, np.float32),
        "bn.running_mean": np.ones(2, np.float32),
        "bn.running_var": np.ones(2, np.float32),
        "bn.num_batches_tracked": np.array(7),
    }
    assert list(parameters_only(arrays)) == ["bn.weight"]


def test_models_of_two_architectures_are_not_compared(two_models):
    model, reference = two_models
    with pytest.raises(ValueError, match=r"differ: fc2\.bias"):
        parameter_changes(model, {n: a for n, a in reference.items() if n != "fc2.bias"})
