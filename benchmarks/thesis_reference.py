"""Published values of the thesis's MNIST study, in the words of this project's catalog.

The file is JSON with `records`; each has `metric`, `statistic`, `value` and, where they apply,
`model_type`, `compared_to`, `subset`, `data_split`, `layer`, `detail` and `direction`. Standard
deviations are of 30 instances, ddof 0. Values read off figures (fewer decimals, other definitions)
stand in the file beside the printed ones and are left out here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["INSTANCES", "Key", "Published", "read_reference"]

INSTANCES = 30
"""Models per type in the thesis."""

_PAIRS = f"mean over {INSTANCES} index-matched pairs"
_SUBSETS = {
    "D_all": "all",
    "D_retain": "retain",
    "D_forget": "forget",
    "7_all": "class_7",
    "7_remain": "class_7_retain",
    "7_erased": "class_7_forget",
} | {f"class {label}": f"class_{label}" for label in range(10)}
_METRICS = {
    "accuracy": "accuracy",
    "loss": "thesis_loss",
    "kl": "thesis_kl",
    "l2": "thesis_l2",
    "layerwise": "layer_l1",
}
# The thesis's code calls the last layer fc3 (PROTOCOL D13); layers are counted here.
_LAYERS = {
    "fc1.weight": "fc1.weight",
    "fc1.bias": "fc1.bias",
    "fc3.weight": "fc2.weight",
    "fc3.bias": "fc2.bias",
}
# Values that a figure's cell computed otherwise than the metric's name says.
_FIGURE_DETAILS = ('called "variance"', "NOT the measured", "is plotted", "the plot adds")


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What a value is of: the columns of `comparisons` that name it."""

    metric: str
    part: str
    label: str
    reference: str
    subset: str
    detail: str


@dataclass(frozen=True, slots=True)
class Published:
    """One published value.

    Attributes:
        mean: Mean over the instances or the index-matched pairs.
        sd: Standard deviation with ddof 0, or None where the thesis prints none.
    """

    mean: float
    sd: float | None


def read_reference(path: Path) -> dict[Key, Published]:
    """The published values by key; of several printings of one value the first, which is fullest.

    Raises:
        ValueError: The file has a subset or layer this project has no word for.
    """
    records = json.loads(path.read_text(encoding="utf-8"))["records"]
    records.sort(key=lambda record: record["statistic"] != _PAIRS)  # full precision first
    means: dict[Key, float] = {}
    sds: dict[Key, float] = {}
    for record in records:
        key = _key(record)
        if key is None:
            continue
        if record["statistic"] in ("mean", _PAIRS):
            means.setdefault(key, float(record["value"]))
        elif record["statistic"] == "std":
            sds.setdefault(key, float(record["value"]))
    return {key: Published(mean, sds.get(key)) for key, mean in means.items()}


def _key(record: Mapping[str, Any]) -> Key | None:
    """The key of a record, or None for what is no measured value of a population."""
    metric = _METRICS.get(record["metric"])
    detail = record.get("detail", "")
    if metric is None or any(word in detail for word in _FIGURE_DETAILS):
        return None
    if record["statistic"] not in ("mean", "std", _PAIRS):
        return None
    if record.get("model_type") == record.get("compared_to"):
        return None  # a model against itself
    return Key(
        metric=metric,
        part=record.get("data_split", ""),
        label=record["model_type"],
        reference=record.get("compared_to", ""),
        subset=_word(_SUBSETS, "subset", record.get("subset")),
        detail=_word(_LAYERS, "layer", record.get("layer")),
    )


def _word(words: Mapping[str, str], kind: str, name: str | None) -> str:
    if name is None:
        return ""
    try:
        return words[name]
    except KeyError:
        raise ValueError(f"unknown {kind} '{name}'; known: {', '.join(words)}") from None
