"""`unlearn`: the whole command line.

Exit codes: 0 done, 1 the work failed, 2 the request was wrong, 130 interrupted. An UnlearnError
becomes one message on stderr; any other exception is a defect and keeps its traceback.
Command modules import heavy libraries inside their functions, so that `--help` stays fast.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from unlearn_core import __version__
from unlearn_core.cli.commands import (
    algorithms,
    cache,
    catalog,
    compare,
    datasets,
    experiments,
    jobs,
    metrics,
    presets,
    run,
    splits,
    sql,
    system,
)
from unlearn_core.cli.narration import say_error
from unlearn_core.cli.options import Settings, remember_options, with_settings
from unlearn_core.errors import DiskFullError, UnlearnError

__all__ = ["app", "main"]


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"unlearn {__version__}\n")
        raise typer.Exit


@with_settings
def _root(
    settings: Settings,
    ctx: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """A laboratory for machine unlearning."""
    del version
    remember_options(settings, ctx)


app = typer.Typer(
    name="unlearn",
    help="A laboratory for machine unlearning: train image classifiers, make them forget, and "
    "measure how close they come to models that never saw the data.",
    callback=_root,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for alone in (run, compare, sql):
    alone.add_commands(app)
for group in (jobs, experiments, catalog, cache, presets, datasets, splits, algorithms, metrics):
    app.add_typer(group.app)
system.add_commands(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    command = typer.main.get_command(app)
    try:
        command(list(sys.argv[1:] if arguments is None else arguments), prog_name="unlearn")
    except UnlearnError as error:
        say_error(error)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        full = DiskFullError(f"no room left on the disk ({error.filename or 'unknown file'})")
        say_error(full)
        sys.exit(full.exit_code)
