import json

import numpy as np
import pytest

from unlearn_core.configs.data import DigitsConfig
from unlearn_core.configs.request import FeatureRequest
from unlearn_core.data.load import load_dataset
from unlearn_core.data.places import builtin_splits_dir
from unlearn_core.data.requests import resolve_request
from unlearn_core.data.splits import check_split, read_split

PATHS = sorted(builtin_splits_dir().glob("*.json"))


def test_there_is_a_built_in_split():
    assert PATHS


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_built_in_split_is_verified_named_like_its_file_and_says_who_judged_how(path):
    split = read_split(path)
    assert split.dataset == "digits"
    assert check_split(split, load_dataset(DigitsConfig())).verified
    assert split.name == path.stem
    assert split.labelled_by
    assert split.how
    assert json.loads(path.read_text())["format"] == 1


@pytest.mark.parametrize("listed", ["forget", "retain"])
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_both_sides_of_a_built_in_split_are_large_enough_to_measure(path, listed):
    dataset = load_dataset(DigitsConfig())
    found = resolve_request(
        FeatureRequest(split=path.stem, listed=listed),
        dataset,
        np.arange(len(dataset.train)),
        np.zeros(0, np.int64),
    )
    assert len(found.forget["train"]) >= 50
    assert len(found.forget["test"]) >= 8
