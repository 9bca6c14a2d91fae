"""Distances between the predictions of all pairs of models, from one pass over the samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from unlearn_core.metrics.base import DistanceMetric, MatchedDistanceMetric
from unlearn_core.metrics.chunk import Chunk
from unlearn_core.metrics.roster import Progress, Roster

__all__ = ["count_chunks", "distance_matrices", "distance_subsets", "matched_distances"]

_CHUNK_BYTES = 16 * 2**20
"""Size of one float64 array of a chunk; about six of them live at once."""

Masks = Mapping[str, NDArray[np.bool_] | str]


def distance_subsets(subsets: Masks) -> dict[str, NDArray[np.bool_] | str]:
    """The subsets on which models are compared with each other.

    `all`, `retain`, `forget`, and of the classes that the request touches `class_<c>`,
    `class_<c>_retain` and `class_<c>_forget`.
    """
    touched = {name.removesuffix("_forget") for name in subsets if name.endswith("_forget")}
    wanted = {"all", "retain", "forget", *touched}
    wanted |= {f"{name}_{half}" for name in touched for half in ("retain", "forget")}
    return {name: mask for name, mask in subsets.items() if name in wanted}


def count_chunks(models: int, classes: int, subsets: Masks) -> int:
    """How many chunks `distance_matrices` will go through."""
    step = _chunk_samples(models, classes)
    return sum(-(-len(rows) // step) for rows, _ in _atoms(subsets))


def distance_matrices(
    predictions: Sequence[NDArray[np.floating]],
    part: str,
    subsets: Masks,
    metrics: Sequence[DistanceMetric],
    progress: Progress,
) -> dict[tuple[str, str], NDArray[np.float64] | str]:
    """Mean distance of every ordered pair of models on every subset.

    The subsets cut the samples into atoms that do not overlap; sums are made once per atom and
    added to every subset that holds it. Memory stays small whatever the number of samples is.

    Args:
        predictions: M arrays (N, K) of log-probabilities, read in pieces.
        part: Name of the part.
        subsets: Subset name to mask (N,), or the reason why it does not exist.
        metrics: The distances.
        progress: Called after every chunk.

    Returns:
        (subset, metric name) to (M, M), row model, column reference; or to the reason.
    """
    models, classes = len(predictions), predictions[0].shape[1]
    found: dict[tuple[str, str], NDArray[np.float64] | str] = {}
    totals: dict[tuple[str, str], NDArray[np.float64]] = {}
    for subset, mask in subsets.items():
        for metric in metrics:
            if not metric.applies_to(part, subset):
                continue
            key = (subset, metric.info.name)
            if isinstance(mask, str) or not mask.any():
                found[key] = mask if isinstance(mask, str) else "the subset has no samples"
            else:
                found[key] = totals[key] = np.zeros((models, models))
    step = _chunk_samples(models, classes)
    for rows, names in _atoms(subsets):
        for start in range(0, len(rows), step):
            piece = rows[start : start + step]
            chunk = Chunk(np.stack([array[piece] for array in predictions]))
            for metric in metrics:
                targets = [
                    totals[key] for name in names if (key := (name, metric.info.name)) in totals
                ]
                if targets:
                    sums = metric.pair_sums(chunk)
                    for target in targets:
                        np.add(target, sums, out=target)
            progress()
    for (subset, _), total in totals.items():
        np.divide(total, np.count_nonzero(subsets[subset]), out=total)
    return found


def matched_distances(
    roster: Roster,
    predictions: Sequence[NDArray[np.floating]],
    subsets: Masks,
    metrics: Sequence[MatchedDistanceMetric],
    progress: Progress,
) -> dict[tuple[str, str], dict[tuple[int, int], float]]:
    """Weighted mean distance of every ordered pair with the same instance number.

    Args:
        roster: The models.
        predictions: (N, K) log-probabilities of every member.
        subsets: Subset name to mask (N,), or the reason why it does not exist.
        metrics: The distances.
        progress: Called after every instance number.

    Returns:
        (subset, metric name) to {(model's place, reference's place): value}.
    """
    rows = {
        name: np.flatnonzero(mask)
        for name, mask in subsets.items()
        if not isinstance(mask, str) and mask.any()
    }
    found: dict[tuple[str, str], dict[tuple[int, int], float]] = {
        (name, metric.info.name): {} for name in rows for metric in metrics
    }
    weights = {
        (name, metric.info.name): metric.weights(len(ids))
        for name, ids in rows.items()
        for metric in metrics
    }
    for places in roster.by_instance().values():
        for metric in metrics:
            ready = {place: metric.prepare(predictions[place]) for place in places}
            for model, reference in _ordered_pairs(places):
                distances = metric.per_sample(ready[model], ready[reference])
                for name, ids in rows.items():
                    key = (name, metric.info.name)
                    value = float(np.dot(weights[key], distances[ids]))
                    found[key][model, reference] = value
        progress()
    return found


def _ordered_pairs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    return ((a, b) for a in places for b in places if a != b)


def _chunk_samples(models: int, classes: int) -> int:
    return max(1, _CHUNK_BYTES // (8 * models * classes))


def _atoms(subsets: Masks) -> Iterator[tuple[NDArray[np.int64], list[str]]]:
    """Rows of samples that lie in the same subsets, with the names of those subsets."""
    masks = {name: mask for name, mask in subsets.items() if not isinstance(mask, str)}
    if not masks:
        return
    names = list(masks)
    membership = np.stack(list(masks.values()))
    kinds, atom_of = np.unique(np.packbits(membership, axis=0), axis=1, return_inverse=True)
    for atom in range(kinds.shape[1]):
        rows = np.flatnonzero(atom_of.ravel() == atom)
        inside = membership[:, rows[0]]
        if inside.any():
            yield rows, [name for name, held in zip(names, inside, strict=True) if held]
