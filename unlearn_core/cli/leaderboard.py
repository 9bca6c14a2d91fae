"""The leaderboard for people: references on top, algorithms by their distance to retrained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from unlearn_core.cli.narration import say
from unlearn_core.cli.output import Column, Row, TableFormat, print_rows
from unlearn_core.errors import CatalogBusyError

__all__ = ["leaderboard_rows", "print_leaderboard", "read_leaderboard"]

_REFERENCES = ("trained", "retrained", "untrained")

_FOR_PEOPLE = (
    Column("label"),
    Column("forget_accuracy", "forget acc", right=True),
    Column("retain_accuracy", "retain acc", right=True),
    Column("test_accuracy", "test acc", right=True),
    Column("kl_from_retrained", "KL from retrained", right=True, decimals=4),
    Column("interval", "interval", right=True),
    Column("n", right=True),
    Column("seconds", right=True, decimals=2),
    Column("steps", right=True),
    Column("remark", wrap=True),
)

_FOR_MACHINES = tuple(
    Column(name)
    for name in (
        "experiment_id",
        "experiment",
        "label",
        "role",
        "forget_accuracy",
        "retain_accuracy",
        "test_accuracy",
        "kl_from_retrained",
        "kl_from_retrained_low",
        "kl_from_retrained_high",
        "n",
        "noise_floor",
        "noise_floor_low",
        "noise_floor_high",
        "collapsed",
        "seconds",
        "steps",
        "samples_with_gradient",
    )
)

_HOW_TO_READ = """\
How to read it. Each line is a mean over models. `retrained` never saw the forget set: it is what
unlearning should come to, so its accuracies are the goal, not 0 on the forget set. KL says in nats
how far the answers on the forget set are from those of retrained models; `noise floor` is that
distance among the retrained models themselves, and nothing can honestly lie below it."""


def read_leaderboard(catalog: Path, experiment_id: str) -> list[dict[str, object]]:
    """The view `leaderboard` of one experiment.

    Raises:
        CatalogBusyError, CatalogPathError: The catalog cannot be read.
    """
    from unlearn_core.catalog.store import Catalog

    table = Catalog(catalog).query(
        "SELECT * FROM leaderboard WHERE experiment_id = ?", [experiment_id]
    )
    rows: list[dict[str, object]] = table.to_pylist()
    return rows


def print_leaderboard(catalog: Path, experiment_id: str, *, explained: bool = False) -> None:
    """Print the leaderboard of an experiment that has just been run.

    That somebody else holds the catalog does not make the run a failure; it is only said.
    """
    try:
        rows = read_leaderboard(catalog, experiment_id)
    except CatalogBusyError as error:
        say(f"{error.message}\nsee the leaderboard later: unlearn compare {experiment_id[:12]}")
        return
    print_leaderboard_rows(rows)
    if explained:
        say(_HOW_TO_READ)


def print_leaderboard_rows(rows: Sequence[Row], form: TableFormat = "table") -> None:
    """Print rows of the view, as they are for machines, told in words for people."""
    if form in ("csv", "json"):
        print_rows(rows, _FOR_MACHINES, form)
    else:
        print_rows(leaderboard_rows(rows), _FOR_PEOPLE, form)


def leaderboard_rows(rows: Sequence[Row]) -> list[dict[str, object]]:
    """Rows for people: trained, retrained, the noise floor, then the algorithms, the nearest first.

    Untrained models stand last, for scale.
    """
    by_role: dict[str, list[Row]] = {}
    for row in rows:
        by_role.setdefault(str(row["role"]), []).append(row)
    trained = next(iter(by_role.get("trained", [])), None)
    retrained = by_role.get("retrained", [])
    floor = [_floor(retrained[0])] if retrained else []
    unlearned = sorted(by_role.get("unlearned", []), key=_distance)
    references = [*by_role.get("trained", []), *retrained]
    return [
        *(_told(row, None) for row in references),
        *floor,
        *(_told(row, trained) for row in unlearned),
        *(_told(row, None) for row in by_role.get("untrained", [])),
    ]


def _told(row: Row, trained: Row | None) -> dict[str, object]:
    is_retrained = row["role"] == "retrained"
    return {
        "label": row["label"],
        **{
            f"{what}_accuracy": _percent(row[f"{what}_accuracy"])
            for what in ("forget", "retain", "test")
        },
        "kl_from_retrained": None if is_retrained else row["kl_from_retrained"],
        "interval": None
        if is_retrained
        else _interval(row["kl_from_retrained_low"], row["kl_from_retrained_high"]),
        "n": row["n"],
        "seconds": row["seconds"],
        "steps": _whole(row["steps"]),
        "remark": "; ".join(_remarks(row, trained)),
    }


def _floor(retrained: Row) -> dict[str, object]:
    return {
        "label": "noise floor",
        "kl_from_retrained": retrained["noise_floor"],
        "interval": _interval(retrained["noise_floor_low"], retrained["noise_floor_high"]),
        "n": retrained["n"],
        "remark": "",
    }


def _remarks(row: Row, trained: Row | None) -> list[str]:
    """What must not be overlooked: collapse, equal to the floor, no better than before."""
    remarks = []
    collapsed, models = _number(row, "collapsed"), _number(row, "n")
    if collapsed:
        of = "" if collapsed >= 1 or not models else f" {collapsed * models:.0f} of {models:.0f}"
        remarks.append(f"COLLAPSED{of}")
    if trained is None:
        return remarks
    low, high = _number(row, "kl_from_retrained_low"), _number(row, "kl_from_retrained_high")
    floor_high, before_high = (
        _number(row, "noise_floor_high"),
        _number(trained, "kl_from_retrained_high"),
    )
    before_low = _number(trained, "kl_from_retrained_low")
    if low is not None and floor_high is not None and low <= floor_high:
        remarks.append("at the noise floor")
    elif low is not None and before_high is not None and low > before_high:
        remarks.append("farther than before unlearning")
    elif high is not None and before_low is not None and high >= before_low:
        remarks.append("not clearly nearer than before unlearning")
    return remarks


def _number(row: Mapping[str, object], key: str) -> float | None:
    value = row.get(key)
    return float(value) if isinstance(value, int | float) else None


def _distance(row: Row) -> float:
    value = _number(row, "kl_from_retrained")
    return float("inf") if value is None else value


def _percent(value: object) -> str | None:
    return f"{value:.1%}" if isinstance(value, int | float) else None


def _whole(value: object) -> object:
    return round(value) if isinstance(value, float) else value


def _interval(low: object, high: object) -> str | None:
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return None
    return f"{low:.4f} to {high:.4f}"
