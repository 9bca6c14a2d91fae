"""`unlearn experiments`: what the catalog holds."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated

import typer

from unlearn_core.cli.confirming import confirm
from unlearn_core.cli.narration import say
from unlearn_core.cli.options import Settings, command_group, with_settings
from unlearn_core.cli.output import Column, print_json, print_rows
from unlearn_core.cli.waiting import say_waiting
from unlearn_core.errors import JobError

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
    from unlearn_core.catalog.queries import experiments
    from unlearn_core.catalog.rows import ExperimentRow
    from unlearn_core.catalog.store import Catalog

    rows = [asdict(row) for row in experiments(Catalog(settings.catalog_path))]
    if settings.json:
        columns = [Column(field.name) for field in fields(ExperimentRow)]
    else:
        columns = [Column("name"), Column("id"), Column("request", wrap=True)]
        columns += [Column("instances", right=True), Column("labels", right=True)]
        columns += [Column("models", right=True), Column("created")]
        for row in rows:
            row["id"] = row["experiment_id"][:12]
            row["created"] = row["created_at"].astimezone().isoformat(" ", "minutes")
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
    from unlearn_core.catalog.deletion import delete_experiment
    from unlearn_core.catalog.queries import find_experiment
    from unlearn_core.catalog.store import Catalog

    catalog = Catalog(settings.catalog_path)
    found = find_experiment(catalog, experiment)
    told = f"experiment '{found.name}' ({found.experiment_id[:12]}, {found.models} models)"
    _refuse_while_it_runs(settings.runs_path, found.experiment_id)
    confirm(f"delete {told}?", yes=yes)
    delete_experiment(catalog, found.experiment_id)
    if settings.json:
        print_json({"deleted": found.experiment_id})
    say(f"deleted {told}", quiet=settings.quiet)


def _refuse_while_it_runs(runs: Path, experiment_id: str) -> None:
    from unlearn_core.experiments.jobs import list_jobs

    for status in list_jobs(runs):
        if status.is_unfinished and status.experiment_id == experiment_id:
            raise JobError(
                f"job '{status.job_id}' is at work on this experiment",
                hint=f"wait for its end, or `unlearn jobs cancel {status.job_id}`",
            )
