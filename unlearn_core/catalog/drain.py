"""Bringing the journal into the catalog, each batch exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from unlearn_core.catalog.insertion import insert_batch
from unlearn_core.catalog.journal import DamagedBatchError, Journal
from unlearn_core.catalog.migrations import transaction
from unlearn_core.errors import RecordConflictError

if TYPE_CHECKING:
    import duckdb

__all__ = ["DrainReport", "drain_into", "waiting_note"]


@dataclass(frozen=True, slots=True)
class DrainReport:
    """What became of the journal.

    Attributes:
        drained: Batches that were brought in.
        new_rows: Rows of them that the catalog did not have yet.
        waiting: Batches that still wait.
        set_aside: Name and reason of each batch that cannot be brought in.
        busy: Another process holds the catalog, so nothing was tried.
    """

    drained: int
    new_rows: int
    waiting: int
    set_aside: tuple[tuple[str, str], ...] = ()
    busy: bool = False


def waiting_note(waiting: int) -> str:
    """What every result says while batches wait; empty when none do."""
    if not waiting:
        return ""
    verb = "batch waits" if waiting == 1 else "batches wait"
    return f"{waiting} {verb} in the journal; `unlearn catalog drain` brings them in"


def drain_into(connection: duckdb.DuckDBPyConnection, journal: Journal) -> DrainReport:
    """Bring in every batch that waits; set aside what is damaged or differs.

    Args:
        connection: A writing connection without a transaction. Its lock on the file is what makes
            sure that no other process drains.
        journal: The journal beside that file.
    """
    waiting = journal.waiting()
    drained = new_rows = 0
    set_aside: list[tuple[str, str]] = []
    for batch_id in waiting:
        try:
            new_rows += _bring_in(connection, journal, batch_id)
            drained += 1
        except (DamagedBatchError, RecordConflictError) as error:
            set_aside.append((journal.set_aside(batch_id, str(error)), str(error)))
    if waiting:
        journal.sweep()
    return DrainReport(drained, new_rows, len(journal.waiting()), tuple(set_aside))


def _bring_in(connection: duckdb.DuckDBPyConnection, journal: Journal, batch_id: str) -> int:
    """Insert a batch with its name in one transaction, and only then delete it."""
    ledger = connection.execute(
        "SELECT 1 FROM drained_batches WHERE batch_id = ?", [batch_id]
    ).fetchall()
    added = 0
    if not ledger:  # else its deletion was cut short
        batch = journal.read(batch_id)
        with transaction(connection):
            added = insert_batch(connection, batch)
            connection.execute(
                "INSERT INTO drained_batches VALUES (?, ?, ?)",
                [batch_id, datetime.now(UTC).replace(tzinfo=None), added],
            )
    journal.discard(batch_id)
    return added
