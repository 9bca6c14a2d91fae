import gzip
import hashlib

import numpy as np
import pytest
from tiny_data import idx_bytes, pixels, write_idx_files

from unlearn_core.configs.data import FashionMNISTConfig, MNISTConfig
from unlearn_core.data.load import load_dataset
from unlearn_core.data.sources.idx import IDX_NAMES, IdxLayout, idx_checksums, parse_idx
from unlearn_core.data.sources.mnist import LAYOUT
from unlearn_core.errors import DataError

ARRAYS = dict(
    zip(
        IDX_NAMES,
        (
            pixels(6),
            np.array([0, 1, 2, 0, 1, 2], np.uint8),
            pixels(3, seed=1),
            np.array([2, 1, 0], np.uint8),
        ),
        strict=True,
    )
)
UNCHECKED = IdxLayout("mnist", "MNIST/raw", ("a", "b", "c"), {})


def checked_layout(folder):
    digests = [hashlib.sha256((folder / f"{n}.gz").read_bytes()).hexdigest() for n in IDX_NAMES]
    return IdxLayout("mnist", "MNIST/raw", ("a", "b", "c"), idx_checksums(digests, ["0" * 64] * 4))


@pytest.mark.parametrize("gzipped", [True, False])
def test_gzipped_and_unpacked_files_give_the_same_arrays(tmp_path, gzipped):
    write_idx_files(tmp_path / "MNIST/raw", ARRAYS, gzipped)
    dataset = UNCHECKED.read(tmp_path)
    np.testing.assert_array_equal(dataset.train.images[..., 0], ARRAYS["train-images-idx3-ubyte"])
    np.testing.assert_array_equal(dataset.test.labels, [2, 1, 0])
    assert dataset.image_shape == (1, 4, 5)


def test_nothing_is_written_beside_the_gzipped_files(tmp_path):
    folder = tmp_path / "MNIST/raw"
    write_idx_files(folder, ARRAYS)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    UNCHECKED.read(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_gzipped_file_is_preferred_to_an_unpacked_one(tmp_path):
    folder = tmp_path / "MNIST/raw"
    write_idx_files(folder, ARRAYS)
    write_idx_files(folder, {name: array[:1] for name, array in ARRAYS.items()}, gzipped=False)
    assert len(UNCHECKED.read(tmp_path).train) == 6


def test_truncated_file_is_named_with_its_expected_checksum(tmp_path):
    folder = tmp_path / "MNIST/raw"
    write_idx_files(folder, ARRAYS)
    layout = checked_layout(folder)
    path = folder / "t10k-images-idx3-ubyte.gz"
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DataError) as caught:
        layout.read(tmp_path)
    assert str(path) in caught.value.message
    assert expected in caught.value.message
    assert "truncated" in caught.value.message


def test_one_changed_pixel_is_noticed(tmp_path):
    folder = tmp_path / "MNIST/raw"
    write_idx_files(folder, ARRAYS)
    layout = checked_layout(folder)
    assert len(layout.read(tmp_path).train) == 6
    changed = ARRAYS["train-images-idx3-ubyte"].copy()
    changed[0, 0, 0] ^= 1
    write_idx_files(folder, {"train-images-idx3-ubyte": changed})
    with pytest.raises(DataError, match="not the published file"):
        layout.read(tmp_path)


@pytest.mark.parametrize("config", [MNISTConfig(), FashionMNISTConfig()])
def test_foreign_files_are_refused_under_the_real_names(tmp_path, config):
    for folder in ("MNIST/raw", "FashionMNIST/raw"):
        write_idx_files(tmp_path / folder, ARRAYS)
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz.*expected [0-9a-f]{64}"):
        load_dataset(config, tmp_path)


def test_missing_file_is_named_with_its_checksum_and_what_to_do(tmp_path):
    with pytest.raises(DataError) as caught:
        load_dataset(MNISTConfig(), tmp_path)
    assert str(tmp_path / "MNIST/raw/train-images-idx3-ubyte.gz") in caught.value.message
    assert LAYOUT.checksums["train-images-idx3-ubyte.gz"].digest in caught.value.message
    assert "unlearn datasets fetch mnist" in str(caught.value)


def test_gzip_cut_short_without_known_checksum_is_a_data_error(tmp_path):
    folder = tmp_path / "MNIST/raw"
    write_idx_files(folder, ARRAYS)
    path = folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="cannot be unpacked"):
        UNCHECKED.read(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no IDX file"),
        (b"\x89PNG and so on", "no IDX file"),
        (bytes([0, 0, 13, 1, 0, 0, 0, 1, 0, 0, 0, 0]), "no IDX file of unsigned bytes"),
        (bytes([0, 0, 8, 3, 0, 0]), "truncated within its header"),
        (idx_bytes(pixels(2))[:-1], "truncated or overlong"),
        (idx_bytes(pixels(2)) + b"x", "truncated or overlong"),
    ],
)
def test_bytes_that_are_no_idx_file_are_refused(content, message):
    with pytest.raises(DataError, match=f"^here is .*{message}|^here .*{message}"):
        parse_idx(content, "here")


def test_file_that_is_a_folder_is_a_data_error(tmp_path):
    folder = tmp_path / "MNIST/raw"
    write_idx_files(folder, ARRAYS)
    path = folder / "t10k-labels-idx1-ubyte.gz"
    path.unlink()
    path.mkdir()
    with pytest.raises(DataError, match="t10k-labels-idx1-ubyte"):
        UNCHECKED.read(tmp_path)


def test_gzip_with_other_header_but_same_content_reads_the_same(tmp_path):
    folder = tmp_path / "MNIST/raw"
    write_idx_files(folder, ARRAYS)
    before = UNCHECKED.read(tmp_path).fingerprint
    for name, array in ARRAYS.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(idx_bytes(array), 1, mtime=1))
    assert UNCHECKED.read(tmp_path).fingerprint == before
