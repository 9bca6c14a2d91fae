"""Means and intervals of populations: over instances, never over pairs.

Methods and their sources:

- t interval: Student 1908; `mean ± t(n-1) · sd / sqrt(n)`.
- delete-one jackknife of a U-statistic: Arvesen 1969, "Jackknifing U-statistics"; its variance is
  on average too large rather than too small (Efron and Stein 1981).
- Wilson score interval of a share: Wilson 1927.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

__all__ = [
    "JACKKNIFE",
    "SCORE",
    "STUDENT",
    "Estimate",
    "jackknife_interval",
    "mean_distance_to_others",
    "no_estimate",
    "sample_sd",
    "share_interval",
    "t_interval",
    "z_score",
]

STUDENT = "t over instances"
JACKKNIFE = "jackknife over models"
SCORE = "Wilson score over models"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A population's value with its interval.

    Attributes:
        value: The value, or None.
        low: Lower end of the interval, or None.
        high: Upper end of the interval, or None.
        sd: Standard deviation over instances, ddof 1, or None.
        n: Number of instances.
        method: How the interval was made, in words.
        reason: Why something is None, or ''.
    """

    value: float | None
    low: float | None
    high: float | None
    sd: float | None
    n: int
    method: str
    reason: str


def no_estimate(n: int, method: str, reason: str) -> Estimate:
    """No value, and why."""
    return Estimate(None, None, None, None, n, method, reason)


def t_interval(values: Sequence[float] | NDArray[np.float64], confidence: float) -> Estimate:
    """Mean of one value per instance, with Student's t interval.

    Args:
        values: One value per instance; the instances are independent of each other.
        confidence: Level, 0 to 1.

    Returns:
        No value when there is no instance or one of the values is not finite: leaving instances
        out would compare a selection. No interval for a single instance.
    """
    array = np.asarray(values, dtype=np.float64)
    n = len(array)
    if reason := _not_finite(array):
        return no_estimate(n, STUDENT, reason)
    mean = float(array.mean())
    if n == 1:
        return Estimate(
            mean, None, None, None, 1, STUDENT, "no interval: there is only one instance"
        )
    sd = float(array.std(ddof=1))
    half = _t_quantile(confidence, n - 1) * sd / math.sqrt(n)
    return Estimate(mean, mean - half, mean + half, sd, n, STUDENT, "")


def share_interval(flags: Sequence[float] | NDArray[np.float64], confidence: float) -> Estimate:
    """Share of models with a property, with Wilson's score interval.

    A t interval of zeros and ones has no width when all agree; this one keeps its width.

    Args:
        flags: 0 or 1 per model.
        confidence: Level, 0 to 1.
    """
    array = np.asarray(flags, dtype=np.float64)
    n = len(array)
    if reason := _not_finite(array):
        return no_estimate(n, SCORE, reason)
    share = float(array.mean())
    if n == 1:
        return Estimate(
            share, None, None, None, 1, SCORE, "no interval: there is only one instance"
        )
    interval = stats.binomtest(int(array.sum()), n).proportion_ci(confidence, method="wilson")
    sd = float(array.std(ddof=1))
    return Estimate(share, float(interval.low), float(interval.high), sd, n, SCORE, "")


def mean_distance_to_others(
    distances: NDArray[np.float64], instances: Sequence[int], references: Sequence[int]
) -> NDArray[np.float64]:
    """Population distance of every model: mean over the references of another instance number.

    The same number is left out in every experiment, twins or not, so that one definition serves
    all and a population can be compared with itself.

    Args:
        distances: (n, m) row model, column reference.
        instances: Instance number of every row.
        references: Instance number of every column.

    Returns:
        (n,) means; NaN where no reference has another number.
    """
    others = np.asarray(instances)[:, None] != np.asarray(references)[None, :]
    counts = others.sum(axis=1)
    sums = np.where(others, distances, 0.0).sum(axis=1)
    means: NDArray[np.float64] = np.full(len(sums), np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means


def jackknife_interval(distances: NDArray[np.float64], confidence: float) -> Estimate:
    """Mean distance of a population's models among themselves (the noise floor), with interval.

    The value U is the mean of the n (n - 1) off-diagonal entries, a U-statistic of order 2: every
    model stands in 2 (n - 1) of them, so neither pairs nor per-model means are independent. With S
    their sum and s_i the entries of model i's row and column, leaving out model i gives

        U_(-i) = (S - s_i) / ((n - 1) (n - 2)),
        var = (n - 1) / n · Σ_i (U_(-i) - mean U_(-i))²,

    and the interval is U ± t(n-1) · sqrt(var). For such a U the mean of the U_(-i) is U itself, so
    the jackknife corrects no bias.

    Args:
        distances: (n, n) row model, column reference; the diagonal is not read.
        confidence: Level, 0 to 1.

    Returns:
        No value for one model, no interval below three; `sd` is that of the per-model means.
    """
    n = len(distances)
    if n < 2:
        return no_estimate(n, JACKKNIFE, "a population of one model has no distance to itself")
    off = np.where(np.eye(n, dtype=np.bool_), 0.0, distances)
    if reason := _not_finite(off.sum(axis=1)):
        return no_estimate(n, JACKKNIFE, reason)
    total = off.sum()
    value = float(total / (n * (n - 1)))
    sd = float((off.sum(axis=1) / (n - 1)).std(ddof=1))
    if n < 3:
        reason = "no interval: the jackknife leaves one model out and needs at least three"
        return Estimate(value, None, None, sd, n, JACKKNIFE, reason)
    without = (total - off.sum(axis=0) - off.sum(axis=1)) / ((n - 1) * (n - 2))
    variance = (n - 1) / n * np.sum((without - without.mean()) ** 2)
    half = _t_quantile(confidence, n - 1) * math.sqrt(variance)
    return Estimate(value, value - half, value + half, sd, n, JACKKNIFE, "")


def sample_sd(population_sd: float, n: int) -> float:
    """Standard deviation with ddof 1 from one with ddof 0, as the thesis prints it.

    Args:
        population_sd: Square root of the mean squared deviation.
        n: Number of values, at least 2.
    """
    return population_sd * math.sqrt(n / (n - 1))


def z_score(
    mean: float, sd: float, n: int, other_mean: float, other_sd: float, other_n: int
) -> float:
    """Difference of two means in standard errors: z = (m1 - m2) / sqrt(sd1²/n1 + sd2²/n2).

    Welch 1938. For replications: |z| <= 3 says that two runs agree.

    Args:
        mean: Mean of one run.
        sd: Its standard deviation over instances.
        n: Its number of instances.
        other_mean: Mean of the other run.
        other_sd: Its standard deviation.
        other_n: Its number of instances.

    Returns:
        Standard errors; without any spread 0 for equal means and ±inf for others.
    """
    difference = mean - other_mean
    error = math.sqrt(sd**2 / n + other_sd**2 / other_n)
    if error == 0.0:
        return 0.0 if difference == 0.0 else math.copysign(math.inf, difference)
    return difference / error


def _t_quantile(confidence: float, degrees: int) -> float:
    return float(stats.t.ppf((1.0 + confidence) / 2.0, degrees))


def _not_finite(values: NDArray[np.float64]) -> str:
    """Why these values have no mean, or ''."""
    if len(values) == 0:
        return "there are no instances"
    for found, word in ((np.isnan(values), "not a number"), (np.isinf(values), "infinite")):
        if found.any():
            return f"{word} for {int(found.sum())} of {len(values)} instances"
    return ""
