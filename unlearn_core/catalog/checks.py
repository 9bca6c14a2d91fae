"""Looking after a catalog: what is in it, and whether it holds together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from unlearn_core.catalog.store import Catalog
from unlearn_core.catalog.tables import LEDGERS, TABLES_BY_NAME, Table
from unlearn_core.catalog.views import VIEWS

__all__ = ["CatalogInfo", "Finding", "check", "info"]


@dataclass(frozen=True, slots=True)
class CatalogInfo:
    """What `unlearn catalog info` shows.

    Attributes:
        path: The file.
        size_bytes: Of the file.
        schema_version: Number of schema steps applied.
        library_version: unlearn-lab that applied the last one.
        rows: Table name to number of rows.
        waiting: Batches that wait in the journal.
        set_aside: Batches of the journal that cannot be brought in.
        backups: Copies made before upgrades.
    """

    path: Path
    size_bytes: int
    schema_version: int
    library_version: str
    rows: dict[str, int]
    waiting: int
    set_aside: tuple[str, ...]
    backups: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, for people."""

    table: str
    message: str
    rows: int


# Table, its column, the table and column it must be found in, and which values need not be.
_REFERENCES = (
    ("evaluations", "model_id", "models", "model_id"),
    ("evaluations", "reference_model_id", "models", "model_id"),
    ("evaluations", "request_id", "splits", "request_id"),
    ("predictions", "model_id", "models", "model_id"),
    ("training_curves", "model_id", "models", "model_id"),
    ("unlearning_runs", "model_id", "models", "model_id"),
    ("unlearning_phases", "model_id", "models", "model_id"),
    ("models", "parent_model_id", "models", "model_id"),
    ("experiment_models", "model_id", "models", "model_id"),
    ("experiment_models", "experiment_id", "experiments", "experiment_id"),
    ("comparisons", "experiment_id", "experiments", "experiment_id"),
    ("comparisons", "metric", "metrics", "name"),
    ("experiments", "request_id", "splits", "request_id"),
    ("forget_samples", "request_id", "splits", "request_id"),
    ("jobs", "experiment_id", "experiments", "experiment_id"),
)


def info(catalog: Catalog) -> CatalogInfo:
    """Counts, versions, size and journal.

    Raises:
        CatalogPathError: There is no catalog.
        CatalogBusyError: A writer of another process holds it.
    """
    tables = [*TABLES_BY_NAME, *(table.name for table in LEDGERS)]
    counts = catalog.query(
        " UNION ALL ".join(f"SELECT '{t}' AS name, count(*) AS n FROM {t}" for t in tables)
    )
    last = catalog.query(
        "SELECT version, library_version FROM schema_migrations ORDER BY version DESC LIMIT 1"
    ).to_pylist()[0]
    by_name = {row["name"]: int(row["n"]) for row in counts.to_pylist()}
    return CatalogInfo(
        path=catalog.path,
        size_bytes=catalog.path.stat().st_size,
        schema_version=int(last["version"]),
        library_version=str(last["library_version"]),
        rows={name: by_name[name] for name in tables},
        waiting=catalog.waiting_batches(),
        set_aside=tuple(catalog.journal.set_aside_names()),
        backups=tuple(sorted(catalog.path.parent.glob(f"{catalog.path.name}.schema-*.backup"))),
    )


def check(catalog: Catalog) -> list[Finding]:
    """Everything that is wrong with the catalog; an empty list is good.

    Raises:
        CatalogPathError: There is no catalog.
        CatalogBusyError: A writer of another process holds it.
    """
    findings = _schema(catalog)
    if findings:
        return findings  # the rest could not be asked
    for table in TABLES_BY_NAME.values():
        findings += _duplicates(catalog, table)
    for name, column, target, target_column in _REFERENCES:
        findings += _orphans(catalog, name, column, target, target_column)
    findings += _journal(catalog)
    return findings


def _schema(catalog: Catalog) -> list[Finding]:
    found: dict[str, list[tuple[str, str]]] = {}
    columns = catalog.query(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE NOT internal ORDER BY table_name, column_index"
    )
    for row in columns.to_pylist():
        found.setdefault(row["table_name"], []).append((row["column_name"], row["data_type"]))
    findings = []
    for table in (*TABLES_BY_NAME.values(), *LEDGERS):
        wanted = [(column.name, column.sql_type) for column in table.columns]
        if found.get(table.name) != wanted:
            findings.append(Finding(table.name, "is absent or has other columns than it should", 0))
    findings += [
        Finding(view.name, "is absent or has other columns than it should", 0)
        for view in VIEWS
        if [name for name, _ in found.get(view.name, [])] != list(view.columns)
    ]
    return findings


def _duplicates(catalog: Catalog, table: Table) -> list[Finding]:
    keys = ", ".join(f'"{key}"' for key in table.keys)
    # Grouping by a 64-bit hash of the wide key keeps millions of rows within a reader's memory.
    count = _number(
        catalog,
        f"SELECT count(*) FROM (SELECT 1 FROM {table.name} "
        f"GROUP BY hash({keys}) HAVING count(*) > 1)",
    )
    return [Finding(table.name, f"several rows have the same {keys}", count)] if count else []


def _orphans(
    catalog: Catalog, name: str, column: str, target: str, target_column: str
) -> list[Finding]:
    count = _number(
        catalog,
        f"SELECT count(*) FROM {name} a WHERE a.{column} <> '' AND NOT EXISTS "
        f"(SELECT 1 FROM {target} b WHERE b.{target_column} = a.{column})",
    )
    return [Finding(name, f"{column} is not in {target}", count)] if count else []


def _journal(catalog: Catalog) -> list[Finding]:
    findings = []
    waiting = catalog.waiting_batches()
    if waiting:
        findings.append(
            Finding("journal", "batches wait; `unlearn catalog drain` brings them in", waiting)
        )
    for name in catalog.journal.set_aside_names():
        reason = catalog.journal.reason(name)
        findings.append(Finding("journal", f"{name} cannot be brought in: {reason}", 1))
    return findings


def _number(catalog: Catalog, sql: str) -> int:
    return int(catalog.query(sql).column(0)[0].as_py())
