"""`unlearn metrics`: what is measured, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from unlearn_core.cli.options import Settings, command_group, with_settings
from unlearn_core.cli.output import Column, print_facts, print_rows

if TYPE_CHECKING:
    from unlearn_core.metrics.base import MetricInfo

__all__ = ["app"]

app = command_group("metrics", "Metrics.")


@app.command("list")
@with_settings
def list_metrics(settings: Settings) -> None:
    """List the metrics."""
    from unlearn_core.metrics.registry import metric_info, metric_names

    rows = [_facts(metric_info(name)) for name in metric_names()]
    columns = [Column("name"), Column("title", wrap=True), Column("unit"), Column("direction")]
    print_rows(
        rows,
        [*columns, Column("description", wrap=True)],
        "json" if settings.json else "table",
    )


@app.command("show")
@with_settings
def show_metric(
    settings: Settings, name: Annotated[str, typer.Argument(help="Name of the metric.")]
) -> None:
    """Show a metric's unit, direction, bounds and formula."""
    from unlearn_core.metrics.registry import metric_info

    print_facts(_facts(metric_info(name)), as_json=settings.json)


def _facts(info: MetricInfo) -> dict[str, object]:
    return {
        "name": info.name,
        "title": info.title,
        "unit": info.unit,
        "direction": info.direction,
        "lower_bound": info.lower,
        "upper_bound": info.upper,
        "formula": info.formula,
        "description": info.description,
    }
