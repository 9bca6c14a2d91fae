"""Asking before something is deleted."""

from __future__ import annotations

import sys

import typer

from unlearn_core.errors import RequestError

__all__ = ["confirm"]


def confirm(question: str, *, yes: bool) -> None:
    """Go on only if a person agrees, on a terminal or beforehand with `--yes`.

    Raises:
        RequestError: There is no terminal to ask on.
        typer.Abort: The person said no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise RequestError(f"{question} say so with --yes; there is no terminal to ask on")
    typer.confirm(question, abort=True, err=True)
