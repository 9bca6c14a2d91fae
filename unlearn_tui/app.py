"""`unlearn-tui`: arguments, and the app that shows its first screen."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from unlearn_tui.screens.models import ModelsScreen
from unlearn_tui.services.models import CatalogModels, ModelSource

__all__ = ["UnlearnApp", "main"]


class UnlearnApp(App[None]):
    """One screen: the models of a catalog.

    Args:
        source: Where the models come from.
    """

    TITLE = "unlearn-lab"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "quit", "Quit")]

    def __init__(self, source: ModelSource) -> None:
        super().__init__()
        self._source = source

    def on_mount(self) -> None:
        """Show the models."""
        self.push_screen(ModelsScreen(self._source))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the app until the user leaves it."""
    given = _parser().parse_args(arguments)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.stderr.write("unlearn-tui needs a terminal; for scripts there is `unlearn`\n")
        sys.exit(2)
    UnlearnApp(CatalogModels(given.catalog, given.runs)).run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="unlearn-tui",
        description="Look at the models of a catalog. Experiments are run with `unlearn`.",
    )
    parser.add_argument(
        "--catalog",
        type=Path,
        metavar="FILE",
        default=Path(os.environ.get("UNLEARN_CATALOG") or "catalog.duckdb"),
        help="the catalog file (UNLEARN_CATALOG; default ./catalog.duckdb)",
    )
    parser.add_argument(
        "--runs",
        type=Path,
        metavar="DIR",
        default=Path(os.environ.get("UNLEARN_RUNS") or "runs"),
        help="the folder of jobs and cached steps (UNLEARN_RUNS; default ./runs)",
    )
    return parser


if __name__ == "__main__":
    main()
