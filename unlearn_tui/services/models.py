"""The models of a catalog, and what is missing when there are none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from unlearn_core.catalog.rows import ModelRow

__all__ = ["CatalogModels", "ModelSource", "ModelsFound"]


@dataclass(frozen=True, slots=True)
class ModelsFound:
    """What the catalog answered.

    Attributes:
        rows: The models, oldest first.
        note: One sentence on what there is or what is missing.
    """

    rows: tuple[ModelRow, ...]
    note: str


class ModelSource(Protocol):
    """Where models come from."""

    @property
    def place(self) -> str:
        """The place's name for people."""

    def models(self) -> ModelsFound:
        """All models.

        Raises:
            UnlearnError: They cannot be read; the message says why.
        """


class CatalogModels:
    """The models of one catalog file.

    Args:
        catalog: The file; it need not be there.
        runs: The folder of jobs, to say whether anything ever ran.
    """

    def __init__(self, catalog: Path, runs: Path) -> None:
        self._catalog = catalog
        self._runs = runs

    @property
    def place(self) -> str:
        """The file's path."""
        return str(self._catalog)

    def models(self) -> ModelsFound:
        """All models, opening the catalog for this one question.

        Raises:
            UnlearnError: The file is no catalog, from another version, or busy.
        """
        if not self._catalog.exists():
            return ModelsFound((), f"There is no catalog here yet. {self._what_to_do()}")
        # DuckDB and Arrow take a while to load; the first paint does not wait for them.
        from unlearn_core.catalog import queries
        from unlearn_core.catalog.store import Catalog, waiting_note

        catalog = Catalog(self._catalog)
        rows = tuple(queries.models(catalog))
        waiting = waiting_note(catalog.waiting_batches())
        if not rows:
            return ModelsFound((), " ".join((f"No models yet. {self._what_to_do()}", waiting)))
        count = "1 model" if len(rows) == 1 else f"{len(rows):,} models"
        return ModelsFound(rows, " · ".join(part for part in (count, waiting) if part))

    def _what_to_do(self) -> str:
        """The next step for someone who sees an empty table."""
        jobs = self._runs / "jobs"
        if jobs.is_dir() and any(jobs.iterdir()):
            return f"There are jobs in {self._runs}: see `unlearn jobs list`."
        return "Run `unlearn demo` in another terminal, then press r; or name one with --catalog."
