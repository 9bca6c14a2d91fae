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
    from unlearn_core.catalog import checks
    from unlearn_core.catalog.store import Catalog

    found = checks.info(Catalog(settings.catalog_path))
    facts = asdict(found)
    if settings.json:
        print_json(facts)
        return
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
    """Look for missing tables, orphans, double keys and waiting batches; exit code 1 on any."""
    from unlearn_core.catalog import checks
    from unlearn_core.catalog.store import Catalog

    findings = [asdict(finding) for finding in checks.check(Catalog(settings.catalog_path))]
    columns = [Column("table"), Column("message", wrap=True), Column("rows", right=True)]
    if findings or settings.json:
        print_rows(findings, columns, "json" if settings.json else "table")
    if findings:
        raise typer.Exit(1)
    say("the catalog holds together", quiet=settings.quiet)


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
    table: Annotated[str, typer.Argument(help="A table or view of the catalog.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The new file; TABLE.FORMAT if absent.")
    ] = None,
    form: Annotated[
        str | None,
        typer.Option("--format", help="parquet, csv, json or md.", metavar="FORMAT"),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that is there already.")
    ] = False,
) -> None:
    """Write a whole table or view into a file that needs no DuckDB."""
    from unlearn_core.catalog.export import export_table, format_of
    from unlearn_core.catalog.store import Catalog

    target = output or Path(f"{table}.{form or 'parquet'}")
    chosen = format_of(form, target)
    rows = export_table(Catalog(settings.catalog_path), table, target, chosen, overwrite=overwrite)
    if settings.json:
        print_json({"file": str(target), "rows": rows})
    say(f"wrote {target}: {rows:,} rows", quiet=settings.quiet)
    say_waiting(settings.catalog_path, quiet=settings.quiet)
