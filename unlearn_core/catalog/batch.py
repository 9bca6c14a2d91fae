"""Records as Arrow tables, which is what travels: to the catalog, the journal and the cache."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from unlearn_core.catalog.tables import TABLES, TABLES_BY_NAME, Column, Table
from unlearn_core.records import PredictionRecord, Record

__all__ = ["Batch", "batch_of", "conform", "merge_batches", "prediction_batch"]

Batch: TypeAlias = Mapping[str, pa.Table]
"""Table name to rows; what is written in one transaction."""


def batch_of(records: Iterable[Record]) -> Batch:
    """Records of any kinds as one batch.

    Args:
        records: In any order; the order within a kind is kept.

    Returns:
        One Arrow table per kind that occurs, in the order in which tables are written.

    Raises:
        ValueError: A date has no time zone.
    """
    by_kind: dict[type, list[Record]] = {}
    for record in records:
        by_kind.setdefault(type(record), []).append(record)
    return {
        table.name: _arrow(table, by_kind[kind])
        for kind, table in TABLES.items()
        if kind in by_kind
    }


def prediction_batch(
    model_id: str,
    part: str,
    sample_ids: NDArray[np.integer],
    log_probabilities: NDArray[np.floating],
) -> Batch:
    """Predictions of one model on one part, without touching rows one by one.

    Args:
        model_id: The model.
        part: Part of the data.
        sample_ids: (N,) sample ids.
        log_probabilities: (N, K), nats; stored as float32.

    Raises:
        ValueError: The shapes do not fit.
    """
    if log_probabilities.ndim != 2 or len(log_probabilities) != len(sample_ids):
        raise ValueError(
            f"log_probabilities must be (N, K) with N = {len(sample_ids)} sample ids, "
            f"not {log_probabilities.shape}"
        )
    rows, classes = log_probabilities.shape
    flat = np.ascontiguousarray(log_probabilities, dtype=np.float32).reshape(-1)
    offsets = np.arange(rows + 1, dtype=np.int64) * classes
    lists = pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(flat))
    table = TABLES[PredictionRecord]
    columns = [
        pa.repeat(pa.scalar(model_id), rows),
        pa.repeat(pa.scalar(part), rows),
        pa.array(np.ascontiguousarray(sample_ids, dtype=np.int64)),
        lists.cast(pa.list_(pa.float32())),
    ]
    return {table.name: pa.Table.from_arrays(columns, schema=table.arrow_schema)}


def merge_batches(batches: Iterable[Batch]) -> Batch:
    """Several batches as one; within a table the rows keep the order of the batches."""
    parts: dict[str, list[pa.Table]] = {}
    for batch in batches:
        for name, rows in batch.items():
            parts.setdefault(name, []).append(conform(name, rows))
    return {
        name: pa.concat_tables(parts[name], promote_options="default")
        for name in TABLES_BY_NAME
        if name in parts
    }


def conform(name: str, rows: pa.Table) -> pa.Table:
    """Rows with the types of their table.

    Columns that an older unlearn-lab did not know yet may be absent.

    Raises:
        ValueError: There is no such table or column, or a key column is absent.
        pyarrow.ArrowInvalid: A column has the wrong type.
    """
    table = TABLES_BY_NAME.get(name)
    if table is None:
        raise ValueError(f"the catalog has no table '{name}'")
    known = {column.name for column in table.columns}
    unknown = [column for column in rows.column_names if column not in known]
    absent = [key for key in table.keys if key not in rows.column_names]
    if unknown or absent:
        raise ValueError(f"table {name}: unknown columns {unknown}, absent keys {absent}")
    schema = pa.schema([f for f in table.arrow_schema if f.name in rows.column_names])
    return rows.select(schema.names).cast(schema)


def _arrow(table: Table, records: list[Record]) -> pa.Table:
    columns = [
        pa.array(_values(table, column, records), type=column.arrow_type)
        for column in table.columns
    ]
    return pa.Table.from_arrays(columns, schema=table.arrow_schema)


def _values(table: Table, column: Column, records: list[Record]) -> list[object]:
    values = [getattr(record, column.name) for record in records]
    if column.sql_type == "TIMESTAMP":
        return [_utc(table, column, value) for value in values]
    return values


def _utc(table: Table, column: Column, value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"{table.name}.{column.name}: the date {value} has no time zone")
    return value.astimezone(UTC).replace(tzinfo=None)
