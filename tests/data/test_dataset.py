import hashlib
import re

import numpy as np
import pytest
from tiny_data import pixels, tiny_dataset

from unlearn_core.data.dataset import make_dataset, make_part
from unlearn_core.errors import DataError


def test_fingerprint_is_sha256_over_dtype_shape_pixels_and_labels():
    images, labels = pixels(3, 2, 2, 1), np.array([0, 2, 1])
    by_hand = b"uint8(3, 2, 2, 1)int64" + images.tobytes() + labels.astype("<i8").tobytes()
    assert make_part(images, labels, "x").fingerprint == hashlib.sha256(by_hand).hexdigest()


@pytest.mark.parametrize("change", ["pixel", "label", "order", "shape"])
def test_fingerprint_changes_with_every_pixel_label_order_and_shape(change):
    images, labels = pixels(4, 2, 6, 1), np.array([0, 1, 2, 3])
    before = make_part(images, labels, "x").fingerprint
    if change == "pixel":
        images = images.copy()
        images[3, 1, 5, 0] ^= 1
    elif change == "label":
        labels = np.array([0, 1, 2, 2])
    elif change == "order":
        images = images[::-1]
    else:
        images = images.reshape(4, 6, 2, 1)
    assert make_part(images, labels, "x").fingerprint != before


def test_fingerprint_does_not_depend_on_label_dtype_or_missing_channel_axis():
    images, labels = pixels(3), np.array([0, 1, 1])
    wide = make_part(images[..., np.newaxis], labels.astype(np.int64), "x")
    narrow = make_part(images, labels.astype(np.uint8), "x")
    assert narrow.fingerprint == wide.fingerprint


def test_arrays_of_a_part_are_read_only_and_typed():
    part = make_part(pixels(3), np.array([0, 1, 1], dtype=np.uint8), "x")
    assert part.images.shape == (3, 4, 5, 1)
    assert part.labels.dtype == np.int64
    with pytest.raises(ValueError, match="read-only"):
        part.images[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        part.labels[0] = 0


def test_dataset_tells_shape_classes_and_length():
    dataset = make_dataset(
        "npz",
        make_part(pixels(3, 4, 5, 3), np.array([0, 1, 1]), "train"),
        make_part(pixels(2, 4, 5, 3), np.array([0, 0]), "test"),
        ["a", "b"],
    )
    assert dataset.image_shape == (3, 4, 5)
    assert dataset.num_classes == 2
    assert (len(dataset.train), len(dataset.test)) == (3, 2)


def test_dataset_fingerprint_covers_both_parts_and_tells_them_apart():
    dataset = tiny_dataset([0, 1], [1, 0])
    swapped = make_dataset("digits", dataset.test, dataset.train, dataset.class_names)
    other_test = make_dataset("digits", dataset.train, dataset.train, dataset.class_names)
    assert len({dataset.fingerprint, swapped.fingerprint, other_test.fingerprint}) == 3


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((2, 4, 4), np.float32), np.array([0, 1]), "images are float32, expected uint8"),
        (np.zeros((2, 16), np.uint8), np.array([0, 1]), "shape (2, 16)"),
        (np.zeros((2, 4, 4, 2), np.uint8), np.array([0, 1]), "1 or 3 channels"),
        (np.zeros((2, 4, 4), np.uint8), np.array([0, 1, 1]), "2 images but 3 labels"),
        (np.zeros((2, 4, 4), np.uint8), np.array([0.0, 1.0]), "labels are float64"),
        (np.zeros((2, 4, 4), np.uint8), np.array([0, -1]), "label -1 is negative"),
        (np.zeros((0, 4, 4), np.uint8), np.zeros(0, np.int64), "no images"),
    ],
)
def test_arrays_that_are_no_part_are_refused_by_name(images, labels, message):
    with pytest.raises(DataError, match=r"^file\.npz: .*" + re.escape(message)):
        make_part(images, labels, "file.npz")


def test_parts_of_different_image_size_are_refused():
    train = make_part(pixels(2, 4, 5), np.array([0, 1]), "train")
    test = make_part(pixels(2, 5, 5), np.array([0, 1]), "test")
    with pytest.raises(DataError, match="train images are 4x5x1 but test images are 5x5x1"):
        make_dataset("npz", train, test, ["a", "b"])


def test_label_without_class_name_is_refused():
    part = make_part(pixels(2), np.array([0, 2]), "x")
    with pytest.raises(DataError, match=r"label 2 has no class; there are 2 classes \(0 to 1\)"):
        make_dataset("npz", part, part, ["a", "b"])
