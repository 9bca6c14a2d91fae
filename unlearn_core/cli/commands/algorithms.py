"""`unlearn algorithms`: the menu of unlearning algorithms."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from unlearn_core.cli.options import Settings, command_group, with_settings
from unlearn_core.cli.output import Column, print_facts, print_json, print_rows

if TYPE_CHECKING:
    from unlearn_core.configs.algorithms.info import AlgorithmInfo

__all__ = ["app"]

app = command_group("algorithms", "Unlearning algorithms.")


@app.command("list")
@with_settings
def list_algorithms(settings: Settings) -> None:
    """List the unlearning algorithms and what each of them needs."""
    from unlearn_core.configs.algorithms.registry import algorithm_names, info

    rows = [_facts(info(name)) for name in algorithm_names()]
    columns = [Column("name"), Column("title"), Column("needs", wrap=True)]
    columns.append(Column("summary", wrap=True))
    print_rows(rows, columns, "json" if settings.json else "table")


@app.command("show")
@with_settings
def show_algorithm(
    settings: Settings, name: Annotated[str, typer.Argument(help="Name of the algorithm.")]
) -> None:
    """Show an algorithm and every hyperparameter with bounds, default and source."""
    from unlearn_core.configs.algorithms.registry import config_type, info
    from unlearn_core.configs.schema import field_facts

    facts = _facts(info(name))
    keys = [asdict(fact) for fact in field_facts(config_type(name)) if fact.path != "algorithm"]
    if settings.json:
        print_json({**facts, "keys": keys})
        return
    print_facts(facts)
    sys.stdout.write("\n")
    columns = [Column("path", "key"), Column("default"), Column("expects", wrap=True)]
    print_rows(keys, [*columns, Column("description", wrap=True)])


def _facts(info: AlgorithmInfo) -> dict[str, object]:
    return {
        "name": info.name,
        "title": info.title,
        "summary": info.summary,
        "paper": info.paper,
        "needs": sorted(need.value for need in info.needs),
        "phases": list(info.phases),
        "exact": info.exact,
        "stackable": info.stackable,
    }
