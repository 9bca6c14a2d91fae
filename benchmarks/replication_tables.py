"""The tables of docs/replication.md, from judged values and the run's own comparisons."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.judgement import Z_LIMIT, Judged, Ours
from benchmarks.tables import markdown_table
from benchmarks.thesis_reference import Key

__all__ = ["Cost", "Floor", "all_tables"]

Z_LABELS = ("untrained", "trained", "retrained", "gradient_ascent")
"""Populations without a tuned, collapsing or unstable procedure: judged by z."""

INSIDE_LABELS = ("femu_gen", "gefeu")
"""Populations whose results spread widely: judged by the thesis's mean plus or minus 2 sd."""

_HELD = ("trained", "retrained", "gradient_ascent")
_SUBSETS = ("all", "retain", *(f"class_{label}" for label in range(10)))
_ORDER = {name: place for place, name in enumerate((*Z_LABELS, *INSIDE_LABELS))}


@dataclass(frozen=True, slots=True)
class Floor:
    """Distance of a population to the retrained models on the forget train samples, in nats."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What one model of a population took, on average."""

    label: str
    steps: float
    samples_with_gradient: float
    seconds: float


def all_tables(
    judged: Sequence[Judged], floors: Sequence[Floor], costs: Sequence[Cost]
) -> Mapping[str, str]:
    """Every table by the name of its place in the document."""
    return {
        "summary": _summary(judged),
        "exceptions": _exceptions(judged),
        "floor": _floor(floors),
        "accuracy-test": _values(_of(judged, "accuracy", "test", Z_LABELS)),
        "accuracy-train": _values(_of(judged, "accuracy", "train", Z_LABELS)),
        "accuracy-noise": _inside(_of(judged, "accuracy", None, INSIDE_LABELS)),
        "loss-test": _values(_of(judged, "thesis_loss", "test", Z_LABELS)),
        "loss-train": _values(_of(judged, "thesis_loss", "train", Z_LABELS)),
        "loss-noise": _inside(_of(judged, "thesis_loss", None, INSIDE_LABELS)),
        "kl": _pairs(_of(judged, "thesis_kl", None, None)),
        "l2": _pairs(_of(judged, "thesis_l2", None, None)),
        "layers": _pairs(_of(judged, "layer_l1", None, None)),
        "costs": _costs(costs),
    }


def _of(
    judged: Iterable[Judged], metric: str, part: str | None, labels: tuple[str, ...] | None
) -> list[Judged]:
    chosen = [
        one
        for one in judged
        if one.key.metric == metric
        and part in (None, one.key.part)
        and (labels is None or one.key.label in labels)
    ]
    return sorted(chosen, key=lambda one: _place(one.key))


def _place(key: Key) -> tuple[object, ...]:
    place = _SUBSETS.index(key.subset) if key.subset in _SUBSETS else len(_SUBSETS)
    return (
        key.part != "test",
        _ORDER.get(key.label, len(_ORDER)),
        _ORDER.get(key.reference, -1),
        place,
        key.subset,
        key.detail,
    )


def _summary(judged: Sequence[Judged]) -> str:
    pair = ("trained", "retrained")
    everything = [
        one for one in judged if one.key.label in pair and one.key.reference in ("", *pair)
    ]
    plain = [one for one in judged if _is_plain_pair(one.key)]
    groups = {
        "all values of trained and retrained models": everything,
        "accuracy, test part: trained, retrained": _of(judged, "accuracy", "test", pair),
        "accuracy, test part: gradient ascent": _of(judged, "accuracy", "test", _HELD[2:]),
        "accuracy, train part: trained, retrained": _of(judged, "accuracy", "train", pair),
        "accuracy, train part: gradient ascent": _of(judged, "accuracy", "train", _HELD[2:]),
        "loss as recorded, test part: these three": _of(judged, "thesis_loss", "test", _HELD),
        "loss as recorded, train part: these three": _of(judged, "thesis_loss", "train", _HELD),
        "KL as recorded, without FEMU+Gen and GeFeU": _of(plain, "thesis_kl", None, None),
        "L2 as recorded, without FEMU+Gen and GeFeU": _of(plain, "thesis_l2", None, None),
        "L1 per tensor, without FEMU+Gen and GeFeU": _of(plain, "layer_l1", None, None),
    }
    rows = [_agreement_row(words, chosen) for words, chosen in groups.items()]
    rows += [
        _inside_row(f"{words}: {label}", _of(judged, metric, None, (label,)))
        for metric, words in (("accuracy", "accuracy"), ("thesis_loss", "loss as recorded"))
        for label in INSIDE_LABELS
    ]
    return markdown_table(["values", "how many", "agree", "largest |z|", "rule"], rows, "lrrrl")


