"""Data on stdout: tables for people, JSON and CSV for machines."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Cell", "Column", "Row", "TableFormat", "print_facts", "print_json", "print_rows"]

TableFormat: TypeAlias = Literal["table", "csv", "json", "md"]
Cell: TypeAlias = object
Row: TypeAlias = Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        key: Name of the value in a row, and of the column for machines.
        title: Heading for people, of several lines if need be; the key with spaces if absent.
        right: Whether values stand at the right.
        wrap: Whether a long text may break into lines on a terminal.
        decimals: Decimals of a number; None for as many as it needs.
    """

    key: str
    title: str | None = None
    right: bool = False
    wrap: bool = False
    decimals: int | None = None

    @property
    def heading(self) -> str:
        """What stands above the column."""
        return self.title if self.title is not None else self.key.replace("_", " ")


def print_rows(rows: Sequence[Row], columns: Sequence[Column], form: TableFormat = "table") -> None:
    """Print rows on stdout.

    Tables and Markdown show text for people (`-` where there is no value); CSV and JSON keep the
    values as they are.
    """
    if form == "json":
        print_json([{c.key: _plain(row.get(c.key)) for c in columns} for row in rows])
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow([c.key for c in columns])
        writer.writerows([[_plain(row.get(c.key)) for c in columns] for row in rows])
    elif form == "md":
        _print_markdown(rows, columns)
    else:
        _print_table(rows, columns)


def print_facts(facts: Row, *, as_json: bool = False) -> None:
    """Print one thing on stdout: a name and a value per line, or a JSON object."""
    if as_json:
        print_json({key: _plain(value) for key, value in facts.items()})
        return
    width = max(map(len, facts), default=0)
    for key, value in facts.items():
        sys.stdout.write(f"{key.replace('_', ' '):<{width}}  {show(value)}\n".rstrip() + "\n")


def print_json(value: object) -> None:
    """Print any plain value on stdout as JSON. Numbers that JSON does not know become null."""
    sys.stdout.write(json.dumps(_plain(value), indent=2, ensure_ascii=False) + "\n")


def show(value: Cell, decimals: int | None = None) -> str:
    """A value for people.

    >>> show(None), show(0.123456, 3), show(1234567), show(True)
    ('-', '0.123', '1,234,567', 'yes')
    """
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        if not math.isfinite(value):
            return str(value)
        return f"{value:.{decimals}f}" if decimals is not None else f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(show(item, decimals) for item in value) or "-"
    return str(value)


def _plain(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)


def _print_markdown(rows: Sequence[Row], columns: Sequence[Column]) -> None:
    lines = [
        [_escaped(c.heading) for c in columns],
        ["---:" if c.right else "---" for c in columns],
        *([_escaped(show(row.get(c.key), c.decimals)) for c in columns] for row in rows),
    ]
    for cells in lines:
        sys.stdout.write("| " + " | ".join(cells) + " |\n")


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _print_table(rows: Sequence[Row], columns: Sequence[Column]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # Into a pipe or file a table is as wide as its content, so that nothing is cut.
    console = Console(width=None if sys.stdout.isatty() else 10_000, highlight=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=True)
    for column in columns:
        table.add_column(
            Text(column.heading),
            justify="right" if column.right else "left",
            no_wrap=not column.wrap,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(show(row.get(c.key), c.decimals)) for c in columns))
    console.print(table)
