"""The real images and the thesis's lists (PROTOCOL 2), where they are at hand."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_data import needs_real_data, needs_thesis_lists

from unlearn_core.configs.data import ColoredMNISTConfig, FashionMNISTConfig, MNISTConfig
from unlearn_core.configs.request import FeatureRequest
from unlearn_core.data.load import load_dataset
from unlearn_core.data.requests import resolve_request
from unlearn_core.data.sources.colored_mnist import read_folder
from unlearn_core.data.splits import check_split, find_split, import_split
from unlearn_core.data.verify import dataset_states, verify_dataset

pytestmark = [pytest.mark.real_data, needs_real_data]

NONE = np.zeros(0, np.int64)


@pytest.mark.parametrize(
    ("config", "counts", "shape", "fingerprint"),
    [
        (
            MNISTConfig(),
            (60_000, 10_000),
            (1, 28, 28),
            "6e5772c4d22704f97b0baa73a36b690690c8076555f18eb916d0647589272831",
        ),
        (
            FashionMNISTConfig(),
            (60_000, 10_000),
            (1, 28, 28),
            "d9ff73ad968777581b1153b153bdae1a416ef33ecdec036f648ef42da6911350",
        ),
        (
            ColoredMNISTConfig(),
            (8_835, 10_000),
            (3, 28, 28),
            "43a03f57458fa7ff9529fb6c007f0d7513c96a9e1fc696ed3175430b0ee873d8",
        ),
    ],
)
def test_sizes_and_fingerprints(config, counts, shape, fingerprint):
    dataset = load_dataset(config)
    assert (len(dataset.train), len(dataset.test)) == counts
    assert dataset.image_shape == shape
    assert dataset.fingerprint == fingerprint
    assert dataset.num_classes == 10


def test_mean_and_deviation_are_the_published_ones():
    mnist = load_dataset(MNISTConfig()).train.images
    assert mnist.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert mnist.std() / 255 == pytest.approx(0.3081, abs=5e-5)


def test_class_sizes_of_colored_mnist():
    labels = load_dataset(ColoredMNISTConfig()).train.labels
    sizes = [868, 1000, 858, 909, 883, 764, 893, 948, 835, 877]
    np.testing.assert_array_equal(np.bincount(labels), sizes)


@needs_thesis_lists
@pytest.mark.parametrize(
    ("config", "split", "listed", "forgotten", "retained"),
    [
        (MNISTConfig(), "mnist_listed", "retain", (5_413, 889), (852, 139)),
        (MNISTConfig(), "mnist_forget", "forget", (5_413, 889), (852, 139)),
        (ColoredMNISTConfig(), "colored_mnist_forget", "forget", (126, 138), (822, 890)),
        (FashionMNISTConfig(), "fashion_mnist_forget", "forget", (2_097, 373), (3_903, 627)),
    ],
)
def test_forget_counts_of_the_thesis(config, split, listed, forgotten, retained):
    dataset = load_dataset(config)
    request = FeatureRequest(split=split, listed=listed)
    found = resolve_request(request, dataset, np.arange(len(dataset.train)), NONE)
    (label,) = found.touched_classes
    for part, name, gone, kept in zip(
        (dataset.train, dataset.test), ("train", "test"), forgotten, retained, strict=True
    ):
        ids = found.forget[name]
        assert len(ids) == gone
        assert set(part.labels[ids].tolist()) == {label}
        assert int((part.labels == label).sum()) - len(ids) == kept


@needs_thesis_lists
def test_both_mnist_lists_are_one_request():
    dataset = load_dataset(MNISTConfig())
    every = np.arange(len(dataset.train))
    ids = {
        resolve_request(FeatureRequest(split=split, listed=listed), dataset, every, NONE).request_id
        for split, listed in (("mnist_listed", "retain"), ("mnist_forget", "forget"))
    }
    assert len(ids) == 1


@needs_thesis_lists
def test_thesis_list_imports_and_is_verified_then():
    dataset = load_dataset(FashionMNISTConfig())
    found = find_split("fashion_mnist_forget")
    assert not check_split(found.split, dataset).verified
    made = import_split(found.path, dataset, "sandals-with-heel")
    assert check_split(made, dataset).verified
    assert made.ids == found.split.ids


def test_colored_tree_is_read_in_the_order_of_the_arrays(tmp_path):
    """Write every image of digit 7 under its own name; read it back in the same order."""
    root = Path(os.environ["UNLEARN_DATA_DIR"]) / "ColoredMNIST"
    for part in ("train", "test"):
        with np.load(root / f"{part}.npz") as arrays:
            sevens = arrays["labels"] == 7
            for path, image in zip(arrays["paths"][sevens], arrays["images"][sevens], strict=True):
                target = tmp_path / "ColoredMNIST" / str(path)
                target.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(image).save(target, compress_level=0)
    whole, tree = load_dataset(ColoredMNISTConfig()), read_folder(tmp_path)
    expected = whole.train.images[whole.train.labels == 7]
    np.testing.assert_array_equal(tree.train.images, expected)
    np.testing.assert_array_equal(tree.test.images, whole.test.images[whole.test.labels == 7])


def test_verify_reads_the_files_anew_and_lists_them():
    found = verify_dataset("mnist")
    assert found.files[0].name == "train-images-idx3-ubyte.gz"
    assert (found.train_count, found.test_count) == (60_000, 10_000)
    assert found.fingerprint == load_dataset(MNISTConfig()).fingerprint


def test_states_tell_which_datasets_are_there():
    present = {state.name for state in dataset_states() if state.present}
    assert {"digits", "mnist", "fashion_mnist", "colored_mnist"} <= present


def test_nothing_is_written_into_the_data_folder():
    root = Path(os.environ["UNLEARN_DATA_DIR"])
    before = sorted(path.name for path in (root / "MNIST/raw").iterdir())
    verify_dataset("mnist")
    assert sorted(path.name for path in (root / "MNIST/raw").iterdir()) == before
    assert all(name.endswith(".gz") for name in before)
