"""How far a replicated value lies from the published one.

A difference is judged in standard errors, z = (ours - thesis) / sqrt(sd²/n + sd'²/30), with sample
standard deviations (ddof 1) on both sides. Where the thesis prints no standard deviation, ours
stands for both. A difference within the rounding of the printed value counts as none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.thesis_reference import INSTANCES, Key, Published
from unlearn_core.metrics.statistics import sample_sd, z_score

__all__ = ["Z_LIMIT", "Judged", "Ours", "judge"]

Z_LIMIT = 3.0
"""Largest |z| that counts as agreement."""

_ROUNDING = {"accuracy": 5e-5, "thesis_loss": 5e-5}
"""Half a unit of the last printed decimal; the other values are printed in full."""


@dataclass(frozen=True, slots=True)
class Ours:
    """One replicated value.

    Attributes:
        mean: Mean over instances or index-matched pairs, None where it has no value.
        sd: Standard deviation over them, ddof 1; None below two.
        n: How many.
        reason: Why there is no value, or ''.
    """

    mean: float | None
    sd: float | None
    n: int
    reason: str = ""

    @property
    def published_sd(self) -> float | None:
        """Standard deviation as the thesis prints it, ddof 0."""
        return None if self.sd is None else self.sd * math.sqrt((self.n - 1) / self.n)


@dataclass(frozen=True, slots=True)
class Judged:
    """A published value beside ours.

    Attributes:
        key: What it is of.
        thesis: The published value.
        ours: Ours, or None where the run has no such row.
        z: Difference in standard errors, None where there is no value or no spread to judge by.
        borrowed: The thesis prints no sd, so ours stood for both.
        inside: Whether ours lies within 2 sd of the published mean (of the thesis's instances, or
            of ours where it prints none); None as for z.
    """

    key: Key
    thesis: Published
    ours: Ours | None
    z: float | None
    borrowed: bool
    inside: bool | None

    @property
    def agrees(self) -> bool | None:
        """Whether |z| is within the limit; None where it cannot be judged."""
        return None if self.z is None else abs(self.z) <= Z_LIMIT


def judge(published: Mapping[Key, Published], ours: Mapping[Key, Ours]) -> list[Judged]:
    """Every published value with ours beside it, sorted by key."""
    return [_judged(key, published[key], ours.get(key)) for key in sorted(published)]


def _judged(key: Key, thesis: Published, ours: Ours | None) -> Judged:
    borrowed = thesis.sd is None
    if ours is None or ours.mean is None or ours.sd is None:
        return Judged(key, thesis, ours, None, borrowed, None)
    rounding = _ROUNDING.get(key.metric, 0.0)
    difference = ours.mean - thesis.mean
    thesis_sd = ours.sd if thesis.sd is None else sample_sd(thesis.sd, INSTANCES)
    if abs(difference) <= rounding:
        return Judged(key, thesis, ours, 0.0, borrowed, True)
    z = z_score(ours.mean, ours.sd, ours.n, thesis.mean, thesis_sd, INSTANCES)
    spread = ours.sd if thesis.sd is None else thesis.sd
    return Judged(key, thesis, ours, z, borrowed, abs(difference) <= 2.0 * spread + rounding)
