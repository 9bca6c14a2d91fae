import numpy as np
import pytest
from PIL import Image
from tiny_data import pixels

from unlearn_core.configs.data import CIFAR10Config, ImageFolderConfig, NpzConfig
from unlearn_core.data.load import load_dataset
from unlearn_core.errors import DataError


def write_npz(folder, channels=3, size=32, labels=(0, 1, 2, 0), **more):
    folder.mkdir(parents=True, exist_ok=True)
    labels = np.asarray(labels, dtype=np.uint8)
    for seed, part in enumerate(("train", "test")):
        images = pixels(len(labels), size, size, channels, seed)
        np.savez(folder / f"{part}.npz", images=images, labels=labels, **more)


def write_tree(root, part, content):
    """Class name -> list of arrays, written as 0.png, 1.png, ..."""
    for name, arrays in content.items():
        folder = root / part / name
        folder.mkdir(parents=True)
        for number, array in enumerate(arrays):
            Image.fromarray(array).save(folder / f"{number}.png")


def test_npz_gives_the_arrays_as_they_are(tmp_path):
    write_npz(tmp_path, channels=None, size=4)
    dataset = load_dataset(NpzConfig(path=str(tmp_path)))
    np.testing.assert_array_equal(dataset.train.images[..., 0], pixels(4, 4, 4, None, 0))
    np.testing.assert_array_equal(dataset.test.labels, [0, 1, 2, 0])
    assert dataset.class_names == ("0", "1", "2")
    assert dataset.name == "npz"


def test_npz_may_name_its_classes(tmp_path):
    write_npz(tmp_path, class_names=np.array(["cat", "dog", "owl"]))
    assert load_dataset(NpzConfig(path=str(tmp_path))).class_names == ("cat", "dog", "owl")


def test_npz_without_an_array_says_which(tmp_path):
    write_npz(tmp_path)
    np.savez(tmp_path / "test.npz", images=pixels(2, 32, 32, 3))
    with pytest.raises(DataError, match=r"test\.npz' has no array 'labels'"):
        load_dataset(NpzConfig(path=str(tmp_path)))


def test_missing_npz_is_named(tmp_path):
    write_npz(tmp_path)
    (tmp_path / "test.npz").unlink()
    with pytest.raises(DataError, match=r"the file '.*test\.npz' is missing"):
        load_dataset(NpzConfig(path=str(tmp_path)))


def test_truncated_npz_is_named(tmp_path):
    write_npz(tmp_path)
    path = tmp_path / "train.npz"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match=r"train\.npz' is truncated or no \.npz file"):
        load_dataset(NpzConfig(path=str(tmp_path)))


def test_npz_with_pickled_objects_is_refused(tmp_path):
    write_npz(tmp_path)
    objects = np.array([{"a": 1}, None], dtype=object)
    np.savez(tmp_path / "train.npz", images=pixels(2), labels=objects)
    with pytest.raises(DataError, match="without pickled objects"):
        load_dataset(NpzConfig(path=str(tmp_path)))


def test_cifar10_npz_has_class_names_and_extra_arrays_do_no_harm(tmp_path):
    write_npz(tmp_path / "CIFAR10", labels=(0, 9, 8, 0), numbers=np.arange(4))
    dataset = load_dataset(CIFAR10Config(), tmp_path)
    assert dataset.name == "cifar10"
    assert dataset.image_shape == (3, 32, 32)
    assert dataset.class_names[8] == "ship"
    assert dataset.num_classes == 10


def test_image_folder_orders_classes_and_files_as_text(tmp_path):
    first, second = pixels(3), pixels(2, seed=1)
    write_tree(tmp_path, "train", {"b": list(second), "a": list(first)})
    write_tree(tmp_path, "test", {"b": list(second)})
    dataset = load_dataset(ImageFolderConfig(path=str(tmp_path)))
    assert dataset.class_names == ("a", "b")
    np.testing.assert_array_equal(dataset.train.labels, [0, 0, 0, 1, 1])
    np.testing.assert_array_equal(dataset.train.images[:3, :, :, 0], first)
    np.testing.assert_array_equal(dataset.test.labels, [1, 1])


def test_one_coloured_file_makes_all_images_coloured(tmp_path):
    colour = pixels(1, 4, 5, 3)
    write_tree(tmp_path, "train", {"a": [pixels(1)[0]], "b": [pixels(1)[0]]})
    write_tree(tmp_path, "test", {"a": [colour[0]]})
    dataset = load_dataset(ImageFolderConfig(path=str(tmp_path)))
    assert dataset.image_shape == (3, 4, 5)
    np.testing.assert_array_equal(dataset.train.images[0, :, :, 2], pixels(1)[0])
    np.testing.assert_array_equal(dataset.test.images, colour)


def test_images_of_different_size_are_named(tmp_path):
    write_tree(tmp_path, "train", {"a": [pixels(1)[0], pixels(1, 6, 6)[0]]})
    write_tree(tmp_path, "test", {"a": [pixels(1)[0]]})
    with pytest.raises(DataError, match=r"1\.png' is 6x6, but '.*0\.png' is 5x4"):
        load_dataset(ImageFolderConfig(path=str(tmp_path)))


def test_truncated_image_is_named(tmp_path):
    write_tree(tmp_path, "train", {"a": [pixels(1, 40, 40)[0]]})
    write_tree(tmp_path, "test", {"a": [pixels(1, 40, 40)[0]]})
    path = tmp_path / "test/a/0.png"
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(DataError, match=r"test/a/0\.png' is truncated or no image"):
        load_dataset(ImageFolderConfig(path=str(tmp_path)))


def test_test_class_that_is_not_in_train_is_refused(tmp_path):
    write_tree(tmp_path, "train", {"a": [pixels(1)[0]]})
    write_tree(tmp_path, "test", {"z": [pixels(1)[0]]})
    with pytest.raises(DataError, match="no class of the train part; classes: a"):
        load_dataset(ImageFolderConfig(path=str(tmp_path)))


@pytest.mark.parametrize("missing", ["train", "test"])
def test_missing_part_folder_is_named(tmp_path, missing):
    for part in {"train", "test"} - {missing}:
        write_tree(tmp_path, part, {"a": [pixels(1)[0]]})
    with pytest.raises(DataError, match=rf"the folder '.*{missing}' is missing"):
        load_dataset(ImageFolderConfig(path=str(tmp_path)))


def test_class_folder_without_images_is_refused(tmp_path):
    write_tree(tmp_path, "train", {"a": [pixels(1)[0]], "b": []})
    write_tree(tmp_path, "test", {"a": [pixels(1)[0]]})
    with pytest.raises(DataError, match="has no images"):
        load_dataset(ImageFolderConfig(path=str(tmp_path)))


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(tmp_path):
    config = NpzConfig(path=str(tmp_path))
    write_npz(tmp_path, labels=(0, 1))
    first = load_dataset(config)
    assert load_dataset(config) is first
    write_npz(tmp_path, labels=(0, 1, 1))
    assert len(load_dataset(config).train) == 3


def test_deep_pixels_are_refused_and_not_cut_off(tmp_path):
    for part in ("train", "test"):
        folder = tmp_path / part / "only"
        folder.mkdir(parents=True)
        deep = np.full((4, 4), 40_000, np.uint16)
        Image.fromarray(deep).save(folder / "0.png")
    with pytest.raises(DataError, match="more than 8 bits"):
        load_dataset(ImageFolderConfig(path=str(tmp_path)), None)
