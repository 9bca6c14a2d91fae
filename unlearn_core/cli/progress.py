"""One progress bar per stage on a terminal, and plain lines otherwise. Always on stderr."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING

from unlearn_core.cli.narration import is_terminal, say

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["Bars", "clock"]

_PLAIN_EVERY_S = 10.0


class Bars:
    """Bars of the stages of one long work; a context manager.

    Args:
        quiet: Show nothing.
        now: Clock in seconds, for plain lines.
    """

    def __init__(self, *, quiet: bool = False, now: Callable[[], float] = time.monotonic) -> None:
        self._quiet = quiet
        self._now = now
        self._exit = ExitStack()
        self._rich: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._printed: dict[str, tuple[float, float]] = {}  # stage: when, how much was done

    def __enter__(self) -> Bars:
        if not self._quiet and is_terminal():
            self._rich = self._exit.enter_context(_rich_bars())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exit.close()

    def update(self, stage: str, done: float, total: float, detail: str = "") -> None:
        """Show how far a stage is.

        Args:
            stage: Name of the stage; a new name gets a new bar.
            done: How much is done, in the unit of `total`.
            total: How much there is to do; 0 where that is not known.
            detail: Counts, rate and time left, in words.
        """
        if self._quiet:
            return
        if self._rich is None:
            self._print(stage, done, total, detail)
            return
        if stage not in self._tasks:
            self._tasks[stage] = self._rich.add_task(stage, total=total or None, detail="")
        self._rich.update(self._tasks[stage], completed=done, total=total or None, detail=detail)

    def _print(self, stage: str, done: float, total: float, detail: str) -> None:
        last = self._printed.get(stage)
        is_end = total > 0 and done >= total
        if last is not None:
            when, before = last
            waits = self._now() - when < _PLAIN_EVERY_S and not is_end
            if waits or done == before:
                return
        elif done == 0:
            return
        self._printed[stage] = (self._now(), done)
        share = f"{done / total:4.0%}" if total else "    "
        say(f"{stage:<24} {share}  {detail}".rstrip())


def _rich_bars() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=16),
        TaskProgressColumn(),
        TextColumn("{task.fields[detail]}"),
        console=Console(stderr=True),
    )


def clock(seconds: float) -> str:
    """A duration for people.

    >>> clock(9.4), clock(75), clock(3661)
    ('0:09', '1:15', '1:01:01')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
