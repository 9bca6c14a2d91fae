"""`unlearn sql`: one reading statement on the catalog."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unlearn_core.cli.narration import say
from unlearn_core.cli.options import Settings, with_settings
from unlearn_core.cli.output import Column, print_rows
from unlearn_core.cli.waiting import say_waiting
from unlearn_core.errors import RequestError

if TYPE_CHECKING:
    import pyarrow as pa

    from unlearn_core.catalog.console import SqlAnswer
    from unlearn_core.catalog.store import Catalog

__all__ = ["add_commands"]


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
    from unlearn_core.catalog.export import format_of, render, write_file
    from unlearn_core.catalog.store import Catalog

    asked = form or ("json" if settings.json and output is None else None)
    if output is not None:
        chosen = format_of(asked, output)
    elif asked in (None, "table"):
        chosen = None
    else:
        chosen = format_of(asked)
    if chosen == "parquet" and output is None:
        raise RequestError("Parquet is not for a terminal; name a file with -o FILE")
    catalog = Catalog(settings.catalog_path)
    answer = _answer(catalog, statement, limit or None)
    say_waiting(catalog.path, quiet=settings.quiet)
    if answer.truncated:
        say(f"only the first {limit:,} rows (--limit 0: all of them)", quiet=settings.quiet)
    if chosen is None:
        _print_table(answer.table)
    elif output is None:
        sys.stdout.write(render(answer.table, chosen).decode())
    else:
        write_file(answer.table, output, chosen)
        say(f"wrote {output}: {answer.table.num_rows:,} rows", quiet=settings.quiet)


def _answer(catalog: Catalog, statement: str, max_rows: int | None) -> SqlAnswer:
    """Ask from a thread, because a signal reaches Python only between two of its own steps."""
    from unlearn_core.catalog.console import Interrupt, run_sql

    button = Interrupt()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(run_sql, catalog, statement, max_rows=max_rows, interrupt=button)
        try:
            return asked.result()
        except KeyboardInterrupt:
            button.press()
            raise


def _print_table(table: pa.Table) -> None:
    """Columns by their place, because two of a query may bear one name."""
    columns = [
        Column(str(place), name, right=_is_number(table.schema.field(place).type))
        for place, name in enumerate(table.column_names)
    ]
    cells = [column.to_pylist() for column in table.columns]
    rows = [
        {str(place): _shown(cell) for place, cell in enumerate(row)}
        for row in zip(*cells, strict=True)
    ]
    print_rows(rows, columns)


def _shown(cell: object) -> object:
    return f"{len(cell):,} bytes" if isinstance(cell, bytes) else cell


def _is_number(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))
