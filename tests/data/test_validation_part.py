import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearn_core.data.validation import split_validation
from unlearn_core.errors import ConfigError

LABELS = st.lists(st.integers(0, 4), min_size=1, max_size=60).map(np.asarray)


def test_fraction_zero_holds_out_nothing():
    training, validation = split_validation(np.array([0, 1, 1]), 0.0, 3)
    np.testing.assert_array_equal(training, [0, 1, 2])
    assert len(validation) == 0


@given(LABELS, st.floats(0, 0.89), st.integers(0, 2**31 - 1))
def test_parts_are_disjoint_sorted_and_complete(labels, fraction, seed):
    training, validation = split_validation(labels, fraction, seed)
    assert sorted([*training, *validation]) == list(range(len(labels)))
    assert list(training) == sorted(training)
    assert list(validation) == sorted(validation)


@given(LABELS, st.floats(0.01, 0.89), st.integers(0, 100))
def test_every_class_gives_its_share_and_keeps_one_sample(labels, fraction, seed):
    _, validation = split_validation(labels, fraction, seed)
    for label in set(labels.tolist()):
        size = int((labels == label).sum())
        held_out = int((labels[validation] == label).sum())
        assert held_out < size
        assert abs(held_out - fraction * size) <= 0.5 or held_out == size - 1


def test_same_seed_same_part_and_other_seed_another():
    labels = np.repeat(np.arange(10), 30)
    first, again, other = (split_validation(labels, 0.1, seed)[1] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert len(first) == len(other) == 30
    assert first.tolist() != other.tolist()


def test_a_class_is_drawn_regardless_of_the_others():
    labels = np.repeat([0, 1], 50)
    both = split_validation(labels, 0.2, 5)[1]
    alone = split_validation(labels[:50], 0.2, 5)[1]
    np.testing.assert_array_equal(both[both < 50], alone)


@pytest.mark.parametrize("fraction", [-0.1, 1.0, float("nan")])
def test_fraction_outside_its_bounds_is_refused(fraction):
    with pytest.raises(ConfigError, match="validation_fraction is"):
        split_validation(np.array([0, 1]), fraction, 0)
