"""The only code that opens the catalog file, by any means.

One writing process excludes every other process, readers too. So nobody keeps the file open:
a question or a batch opens it, is done, and closes it. What finds the file busy goes to the
journal. Within the process `gate` keeps readers and writers apart, because closing any handle of
the file drops the process's lock; for the same reason the header is looked at, and the backup
made, only while this process has no connection.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import shutil
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa

from unlearn_core.catalog.batch import Batch
from unlearn_core.catalog.drain import DrainReport, drain_into, waiting_note
from unlearn_core.catalog.failures import as_unlearn_error, busy, disk_full, is_busy, is_disk_full
from unlearn_core.catalog.gate import GATE
from unlearn_core.catalog.insertion import insert_batch
from unlearn_core.catalog.journal import Journal
from unlearn_core.catalog.migrations import SchemaState, apply_missing, transaction
from unlearn_core.catalog.places import accepted_state, check_place, require_current
from unlearn_core.errors import CatalogBusyError, CatalogPathError, SchemaTooOldError

__all__ = [
    "READER_CONFIG",
    "Catalog",
    "DrainReport",
    "Parameters",
    "UpgradeReport",
    "WriteOutcome",
    "waiting_note",
]

WriteOutcome = Literal["written", "journalled"]
Parameters = Sequence[object] | Mapping[str, object]
Config = dict[str, str | bool | int | float | list[str]]

_COMMON: Config = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}
READER_CONFIG: Config = {
    **_COMMON,
    "enable_external_access": "false",
    "memory_limit": "1GB",
    "threads": "2",
    "temp_directory": "",
}
"""The one configuration of every reader; locked once the file is open."""

_MAGIC = b"DUCK"
_MAGIC_AT = 8
_ABANDONED_AFTER_S = 3600.0
_open_readers: Counter[Path] = Counter()  # guarded by GATE.mutex()


@dataclass(frozen=True, slots=True)
class UpgradeReport:
    """What an upgrade did: the steps it applied, and the copy of the file as it was."""

    applied: tuple[str, ...]
    backup: Path | None


class Catalog:
    """One catalog file and the journal beside it. Holds nothing open; any thread may use it.

    Args:
        path: The file; the first write makes it.
        write_wait_s: How long a write tries while another process holds the file. Once it has
            waited in vain, later writes try only once until one succeeds, so a file that is held
            overnight costs nothing.
        read_wait_s: How long a question tries.
    """

    def __init__(self, path: Path, *, write_wait_s: float = 1.0, read_wait_s: float = 3.0) -> None:
        self.path = path.expanduser().resolve()
        self.journal = Journal(self.path.with_name(f"{self.path.name}.journal"))
        self._write_wait_s = write_wait_s
        self._patience_s = write_wait_s
        self._read_wait_s = read_wait_s

    # ------------------------------------------------------------------ writing

    def ensure(self) -> Literal["ready", "busy"]:
        """Make the catalog, or bring its schema up to date after a backup.

        Returns:
            "busy" where another process holds the file: writes go to the journal.

        Raises:
            CatalogPathError: The path is no catalog or cannot be written, or is from a newer
                unlearn-lab.
            DiskFullError: There is no room left.
        """
        try:
            self.upgrade()
        except CatalogBusyError:
            return "busy"
        return "ready"

    def upgrade(self) -> UpgradeReport:
        """As `ensure`, and say what was done.

        Raises:
            CatalogBusyError: Another process holds the file.
            CatalogPathError: As for `ensure`.
            DiskFullError: There is no room left.
        """
        with GATE.writing():
            connection, report = self._open_writer(self._patience_s)
            connection.close()
        return report

    def write(self, batch: Batch) -> WriteOutcome:
        """Write a batch exactly once: into the file, or into the journal while it is busy.

        Batches that wait in the journal are brought in first. A record that is stored already
        is left alone.

        Raises:
            RecordConflictError: A record differs, outside its timing columns, from the stored
                one; nothing of the batch is written.
            CatalogPathError: The path is no catalog or cannot be written.
            DiskFullError: There is no room left.
            ValueError: The batch has an unknown table or column.
        """
        try:
            with self.writer() as connection:
                drain_into(connection, self.journal)
                with transaction(connection):
                    insert_batch(connection, batch)
        except CatalogBusyError:
            self.journal.append(batch)
            return "journalled"
        return "written"

    def drain(self) -> DrainReport:
        """Bring the journal's batches in. A damaged or differing one is set aside by name.

        Raises:
            CatalogPathError: The path is no catalog or cannot be written.
            DiskFullError: There is no room left.
        """
        if not self.journal.waiting():
            return DrainReport(0, 0, 0)
        try:
            with self.writer() as connection:
                return drain_into(connection, self.journal)
        except CatalogBusyError:
            return DrainReport(0, 0, self.waiting_batches(), busy=True)

    def waiting_batches(self) -> int:
        """How many batches wait in the journal. Looks at names only, so it is always possible."""
        return len(self.journal.waiting())

    @contextlib.contextmanager
    def writer(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A writing connection for one short transaction; nothing else of this process reads.

        Raises:
            CatalogBusyError: Another process holds the file.
            CatalogPathError: The path is no catalog or cannot be written.
            DiskFullError: There is no room left.
        """
        with GATE.writing():
            try:
                connection, _ = self._open_writer(self._patience_s)
            except CatalogBusyError:
                self._patience_s = 0.0
                raise
            self._patience_s = self._write_wait_s
            try:
                with self._clear_errors():
                    yield connection
            finally:
                connection.close()

    def _open_writer(self, wait_s: float) -> tuple[duckdb.DuckDBPyConnection, UpgradeReport]:
        """A connection to a file with today's schema; the caller holds the gate for writing."""
        check_place(self.path, writing=True)
        with self._clear_errors():
            if not self.path.exists():
                self._create()
            self._check_header()
            connection = self._connect(wait_s, config=_COMMON)
            try:
                state = accepted_state(connection, self.path)
                if state.kind == "current":
                    return connection, UpgradeReport((), None)
                backup = None
                if state.kind == "older":
                    connection.close()
                    backup = self._back_up(state)
                    connection = self._connect(wait_s, config=_COMMON)
                    accepted_state(connection, self.path)
                return connection, UpgradeReport(apply_missing(connection), backup)
            except BaseException:
                connection.close()
                raise

    def _create(self) -> None:
        """Make a catalog beside its place and let it appear whole, by one link."""
        if self.path.with_name(f"{self.path.name}.wal").exists():
            raise CatalogPathError(
                f"{self.path} is not there but its write-ahead log {self.path.name}.wal is",
                hint="put the catalog back, or move the log away",
            )
        for stray in self.path.parent.glob(f".{self.path.name}.*.new*"):
            with contextlib.suppress(OSError):  # of a process that was killed here
                if time.time() - stray.stat().st_mtime > _ABANDONED_AFTER_S:
                    stray.unlink()
        scratch = self.path.with_name(f".{self.path.name}.{uuid.uuid4().hex[:8]}.new")
        try:
            with duckdb.connect(str(scratch), config=_COMMON) as connection:
                apply_missing(connection)
            _sync(scratch)
            try:
                os.link(scratch, self.path)
            except FileExistsError:
                pass  # another process was faster
            except OSError:
                # A file system without links; a rename would hide a faster process's catalog.
                if not self.path.exists():
                    scratch.rename(self.path)
            _sync(self.path.parent)
        finally:
            scratch.unlink(missing_ok=True)
            scratch.with_name(f"{scratch.name}.wal").unlink(missing_ok=True)

    def _back_up(self, state: SchemaState) -> Path:
        """Copy the file under a shared POSIX lock, which keeps writers of DuckDB out."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        target = self.path.with_name(f"{self.path.name}.schema-{state.version}-{stamp}.backup")
        with self.path.open("rb") as source:
            try:
                fcntl.lockf(source, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError as error:
                raise busy(self.path) from error
            with target.open("xb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
                copy.flush()
                os.fsync(copy.fileno())
            for log in self.path.parent.glob(f"{self.path.name}.wal*"):
                suffix = log.name.removeprefix(self.path.name)
                shutil.copyfile(log, target.with_name(f"{target.name}{suffix}"))
        _sync(target.parent)
        return target

    # ------------------------------------------------------------------ reading

    def query(self, sql: str, parameters: Parameters = ()) -> pa.Table:
        """The whole answer to one question.

        Raises:
            CatalogPathError: There is no catalog at the path.
            SchemaTooOldError: It needs `unlearn catalog upgrade`.
            SchemaTooNewError: It is from a newer unlearn-lab.
            CatalogBusyError: A writer of another process holds it for longer than `read_wait_s`.
        """
        with self.reader() as connection:
            return _ask(connection, sql, parameters)

    def query_unless_busy(self, sql: str, parameters: Parameters = ()) -> pa.Table | None:
        """As `query`, but None where another process holds the file."""
        try:
            return self.query(sql, parameters)
        except CatalogBusyError:
            return None

    @contextlib.contextmanager
    def reader(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A reading connection for one question; several threads may have one at a time.

        Raises:
            CatalogPathError, SchemaTooOldError, SchemaTooNewError, CatalogBusyError: As `query`.
        """
        with GATE.reading():
            connection = self._open_reader()
            try:
                with self._clear_errors():
                    yield connection
            finally:
                self._close_reader(connection)

    def check_path(self) -> None:
        """Raise what a write would say about the path; changes nothing.

        Raises:
            CatalogPathError: The path is a folder, not a catalog, or cannot be written.
            SchemaTooNewError: It is from a newer unlearn-lab.
        """
        check_place(self.path, writing=True)
        if not self.path.exists():
            return
        with contextlib.suppress(CatalogBusyError, SchemaTooOldError), self.reader():
            pass

    def _open_reader(self) -> duckdb.DuckDBPyConnection:
        check_place(self.path, writing=False)
        give_up = time.monotonic() + self._read_wait_s
        while True:
            try:
                with GATE.mutex(), self._clear_errors():
                    return self._open_reader_once()
            except CatalogBusyError:
                if time.monotonic() >= give_up:
                    raise
            _pause()

    def _open_reader_once(self) -> duckdb.DuckDBPyConnection:
        if not _open_readers[self.path]:
            # Closing this handle would drop the lock of a connection of ours, were there one.
            self._check_header()
        connection = self._connect(0.0, config=READER_CONFIG, read_only=True)
        try:
            if not _open_readers[self.path]:
                # DuckDB allows the file it has open to be read as a file, which would drop the
                # lock; this closes that way too. Possible only once the file is open.
                connection.execute("SET disabled_filesystems = 'LocalFileSystem'")
                connection.execute("SET lock_configuration = true")
            require_current(connection, self.path)
        except BaseException:
            connection.close()
            raise
        _open_readers[self.path] += 1
        return connection

    def _close_reader(self, connection: duckdb.DuckDBPyConnection) -> None:
        with GATE.mutex():
            connection.close()
            _open_readers[self.path] -= 1

    # ------------------------------------------------------------------ opening

    def _connect(
        self, wait_s: float, *, config: Config, read_only: bool = False
    ) -> duckdb.DuckDBPyConnection:
        give_up = time.monotonic() + wait_s
        while True:
            try:
                return duckdb.connect(str(self.path), read_only=read_only, config=config)
            except duckdb.Error as error:
                if not is_busy(error) or time.monotonic() >= give_up:
                    raise
            _pause()

    def _check_header(self) -> None:
        """Whether it is a DuckDB file at all; only while this process has no connection."""
        with self.path.open("rb") as handle:
            head = handle.read(_MAGIC_AT + len(_MAGIC))
        if head[_MAGIC_AT:] != _MAGIC:
            raise CatalogPathError(
                f"{self.path} is not a DuckDB file", hint="name another file with --catalog"
            )

    @contextlib.contextmanager
    def _clear_errors(self) -> Iterator[None]:
        """Errors of DuckDB and the system about the file, as errors for people."""
        try:
            yield
        except duckdb.Error as error:
            clear = as_unlearn_error(error, self.path)
            if clear is None:
                raise
            raise clear from error
        except OSError as error:
            if is_disk_full(error):
                raise disk_full(self.path) from error
            raise CatalogPathError(f"{self.path}: {error.strerror or error}") from error


def _ask(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Parameters) -> pa.Table:
    given = parameters if isinstance(parameters, Mapping) else list(parameters)
    relation = connection.sql(sql, params=given) if given else connection.sql(sql)
    return relation.to_arrow_table()


def _pause() -> None:
    """Between two tries: about as long as another process needs for one short write."""
    time.sleep(random.uniform(0.005, 0.03))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
