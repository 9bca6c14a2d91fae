"""What the program says to people: on stderr, in colour on a terminal, and never data."""

from __future__ import annotations

import sys

from unlearn_core.errors import UnlearnError

__all__ = ["is_terminal", "say", "say_error"]


def is_terminal() -> bool:
    """Whether narration goes to a terminal."""
    return sys.stderr.isatty()


def say(message: str, *, quiet: bool = False) -> None:
    """Tell a person something, unless they asked for quiet."""
    if not quiet:
        sys.stderr.write(message + "\n")
        sys.stderr.flush()


def say_error(error: UnlearnError) -> None:
    """Tell a person what went wrong, and what to do about it if that is known."""
    red, dim, plain = ("\x1b[1;31m", "\x1b[2m", "\x1b[0m") if is_terminal() else ("", "", "")
    sys.stderr.write(f"{red}error:{plain} {error.message}\n")
    if error.hint:
        sys.stderr.write(f"{dim}{error.hint}{plain}\n")
