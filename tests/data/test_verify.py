import numpy as np
import pytest
from tiny_data import pixels

from unlearn_core.data.sources.registry import dataset_names
from unlearn_core.data.verify import dataset_states, verify_dataset
from unlearn_core.errors import DataError, UnknownNameError


def test_states_name_what_is_missing_without_raising(tmp_path):
    states = {state.name: state for state in dataset_states(tmp_path)}
    assert tuple(states) == dataset_names()
    assert states["digits"].present
    assert not states["mnist"].present
    assert "train-images-idx3-ubyte.gz' is missing" in states["mnist"].problem
    assert "path" in states["npz"].problem


def test_own_arrays_are_verified_in_the_folder_that_is_named(tmp_path):
    for part in ("train", "test"):
        np.savez(tmp_path / f"{part}.npz", images=pixels(3), labels=np.array([0, 1, 1]))
    found = verify_dataset("npz", tmp_path)
    assert (found.train_count, found.test_count) == (3, 3)
    assert found.image_shape == (1, 4, 5)
    assert found.train_fingerprint == found.test_fingerprint != found.fingerprint


def test_own_data_needs_a_folder():
    with pytest.raises(DataError, match="say which folder"):
        verify_dataset("image_folder")


def test_unknown_dataset_is_refused():
    with pytest.raises(UnknownNameError, match="no dataset 'digit'; did you mean 'digits'"):
        verify_dataset("digit")
