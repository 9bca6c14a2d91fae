"""`unlearn compare`: the labels of an experiment side by side, with intervals and noise floor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from unlearn_core.cli.commands.experiments import ExperimentName
from unlearn_core.cli.narration import say
from unlearn_core.cli.options import Settings, with_settings
from unlearn_core.cli.output import Column, print_rows
from unlearn_core.cli.waiting import say_waiting
from unlearn_core.errors import UnknownNameError

if TYPE_CHECKING:
    from unlearn_core.cli.output import TableFormat

__all__ = ["add_commands"]

_FORMATS: tuple[TableFormat, ...] = ("table", "csv", "json", "md")

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
    from unlearn_core.cli.leaderboard import print_leaderboard_rows, read_leaderboard
    from unlearn_core.cli.questions import comparisons, find_experiment

    asked = form or ("json" if settings.json else "table")
    chosen = next((known for known in _FORMATS if known == asked), None)
    if chosen is None:
        raise UnknownNameError("format", asked, _FORMATS)
    catalog = settings.catalog_path
    if metrics is None and (part is not None or subset is not None):
        metrics = ["accuracy", "loss", "kl_from_reference"]
    for name in metrics or ():
        _check_metric(name)
    found = find_experiment(catalog, experiment)
    say_waiting(catalog, quiet=settings.quiet)
    if metrics is None:
        print_leaderboard_rows(read_leaderboard(catalog, found), chosen)
        return
    rows = comparisons(catalog, found, metrics, part, subset, reference)
    print_rows(rows, _COLUMNS, chosen)
    if not rows:
        say("the experiment has no such value (yet)", quiet=settings.quiet)


def _check_metric(name: str) -> None:
    from unlearn_core.metrics.registry import metric_info

    metric_info(name)
