"""`unlearn catalog`: the catalog file itself."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from unlearn_core.cli.narration import say
from unlearn_core.cli.options import Settings, command_group, with_settings
from unlearn_core.cli.output import Column, print_facts, print_json, print_rows
from unlearn_core.cli.waiting import say_waiting

__all__ = ["app"]

app = command_group("catalog", "The catalog: one DuckDB file with every record.")


@app.command("info")
@with_settings
def info(settings: Settings) -> None:
    """Show size, schema, rows per table, and what waits in the journal."""
    from unlearn_core.catalog.checks import catalog_info

    found = catalog_info(settings.catalog_path)
    if settings.json:
        print_json(asdict(found))
        return
    facts = asdict(found)
    rows = facts.pop("rows")
    print_facts(facts)
    print_rows(
        [{"table": name, "rows": count} for name, count in rows.items()],
        [Column("table"), Column("rows", right=True)],
    )
    say_waiting(settings.catalog_path, quiet=settings.quiet)


@app.command("check")
@with_settings
def check(settings: Settings) -> None:
    """Look for missing tables, orphans, double keys and damaged batches; exit code 1 on any."""
    from unlearn_core.catalog.checks import check_catalog

    problems = check_catalog(settings.catalog_path)
    if settings.json:
        print_json([asdict(problem) for problem in problems])
    else:
        columns = [Column("what"), Column("where"), Column("problem", wrap=True)]
        if problems:
            print_rows([asdict(problem) for problem in problems], columns)
        say("no problem found" if not problems else "", quiet=settings.quiet)
    say_waiting(settings.catalog_path, quiet=settings.quiet)
    if problems:
        raise typer.Exit(1)


@app.command("drain")
@with_settings
def drain(settings: Settings) -> None:
    """Bring in what waits in the journal; exit code 1 if something still waits."""
    from unlearn_core.catalog.failures import busy
    from unlearn_core.catalog.store import Catalog

    catalog = Catalog(settings.catalog_path)
    report = catalog.drain()
    if settings.json:
        print_json(asdict(report))
    for name, reason in report.set_aside:
        say(f"set aside {name}: {reason}")
    if report.busy:
        raise busy(catalog.path)
    say(f"{report.drained} batches brought in, {report.new_rows:,} new rows", quiet=settings.quiet)
    if report.waiting or report.set_aside:
        raise typer.Exit(1)


@app.command("upgrade")
@with_settings
def upgrade(settings: Settings) -> None:
    """Bring an older catalog to today's schema, after a copy of the file."""
    from unlearn_core.catalog.store import Catalog
    from unlearn_core.errors import CatalogPathError

    if not settings.catalog_path.exists():
        raise CatalogPathError(f"there is no catalog {settings.catalog_path}")
    report = Catalog(settings.catalog_path).upgrade()
    if settings.json:
        print_json({"applied": list(report.applied), "backup": report.backup})
    if report.applied:
        say(f"applied: {', '.join(report.applied)}", quiet=settings.quiet)
        if report.backup:
            say(f"the file as it was: {report.backup}", quiet=settings.quiet)
    else:
        say("the catalog has today's schema already", quiet=settings.quiet)


@app.command("export")
@with_settings
def export(
    settings: Settings,
    folder: Annotated[Path, typer.Argument(help="A new folder, one file per table and view.")],
    form: Annotated[
        str, typer.Option("--format", help="parquet, csv or json.", metavar="FORMAT")
    ] = "parquet",
    tables: Annotated[
        list[str] | None, typer.Option("--table", help="Only this table or view; repeatable.")
    ] = None,
) -> None:
    """Write tables and views into files that need no DuckDB."""
    from unlearn_core.catalog.export import export_catalog

    files = export_catalog(settings.catalog_path, folder, form, tables or None)
    if settings.json:
        print_json([str(file) for file in files])
    say(f"wrote {len(files)} files into {folder}", quiet=settings.quiet)
    say_waiting(settings.catalog_path, quiet=settings.quiet)
