import numpy as np
import pytest

from unlearn_core.algorithms.retain_draws import RetainDraws, retain_count
from unlearn_core.configs.algorithms.info import Need
from unlearn_core.configs.algorithms.noise import PerClassRetain, RatioRetain

LABELS = np.repeat([0, 1, 2], [10, 6, 20])


@pytest.fixture
def draws(problem):
    def make(amount, balanced, forget_count=8, seeds=(1, 2)):
        task = problem.task(frozenset({Need.RETAIN_DATA}), seeds=seeds)
        return RetainDraws(amount, balanced, LABELS, forget_count, task)

    return make


@pytest.mark.parametrize(
    ("amount", "forget_count", "wanted"),
    [
        (RatioRetain(ratio=4.75), 5413, 25_711),
        (RatioRetain(ratio=11.5), 5413, 62_249),
        (RatioRetain(ratio=0.1), 9, 0),
        (PerClassRetain(samples=8), 99, 8 + 6 + 8),
    ],
)
def test_number_of_retain_samples(amount, forget_count, wanted):
    assert retain_count(amount, LABELS, forget_count) == wanted


def test_balanced_draws_go_on_from_epoch_to_epoch(draws):
    made = draws(RatioRetain(ratio=1.0), True)
    first, second = made.epoch(), made.epoch()
    labels = LABELS[np.concatenate([first, second], axis=1)]
    np.testing.assert_array_equal(labels, np.tile(np.resize([0, 1, 2], 16), (2, 1)))
    # Six of each class are in the pool, so 16 draws meet no sample twice.
    assert all(len(set(row)) == 16 for row in np.concatenate([first, second], axis=1).tolist())


def test_unbalanced_epochs_see_one_subset_without_repeats_in_fresh_orders(draws):
    made = draws(RatioRetain(ratio=2.0), False)
    first, second = made.epoch(), made.epoch()
    assert first.shape == (2, 16)
    np.testing.assert_array_equal(np.sort(first), np.sort(second))
    assert not np.array_equal(first, second)
    assert all(len(set(row)) == 16 for row in first.tolist())
    assert set(first[0]) != set(first[1])


def test_more_than_there_is_wraps(draws):
    (row, _) = draws(RatioRetain(ratio=9.0), False).epoch()
    assert set(np.bincount(row).tolist()) == {2}


def test_per_class_takes_some_of_each_and_all_of_small_classes(draws):
    for row in draws(PerClassRetain(samples=8), False).epoch():
        assert np.bincount(LABELS[row]).tolist() == [8, 6, 8]
        assert len(set(row.tolist())) == 22


def test_a_tiny_ratio_gives_nothing(draws):
    for balanced in (True, False):
        assert draws(RatioRetain(ratio=0.1), balanced).epoch().shape == (2, 0)


@pytest.mark.parametrize("balanced", [True, False])
def test_an_instance_does_not_depend_on_its_neighbours(draws, balanced):
    amount = RatioRetain(ratio=2.0)
    together, alone = draws(amount, balanced), draws(amount, balanced, seeds=(2,))
    for _ in range(2):
        np.testing.assert_array_equal(together.epoch()[1], alone.epoch()[0])
