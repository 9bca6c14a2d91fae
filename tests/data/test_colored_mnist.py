import numpy as np
import pytest
from PIL import Image
from tiny_data import pixels

from unlearn_core.configs.data import ColoredMNISTConfig
from unlearn_core.data.load import load_dataset
from unlearn_core.data.sources.colored_mnist import FINGERPRINTS, ORIGIN, read_folder
from unlearn_core.errors import DataError

# As text, 'blue_10' stands before 'blue_9', and 'red_1' comes last.
NAMES = ("blue_10", "blue_9", "green_3", "red_1")


def write_tree(tree, images):
    """Four images per digit, written in another order than they are read in."""
    for part, arrays in images.items():
        for row in reversed(range(len(arrays))):
            digit, number = divmod(row, len(NAMES))
            path = tree / part / str(digit) / f"{NAMES[number]}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(arrays[row]).save(path)


@pytest.fixture
def images():
    return {"training": pixels(40, 28, 28, 3), "testing": pixels(40, 28, 28, 3, seed=1)}


@pytest.mark.parametrize("folder", ["ColoredMNIST", "colorized-MNIST"])
def test_tree_is_read_by_digit_and_file_name_as_text(tmp_path, images, folder):
    write_tree(tmp_path / folder, images)
    dataset = read_folder(tmp_path)
    np.testing.assert_array_equal(dataset.train.images, images["training"])
    np.testing.assert_array_equal(dataset.train.labels, np.repeat(np.arange(10), 4))


def test_tree_and_arrays_have_the_same_fingerprint(tmp_path, images):
    write_tree(tmp_path / "tree" / "ColoredMNIST", images)
    arrays = tmp_path / "arrays" / "ColoredMNIST"
    arrays.mkdir(parents=True)
    for part, name in (("train", "training"), ("test", "testing")):
        labels = np.repeat(np.arange(10, dtype=np.uint8), 4)
        np.savez(arrays / f"{part}.npz", images=images[name], labels=labels)
    tree, flat = read_folder(tmp_path / "tree"), read_folder(tmp_path / "arrays")
    assert tree.fingerprint == flat.fingerprint


def test_other_images_under_this_name_are_refused(tmp_path, images):
    write_tree(tmp_path / "ColoredMNIST", images)
    with pytest.raises(DataError) as caught:
        load_dataset(ColoredMNISTConfig(), tmp_path)
    assert FINGERPRINTS["train"] in caught.value.message
    assert "40 images" in caught.value.message


def test_missing_data_says_where_it_comes_from(tmp_path):
    with pytest.raises(DataError) as caught:
        load_dataset(ColoredMNISTConfig(), tmp_path)
    assert ORIGIN in str(caught.value)
    assert str(tmp_path / "ColoredMNIST") in caught.value.message


def test_folder_that_is_no_digit_is_refused(tmp_path, images):
    write_tree(tmp_path / "ColoredMNIST", images)
    (tmp_path / "ColoredMNIST/training/extra").mkdir()
    with pytest.raises(DataError, match="training/extra' is no digit"):
        read_folder(tmp_path)
