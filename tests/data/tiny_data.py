"""Tiny made-up data files, written the way the real ones are."""

import gzip
import os
import pickle
import struct

import numpy as np
import pytest

from unlearn_core.data.dataset import make_dataset, make_part

needs_real_data = pytest.mark.skipif(
    not os.environ.get("UNLEARN_DATA_DIR"),
    reason="UNLEARN_DATA_DIR is not set: no real images to read",
)
needs_thesis_lists = pytest.mark.skipif(
    not os.environ.get("UNLEARN_SPLITS_DIR"),
    reason="UNLEARN_SPLITS_DIR is not set: the thesis's lists are not here",
)


def pixels(count, height=4, width=5, channels=None, seed=0):
    shape = (count, height, width) if channels is None else (count, height, width, channels)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def tiny_dataset(train_labels, test_labels=None, name="digits", classes=None):
    """A dataset of random 2x2 images with exactly these labels."""
    train_labels = np.asarray(train_labels)
    test_labels = train_labels if test_labels is None else np.asarray(test_labels)
    count = classes or 1 + int(max(train_labels.max(), test_labels.max()))
    return make_dataset(
        name,
        make_part(pixels(len(train_labels), 2, 2), train_labels, "train"),
        make_part(pixels(len(test_labels), 2, 2, seed=1), test_labels, "test"),
        [f"name{label}" for label in range(count)],
    )


def idx_bytes(array):
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


def write_idx_files(folder, arrays, gzipped=True):
    """Write arrays by file name, gzipped or as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        content = idx_bytes(array)
        if gzipped:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)


def write_cifar_batch(path, images, labels):
    """A batch as the origin made it: a pickled dict with bytes as keys, channels first."""
    flat = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps({b"data": flat, b"labels": list(labels)}, protocol=2))
