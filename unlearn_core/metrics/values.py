"""A value that can be stored, or the reason why there is none."""

from __future__ import annotations

import math
from typing import NamedTuple

__all__ = ["Value", "missing", "stored"]


class Value(NamedTuple):
    """A finite number with an empty reason, or None with its reason."""

    value: float | None
    reason: str


def missing(reason: str) -> Value:
    """No value, and why."""
    return Value(None, reason)


def stored(number: float) -> Value:
    """A number as it goes into the catalog.

    Infinite values are stored as NULL with a reason that starts with `infinite`: DuckDB could
    keep them, JSON and most readers cannot, and one of them would make every mean infinite.
    """
    if math.isnan(number):
        return Value(None, "not a number: the quotient or product is undefined")
    if math.isinf(number):
        return Value(None, "infinite: the other side gives no probability or weight to divide by")
    return Value(float(number), "")
