from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_core.configs.training import BalancedCycleSampling, ShuffleSampling
from unlearn_core.errors import ConfigError
from unlearn_core.training.sampling import BalancedCycle, ShuffledPasses, make_stream

NOTHING = np.empty(0, dtype=np.int64)
labelled = st.lists(st.integers(0, 4), min_size=1, max_size=40).map(np.array)
widths = st.integers(1, 3)


@settings(deadline=None)
@given(labels=labelled, width=widths, passes=st.integers(1, 3))
def test_balanced_cycle_serves_classes_in_turn_from_pools_of_the_smallest_size(
    labels, width, passes
):
    ids = np.arange(len(labels)) * 7 + 100
    classes, counts = np.unique(labels, return_counts=True)
    stream = BalancedCycle(ids, labels, range(width))
    assert stream.pass_length == len(classes) * counts.min()
    drawn = stream.take(passes * stream.pass_length)
    label_of = dict(zip(ids.tolist(), labels.tolist(), strict=True))
    for row in drawn.tolist():
        assert [label_of[i] for i in row] == np.resize(classes, len(row)).tolist()
        assert set(Counter(row).values()) == {passes}


@settings(deadline=None)
@given(labels=labelled, cuts=st.lists(st.integers(0, 30), min_size=1, max_size=5))
def test_cursors_go_on_however_the_stream_is_cut(labels, cuts):
    ids = np.arange(len(labels))
    for make in (
        lambda: BalancedCycle(ids, labels, [1, 2]),
        lambda: ShuffledPasses(ids, NOTHING, [1, 2]),
    ):
        stream = make()
        pieces = np.concatenate([stream.take(cut) for cut in cuts], axis=1)
        np.testing.assert_array_equal(pieces, make().take(sum(cuts)))


def test_balanced_pools_differ_between_instances():
    labels = np.repeat([0, 1], [50, 10])
    first, second = BalancedCycle(np.arange(60), labels, [1, 2]).take(20)
    assert set(first[0::2]) != set(second[0::2])
    assert set(first[1::2]) == set(range(50, 60))


def test_balanced_cycle_leaves_an_emptied_class_out():
    labels = np.array([0, 1, 2, 0, 1, 2])
    stream = make_stream(BalancedCycleSampling(), np.arange(6), labels, np.array([1, 4]), [0])
    assert labels[stream.take(8)[0]].tolist() == [0, 2] * 4


@settings(deadline=None)
@given(
    size=st.integers(1, 40), width=widths, passes=st.integers(1, 3), seed=st.integers(0, 2**63 - 1)
)
def test_every_pass_is_a_permutation(size, width, passes, seed):
    ids = np.arange(size) + 1000
    stream = ShuffledPasses(ids, NOTHING, [seed + i for i in range(width)])
    for _ in range(passes):
        np.testing.assert_array_equal(np.sort(stream.take(size), axis=1), np.tile(ids, (width, 1)))


@settings(deadline=None)
@given(
    size=st.integers(2, 40),
    forgotten=st.sets(st.integers(0, 39), min_size=1),
    seed=st.integers(0, 2**32),
)
def test_twins_see_the_retain_set_in_the_same_order(size, forgotten, seed):
    ids = np.arange(size)
    excluded = np.array(sorted(i for i in forgotten if i < size - 1), dtype=np.int64)
    trained = ShuffledPasses(ids, NOTHING, [seed, seed + 1])
    retrained = ShuffledPasses(ids, excluded, [seed, seed + 1])
    for _ in range(2):
        both = zip(trained.take(size), retrained.take(retrained.pass_length), strict=True)
        for whole, kept in both:
            np.testing.assert_array_equal(whole[~np.isin(whole, excluded)], kept)


def test_an_instance_does_not_depend_on_its_neighbours():
    labels = np.arange(40) % 4
    for config in (BalancedCycleSampling(), ShuffleSampling()):
        together = make_stream(config, np.arange(40), labels, NOTHING, [3, 5, 8]).take(70)
        alone = make_stream(config, np.arange(40), labels, NOTHING, [5]).take(70)
        np.testing.assert_array_equal(together[1], alone[0])


@pytest.mark.parametrize("config", [BalancedCycleSampling(), ShuffleSampling()])
def test_excluding_everything_is_refused(config):
    with pytest.raises(ConfigError, match="nothing to train on: 3 samples, 3 left out"):
        make_stream(config, np.arange(3), np.zeros(3, int), np.arange(3), [0])
