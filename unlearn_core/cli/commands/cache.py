"""`unlearn cache`: artefacts of finished steps in the runs folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unlearn_core.cli.confirming import confirm
from unlearn_core.cli.narration import say
from unlearn_core.cli.options import Settings, command_group, with_settings
from unlearn_core.cli.output import Column, print_json, print_rows
from unlearn_core.errors import JobError, RequestError

if TYPE_CHECKING:
    from unlearn_core.experiments.cache import CacheEntry, StepCache

__all__ = ["app"]

app = command_group("cache", "Finished steps, kept so that no work is done twice.")

_DAY_S = 86_400.0
_MIB = 2**20


@app.command("list")
@with_settings
def list_entries(settings: Settings) -> None:
    """List the finished steps, the oldest first."""
    from unlearn_core.experiments.cache import StepCache

    entries = StepCache(settings.runs_path).entries()
    rows = [_row(entry) for entry in entries]
    columns = [Column("step"), Column("stage"), Column("mib", "MiB", right=True, decimals=2)]
    columns.append(Column("finished", wrap=True))
    if settings.json:
        columns = [Column("step"), Column("kind"), Column("stage"), Column("bytes")]
        columns += [Column("finished"), Column("folder")]
    print_rows(rows, columns, "json" if settings.json else "table")
    say(f"{len(entries)} steps, {_mib(entries)}", quiet=settings.quiet)


@app.command("prune")
@with_settings
def prune(
    settings: Settings,
    older_than: Annotated[
        float, typer.Option(help="Only steps that finished this many days ago.", min=0.0)
    ] = 0.0,
    everything: Annotated[
        bool, typer.Option("--all", help="Also steps that experiments of the catalog use.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete finished steps that no experiment of the catalog uses.

    The catalog keeps its records; what is deleted is computed again where it is needed.
    """
    from unlearn_core.experiments.cache import StepCache

    _refuse_while_jobs_run(settings.runs_path)
    cache = StepCache(settings.runs_path)
    before = time.time() - older_than * _DAY_S
    entries = [entry for entry in cache.entries() if entry.finished_at <= before]
    if not everything and entries:
        entries = _unused(cache, entries, settings.catalog_path)
    what = f"{len(entries)} steps, {_mib(entries)}"
    if entries and not dry_run:
        confirm(f"delete {what}?", yes=yes)
        for entry in entries:
            cache.remove(entry)
    if settings.json:
        print_json({"steps": len(entries), "bytes": _bytes(entries), "deleted": not dry_run})
    say(f"{'would delete' if dry_run else 'deleted'} {what}", quiet=settings.quiet)


def _refuse_while_jobs_run(runs: Path) -> None:
    from unlearn_core.experiments.jobs import list_jobs

    running = [status.job_id for status in list_jobs(runs) if status.is_unfinished]
    if running:
        raise JobError(
            f"the cache is in use by {', '.join(running)}",
            hint="wait for its end, or `unlearn jobs cancel` it",
        )


def _unused(cache: StepCache, entries: Sequence[CacheEntry], catalog: Path) -> list[CacheEntry]:
    """Entries whose model, or whose experiment, the catalog does not know."""
    from unlearn_core.catalog.store import Catalog

    if not catalog.exists():
        raise RequestError(
            f"there is no catalog {catalog} that says which steps are used",
            hint="name it with --catalog, or delete used steps too with --all",
        )
    store = Catalog(catalog)
    if store.waiting_batches():
        raise RequestError(
            f"batches wait in the journal of {catalog}; what they use is not known",
            hint="bring them in first: unlearn catalog drain",
        )
    models = store.query("SELECT DISTINCT model_id FROM experiment_models").column(0)
    experiments = store.query("SELECT experiment_id FROM experiments").column(0)
    used = {*models.to_pylist(), *experiments.to_pylist()}
    return [entry for entry in entries if _subject(cache, entry) not in used]


def _subject(cache: StepCache, entry: CacheEntry) -> str:
    """What a step belongs to: its model, the model it judged, or the experiment it compared."""
    spec = cache.read_details(entry.step_hash)["spec"]
    return str(spec.get("model") or spec.get("experiment_id") or entry.step_hash)


def _row(entry: CacheEntry) -> dict[str, object]:
    return {
        "step": entry.step_hash,
        "kind": entry.kind,
        "stage": entry.stage,
        "bytes": entry.bytes_on_disk,
        "mib": entry.bytes_on_disk / _MIB,
        "finished": datetime.fromtimestamp(entry.finished_at)
        .astimezone()
        .isoformat(" ", "seconds"),
        "folder": entry.folder,
    }


def _bytes(entries: Sequence[CacheEntry]) -> int:
    return sum(entry.bytes_on_disk for entry in entries)


def _mib(entries: Sequence[CacheEntry]) -> str:
    return f"{_bytes(entries) / _MIB:,.1f} MiB"