def _is_plain_pair(key: Key) -> bool:
    return key.label not in INSIDE_LABELS and key.reference not in INSIDE_LABELS


def _agreement_row(words: str, chosen: Sequence[Judged]) -> list[str]:
    known = [abs(one.z) for one in chosen if one.z is not None]
    rule = f"|z| <= {Z_LIMIT:g}"
    if not known:
        return [words, str(len(chosen)), "-", "-", rule]
    agreeing = sum(z <= Z_LIMIT for z in known)
    return [
        words,
        str(len(chosen)),
        _share(agreeing, len(chosen)),
        _z(max(known)).lstrip("+"),
        rule,
    ]


def _inside_row(words: str, chosen: Sequence[Judged]) -> list[str]:
    inside = sum(one.inside is True for one in chosen)
    return [
        words,
        str(len(chosen)),
        _share(inside, len(chosen)) if chosen else "-",
        "",
        "thesis mean ± 2 sd",
    ]


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.0f} %)"


def _exceptions(judged: Sequence[Judged]) -> str:
    """Every value of trained, retrained and gradient ascent models outside the limit."""
    rows = [
        [one.key.metric, one.key.part, *_names(one.key), *_numbers(one)]
        for metric in ("accuracy", "thesis_loss", "thesis_kl", "thesis_l2", "layer_l1")
        for one in _of(judged, metric, None, _HELD)
        if one.agrees is not True and _is_plain_pair(one.key)
    ]
    if not rows:
        return f"None: every |z| is at most {Z_LIMIT:g}."
    header = ["metric", "part", "model", "base", "subset or tensor", "thesis", "ours", "z"]
    return markdown_table(header, rows, "lllllrrr")


def _names(key: Key) -> list[str]:
    return [key.label, key.reference, key.detail or key.subset]


def _numbers(one: Judged) -> list[str]:
    return [_mean_sd(one.thesis.mean, one.thesis.sd), _ours(one.ours), _z(one.z)]


def _values(chosen: Sequence[Judged]) -> str:
    rows = [[one.key.label, one.key.subset, *_numbers(one)] for one in chosen]
    return markdown_table(["model", "subset", "thesis", "ours", "z"], rows, "llrrr")


def _inside(chosen: Sequence[Judged]) -> str:
    rows = [
        [one.key.label, one.key.part, one.key.subset, *_numbers(one), _yes(one.inside)]
        for one in chosen
    ]
    header = ["model", "part", "subset", "thesis", "ours", "z", "inside 2 sd"]
    return markdown_table(header, rows, "lllrrrl")


def _pairs(chosen: Sequence[Judged]) -> str:
    """Values without a published sd: judged by ours alone."""
    rows = [[one.key.part, *_names(one.key), *_numbers(one), _yes(one.inside)] for one in chosen]
    header = ["part", "model", "base", "subset or tensor", "thesis", "ours", "z", "inside 2 sd"]
    filled = [place for place in range(len(header)) if not rows or any(row[place] for row in rows)]
    return markdown_table(
        [header[place] for place in filled],
        [[row[place] for place in filled] for row in rows],
        "".join("llllrrrl"[place] for place in filled),
    )


def _floor(floors: Sequence[Floor]) -> str:
    rows = [[floor.label, _number(floor.value), _interval(floor), str(floor.n)] for floor in floors]
    header = ["population", "KL from retrained", "95 % interval", "n"]
    return markdown_table(header, rows, "lrrr")


def _interval(floor: Floor) -> str:
    if floor.low is None or floor.high is None:
        return "-"
    return f"{_number(floor.low)} to {_number(floor.high)}"


def _costs(costs: Sequence[Cost]) -> str:
    rows = [
        [
            cost.label,
            f"{cost.steps:,.0f}",
            f"{cost.samples_with_gradient:,.0f}",
            f"{cost.seconds:.1f}",
        ]
        for cost in costs
    ]
    header = ["population", "steps", "samples with gradient", "seconds"]
    return markdown_table(header, rows, "lrrr")


def _ours(ours: Ours | None) -> str:
    if ours is None:
        return "-"
    if ours.mean is None:
        return f"- ({ours.reason})" if ours.reason else "-"
    return _mean_sd(ours.mean, ours.published_sd)


def _mean_sd(mean: float, sd: float | None) -> str:
    return _number(mean) if sd is None else f"{_number(mean)} ± {_number(sd)}"


def _number(value: float | None) -> str:
    """Four decimals for small numbers, fewer for large ones."""
    if value is None:
        return "-"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 100 else f"{value:.4f}"


def _z(z: float | None) -> str:
    if z is None:
        return "-"
    return f"{z:+.1f}" if math.isfinite(z) else ("+∞" if z > 0 else "-∞")


def _yes(answer: bool | None) -> str:
    return {True: "yes", False: "no", None: "-"}[answer]
