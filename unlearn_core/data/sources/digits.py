"""scikit-learn's built-in digits: 1,797 images of 8x8, always there."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from unlearn_core.data.dataset import Dataset, make_dataset, make_part
from unlearn_core.data.sources.source import Source

__all__ = ["SOURCE", "TEST_EVERY"]

TEST_EVERY = 5
"""Rows 4, 9, 14, ... are test. Writers come in blocks, so a cut at the end of the source order
would leave the habits of some writers out of one part."""

_BRIGHTEST = 16


def _files(folder: Path) -> tuple[Path, ...]:  # noqa: ARG001
    return ()


def _read(folder: Path) -> Dataset:  # noqa: ARG001
    from sklearn.datasets import load_digits

    bunch = load_digits()
    grey = np.asarray(bunch.images, dtype=np.float64)
    images = np.rint(grey * 255 / _BRIGHTEST).astype(np.uint8)
    labels = np.asarray(bunch.target, dtype=np.int64)
    is_test = np.arange(len(labels)) % TEST_EVERY == TEST_EVERY - 1
    return make_dataset(
        "digits",
        make_part(images[~is_test], labels[~is_test], "digits, train part"),
        make_part(images[is_test], labels[is_test], "digits, test part"),
        [str(digit) for digit in range(10)],
    )


SOURCE = Source(
    name="digits",
    title="scikit-learn digits, 8x8",
    origin="built into scikit-learn",
    files=_files,
    read=_read,
)
