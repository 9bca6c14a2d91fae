"""The global options: accepted before and after the command, then from the environment."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec

import typer

__all__ = ["Settings", "command_group", "remember_options", "with_settings"]

P = ParamSpec("P")

_PANEL = "Global options"


@dataclass(frozen=True, slots=True)
class Settings:
    """The global options as they were given; paths that were not given are None."""

    catalog: Path | None = None
    runs: Path | None = None
    data_dir: Path | None = None
    splits_dir: Path | None = None
    quiet: bool = False
    json: bool = False

    @property
    def catalog_path(self) -> Path:
        """The catalog: `--catalog`, UNLEARN_CATALOG, or ./catalog.duckdb."""
        return self.catalog or _from_environment("UNLEARN_CATALOG") or Path("catalog.duckdb")

    @property
    def runs_path(self) -> Path:
        """The runs folder: `--runs`, UNLEARN_RUNS, or ./runs."""
        return self.runs or _from_environment("UNLEARN_RUNS") or Path("runs")

    @property
    def splits_dir_path(self) -> Path | None:
        """The folder of one's own splits: `--splits-dir`, UNLEARN_SPLITS_DIR, or none."""
        return self.splits_dir or _from_environment("UNLEARN_SPLITS_DIR")

    def source_of(self, option: str, variable: str) -> str:
        """Where a path comes from, for people."""
        if getattr(self, option) is not None:
            return f"--{option.replace('_', '-')}"
        return variable if _from_environment(variable) else "default"


def _from_environment(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None


# Typer reads the options of a command from a signature; this one is appended to every command.
def _declaration(
    *,
    catalog: Annotated[
        Path | None,
        typer.Option(
            help="The catalog file (UNLEARN_CATALOG; default ./catalog.duckdb).",
            rich_help_panel=_PANEL,
            metavar="FILE",
        ),
    ] = None,
    runs: Annotated[
        Path | None,
        typer.Option(
            help="The folder of jobs and cached steps (UNLEARN_RUNS; default ./runs).",
            rich_help_panel=_PANEL,
            metavar="DIR",
        ),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            help="The folder that holds the datasets (UNLEARN_DATA_DIR; default: user data).",
            rich_help_panel=_PANEL,
            metavar="DIR",
        ),
    ] = None,
    splits_dir: Annotated[
        Path | None,
        typer.Option(
            help="A folder of split files besides the built-in ones (UNLEARN_SPLITS_DIR).",
            rich_help_panel=_PANEL,
            metavar="DIR",
        ),
    ] = None,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", help="No narration on stderr.", rich_help_panel=_PANEL),
    ] = False,
    json: Annotated[
        bool,
        typer.Option("--json", help="Data on stdout as JSON.", rich_help_panel=_PANEL),
    ] = False,
) -> None: ...


_OPTIONS = inspect.signature(_declaration, eval_str=True).parameters
_CONTEXT = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)


def with_settings(command: Callable[Concatenate[Settings, P], None]) -> Callable[..., None]:
    """Give a command the global options, joined into one Settings as its first argument."""
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    wants_context = any(parameter.name == "ctx" for parameter in own)
    parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    parameters += [*_OPTIONS.values(), *(() if wants_context else (_CONTEXT,))]

    @functools.wraps(command)
    def wrapper(**arguments: Any) -> None:  # noqa: ANN401 - what Typer passes by name
        ctx: typer.Context = arguments["ctx"] if wants_context else arguments.pop("ctx")
        given = {name: arguments.pop(name) for name in _OPTIONS}
        command(_join(ctx.obj, given), **arguments)  # type: ignore[call-arg]

    wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return wrapper


def remember_options(settings: Settings, ctx: typer.Context) -> None:
    """Keep the options given before a command for the command."""
    ctx.obj = settings


def command_group(name: str, summary: str) -> typer.Typer:
    """A group of commands that takes the global options too."""
    return typer.Typer(
        name=name,
        help=summary,
        callback=with_settings(remember_options),
        no_args_is_help=True,
        add_completion=False,
    )


def _join(before: Settings | None, given: Mapping[str, Any]) -> Settings:
    """Options after the command win over those before it; a flag stays on."""
    earlier = before or Settings()
    return Settings(
        **{
            field.name: given.get(field.name) or getattr(earlier, field.name)
            for field in fields(Settings)
        }
    )
