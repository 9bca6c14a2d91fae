"""The reference of tables, views and columns, as it stands in the documentation."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from unlearn_core.catalog.tables import LEDGERS, TABLES_BY_NAME, Table
from unlearn_core.catalog.views import VIEWS, View

__all__ = ["BEGIN", "END", "reference_markdown", "with_reference"]

BEGIN = "<!-- reference: begin (written by unlearn_core.catalog.reference) -->"
END = "<!-- reference: end -->"


def reference_markdown() -> str:
    """Every view and table with its columns, from the sentences that are also `COMMENT`s."""
    parts = ["## Views"]
    parts += [_view(view) for view in VIEWS]
    parts.append("## Tables")
    parts += [_table(table) for table in (*TABLES_BY_NAME.values(), *LEDGERS)]
    return "\n\n".join(parts) + "\n"


def with_reference(document: str) -> str:
    """A document with the reference between its two marks brought up to date.

    Raises:
        ValueError: The document has no marks.
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the document has no marks for the reference")
    return f"{before}{BEGIN}\n\n{reference_markdown()}\n{END}{after}"


def _view(view: View) -> str:
    rows = [f"| `{name}` | {comment} |" for name, comment in view.columns.items()]
    return "\n".join(
        [f"### `{view.name}`", "", view.comment, "", "| column | meaning |", "|---|---|", *rows]
    )


def _table(table: Table) -> str:
    free = table.timing | table.descriptive
    rows = []
    for column in table.columns:
        notes = ["key"] if column.name in table.keys else []
        notes += ["may be NULL"] if column.nullable else []
        notes += ["may differ when written again"] if column.name in free else []
        rows.append(
            f"| `{column.name}` | `{column.sql_type}` | {', '.join(notes)} | {column.comment} |"
        )
    head = ["| column | type | | meaning |", "|---|---|---|---|"]
    return "\n".join([f"### `{table.name}`", "", table.comment, "", *head, *rows])


def _main(paths: Sequence[str]) -> None:
    for path in map(Path, paths):
        path.write_text(with_reference(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    _main(sys.argv[1:])
