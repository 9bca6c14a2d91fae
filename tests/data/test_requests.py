import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_data import tiny_dataset

from unlearn_core.configs.request import (
    ClassesRequest,
    Count,
    FeatureRequest,
    Fraction,
    RandomRequest,
    WithinClass,
)
from unlearn_core.data.requests import resolve_request
from unlearn_core.data.splits import SplitFile, write_split
from unlearn_core.errors import ConfigError, SplitError, UnknownNameError

LABELS = np.array([0, 1, 1, 1, 2, 1, 0, 2])
DATASET = tiny_dataset(LABELS, [1, 0, 1, 2])
EVERY, NONE = np.arange(8), np.zeros(0, np.int64)


@pytest.fixture
def splits(tmp_path):
    def write(train, test=(), name="listed", label=1):
        split = SplitFile.model_validate(
            {
                "name": name,
                "dataset": "digits",
                "class_label": label,
                "feature": "one with a hat",
                "labelled_by": "somebody",
                "ids": {"train": train, "test": test},
            }
        )
        write_split(split, tmp_path / f"{name}.json")
        return tmp_path

    return write


def resolve(request, training=EVERY, validation=NONE, splits_dir=None):
    return resolve_request(request, DATASET, training, validation, splits_dir)


def parts(resolved):
    return {name: None if ids is None else ids.tolist() for name, ids in resolved.forget.items()}


def test_listed_samples_are_forgotten(splits):
    found = resolve(FeatureRequest(split="listed"), splits_dir=splits([1, 5], [2]))
    assert parts(found) == {"train": [1, 5], "validation": [], "test": [2]}
    assert found.touched_classes == (1,)
    assert found.source == "listed.json"
    assert found.labelled_by == "somebody"
    assert found.description == "class 1 (name1): one with a hat"


def test_listed_samples_are_retained_and_the_rest_of_their_class_forgotten(splits):
    request = FeatureRequest(split="listed", listed="retain")
    found = resolve(request, splits_dir=splits([1, 5], [2]))
    assert parts(found) == {"train": [2, 3], "validation": [], "test": [0]}
    assert "all but" in found.description


def test_held_out_samples_count_in_the_train_part_and_are_no_training_samples(splits):
    training, validation = np.array([0, 1, 2, 4, 6, 7]), np.array([3, 5])
    found = resolve(FeatureRequest(split="listed"), training, validation, splits_dir=splits([1, 5]))
    assert parts(found) == {"train": [1], "validation": [5], "test": []}


def test_feature_that_forgets_its_whole_class_is_refused(splits):
    with pytest.raises(SplitError, match="forgets all 4 training samples of class 1"):
        resolve(FeatureRequest(split="listed"), splits_dir=splits([1, 2, 3, 5]))


def test_feature_whose_retained_part_is_held_out_whole_is_refused(splits):
    training, validation = np.array([0, 1, 2, 3, 4, 6, 7]), np.array([5])
    with pytest.raises(SplitError, match="forgets all 3 training samples"):
        resolve(FeatureRequest(split="listed"), training, validation, splits([1, 2, 3]))


def test_feature_that_retains_its_whole_class_is_refused(splits):
    request = FeatureRequest(split="listed", listed="retain")
    with pytest.raises(SplitError, match="forgets none of the 4 training samples"):
        resolve(request, splits_dir=splits([1, 2, 3, 5]))


def test_split_that_does_not_fit_is_refused_before_anything_else(splits):
    with pytest.raises(SplitError, match="sample 0 of the train part has label 0"):
        resolve(FeatureRequest(split="listed"), splits_dir=splits([0, 1]))


def test_unknown_split_offers_the_nearest(splits):
    with pytest.raises(UnknownNameError, match="did you mean 'listed'"):
        resolve(FeatureRequest(split="lsted"), splits_dir=splits([1]))


def test_classes_are_forgotten_in_both_parts():
    found = resolve(ClassesRequest(classes=(2, 0, 2)))
    assert parts(found) == {"train": [0, 4, 6, 7], "validation": [], "test": [1, 3]}
    assert found.touched_classes == (0, 2)
    assert found.description == "classes 0 (name0), 2 (name2)"


