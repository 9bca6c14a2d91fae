"""The models of a catalog as a table."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Static

from unlearn_core.errors import UnlearnError
from unlearn_tui.services.models import ModelsFound, ModelSource

__all__ = ["ModelsScreen"]

_COLUMNS = ("role", "algorithm", "#", "dataset", "steps", "seconds", "model")
_RIGHT = frozenset({"#", "steps", "seconds"})


class ModelsScreen(Screen[None]):
    """Which models there are; asks the catalog in a worker thread, never in the event loop.

    Args:
        source: Where the models come from.
    """

    DEFAULT_CSS = """
    ModelsScreen #where { height: 1; background: $primary; color: $text; padding: 0 1; }
    ModelsScreen #note { height: auto; padding: 0 1; color: $text-muted; }
    ModelsScreen DataTable { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("r", "reload", "Reload")]

    class Answered(Message):
        """The catalog was asked and answered.

        Args:
            found: Its models.
        """

        def __init__(self, found: ModelsFound) -> None:
            super().__init__()
            self.found = found

    class Failed(Message):
        """The catalog was asked and could not answer.

        Args:
            reason: Why, for people.
        """

        def __init__(self, reason: str) -> None:
            super().__init__()
            self.reason = reason

    def __init__(self, source: ModelSource) -> None:
        super().__init__()
        self._source = source

    def compose(self) -> ComposeResult:
        """One line on where the models come from, the table, and one note below it."""
        yield Static(Text(f"Models of {self._source.place}"), id="where")
        yield DataTable(cursor_type="row", zebra_stripes=True)
        yield Static(id="note")
        yield Footer()

    def on_mount(self) -> None:
        """Ask at once."""
        table = self._table
        for name in _COLUMNS:
            table.add_column(Text(name, justify="right" if name in _RIGHT else "left"))
        table.focus()
        self.action_reload()

    def action_reload(self) -> None:
        """Ask the catalog again."""
        self._note("asking the catalog ...")
        self._ask()

    @work(thread=True, exclusive=True)
    def _ask(self) -> None:
        try:
            found = self._source.models()
        except UnlearnError as error:
            self.post_message(self.Failed(str(error)))
        else:
            self.post_message(self.Answered(found))

    def on_models_screen_answered(self, message: Answered) -> None:
        """Fill the table and say what is missing."""
        found = message.found
        table = self._table
        table.clear()
        for row in found.rows:
            cells = (
                row.role,
                row.algorithm or "-",
                str(row.instance),
                row.dataset,
                f"{row.steps:,}",
                f"{row.seconds:.1f}",
                row.model_id[:8],
            )
            # Text objects: what stands in the catalog is never read as markup.
            table.add_row(
                *(
                    Text(cell, justify="right" if name in _RIGHT else "left")
                    for name, cell in zip(_COLUMNS, cells, strict=True)
                )
            )
        self._note(found.note)

    def on_models_screen_failed(self, message: Failed) -> None:
        """Say why there is nothing to show."""
        self._table.clear()
        self._note(message.reason)

    @property
    def _table(self) -> DataTable[Text]:
        return self.query_one(DataTable)

    def _note(self, text: str) -> None:
        self.query_one("#note", Static).update(Text(text))
