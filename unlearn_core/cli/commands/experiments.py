"""`unlearn experiments`: what the catalog holds."""

from __future__ import annotations

from typing import Annotated

import typer

from unlearn_core.cli.confirming import confirm
from unlearn_core.cli.narration import say
from unlearn_core.cli.options import Settings, command_group, with_settings
from unlearn_core.cli.output import Column, print_json, print_rows
from unlearn_core.cli.waiting import say_waiting

__all__ = ["ExperimentName", "app"]

app = command_group("experiments", "Experiments in the catalog.")

ExperimentName = Annotated[
    str,
    typer.Argument(
        metavar="EXPERIMENT", help="Its name (the newest of that name), its id or the beginning."
    ),
]


@app.command("list")
@with_settings
def list_all(settings: Settings) -> None:
    """List the experiments, the newest first."""
    from unlearn_core.cli.questions import experiments

    rows = experiments(settings.catalog_path)
    columns = [Column("name"), Column("experiment_id", "id"), Column("dataset")]
    columns += [Column("instances", right=True), Column("models", right=True), Column("created_at")]
    columns += [Column("labels", "algorithms", wrap=True)]
    if not settings.json:
        rows = [{**row, "experiment_id": str(row["experiment_id"])[:12]} for row in rows]
    print_rows(rows, columns, "json" if settings.json else "table")
    say_waiting(settings.catalog_path, quiet=settings.quiet)


@app.command("delete")
@with_settings
def delete(
    settings: Settings,
    experiment: ExperimentName,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete an experiment's records and the models no other experiment uses.

    Cached steps stay, so that running it again is quick; `unlearn cache prune` deletes them.
    """
    from unlearn_core.catalog.queries import delete_experiment
    from unlearn_core.catalog.store import Catalog
    from unlearn_core.cli.questions import find_experiment

    found = find_experiment(settings.catalog_path, experiment)
    confirm(f"delete experiment '{experiment}' ({found[:12]})?", yes=yes)
    delete_experiment(Catalog(settings.catalog_path), found)
    if settings.json:
        print_json({"deleted": found})
    say(f"deleted {experiment} ({found[:12]})", quiet=settings.quiet)
