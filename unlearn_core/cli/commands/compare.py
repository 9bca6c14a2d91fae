"""`unlearn compare`: the labels of an experiment side by side, with intervals and noise floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unlearn_core.cli.commands.experiments import ExperimentName
from unlearn_core.cli.options import Settings, with_settings
from unlearn_core.cli.output import Column, print_rows
from unlearn_core.cli.waiting import say_waiting
from unlearn_core.errors import QueryError, UnknownNameError

if TYPE_CHECKING:
    from unlearn_core.catalog.store import Catalog
    from unlearn_core.cli.output import TableFormat

__all__ = ["add_commands"]

_FORMATS: tuple[TableFormat, ...] = ("table", "csv", "json", "md")

_USUAL = ("accuracy", "loss", "kl_from_reference")
"""What is shown of a part or subset when no metric is named."""

_COLUMNS = (
    Column("metric"),
    Column("part"),
    Column("subset"),
    Column("detail"),
    Column("label"),
    Column("reference"),
    Column("value", right=True),
    Column("low", right=True),
    Column("high", right=True),
    Column("n", right=True),
    Column("floor", right=True),
    Column("floor_low", right=True),
    Column("floor_high", right=True),
    Column("reason", wrap=True),
)


def add_commands(app: typer.Typer) -> None:
    """Add the command that stands alone."""
    app.command("compare")(with_settings(compare))


def compare(
    settings: Settings,
    experiment: ExperimentName,
    metrics: Annotated[
        list[str] | None,
        typer.Option("--metric", help="A metric, instead of the leaderboard; repeatable."),
    ] = None,
    part: Annotated[str | None, typer.Option(help="train, validation or test.")] = None,
    subset: Annotated[str | None, typer.Option(help="all, retain, forget, class_7, ...")] = None,
    reference: Annotated[
        str, typer.Option(help="Population that distances are measured from, or `all`.")
    ] = "retrained",
    form: Annotated[
        str | None, typer.Option("--format", help="table, csv, json or md.", metavar="FORMAT")
    ] = None,
) -> None:
    """Print the leaderboard of an experiment, or metrics with intervals and the noise floor."""
    from unlearn_core.catalog.queries import find_experiment, leaderboard
    from unlearn_core.catalog.store import Catalog
    from unlearn_core.cli.leaderboard import print_leaderboard_rows
    from unlearn_core.metrics.registry import metric_info

    asked = form or ("json" if settings.json else "table")
    chosen = next((known for known in _FORMATS if known == asked), None)
    if chosen is None:
        raise UnknownNameError("format", asked, _FORMATS)
    catalog = Catalog(settings.catalog_path)
    if not metrics and (part is not None or subset is not None):
        metrics = list(_USUAL)
    for name in metrics or ():
        metric_info(name)
    found = find_experiment(catalog, experiment).experiment_id
    say_waiting(catalog.path, quiet=settings.quiet)
    if metrics:
        rows = _values(catalog, found, metrics, part, subset, reference)
        print_rows(rows, _COLUMNS, chosen)
    else:
        print_leaderboard_rows(leaderboard(catalog, found), chosen)


def _values(
    catalog: Catalog,
    experiment_id: str,
    metrics: Sequence[str],
    part: str | None,
    subset: str | None,
    reference: str,
) -> list[dict[str, object]]:
    """Values of populations, each beside its noise floor.

    Raises:
        UnknownNameError: The experiment has no such metric, part, subset or reference.
        QueryError: It has them, but not together.
    """
    from unlearn_core.catalog.queries import comparisons, noise_floor

    rows = comparisons(
        catalog,
        experiment_id,
        metric=metrics,
        part=[part] if part is not None else (),
        subset=[subset] if subset is not None else (),
        reference=() if reference == "all" else ("", reference),
    )
    if not rows:
        raise QueryError(
            f"the experiment has {', '.join(metrics)}, but not for this part, subset and reference"
        )
    floors = {
        (floor.metric, floor.part, floor.subset, floor.detail): floor
        for floor in noise_floor(catalog, experiment_id)
    }
    told = []
    for row in rows:
        floor = (
            floors.get((row.metric, row.part, row.subset, row.detail)) if row.reference else None
        )
        beside = (floor.noise_floor, floor.low, floor.high) if floor else (None, None, None)
        names = ("floor", "floor_low", "floor_high")
        told.append({**asdict(row), **dict(zip(names, beside, strict=True))})
    return sorted(told, key=_place)


def _place(row: Mapping[str, Any]) -> tuple[object, ...]:
    """Like beside like, then by value; what has none stands last."""
    places = (row["metric"], row["part"], row["subset"], row["detail"], row["reference"])
    return (*places, row["value"] is None, row["value"] or 0.0, row["label"])
