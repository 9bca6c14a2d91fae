"""The SQL console: one reading statement, bounded in time, memory, rows and reach."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from unlearn_core.catalog.failures import clean_message
from unlearn_core.catalog.store import READER_CONFIG, Catalog, Parameters
from unlearn_core.errors import QueryError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["MAX_ROWS", "TIME_LIMIT_S", "Interrupt", "SqlAnswer", "check_sql", "run_sql"]

MAX_ROWS = 10_000
TIME_LIMIT_S = 30.0
_CHUNK = 2048
_LOOK_EVERY_S = 0.05
_READING = frozenset({"SELECT", "EXPLAIN"})
_ALLOWED = "SELECT, WITH, DESCRIBE, SHOW or EXPLAIN"
_EXPLAIN = re.compile(
    r"^EXPLAIN\b\s*(?:ANALYZE\b\s*)?(?:\((?!\s*(?:SELECT|WITH|FROM|VALUES)\b)[^)]*\)\s*)?",
    re.IGNORECASE,
)
_BLANK = re.compile(r"^(?:\s+|--[^\n]*\n|/\*.*?\*/)+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SqlAnswer:
    """What a query gave.

    Attributes:
        table: The rows.
        truncated: There were more rows than were asked for.
        waiting: Batches that wait in the journal and are not in the answer.
    """

    table: pa.Table
    truncated: bool
    waiting: int


class Interrupt:
    """A button that stops one query from another thread; it may be pressed before the start."""

    def __init__(self) -> None:
        self._pressed = threading.Event()

    def press(self) -> None:
        """Stop the query within a fraction of a second."""
        self._pressed.set()

    @property
    def pressed(self) -> bool:
        """Whether it was pressed."""
        return self._pressed.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for it; whether it was pressed."""
        return self._pressed.wait(seconds)


def check_sql(sql: str) -> None:
    """Raise unless it is exactly one reading statement, by DuckDB's own parser.

    Raises:
        QueryError: It does not parse, is none or several statements, or could write.
    """
    with duckdb.connect() as parser:
        found = _kinds(parser, sql)
        if len(found) != 1:
            how_many = "nothing" if not found else f"{len(found)} statements"
            raise QueryError(f"exactly one statement is possible here, this is {how_many}")
        kind = found[0]
        if kind == "EXPLAIN":
            # EXPLAIN ANALYZE runs what it explains.
            inner = _kinds(parser, _EXPLAIN.sub("", _BLANK.sub("", sql)))
            kind = inner[0] if inner else kind
    if kind not in _READING:
        raise QueryError(
            f"the console only reads: {_ALLOWED}; this is {kind}",
            hint="to change or copy a catalog, use the commands of `unlearn catalog`",
        )


def run_sql(
    catalog: Catalog,
    sql: str,
    parameters: Parameters = (),
    *,
    max_rows: int | None = MAX_ROWS,
    time_limit_s: float = TIME_LIMIT_S,
    interrupt: Interrupt | None = None,
) -> SqlAnswer:
    """Answer one reading statement over a fresh connection.

    Args:
        catalog: The catalog.
        sql: One SELECT, WITH, DESCRIBE, SHOW or EXPLAIN.
        parameters: Values for `?` or `$name`.
        max_rows: Most rows of the answer; None for all of them.
        time_limit_s: Most seconds, fetching included.
        interrupt: Pressing it ends the query.

    Raises:
        QueryError: The statement is refused, fails, takes too long or was interrupted.
        CatalogPathError: There is no catalog.
        CatalogBusyError: A writer of another process holds it.
    """
    check_sql(sql)
    button = interrupt or Interrupt()
    with catalog.reader() as connection, _watched(connection, button, time_limit_s) as watch:
        try:
            table, truncated = _fetch(connection, sql, parameters, max_rows)
        except (duckdb.Error, pa.ArrowException, RuntimeError, ValueError) as error:
            if watch.stopped:
                how = "interrupted" if button.pressed else f"stopped after {time_limit_s:g} seconds"
                raise QueryError(f"the query was {how}") from None
            raise QueryError(_for_people(str(error))) from None
    return SqlAnswer(table, truncated, catalog.waiting_batches())


def _fetch(
    connection: DuckDBPyConnection, sql: str, parameters: Parameters, max_rows: int | None
) -> tuple[pa.Table, bool]:
    given = parameters if isinstance(parameters, dict) else list(parameters)
    relation = connection.sql(sql, params=given) if given else connection.sql(sql)
    if max_rows is None:
        return relation.to_arrow_table(), False
    reader = relation.to_arrow_reader(_CHUNK)
    batches, rows = [], 0
    # An open stream would keep the file open, whatever becomes of the connection.
    try:
        # One row more than asked for says whether there are more.
        while rows <= max_rows:
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                break
            batches.append(batch)
            rows += batch.num_rows
        table = pa.Table.from_batches(batches, schema=reader.schema)
    finally:
        reader.close()
    return table.slice(0, max_rows), rows > max_rows


@dataclass(slots=True)
class _Watch:
    stopped: bool = False


@contextmanager
def _watched(
    connection: DuckDBPyConnection, button: Interrupt, time_limit_s: float
) -> Iterator[_Watch]:
    """Interrupt the connection when the button is pressed or the time is over.

    It goes on interrupting until the block is left: an interrupt that comes before a query
    starts, or between two fetches, is forgotten by DuckDB.
    """
    watch, done = _Watch(), threading.Event()

    def look() -> None:
        until = time.monotonic() + time_limit_s
        while not done.wait(_LOOK_EVERY_S):
            if button.pressed or time.monotonic() >= until:
                watch.stopped = True
                connection.interrupt()

    watcher = threading.Thread(target=look, name="sql-time-limit", daemon=True)
    watcher.start()
    try:
        yield watch
    finally:
        done.set()
        watcher.join()


def _kinds(parser: DuckDBPyConnection, sql: str) -> list[str]:
    try:
        return [statement.type.name for statement in parser.extract_statements(sql)]
    except duckdb.Error as error:
        raise QueryError(_for_people(str(error))) from None


def _for_people(message: str) -> str:
    text = clean_message(message)
    if message.startswith("Out of Memory"):
        return f"the query needs more than {READER_CONFIG['memory_limit']} of memory; filter first"
    if "operations are disabled" in text or "has been disabled by configuration" in text:
        return "the console reads this catalog only, no other files"
    if "configuration has been locked" in text:
        return "the console's settings are locked"
    if "read-only mode" in text:
        return f"the console only reads: {_ALLOWED}"
    return text
