"""The leaderboard for people: references on top, algorithms by their distance to retrained."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

from unlearn_core.cli.narration import say
from unlearn_core.cli.output import Column, TableFormat, print_rows
from unlearn_core.errors import CatalogBusyError, UnknownNameError

if TYPE_CHECKING:
    from unlearn_core.catalog.rows import LeaderboardRow

__all__ = ["print_leaderboard", "print_leaderboard_rows", "told_leaderboard"]

_FOR_PEOPLE = (
    Column("label", wrap=True),
    Column("forget_accuracy", "forget\nacc", right=True),
    Column("retain_accuracy", "retain\nacc", right=True),
    Column("test_accuracy", "test\nacc", right=True),
    Column("kl", "KL from retrained\n[interval]", right=True),
    Column("n", right=True),
    Column("seconds", right=True, decimals=2),
    Column("steps", right=True),
)
_REMARK = Column("remark")

_HOW_TO_READ = """\
How to read it. Each line is a mean over models. `retrained` never saw the forget set: it is what
unlearning should come to, so its accuracies are the goal, not 0 on the forget set. KL says in nats
how far the answers on the forget set are from those of retrained models; `noise floor` is that
distance among the retrained models themselves, and nothing can honestly lie below it."""


def print_leaderboard(catalog: Path, experiment_id: str, *, explained: bool = False) -> None:
    """Print the leaderboard of an experiment that has just been run.

    That somebody else holds the catalog does not make the run a failure; it is only said.
    """
    from unlearn_core.catalog.queries import leaderboard
    from unlearn_core.catalog.store import Catalog

    try:
        rows = leaderboard(Catalog(catalog), experiment_id)
    except (CatalogBusyError, UnknownNameError):
        say(
            "the records are not in the catalog yet, because another process holds it; later: "
            f"unlearn catalog drain, unlearn compare {experiment_id[:12]}"
        )
        return
    print_leaderboard_rows(rows)
    if explained:
        say(_HOW_TO_READ)


def print_leaderboard_rows(rows: Sequence[LeaderboardRow], form: TableFormat = "table") -> None:
    """Print rows of the view, as they are for machines, told in words for people."""
    from unlearn_core.catalog.rows import LeaderboardRow

    if form in ("csv", "json"):
        columns = [Column(field.name) for field in fields(LeaderboardRow)]
        print_rows([asdict(row) for row in rows], columns, form)
        return
    told = told_leaderboard(rows)
    if form == "md":
        print_rows(told, [*_FOR_PEOPLE, _REMARK], form)
        return
    # Below the table, because a line of it has no room for words on a narrow terminal.
    remarks = [f"* {line['label']}: {line['remark']}\n" for line in told if line["remark"]]
    marked = [
        {**line, "label": f"{line['label']}*" if line["remark"] else line["label"]} for line in told
    ]
    print_rows(marked, _FOR_PEOPLE, form)
    sys.stdout.writelines(remarks)


def told_leaderboard(rows: Sequence[LeaderboardRow]) -> list[dict[str, object]]:
    """Rows for people: trained, retrained, the noise floor, then the algorithms, the nearest first.

    Untrained models stand last, for scale.
    """

    def of(role: str) -> list[LeaderboardRow]:
        return [row for row in rows if row.role == role]

    trained = next(iter(of("trained")), None)
    unlearned = sorted(of("unlearned"), key=_distance)
    return [
        *(_told(row, None) for row in (*of("trained"), *of("retrained"))),
        *(_floor(row) for row in of("retrained")),
        *(_told(row, trained) for row in unlearned),
        *(_told(row, None) for row in of("untrained")),
    ]


def _told(row: LeaderboardRow, trained: LeaderboardRow | None) -> dict[str, object]:
    told: dict[str, object] = {
        "label": row.label,
        "forget_accuracy": _percent(row.forget_accuracy),
        "retain_accuracy": _percent(row.retain_accuracy),
        "test_accuracy": _percent(row.test_accuracy),
        "n": row.n,
        "seconds": row.seconds,
        "steps": None if row.steps is None else round(row.steps),
        "remark": "; ".join(_remarks(row, trained)),
    }
    if row.role != "retrained":  # theirs is the noise floor, which has a line of its own
        told["kl"] = _with_interval(
            row.kl_from_retrained, row.kl_from_retrained_low, row.kl_from_retrained_high
        )
    return told


def _floor(retrained: LeaderboardRow) -> dict[str, object]:
    return {
        "label": "noise floor",
        "kl": _with_interval(
            retrained.noise_floor, retrained.noise_floor_low, retrained.noise_floor_high
        ),
        "n": retrained.n,
        "remark": "",
    }


def _remarks(row: LeaderboardRow, trained: LeaderboardRow | None) -> list[str]:
    """What must not be overlooked: collapse, equal to the floor, no better than before."""
    remarks = []
    if row.collapsed and row.role != "untrained":
        some = f" {row.collapsed * row.n:.0f} of {row.n}" if row.collapsed < 1 else ""
        remarks.append(f"COLLAPSED{some}")
    low, high = row.kl_from_retrained_low, row.kl_from_retrained_high
    if trained is None or low is None or high is None:
        return remarks
    before_low, before_high = trained.kl_from_retrained_low, trained.kl_from_retrained_high
    if row.noise_floor_high is not None and low <= row.noise_floor_high:
        remarks.append("at the noise floor")
    elif before_high is not None and low > before_high:
        remarks.append("farther than before unlearning")
    elif before_low is not None and high >= before_low:
        remarks.append("not clearly nearer than before unlearning")
    return remarks


def _distance(row: LeaderboardRow) -> float:
    return math.inf if row.kl_from_retrained is None else row.kl_from_retrained


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.1%}"


def _with_interval(value: float | None, low: float | None, high: float | None) -> str | None:
    if value is None:
        return None
    interval = "" if low is None or high is None else f" [{_nats(low)}, {_nats(high)}]"
    return f"{_nats(value)}{interval}"


def _nats(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