def test_class_that_does_not_exist_is_refused_with_the_choices():
    with pytest.raises(ConfigError, match=r"no class 3; classes: 0 \(name0\), 1"):
        resolve(ClassesRequest(classes=(3,)))
    with pytest.raises(ConfigError, match="no class 9"):
        resolve(RandomRequest(within=WithinClass(label=9)))


def test_request_that_leaves_no_retain_data_is_refused():
    with pytest.raises(ConfigError, match="leaves no retain data"):
        resolve(ClassesRequest(classes=(0, 1, 2)))
    with pytest.raises(ConfigError, match="leaves no retain data"):
        resolve(RandomRequest(amount=Count(count=8)))


def test_class_without_training_samples_is_refused():
    with pytest.raises(ConfigError, match="forgets no training sample"):
        resolve(ClassesRequest(classes=(2,)), np.array([0, 1, 2, 3]), np.array([4, 5, 6, 7]))


@given(seed=st.integers(0, 2**40), count=st.integers(1, 5), held_out=st.sets(st.integers(0, 7)))
def test_random_requests_draw_distinct_training_samples(seed, count, held_out):
    validation = np.array(sorted(held_out)[:2], dtype=np.int64)
    training = np.setdiff1d(EVERY, validation)
    found = resolve(RandomRequest(amount=Count(count=count), seed=seed), training, validation)
    drawn = found.forget["train"]
    assert len(set(drawn.tolist())) == len(drawn) == count
    assert set(drawn.tolist()) <= set(training.tolist())
    assert drawn.tolist() == sorted(drawn)
    assert found.forget["test"] is None
    assert found.forget["validation"] is None


def test_random_draw_depends_on_its_own_seed_only():
    big = tiny_dataset(np.zeros(200, np.int64), classes=1)
    draws = [
        resolve_request(
            RandomRequest(amount=Count(count=50), seed=seed), big, np.arange(200), NONE
        ).forget["train"].tolist()
        for seed in (4, 4, 5)
    ]  # fmt: skip
    assert draws[0] == draws[1] != draws[2]


def test_fraction_is_rounded_down_and_may_be_taken_of_one_class():
    found = resolve(RandomRequest(amount=Fraction(fraction=0.6), within=WithinClass(label=1)))
    assert len(found.forget["train"]) == 2
    assert set(LABELS[found.forget["train"]]) == {1}
    assert found.touched_classes == (1,)


def test_amount_beyond_what_is_there_is_refused():
    with pytest.raises(ConfigError, match="count is 3, but there are 2 training samples of class"):
        resolve(RandomRequest(amount=Count(count=3), within=WithinClass(label=0)))
    with pytest.raises(ConfigError, match="less than one of the 8 training samples"):
        resolve(RandomRequest(amount=Fraction(fraction=0.1)))


def test_request_id_names_data_and_samples_not_wording(splits):
    folder = splits([1, 5], [2])
    splits([2, 3], [0], name="other")
    listed = resolve(FeatureRequest(split="listed"), splits_dir=folder)
    complement = resolve(FeatureRequest(split="other", listed="retain"), splits_dir=folder)
    other = resolve(FeatureRequest(split="other"), splits_dir=folder)
    assert listed.request_id == complement.request_id != other.request_id


def test_request_id_tells_parts_and_data_apart(splits):
    folder = splits([1, 5], [2])
    request = FeatureRequest(split="listed")
    other_data = tiny_dataset(LABELS, [1, 2, 1, 2])
    ids = {
        resolve(request, splits_dir=folder).request_id,
        resolve(request, EVERY[:5], EVERY[5:], folder).request_id,
        resolve_request(request, other_data, EVERY, NONE, folder).request_id,
    }
    assert len(ids) == 3


def test_forget_ids_are_read_only():
    forget = resolve(ClassesRequest(classes=(0,))).forget
    with pytest.raises(ValueError, match="read-only"):
        forget["train"][0] = 5
    with pytest.raises(TypeError):
        forget["train"] = EVERY
