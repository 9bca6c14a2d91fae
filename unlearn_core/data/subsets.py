"""The named subsets of the evaluation data."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

__all__ = ["NO_RANDOM_FORGET", "Subsets", "evaluation_subsets"]

NO_RANDOM_FORGET = "a random request has forget samples in the train part only"

Subsets = dict[str, NDArray[np.bool_] | str]


def evaluation_subsets(
    labels: NDArray[np.int64],
    forget_mask: NDArray[np.bool_] | None,
    num_classes: int,
    touched: Iterable[int] | None = None,
) -> Subsets:
    """Name every subset of one part of the evaluation data.

    Args:
        labels: (n,) labels of the samples that are evaluated.
        forget_mask: (n,) which of them are to be forgotten; None where the request names no
            forget samples in this part (a random request on the test part).
        num_classes: Number of classes of the dataset.
        touched: The classes the request touches (`ResolvedRequest.touched_classes`), so that
            every part has the same subsets;
            by default the classes with a forget sample in this part.

    Returns:
        Subset name to a mask (n,) with at least one sample, or to the reason why the subset does
        not exist. Names: `all`, `retain`, `forget`, `class_<c>` for every class, and
        `class_<c>_retain` and `class_<c>_forget` for the classes the request touches. `retain` is
        everything that is not to be forgotten.
    """
    everything = np.ones(len(labels), dtype=np.bool_)
    forgotten = np.zeros_like(everything) if forget_mask is None else forget_mask
    no_forget = NO_RANDOM_FORGET if forget_mask is None else "no forget samples in this part"
    subsets: Subsets = {
        "all": _mask_or(everything, "the part has no samples"),
        "retain": _mask_or(~forgotten, "no retain samples in this part"),
        "forget": _mask_or(forgotten, no_forget),
    }
    if touched is None:
        touched = [int(label) for label in np.unique(labels[forgotten])]
    for label in range(num_classes):
        subsets[f"class_{label}"] = _mask_or(labels == label, f"no samples of class {label}")
    for label in sorted(set(touched)):
        of_class = labels == label
        subsets[f"class_{label}_retain"] = _mask_or(
            of_class & ~forgotten, f"no retain samples of class {label} in this part"
        )
        subsets[f"class_{label}_forget"] = _mask_or(
            of_class & forgotten,
            no_forget if forget_mask is None else f"no forget samples of class {label}",
        )
    return subsets


def _mask_or(mask: NDArray[np.bool_], reason: str) -> NDArray[np.bool_] | str:
    return mask if bool(mask.any()) else reason
