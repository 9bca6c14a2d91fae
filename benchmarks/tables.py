"""Markdown tables, and the marked places in documents where they stand.

A document holds its generated tables between two comments and everything else by hand:

    <!-- table:NAME -->
    | ... |
    <!-- /table:NAME -->
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

__all__ = ["markdown_table", "marked_table", "replace_table", "table_names"]


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], align: str = "") -> str:
    r"""A pipe table.

    Args:
        header: Column titles.
        rows: Cells, one sequence per row, as long as the header.
        align: One letter per column, `l` or `r`; left if empty.

    >>> print(markdown_table(["a", "b"], [["1", "x|y"]], "rl"))
    | a | b |
    |---:|:---|
    | 1 | x\|y |
    """
    marks = {"l": ":---", "r": "---:"}
    rule = "|".join(marks[letter] for letter in (align or "l" * len(header)))
    lines = [_line(header), f"|{rule}|", *(_line(row) for row in rows)]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def table_names(document: str) -> tuple[str, ...]:
    """Names of the marked places of a document, in order."""
    return tuple(re.findall(r"<!-- table:([a-z0-9-]+) -->", document))


def marked_table(document: str, name: str) -> str:
    """What stands at a marked place.

    Raises:
        ValueError: The document has no such place, or it is not closed.
    """
    return _place(document, name).group(2).strip()


def replace_table(document: str, name: str, table: str) -> str:
    """The document with `table` at its marked place.

    Raises:
        ValueError: The document has no such place, or it is not closed.
    """
    place = _place(document, name)
    return f"{document[: place.start(2)]}\n{table}\n{document[place.end(2) :]}"


def _place(document: str, name: str) -> re.Match[str]:
    found = re.search(
        rf"(<!-- table:{re.escape(name)} -->)(.*?)(<!-- /table:{re.escape(name)} -->)",
        document,
        flags=re.DOTALL,
    )
    if found is None:
        raise ValueError(
            f"no place '<!-- table:{name} --> ... <!-- /table:{name} -->'; "
            f"the document has: {', '.join(table_names(document)) or '(none)'}"
        )
    return found
