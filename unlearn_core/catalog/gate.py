"""The in-process lock: many readers or one writer, and no fork while the file is open.

DuckDB refuses to open one file with two configurations in one process, and POSIX locks belong to
the process: closing any handle of the file drops them all. So within one process a writer is
alone, and opening and closing happen under one mutex.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["GATE", "Gate"]


class Gate:
    """Readers share it, a writer has it alone; a waiting writer goes before new readers.

    One thread may read while it reads, but not write while it reads or the other way round.
    """

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._changed = threading.Condition(threading.RLock())
        self._readers: Counter[int] = Counter()  # thread to number of its open readers
        self._writer: int | None = None
        self._writers_waiting = 0

    @contextmanager
    def mutex(self) -> Iterator[None]:
        """Hold this while a reader opens or closes the file."""
        with self._changed:
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Shared with other readers of this process."""
        me = threading.get_ident()
        with self._changed:
            if self._writer == me:
                raise RuntimeError("the catalog cannot be read inside a write")
            # A thread that reads already must get in, or it would wait for itself.
            self._changed.wait_for(
                lambda: self._writer is None and (not self._writers_waiting or self._readers[me])
            )
            self._readers[me] += 1
        try:
            yield
        finally:
            with self._changed:
                self._readers[me] -= 1
                if not self._readers[me]:
                    del self._readers[me]
                self._changed.notify_all()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Alone in this process."""
        me = threading.get_ident()
        with self._changed:
            if self._writer == me or self._readers[me]:
                raise RuntimeError("the catalog cannot be written inside a read or a write")
            self._writers_waiting += 1
            try:
                self._changed.wait_for(lambda: self._writer is None and not self._readers)
            finally:
                self._writers_waiting -= 1
            self._writer = me
        try:
            yield
        finally:
            with self._changed:
                self._writer = None
                self._changed.notify_all()

    def before_fork(self) -> None:
        """Wait until the file is closed: a child must not inherit half a database."""
        me = threading.get_ident()
        self._changed.acquire()
        # A thread that forks while it holds the file itself cannot be waited for.
        if self._writer != me and not self._readers[me]:
            self._changed.wait_for(lambda: self._writer is None and not self._readers)

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._changed.release()

    def after_fork_in_child(self) -> None:
        """Threads of the parent do not exist here, and neither do their claims."""
        self._reset()


GATE = Gate()
"""The gate of this process."""

os.register_at_fork(
    before=GATE.before_fork,
    after_in_parent=GATE.after_fork_in_parent,
    after_in_child=GATE.after_fork_in_child,
)
