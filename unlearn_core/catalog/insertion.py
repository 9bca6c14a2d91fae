"""Bringing a batch into its tables: the first record wins, a differing one is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from unlearn_core.catalog.batch import Batch, conform
from unlearn_core.catalog.tables import TABLES_BY_NAME, TIMING_METRICS, Table
from unlearn_core.errors import RecordConflictError

if TYPE_CHECKING:
    import duckdb

__all__ = ["insert_batch"]

_INCOMING = "incoming_rows"
_POSITION = "position_in_batch"

# What two experiments compute of a pair of models they share differs by rounding: sums run in
# another order when other models stand beside the pair.
_ABSOLUTE = 1e-9
_RELATIVE = 1e-6


def insert_batch(connection: duckdb.DuckDBPyConnection, batch: Batch) -> int:
    """Insert what is new; the caller holds a transaction.

    Args:
        connection: A writing connection.
        batch: Table name to rows.

    Returns:
        Number of new rows.

    Raises:
        RecordConflictError: A record differs, outside its timing columns, from the stored one.
        ValueError: The batch has an unknown table or column.
    """
    rows_by_name = {name: conform(name, rows) for name, rows in batch.items()}
    added = 0
    for name, table in TABLES_BY_NAME.items():
        rows = rows_by_name.get(name)
        if rows is not None and rows.num_rows:
            added += _insert(connection, table, rows)
    return added


def _insert(connection: duckdb.DuckDBPyConnection, table: Table, rows: pa.Table) -> int:
    rows = rows.append_column(_POSITION, pa.array(np.arange(rows.num_rows)))
    columns = [c for c in rows.column_names if c != _POSITION]
    names = ", ".join(f'"{c}"' for c in columns)
    connection.register(_INCOMING, rows)
    try:
        source = _INCOMING
        if _has_duplicates(connection, table):
            if not table.replaced:
                _refuse_conflict(connection, table, columns, _first_of_each(table))
            source = _first_of_each(table)
        only_new = ""
        if _meets_stored(connection, table):
            if table.replaced:
                _delete_changed(connection, table, columns, source)
            else:
                _refuse_conflict(connection, table, columns, table.name)
            only_new = (
                f"WHERE NOT EXISTS (SELECT 1 FROM {table.name} AS old WHERE {_same_key(table)})"
            )
        counted = connection.execute(
            f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {source} AS new {only_new}"
        ).fetchall()
    finally:
        connection.unregister(_INCOMING)
    return int(counted[0][0])


def _same_key(table: Table) -> str:
    return " AND ".join(f'new."{key}" = old."{key}"' for key in table.keys)


def _meets_stored(connection: duckdb.DuckDBPyConnection, table: Table) -> bool:
    """Whether any key is stored already; mostly none is, and nothing more is to be looked at."""
    found = connection.execute(
        f"SELECT 1 FROM {_INCOMING} AS new SEMI JOIN {table.name} AS old "
        f"ON {_same_key(table)} LIMIT 1"
    ).fetchall()
    return bool(found)


def _has_duplicates(connection: duckdb.DuckDBPyConnection, table: Table) -> bool:
    keys = ", ".join(f'"{key}"' for key in table.keys)
    found = connection.execute(
        f"SELECT 1 FROM {_INCOMING} GROUP BY {keys} HAVING count(*) > 1 LIMIT 1"
    ).fetchall()
    return bool(found)


def _first_of_each(table: Table) -> str:
    """The first row of each key; a later one wins where later records replace."""
    keys = ", ".join(f'"{key}"' for key in table.keys)
    order = f"{_POSITION} DESC" if table.replaced else _POSITION
    return (
        f"(SELECT * FROM {_INCOMING} "
        f"QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY {order}) = 1)"
    )


def _differs(table: Table, column: str) -> str:
    differs = f'new."{column}" IS DISTINCT FROM old."{column}"'
    if column in {c.name for c in table.columns if c.sql_type == "DOUBLE"}:
        # `least`, so that infinity is near to nothing but itself.
        near = (
            f'abs(new."{column}" - old."{column}") <= {_ABSOLUTE} '
            f'+ {_RELATIVE} * least(abs(new."{column}"), abs(old."{column}"))'
        )
        differs = f"({differs} AND NOT coalesce({near}, false))"
    if column in table.timing_values:
        metrics = ", ".join(f"'{metric}'" for metric in TIMING_METRICS)
        return f"(new.metric NOT IN ({metrics}) AND {differs})"
    return f"({differs})"


def _refuse_conflict(
    connection: duckdb.DuckDBPyConnection, table: Table, columns: list[str], stored: str
) -> None:
    compared = [c for c in table.compared if c in columns]
    if not compared:
        return
    tests = [_differs(table, column) for column in compared]
    shown = [f'new."{key}"' for key in table.keys] + tests
    for column in compared:
        shown += [f'old."{column}"', f'new."{column}"']
    found = connection.execute(
        f"SELECT {', '.join(shown)} FROM {_INCOMING} AS new JOIN {stored} AS old "
        f"ON {_same_key(table)} WHERE {' OR '.join(tests)} LIMIT 1"
    ).fetchall()
    if not found:
        return
    keys, rest = found[0][: len(table.keys)], found[0][len(table.keys) :]
    flags, values = rest[: len(compared)], rest[len(compared) :]
    at = next(i for i, differs in enumerate(flags) if differs)
    key = ", ".join(f"{name}={value!r}" for name, value in zip(table.keys, keys, strict=True))
    raise RecordConflictError(
        f"{table.name}: the record with {key} differs in column '{compared[at]}' from the one "
        f"stored before: {_short(values[2 * at])} is stored, {_short(values[2 * at + 1])} came",
        hint="the first record stays; equal ids must mean equal work",
    )


def _delete_changed(
    connection: duckdb.DuckDBPyConnection, table: Table, columns: list[str], source: str
) -> None:
    compared = [c for c in table.compared if c in columns]
    tests = " OR ".join(_differs(table, column) for column in compared)
    connection.execute(
        f"DELETE FROM {table.name} AS old USING {source} AS new "
        f"WHERE {_same_key(table)} AND ({tests})"
    )


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
