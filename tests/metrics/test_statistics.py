"""Statistics against hand-worked numbers, independent formulas and coverage by simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from unlearn_core.metrics.statistics import (
    jackknife_interval,
    mean_distance_to_others,
    sample_sd,
    share_interval,
    t_interval,
    z_score,
)


def test_a_t_interval_worked_by_hand():
    # 1, 2, 3, 4: mean 2.5, sd sqrt(5/3), t(3) at 97.5 % = 3.18245, half = t sd / 2 = 2.05426
    found = t_interval([1, 2, 3, 4], 0.95)
    assert found.value == 2.5
    assert found.sd == pytest.approx(math.sqrt(5 / 3))
    assert found.low == pytest.approx(0.44574, abs=1e-5)
    assert found.high == pytest.approx(4.55426, abs=1e-5)
    assert (found.n, found.method, found.reason) == (4, "t over instances", "")


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_a_t_interval_is_scipys(confidence):
    values = np.random.default_rng(0).normal(3, 2, 17)
    expected = stats.ttest_1samp(values, 0).confidence_interval(confidence)
    found = t_interval(values, confidence)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_one_instance_has_a_value_but_no_interval():
    for interval in (t_interval, share_interval):
        found = interval([1.0], 0.95)
        assert found.value == 1.0
        assert (found.low, found.high, found.sd) == (None, None, None)
        assert found.reason == "no interval: there is only one instance"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([], "there are no instances"),
        ([1.0, math.nan, 2.0], "not a number for 1 of 3 instances"),
        ([math.inf, 1.0, math.inf], "infinite for 2 of 3 instances"),
    ],
)
def test_values_without_a_mean_give_a_reason(values, reason):
    for interval in (t_interval, share_interval):
        found = interval(values, 0.95)
        assert (found.value, found.low, found.high, found.sd) == (None,) * 4
        assert found.reason == reason


def test_a_share_of_models_has_wilsons_interval():
    # k = 2 of n = 10, z = 1.959964: centre (k + z²/2)/(n + z²), from Wilson's formula.
    z, k, n = stats.norm.ppf(0.975), 2, 10
    centre = (k + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * math.sqrt(k * (n - k) / n + z**2 / 4)
    found = share_interval([1, 1] + [0] * 8, 0.95)
    assert found.value == 0.2
    assert (found.low, found.high) == pytest.approx((centre - half, centre + half))
    nobody = share_interval([0.0] * 30, 0.95)
    assert (nobody.value, nobody.low) == (0.0, 0.0)
    assert nobody.high == pytest.approx(0.1135, abs=1e-3)


def test_the_distance_to_others_leaves_the_same_number_out():
    distances = np.array([[100.0, 1.0, 2.0], [3.0, 100.0, 4.0]])
    found = mean_distance_to_others(distances, [5, 6], [5, 6, 7])
    np.testing.assert_array_equal(found, [1.5, 3.5])
    np.testing.assert_array_equal(mean_distance_to_others(distances[:1, :1], [5], [5]), [math.nan])
    infinite = np.array([[math.inf, 1.0]])
    np.testing.assert_array_equal(mean_distance_to_others(infinite, [0], [0, 1]), [1.0])


def jackknife_by_leaving_out(distances, confidence):
    n = len(distances)

    def mean_off_diagonal(matrix):
        return matrix[~np.eye(len(matrix), dtype=bool)].mean()

    without = []
    for left_out in range(n):
        kept = [i for i in range(n) if i != left_out]
        without.append(mean_off_diagonal(distances[np.ix_(kept, kept)]))
    error = math.sqrt((n - 1) / n * ((without - np.mean(without)) ** 2).sum())
    half = stats.t.ppf((1 + confidence) / 2, n - 1) * error
    value = mean_off_diagonal(distances)
    return value, value - half, value + half


@pytest.mark.parametrize("n", [3, 4, 11])
def test_the_jackknife_is_that_of_really_leaving_each_model_out(n):
    distances = np.random.default_rng(n).exponential(size=(n, n))
    found = jackknife_interval(distances, 0.9)
    assert (found.value, found.low, found.high) == pytest.approx(
        jackknife_by_leaving_out(distances, 0.9)
    )
    per_model = mean_distance_to_others(distances, range(n), range(n))
    assert found.value == pytest.approx(per_model.mean())
    assert found.sd == pytest.approx(per_model.std(ddof=1))
    assert found.method == "jackknife over models"


def test_a_jackknife_worked_by_hand():
    # Distances 1, 2, 3 between three models: U = 2; leaving one out leaves one pair: 3, 2, 1,
    # var = 2/3 * 2 = 4/3, t(2) at 97.5 % = 4.302653.
    distances = np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 3.0], [2.0, 3.0, 0.0]])
    found = jackknife_interval(distances, 0.95)
    half = 4.302653 * math.sqrt(4 / 3)
    assert (found.value, found.low, found.high) == pytest.approx((2.0, 2 - half, 2 + half))


def test_the_jackknife_does_not_read_the_diagonal():
    distances = np.random.default_rng(0).exponential(size=(5, 5))
    other = distances.copy()
    np.fill_diagonal(other, math.nan)
    assert jackknife_interval(distances, 0.95) == jackknife_interval(other, 0.95)


def test_few_models_and_infinite_distances_give_reasons():
    one = jackknife_interval(np.zeros((1, 1)), 0.95)
    assert (one.value, one.reason) == (None, "a population of one model has no distance to itself")
    two = jackknife_interval(np.array([[0.0, 1.0], [3.0, 0.0]]), 0.95)
    assert (two.value, two.low, two.high) == (2.0, None, None)
    assert two.reason == "no interval: the jackknife leaves one model out and needs at least three"
    distances = np.ones((4, 4))
    distances[1, 2] = math.inf
    infinite = jackknife_interval(distances, 0.95)
    assert (infinite.value, infinite.reason) == (None, "infinite for 1 of 4 instances")


def covered(interval, truth):
    return interval.low <= truth <= interval.high


def test_t_intervals_cover_the_mean_as_often_as_they_say():
    rng = np.random.default_rng(11)
    hits = [covered(t_interval(rng.normal(2, 3, 5), 0.9), 2.0) for _ in range(3000)]
    # Three standard errors of a share of 0.9 in 3000 tries are 0.016.
    assert np.mean(hits) == pytest.approx(0.9, abs=0.017)


@pytest.mark.parametrize("n", [5, 30])
def test_the_noise_floors_interval_covers_where_one_over_pairs_would_not(n):
    # Models are points of a normal distribution in five dimensions; their distance is the
    # squared Euclidean one, with expectation 2 · 5.
    rng = np.random.default_rng(n)
    jackknife, pairs = [], []
    for _ in range(600):
        points = rng.normal(size=(n, 5))
        distances = ((points[:, None] - points[None]) ** 2).sum(axis=-1)
        jackknife.append(covered(jackknife_interval(distances, 0.95), 10.0))
        pairs.append(covered(t_interval(distances[np.triu_indices(n, 1)], 0.95), 10.0))
    assert 0.92 <= np.mean(jackknife) <= 0.98
    assert np.mean(pairs) < 0.85


def test_a_population_distances_interval_holds_for_the_given_references():
    # References stay as they are, models are drawn again: what the t interval promises.
    rng = np.random.default_rng(2)
    references = rng.normal(size=(12, 5))
    # Model i is compared with the references j != i, so its expectation depends on i slightly.
    expected = 5 + (references**2).sum(axis=1).mean() + 5 * 0.25 - 2 * 0.5 * references.sum() / 12
    hits = []
    for _ in range(1500):
        models = rng.normal(0.5, 1, size=(12, 5))
        distances = ((models[:, None] - references[None]) ** 2).sum(axis=-1)
        means = mean_distance_to_others(distances, range(12), range(12))
        hits.append(covered(t_interval(means, 0.95), expected))
    assert np.mean(hits) == pytest.approx(0.95, abs=0.02)


def test_z_is_the_difference_in_standard_errors():
    # SE = sqrt(0.3²/30 + 0.4²/30) = 0.5/sqrt(30)
    found = z_score(1.5, 0.3, 30, 1.0, 0.4, 30)
    assert found == pytest.approx(math.sqrt(30))
    expected = stats.ttest_ind_from_stats(1.5, 0.3, 30, 1.0, 0.4, 20, equal_var=False).statistic
    assert z_score(1.5, 0.3, 30, 1.0, 0.4, 20) == pytest.approx(expected)
    assert z_score(1.0, 0.3, 30, 1.5, 0.4, 30) == -found


def test_z_without_any_spread():
    assert z_score(1.0, 0.0, 30, 1.0, 0.0, 30) == 0.0
    assert z_score(0.5, 0.0, 30, 1.0, 0.0, 30) == -math.inf


def test_a_printed_sd_of_ddof_0_becomes_one_of_ddof_1():
    values = np.random.default_rng(0).normal(size=30)
    assert sample_sd(values.std(), 30) == pytest.approx(values.std(ddof=1))
