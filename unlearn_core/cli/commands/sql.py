"""`unlearn sql`: one reading statement on the catalog."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unlearn_core.cli.narration import say
from unlearn_core.cli.options import Settings, with_settings
from unlearn_core.cli.output import Column, print_rows
from unlearn_core.cli.waiting import say_waiting
from unlearn_core.errors import RequestError, UnknownNameError

if TYPE_CHECKING:
    import pyarrow as pa

    from unlearn_core.cli.output import TableFormat

__all__ = ["add_commands"]

_ON_STDOUT: tuple[TableFormat, ...] = ("table", "csv", "json", "md")
_FORMATS = (*_ON_STDOUT, "parquet")


def add_commands(app: typer.Typer) -> None:
    """Add the command that stands alone."""
    app.command("sql")(with_settings(ask))


def ask(
    settings: Settings,
    statement: Annotated[str, typer.Argument(help="SELECT, WITH, DESCRIBE, SHOW or EXPLAIN.")],
    form: Annotated[
        str | None,
        typer.Option("--format", help="table, csv, json, md or parquet.", metavar="FORMAT"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write a new file instead of stdout."),
    ] = None,
    limit: Annotated[int, typer.Option(help="Most rows; 0 for all of them.", min=0)] = 10_000,
) -> None:
    """Ask the catalog one question in SQL. It can only be read."""
    from unlearn_core.catalog.console import run_sql
    from unlearn_core.catalog.store import Catalog

    chosen = _format_of(form, output, settings)
    catalog = settings.catalog_path
    answer = run_sql(Catalog(catalog), statement, max_rows=limit or None)
    say_waiting(catalog, quiet=settings.quiet)
    if answer.truncated:
        say(f"only the first {limit:,} rows (--limit 0: all of them)", quiet=settings.quiet)
    if output is not None:
        from unlearn_core.catalog.export import write_table

        write_table(answer.table, output, chosen)
        say(f"wrote {output}: {answer.table.num_rows:,} rows", quiet=settings.quiet)
    else:
        _print(answer.table, chosen)


def _format_of(form: str | None, output: Path | None, settings: Settings) -> str:
    """The format asked for, or that of the file's name; a file is always needed for Parquet."""
    by_name = output.suffix.lstrip(".").lower() if output else ""
    chosen = form or ("json" if settings.json else by_name if by_name in _FORMATS else "table")
    if chosen not in _FORMATS:
        raise UnknownNameError("format", chosen, _FORMATS)
    if chosen == "parquet" and output is None:
        raise RequestError("Parquet is not for a terminal; name a file with -o FILE")
    if chosen == "table" and output is not None:
        raise RequestError("a file needs a format; choices: csv, json, md, parquet")
    return chosen


def _print(table: pa.Table, form: str) -> None:
    columns = [Column(name, name, right=_is_number(table, name)) for name in table.column_names]
    chosen = next(known for known in _ON_STDOUT if known == form)
    print_rows(table.to_pylist(), columns, chosen)


def _is_number(table: pa.Table, name: str) -> bool:
    import pyarrow as pa

    kind = table.schema.field(name).type
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))
