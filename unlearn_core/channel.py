"""How work says how far it is, and how it learns that it should stop."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Channel", "SilentChannel"]


class Channel(Protocol):
    """Progress out, stop request in. Called at least once per batch, so it must be cheap."""

    def advance(self, phase: str, done: int, total: int) -> None:
        """Say that `done` of `total` batches of `phase` are finished.

        Raises:
            StoppedError: A stop was requested; the unfinished step is to be discarded.
        """


class SilentChannel:
    """A channel nobody listens to and that never stops anything."""

    def advance(self, phase: str, done: int, total: int) -> None:
        """Do nothing."""
