import hashlib
import pickle

import numpy as np
import pytest
from tiny_data import pixels, write_cifar_batch

from unlearn_core.configs.data import CIFAR10Config
from unlearn_core.data.checksums import Checksum
from unlearn_core.data.load import load_dataset
from unlearn_core.data.sources.cifar10 import BATCHES, CHECKSUMS, read_batches
from unlearn_core.errors import DataError


@pytest.fixture
def batches(tmp_path):
    folder = tmp_path / BATCHES
    for seed, name in enumerate(CHECKSUMS):
        write_cifar_batch(folder / name, pixels(2, 32, 32, 3, seed), [seed, 9 - seed])
    return folder


class CallsSomething:
    def __reduce__(self):
        return (print, ("this must never run",))


def test_batches_are_joined_in_order_with_channels_last(batches):
    dataset = read_batches(batches, {})
    expected = np.concatenate([pixels(2, 32, 32, 3, seed) for seed in range(5)])
    np.testing.assert_array_equal(dataset.train.images, expected)
    np.testing.assert_array_equal(dataset.train.labels, [0, 9, 1, 8, 2, 7, 3, 6, 4, 5])
    np.testing.assert_array_equal(dataset.test.images, pixels(2, 32, 32, 3, 5))
    assert dataset.class_names[:2] == ("airplane", "automobile")


def test_batches_pickled_the_old_way_are_read(batches):
    """Python 2 wrote the array's module as numpy.core.multiarray and its text as byte strings."""
    path = batches / "test_batch"
    old = path.read_bytes().replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    assert old != path.read_bytes()
    path.write_bytes(old)
    np.testing.assert_array_equal(read_batches(batches, {}).test.images, pixels(2, 32, 32, 3, 5))


def test_a_batch_that_would_call_something_is_refused_and_nothing_runs(batches, capsys):
    path = batches / "data_batch_3"
    path.write_bytes(pickle.dumps({b"data": CallsSomething(), b"labels": [0]}, protocol=2))
    with pytest.raises(DataError, match=r"data_batch_3' is no CIFAR-10 batch.*builtin.*print"):
        read_batches(batches, {})
    assert capsys.readouterr().out == ""


def test_a_foreign_batch_is_refused_before_it_is_unpickled(batches):
    with pytest.raises(DataError) as caught:
        load_dataset(CIFAR10Config(), batches.parent)
    assert "data_batch_1" in caught.value.message
    assert CHECKSUMS["data_batch_1"].digest in caught.value.message


def test_a_truncated_batch_is_named_with_its_checksum(batches):
    path = batches / "data_batch_2"
    digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    checksums = {"data_batch_2": Checksum("md5", digest)}
    read_batches(batches, checksums)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=f"data_batch_2' is truncated.*expected {digest}"):
        read_batches(batches, checksums)


def test_a_missing_batch_is_named_with_its_checksum(batches):
    (batches / "data_batch_4").unlink()
    with pytest.raises(DataError) as caught:
        load_dataset(CIFAR10Config(), batches.parent)
    assert "data_batch_4' is missing" in caught.value.message
    assert CHECKSUMS["data_batch_4"].digest in caught.value.message


def test_without_batches_and_arrays_both_forms_and_the_checksum_are_named(tmp_path):
    with pytest.raises(DataError) as caught:
        load_dataset(CIFAR10Config(), tmp_path)
    assert str(tmp_path / BATCHES) in caught.value.message
    assert str(tmp_path / "CIFAR10") in caught.value.message
    assert CHECKSUMS["data_batch_1"].digest in caught.value.message


def test_half_of_the_arrays_names_the_other_half(tmp_path):
    (tmp_path / "CIFAR10").mkdir()
    np.savez(tmp_path / "CIFAR10/train.npz", images=pixels(1, 32, 32, 3), labels=np.array([0]))
    with pytest.raises(DataError, match=r"CIFAR10/test\.npz' is missing"):
        load_dataset(CIFAR10Config(), tmp_path)
