"""Steps of the schema, each applied once, in a transaction with its record.

A step that has been released is never edited. A later one that adds a column says
`ALTER TABLE ... ADD COLUMN IF NOT EXISTS`, because a fresh catalog gets its tables from today's
records; one that changes a view calls `create_views` under a new name, which writes the comments
again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Literal

from unlearn_core.catalog import comments
from unlearn_core.catalog.tables import LEDGERS, TABLES, Table
from unlearn_core.catalog.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

__all__ = [
    "MIGRATIONS",
    "SchemaState",
    "apply_missing",
    "library_version",
    "read_state",
    "transaction",
]

Kind = Literal["empty", "foreign", "older", "current", "newer"]


@dataclass(frozen=True, slots=True)
class SchemaState:
    """What a file's schema is, seen from this library.

    Attributes:
        kind: empty (no table at all), foreign (tables, but not ours), older, current or newer.
        version: Number of steps applied.
        library_version: unlearn-lab that applied the last one; '' where there is none.
    """

    kind: Kind
    version: int
    library_version: str


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Every table with its comments."""
    for table in (*TABLES.values(), *LEDGERS):
        # The ledger of the steps was made before the first step.
        connection.execute(_create_table(table))
        _comment(connection, "TABLE", table.name, comments.TABLES[table.name])
        for column in table.columns:
            _comment(connection, "COLUMN", f"{table.name}.{column.name}", column.comment)


def create_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Every view with its comments."""
    for view in VIEWS:
        connection.execute(f"CREATE OR REPLACE VIEW {view.name} AS {view.sql}")
        _comment(connection, "VIEW", view.name, view.comment)
        for name, comment in view.columns.items():
            _comment(connection, "COLUMN", f'{view.name}."{name}"', comment)


MIGRATIONS: tuple[tuple[str, Callable[[duckdb.DuckDBPyConnection], None]], ...] = (
    ("0001_tables", create_tables),
    ("0002_views", create_views),
)
"""All steps in the order of application."""


def read_state(connection: duckdb.DuckDBPyConnection) -> SchemaState:
    """Which steps a file has had."""
    import duckdb

    try:
        applied = connection.execute(
            "SELECT name, library_version FROM schema_migrations ORDER BY version"
        ).fetchall()
    except duckdb.CatalogException:
        names = _strings(connection, "SELECT table_name FROM duckdb_tables() WHERE NOT internal")
        return SchemaState("foreign" if names else "empty", 0, "")
    known = [name for name, _ in MIGRATIONS]
    found = [str(name) for name, _ in applied]
    version = str(applied[-1][1]) if applied else ""
    kind: Kind = "current"
    if found == known[: len(found)] and len(found) < len(known):
        kind = "older"
    elif found != known:
        kind = "newer"
    return SchemaState(kind, len(found), version)


def apply_missing(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Apply the steps a file has not had; returns their names."""
    ledger = next(table for table in LEDGERS if table.name == "schema_migrations")
    connection.execute(_create_table(ledger))
    done = set(_strings(connection, "SELECT name FROM schema_migrations"))
    applied = []
    for version, (name, step) in enumerate(MIGRATIONS, start=1):
        if name in done:
            continue
        with transaction(connection):
            step(connection)
            now = datetime.now(UTC).replace(tzinfo=None)
            connection.execute(
                "INSERT INTO schema_migrations VALUES (?, ?, ?, ?)",
                [version, name, now, library_version()],
            )
        applied.append(name)
    return tuple(applied)


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of the block, or nothing of it."""
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        _roll_back(connection)
        raise
    connection.execute("COMMIT")


def library_version() -> str:
    """Version of the installed unlearn-lab."""
    try:
        return metadata.version("unlearn-lab")
    except metadata.PackageNotFoundError:
        return "unknown"


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    import duckdb

    try:
        connection.execute("ROLLBACK")
    except duckdb.Error:
        # A fatal error (disk full) has ended the transaction already; the first error matters.
        return


def _create_table(table: Table) -> str:
    columns = ", ".join(
        f'"{c.name}" {c.sql_type}{"" if c.nullable else " NOT NULL"}' for c in table.columns
    )
    return f"CREATE TABLE IF NOT EXISTS {table.name} ({columns})"


def _comment(connection: duckdb.DuckDBPyConnection, kind: str, name: str, text: str) -> None:
    quoted = text.replace("'", "''")
    connection.execute(f"COMMENT ON {kind} {name} IS '{quoted}'")


def _strings(connection: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(sql).fetchall()]
