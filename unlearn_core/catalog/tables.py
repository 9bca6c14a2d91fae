"""Tables of the catalog, derived from the records.

A field of a record is a column; its annotation decides the type. Only what an annotation cannot
say stands here: keys, and which columns may differ when a record is written again.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property
from typing import Literal

import pyarrow as pa

from unlearn_core import records as rec
from unlearn_core.catalog import comments

__all__ = ["LEDGERS", "TABLES", "TABLES_BY_NAME", "TIMING_METRICS", "Column", "Table"]

TIMING_METRICS = ("seconds", "peak_memory")
"""Metrics whose values differ from run to run; a rewrite may differ in them."""

_SQL_AND_ARROW: Mapping[object, tuple[str, pa.DataType]] = {
    str: ("VARCHAR", pa.string()),
    int: ("BIGINT", pa.int64()),
    float: ("DOUBLE", pa.float64()),
    bool: ("BOOLEAN", pa.bool_()),
    bytes: ("BLOB", pa.binary()),
    datetime: ("TIMESTAMP", pa.timestamp("us")),  # always UTC
    tuple[float, ...]: ("FLOAT[]", pa.list_(pa.float32())),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    sql_type: str
    arrow_type: pa.DataType
    nullable: bool
    comment: str


@dataclass(frozen=True)
class Table:
    """One table of the catalog.

    Attributes:
        name: Name in the catalog.
        columns: In the order of the record's fields.
        keys: Columns that make the identity of a row; text keys are never NULL.
        timing: Columns that measure time, place and machine; they may differ when a record is
            written again. The first record stays.
        descriptive: Columns for people that the key does not determine; treated like timing.
        timing_values: Columns that count as timing where `metric` is one of TIMING_METRICS.
        replaced: A later record replaces the stored one (facts about the software itself).
    """

    name: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    timing: frozenset[str] = frozenset()
    descriptive: frozenset[str] = frozenset()
    timing_values: frozenset[str] = frozenset()
    replaced: bool = False

    @property
    def comment(self) -> str:
        """What the table is."""
        return comments.TABLES[self.name]

    @cached_property
    def arrow_schema(self) -> pa.Schema:
        """The columns as Arrow sees them."""
        return pa.schema(
            [pa.field(c.name, c.arrow_type, nullable=c.nullable) for c in self.columns]
        )

    @property
    def compared(self) -> tuple[str, ...]:
        """Columns in which a record written again may not differ."""
        free = {*self.keys, *self.timing, *self.descriptive}
        return tuple(c.name for c in self.columns if c.name not in free)


def _columns_of(table: str, record: type) -> tuple[Column, ...]:
    hints = typing.get_type_hints(record)
    return tuple(_column(table, field.name, hints[field.name]) for field in fields(record))


def _column(table: str, name: str, annotation: object) -> Column:
    nullable = False
    if isinstance(annotation, types.UnionType):
        (annotation,) = (a for a in typing.get_args(annotation) if a is not type(None))
        nullable = True
    if typing.get_origin(annotation) is Literal:
        annotation = str
    sql_type, arrow_type = _SQL_AND_ARROW[annotation]
    comment = comments.TABLE_COLUMNS.get(f"{table}.{name}") or comments.COLUMNS[name]
    return Column(name, sql_type, arrow_type, nullable, comment)


def _table(
    name: str,
    record: type,
    keys: str,
    *,
    timing: str = "",
    descriptive: str = "",
    timing_values: str = "",
    replaced: bool = False,
) -> Table:
    return Table(
        name=name,
        columns=_columns_of(name, record),
        keys=tuple(keys.split()),
        timing=frozenset(timing.split()),
        descriptive=frozenset(descriptive.split()),
        timing_values=frozenset(timing_values.split()),
        replaced=replaced,
    )


TABLES: Mapping[type, Table] = {
    rec.ExperimentRecord: _table(
        "experiments", rec.ExperimentRecord, "experiment_id", timing="created_at"
    ),
    rec.JobRecord: _table("jobs", rec.JobRecord, "job_id"),
    rec.ModelRecord: _table(
        "models",
        rec.ModelRecord,
        "model_id",
        timing="seconds peak_memory_bytes device library_versions code_version created_at",
    ),
    rec.ExperimentModelRecord: _table(
        "experiment_models", rec.ExperimentModelRecord, "experiment_id model_id label"
    ),
    rec.TrainingCurveRecord: _table("training_curves", rec.TrainingCurveRecord, "model_id round"),
    rec.UnlearningRunRecord: _table("unlearning_runs", rec.UnlearningRunRecord, "model_id"),
    rec.UnlearningPhaseRecord: _table(
        "unlearning_phases", rec.UnlearningPhaseRecord, "model_id position", timing="seconds"
    ),
    rec.EvaluationRecord: _table(
        "evaluations",
        rec.EvaluationRecord,
        "model_id reference_model_id request_id part subset metric detail",
        timing_values="value reason",
    ),
    rec.ComparisonRecord: _table(
        "comparisons",
        rec.ComparisonRecord,
        "experiment_id label reference part subset metric detail",
        timing_values="value low high sd reason",
    ),
    rec.PredictionRecord: _table("predictions", rec.PredictionRecord, "model_id part sample_id"),
    # The same pixels may be read under two names of a dataset.
    rec.SampleRecord: _table(
        "samples", rec.SampleRecord, "data_fingerprint part sample_id", descriptive="dataset"
    ),
    rec.ForgetSampleRecord: _table(
        "forget_samples", rec.ForgetSampleRecord, "request_id part sample_id"
    ),
    # The same sample ids may be asked for in several ways.
    rec.SplitRecord: _table(
        "splits",
        rec.SplitRecord,
        "request_id",
        descriptive="dataset kind description source labelled_by",
    ),
    rec.MetricRecord: _table("metrics", rec.MetricRecord, "name", replaced=True),
}
"""Record type to table, in the order in which a batch is written."""

TABLES_BY_NAME: Mapping[str, Table] = {table.name: table for table in TABLES.values()}


@dataclass(frozen=True, slots=True)
class _DrainedBatch:
    batch_id: str
    drained_at: datetime
    new_rows: int


@dataclass(frozen=True, slots=True)
class _AppliedMigration:
    version: int
    name: str
    applied_at: datetime
    library_version: str


LEDGERS: tuple[Table, ...] = (
    _table("drained_batches", _DrainedBatch, "batch_id"),
    _table("schema_migrations", _AppliedMigration, "version"),
)
"""Tables that the store keeps for itself."""
