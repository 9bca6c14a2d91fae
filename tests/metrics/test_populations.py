"""The comparison of populations against naive loops, and its rules."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import log_softmax

from unlearn_core.data.subsets import evaluation_subsets
from unlearn_core.errors import StoppedError, UnknownNameError
from unlearn_core.metrics import pair_distances
from unlearn_core.metrics.calculators.js import js_divergence
from unlearn_core.metrics.calculators.kl import kl_divergence
from unlearn_core.metrics.calculators.l2 import l2_norm, sum_of_tensor_norms
from unlearn_core.metrics.calculators.thesis_kl import thesis_kl
from unlearn_core.metrics.changes import parameter_changes
from unlearn_core.metrics.populations import Member, Population, compare_populations
from unlearn_core.metrics.statistics import jackknife_interval, t_interval

CLASSES, INSTANCES = 4, 4
ROLES = {"trained": "trained", "retrained": "retrained", "ours": "unlearned"}


def part(name, samples, seed, random_request=False):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, samples)
    forget = (labels == 2) & (rng.random(samples) < 0.7)
    mask = None if random_request else forget
    return SimpleNamespace(
        name=name, labels=labels, subsets=evaluation_subsets(labels, mask, CLASSES)
    )


PARTS = (part("train", 61, 0), part("test", 43, 1))


def member(label, instance, parts=PARTS, **changed):
    """A model whose predictions and weights follow from its label and number."""
    rng = np.random.default_rng([len(label), *label.encode(), instance])
    predictions = {
        p.name: log_softmax(rng.normal(0, 2, (len(p.labels), CLASSES)), axis=1).astype(np.float32)
        for p in parts
    }
    parameters = {
        "fc.weight": rng.normal(size=(4, 3)).astype(np.float32),
        "fc.bias": rng.normal(size=4).astype(np.float32),
        "bn.running_mean": rng.normal(size=4).astype(np.float32),
    }
    facts = {
        "model_id": f"{label}-{instance}",
        "instance": instance,
        "predictions": lambda: predictions,
        "parameters": lambda: parameters,
        "costs": {"seconds": 1.0 + instance, "steps": 10},
    }
    return Member(**facts | changed)


def population(label, instances=INSTANCES, parts=PARTS):
    members = tuple(member(label, i, parts) for i in range(instances))
    return Population(label, ROLES[label], members)


def compare(populations=None, pairing="twins", parts=PARTS, **options):
    populations = populations or [population(label) for label in ROLES]
    return compare_populations("e", "r", pairing, populations, parts, **options)


@pytest.fixture(scope="module")
def both():
    return compare()


@pytest.fixture(scope="module")
def comparisons(both):
    return {(c.label, c.reference, c.part, c.subset, c.metric, c.detail): c for c in both[1]}


@pytest.fixture(scope="module")
def evaluations(both):
    return {
        (e.model_id, e.reference_model_id, e.part, e.subset, e.metric, e.detail): e for e in both[0]
    }


def predictions(label, instance, which):
    return member(label, instance).predictions()[which]


FUNCTIONS = {
    "kl_from_reference": lambda model, reference: kl_divergence(reference, model).mean(),
    "kl_to_reference": lambda model, reference: kl_divergence(model, reference).mean(),
    "js": lambda model, reference: js_divergence(model, reference).mean(),
}
UPPER = {"kl_from_reference": math.inf, "kl_to_reference": math.inf, "js": math.log(2)}


def test_keys_are_unique_and_belong_to_the_experiment(both, comparisons, evaluations):
    assert len(evaluations) == len(both[0])
    assert len(comparisons) == len(both[1])
    assert {c.experiment_id for c in both[1]} == {"e"}
    # Distances of weights do not depend on the request.
    assert {(e.part == "", e.request_id) for e in both[0]} == {(True, ""), (False, "r")}


@pytest.mark.parametrize("metric", FUNCTIONS)
@pytest.mark.parametrize("label", ROLES)
@pytest.mark.parametrize("reference", ROLES)
def test_population_distances_are_those_of_a_naive_triple_loop(
    comparisons, metric, label, reference
):
    for p in PARTS:
        for subset in ("all", "retain", "forget", "class_2", "class_2_retain", "class_2_forget"):
            key = (label, reference, p.name, subset, metric, "")
            if metric == "js" and p.name == "train" and not subset.endswith("forget"):
                assert key not in comparisons
                continue
            mask = p.subsets[subset]
            matrix = np.zeros((INSTANCES, INSTANCES))
            for i in range(INSTANCES):
                for j in range(INSTANCES):
                    matrix[i, j] = FUNCTIONS[metric](
                        predictions(label, i, p.name)[mask],
                        predictions(reference, j, p.name)[mask],
                    )
            means = [
                np.mean([matrix[i, j] for j in range(INSTANCES) if j != i])
                for i in range(INSTANCES)
            ]
            found = comparisons[key]
            expected = (
                jackknife_interval(matrix, 0.95) if label == reference else t_interval(means, 0.95)
            )
            assert found.value == pytest.approx(np.mean(means), rel=1e-9)
            assert (found.low, found.high) == pytest.approx(
                (max(0.0, expected.low), min(UPPER[metric], expected.high)), rel=1e-6
            )
            assert found.sd == pytest.approx(np.std(means, ddof=1), rel=1e-6)
            assert found.n == INSTANCES
            assert found.method == expected.method


def test_distances_are_only_computed_on_subsets_that_concern_the_request(comparisons):
    subsets = {key[3] for key in comparisons if key[4] == "kl_from_reference"}
    classes = {"class_2", "class_2_retain", "class_2_forget"}
    assert subsets == {"all", "retain", "forget", *classes}


@pytest.mark.parametrize("metric", FUNCTIONS)
def test_twin_metrics_take_the_pairs_of_one_number(comparisons, metric):
    mask = PARTS[1].subsets["forget"]
    values = [
        FUNCTIONS[metric](
            predictions("ours", i, "test")[mask], predictions("retrained", i, "test")[mask]
        )
        for i in range(INSTANCES)
    ]
    found = comparisons["ours", "retrained", "test", "forget", f"{metric}_twin", ""]
    assert found.value == pytest.approx(np.mean(values), rel=1e-9)
    assert found.sd == pytest.approx(np.std(values, ddof=1), rel=1e-6)


def test_independent_populations_have_no_twins():
    _, found = compare(pairing="independent")
    assert not [c for c in found if c.metric.endswith("_twin")]
    assert [c for c in found if c.metric == "thesis_kl"]


def test_thesis_kl_pairs_instance_with_instance(comparisons, evaluations):
    for p in PARTS:
        for subset in ("all", "forget"):
            mask = p.subsets[subset]
            values = [
                thesis_kl(
                    predictions("ours", i, p.name)[mask], predictions("trained", i, p.name)[mask]
                )
                for i in range(INSTANCES)
            ]
            found = comparisons["ours", "trained", p.name, subset, "thesis_kl", ""]
            assert found.value == pytest.approx(np.mean(values), rel=1e-9)
            one = evaluations["ours-3", "trained-3", p.name, subset, "thesis_kl", ""]
            assert one.value == pytest.approx(values[3], rel=1e-9)


def changes(label, i, reference, j):
    def weights(model):
        return {n: a for n, a in model.parameters().items() if "running" not in n}

    return parameter_changes(weights(member(label, i)), weights(member(reference, j)))


def test_weights_are_compared_over_all_pairs_and_layers_over_pairs_of_one_number(comparisons):
    means = [
        np.mean([l2_norm(changes("ours", i, "retrained", j)) for j in range(INSTANCES) if j != i])
        for i in range(INSTANCES)
    ]
    assert comparisons["ours", "retrained", "", "", "l2", ""].value == pytest.approx(
        np.mean(means), rel=1e-9
    )
    matched = [changes("ours", i, "retrained", i) for i in range(INSTANCES)]
    expected = {
        ("l2_twin", ""): [l2_norm(c) for c in matched],
        ("thesis_l2", ""): [sum_of_tensor_norms(c) for c in matched],
        ("layer_l1", "fc.bias"): [c["fc.bias"].l1 for c in matched],
        ("layer_l2", "fc.weight"): [c["fc.weight"].l2 for c in matched],
        ("layer_relative", "fc.weight"): [
            c["fc.weight"].l2 / c["fc.weight"].reference_l2 for c in matched
        ],
    }
    for (metric, detail), values in expected.items():
        found = comparisons["ours", "retrained", "", "", metric, detail]
        assert found.value == pytest.approx(np.mean(values), rel=1e-9)
    back = comparisons["retrained", "ours", "", "", "layer_relative", "fc.weight"].value
    expected_back = [changes("retrained", i, "ours", i)["fc.weight"] for i in range(INSTANCES)]
    assert back == pytest.approx(np.mean([c.l2 / c.reference_l2 for c in expected_back]))
    assert not [key for key in comparisons if "running_mean" in key[5]]


def test_a_tiny_way_from_the_start_is_not_lost_in_large_weights():
    base = {"w": np.full(1000, 1000.0)}
    moved = {"w": base["w"] + 1e-9 * np.arange(1000)}
    populations = [
        Population(
            label,
            role,
            tuple(member(role, i, parameters=lambda w=w: w) for i in range(3)),
        )
        for label, role, w in (("trained", "trained", base), ("ours", "unlearned", moved))
    ]
    pairs, _ = compare(populations, metrics=("l2",))
    found = {(e.model_id, e.reference_model_id): e.value for e in pairs}
    expected = np.linalg.norm(moved["w"] - base["w"])
    assert found["unlearned-1", "trained-1"] == pytest.approx(expected, rel=1e-9)


def test_evaluations_hold_all_pairs_with_retrained_and_pairs_of_one_number_otherwise(evaluations):
    pairs = {k[:2] for k in evaluations if k[2:] == ("train", "forget", "kl_from_reference", "")}
    numbers = range(INSTANCES)
    everyone = {
        (f"{label}-{i}", f"retrained-{j}") for label in ROLES for i in numbers for j in numbers
    } - {(f"retrained-{i}", f"retrained-{i}") for i in numbers}
    matched = {(f"{a}-{i}", f"{b}-{i}") for a in ROLES for b in ROLES for i in numbers if a != b}
    assert pairs == everyone | matched
    layers = {k[:2] for k in evaluations if k[4] == "layer_l1"}
    assert layers == matched
    value = evaluations["ours-1", "retrained-3", "train", "forget", "kl_from_reference", ""].value
    mask = PARTS[0].subsets["forget"]
    expected = kl_divergence(
        predictions("retrained", 3, "train")[mask], predictions("ours", 1, "train")[mask]
    )
    assert value == pytest.approx(expected.mean(), rel=1e-9)


def test_values_of_single_models_and_costs_are_means_over_instances(comparisons):
    mask = PARTS[0].subsets["retain"]
    values = [
        (predictions("ours", i, "train").argmax(1) == PARTS[0].labels)[mask].mean()
        for i in range(INSTANCES)
    ]
    found = comparisons["ours", "", "train", "retain", "accuracy", ""]
    assert found.value == pytest.approx(np.mean(values))
    assert found.method == "t over instances"
    seconds = comparisons["ours", "", "", "", "seconds", ""]
    assert (seconds.value, seconds.sd) == pytest.approx((2.5, math.sqrt(5 / 3)))
    memory = comparisons["ours", "", "", "", "peak_memory", ""]
    assert (memory.value, memory.reason) == (None, "not counted for this model")


def test_collapsed_is_the_share_of_collapsed_models():
    stuck = {p.name: np.log(np.full((len(p.labels), 2), [0.9, 0.1])) for p in PARTS}
    fine = {
        p.name: np.log(np.where(np.arange(2) == p.labels[:, None] % 2, 0.9, 0.1)) for p in PARTS
    }
    members = tuple(
        member("ours", i, predictions=lambda made=made: made)
        for i, made in enumerate([stuck, fine, fine, stuck])
    )
    parts = [
        SimpleNamespace(
            name=p.name, labels=p.labels % 2, subsets={"all": np.ones(len(p.labels), bool)}
        )
        for p in PARTS
    ]
    _, found = compare(
        [Population("ours", "unlearned", members)], parts=parts, metrics=("collapsed",)
    )
    (record,) = found
    assert (record.part, record.subset, record.value) == ("test", "all", 0.5)
    assert record.method == "Wilson score over models"
    assert 0.0 < record.low < 0.5 < record.high < 1.0


def test_intervals_end_where_the_metric_ends(comparisons):
    accuracies = [c for key, c in comparisons.items() if key[4] == "accuracy" and c.low is not None]
    assert all(0.0 <= c.low <= c.value <= c.high <= 1.0 for c in accuracies)
    assert any(c.low == 0.0 or c.high == 1.0 for c in accuracies)


def test_one_instance_has_values_without_intervals_and_no_population_distance():
    _, found = compare([population("retrained", 1), population("ours", 1)])
    by_key = {(c.label, c.reference, c.part, c.subset, c.metric): c for c in found}
    accuracy = by_key["ours", "", "test", "all", "accuracy"]
    assert accuracy.value is not None
    assert (accuracy.low, accuracy.reason) == (None, "no interval: there is only one instance")
    distance = by_key["ours", "retrained", "test", "all", "kl_from_reference"]
    assert distance.value is None
    assert distance.reason == "'retrained' has no model of another instance number"
    floor = by_key["retrained", "retrained", "test", "all", "kl_from_reference"]
    assert (floor.value, floor.n) == (None, 1)
    assert by_key["ours", "retrained", "test", "all", "kl_from_reference_twin"].value is not None


def test_a_subset_that_does_not_exist_gives_a_reason_once_per_population_and_no_pairs():
    parts = (part("train", 61, 0), part("test", 43, 1, random_request=True))
    pairs, found = compare(parts=parts)
    reason = parts[1].subsets["forget"]
    assert isinstance(reason, str)
    of_forget = [c for c in found if (c.part, c.subset) == ("test", "forget")]
    assert {c.reason for c in of_forget} == {reason}
    assert {c.value for c in of_forget} == {None}
    assert {c.metric for c in of_forget} >= {
        "accuracy",
        "kl_from_reference",
        "thesis_kl",
        "js_twin",
    }
    assert not [e for e in pairs if (e.part, e.subset) == ("test", "forget")]


def test_an_infinite_distance_leaves_no_mean_but_says_why():
    sure = {p.name: np.log(np.full((len(p.labels), CLASSES), 1 / 3)) for p in PARTS}
    for array in sure.values():
        array[:, 3] = -np.inf
    members = [member("ours", i) for i in range(3)]
    members[1] = member("ours", 1, predictions=lambda: sure)
    populations = [population("retrained", 3), Population("ours", "unlearned", tuple(members))]
    pairs, found = compare(populations, metrics=("kl_from_reference", "kl_to_reference", "js"))
    by_key = {(c.label, c.reference, c.part, c.subset, c.metric): c for c in found}
    forward = by_key["ours", "retrained", "test", "all", "kl_from_reference"]
    assert (forward.value, forward.reason) == (None, "infinite for 1 of 3 instances")
    # The other direction stays finite: the model gives no weight where its own probability is 0.
    assert by_key["ours", "retrained", "test", "all", "kl_to_reference"].value is not None
    assert by_key["ours", "retrained", "test", "all", "js"].value <= math.log(2)
    (one,) = [
        e
        for e in pairs
        if (e.model_id, e.reference_model_id) == ("ours-1", "retrained-0")
        and (e.part, e.subset, e.metric) == ("test", "all", "kl_from_reference")
    ]
    assert one.value is None
    assert one.reason.startswith("infinite")


def test_a_diverged_model_takes_its_own_population_only():
    broken = {p.name: np.full((len(p.labels), CLASSES), np.nan) for p in PARTS}
    members = (*population("ours", 2).members, member("ours", 2, predictions=lambda: broken))
    populations = [population("retrained", 3), Population("ours", "unlearned", members)]
    _, found = compare(populations)
    by_key = {(c.label, c.reference, c.part, c.subset, c.metric): c for c in found}
    accuracy = by_key["ours", "", "test", "all", "accuracy"]
    assert accuracy.value is None
    assert accuracy.reason.startswith("1 of 3 instances have no value; not a number")
    distance = by_key["ours", "retrained", "test", "all", "kl_from_reference"]
    assert distance.reason == "not a number for 1 of 3 instances"
    assert by_key["retrained", "retrained", "test", "all", "kl_from_reference"].value > 0.0


def test_the_same_cached_model_under_two_labels_gives_each_pair_once():
    ours = population("ours")
    populations = [population("retrained"), ours, Population("again", "unlearned", ours.members)]
    pairs, found = compare(populations)
    keys = [(e.model_id, e.reference_model_id, e.part, e.subset, e.metric, e.detail) for e in pairs]
    assert len(keys) == len(set(keys))
    assert not [e for e in pairs if e.model_id == e.reference_model_id]
    # As populations they are two, and close to each other.
    (twin,) = [c for c in found if (c.label, c.reference, c.metric) == ("ours", "again", "l2_twin")]
    assert twin.value == 0.0


def test_populations_may_hold_different_instances():
    few = Population("ours", "unlearned", tuple(member("ours", i) for i in (1, 7)))
    _, found = compare([population("retrained"), few], metrics=("js", "js_twin"))
    by_key = {(c.label, c.reference, c.part, c.subset, c.metric): c for c in found}
    model = [predictions("ours", 1, "test"), predictions("ours", 7, "test")]
    reference = [predictions("retrained", j, "test") for j in range(INSTANCES)]
    means = [
        np.mean([js_divergence(model[0], reference[j]).mean() for j in (0, 2, 3)]),
        np.mean([js_divergence(model[1], reference[j]).mean() for j in (0, 1, 2, 3)]),
    ]
    found_js = by_key["ours", "retrained", "test", "all", "js"]
    assert found_js.value == pytest.approx(np.mean(means), rel=1e-9)
    assert by_key["ours", "retrained", "test", "all", "js_twin"].n == 1


def test_only_the_metrics_asked_for_are_stored():
    pairs, found = compare(metrics=("accuracy", "js_twin"))
    assert {c.metric for c in found} == {"accuracy", "js_twin"}
    assert pairs == []
    with pytest.raises(UnknownNameError, match="did you mean 'accuracy'"):
        compare(metrics=("acuracy",))


def test_weights_are_not_loaded_when_no_metric_asks_for_them():
    def refuse():
        raise AssertionError("loaded")

    members = tuple(member("ours", i, parameters=refuse) for i in range(2))
    compare([Population("ours", "unlearned", members)], metrics=("accuracy", "kl_to_reference"))


def test_the_size_of_a_chunk_changes_nothing(monkeypatch, comparisons):
    monkeypatch.setattr(pair_distances, "_CHUNK_BYTES", 1000)
    _, found = compare()
    assert len(found) == len(comparisons)
    for c in found:
        other = comparisons[c.label, c.reference, c.part, c.subset, c.metric, c.detail]
        assert c.reason == other.reason
        if other.value is not None:
            assert c.value == pytest.approx(other.value, rel=1e-9, abs=1e-12)


def test_progress_runs_to_its_end_and_a_stop_is_honoured():
    class Listener:
        def __init__(self, patience):
            self.heard, self.patience = [], patience

        def advance(self, phase, done, total):
            self.heard.append((phase, done, total))
            if len(self.heard) == self.patience:
                raise StoppedError("stop")

    patient, hasty = Listener(-1), Listener(3)
    compare(channel=patient)
    done = [d for _, d, _ in patient.heard]
    assert done == sorted(done)
    assert patient.heard[-1][1] == patient.heard[-1][2]
    assert {p for p, *_ in patient.heard} == {"compare"}
    with pytest.raises(StoppedError):
        compare(channel=hasty)
    assert len(hasty.heard) == 3


def test_populations_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match="two populations are labelled 'ours'"):
        compare([population("ours"), population("ours")])
    twice = Population("ours", "unlearned", (member("ours", 1), member("ours", 1)))
    with pytest.raises(ValueError, match="repeats an instance number"):
        compare([twice])
    with pytest.raises(ValueError, match="61 predictions for part 'train' of 5 samples"):
        compare(parts=(part("train", 5, 0), PARTS[1]))


def test_no_populations_give_no_records():
    assert compare_populations("e", "r", "twins", [], PARTS) == ([], [])
