import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from unlearn_core.data.subsets import NO_RANDOM_FORGET, evaluation_subsets

LABELS = np.array([0, 0, 1, 1, 1, 2])


def ids(mask):
    return np.flatnonzero(mask).tolist()


def test_names_and_samples_of_every_subset():
    subsets = evaluation_subsets(LABELS, np.array([0, 0, 1, 0, 1, 0], dtype=bool), 3)
    assert {name: ids(mask) for name, mask in subsets.items()} == {
        "all": [0, 1, 2, 3, 4, 5],
        "retain": [0, 1, 3, 5],
        "forget": [2, 4],
        "class_0": [0, 1],
        "class_1": [2, 3, 4],
        "class_2": [5],
        "class_1_retain": [3],
        "class_1_forget": [2, 4],
    }


def test_the_thesis_has_fourteen_subsets():
    """PROTOCOL 2: D_all, D_retain, the nine other classes, X_all, X_remain, X_erased."""
    labels = np.repeat(np.arange(10), 3)
    subsets = evaluation_subsets(labels, (labels == 7) & (np.arange(30) % 3 == 0), 10)
    # The forget set is X_erased here, so `forget` and `class_7_forget` are the same samples.
    np.testing.assert_array_equal(subsets["forget"], subsets["class_7_forget"])
    assert len(subsets) - 1 == 14


def test_random_request_has_no_forget_on_the_test_part_and_says_why():
    subsets = evaluation_subsets(LABELS, None, 3, touched=(0, 1, 2))
    assert subsets["forget"] == NO_RANDOM_FORGET
    assert subsets["class_1_forget"] == NO_RANDOM_FORGET
    assert ids(subsets["retain"]) == ids(subsets["all"]) == [0, 1, 2, 3, 4, 5]
    assert ids(subsets["class_1_retain"]) == [2, 3, 4]


def test_empty_subsets_have_a_reason():
    subsets = evaluation_subsets(LABELS, LABELS == 1, 4)
    assert subsets["class_3"] == "no samples of class 3"
    assert subsets["class_1_retain"] == "no retain samples of class 1 in this part"
    assert ids(subsets["class_1_forget"]) == [2, 3, 4]


def test_touched_classes_have_their_subsets_where_the_part_has_no_forget_sample():
    subsets = evaluation_subsets(LABELS, np.zeros(6, dtype=bool), 3, touched=(2,))
    assert subsets["forget"] == "no forget samples in this part"
    assert subsets["class_2_forget"] == "no forget samples of class 2"
    assert ids(subsets["class_2_retain"]) == [5]


def test_part_without_samples_gives_reasons_only():
    subsets = evaluation_subsets(np.zeros(0, np.int64), np.zeros(0, bool), 2)
    assert all(isinstance(value, str) for value in subsets.values())


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=40))
def test_retain_and_forget_divide_all_and_each_class(rows):
    labels = np.array([label for label, _ in rows])
    forget = np.array([flag for _, flag in rows])
    subsets = evaluation_subsets(labels, forget, 4)
    masks = {n: m if isinstance(m, np.ndarray) else np.zeros(len(rows), bool)
             for n, m in subsets.items()}  # fmt: skip
    assert all(m.any() for m in subsets.values() if isinstance(m, np.ndarray))
    np.testing.assert_array_equal(masks["retain"] ^ masks["forget"], np.ones(len(rows), bool))
    for label in set(labels[forget].tolist()):
        both = masks[f"class_{label}_retain"] ^ masks[f"class_{label}_forget"]
        np.testing.assert_array_equal(both, masks[f"class_{label}"])
