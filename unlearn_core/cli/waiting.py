"""The word every result that reads the catalog has to say about the journal."""

from __future__ import annotations

from pathlib import Path

from unlearn_core.cli.narration import say

__all__ = ["say_waiting"]


def say_waiting(catalog: Path, *, quiet: bool = False) -> None:
    """Say how many batches the catalog does not hold yet, if there are any."""
    from unlearn_core.catalog.store import Catalog, waiting_note

    waiting = Catalog(catalog).waiting_batches()
    if waiting:
        say(waiting_note(waiting), quiet=quiet)
