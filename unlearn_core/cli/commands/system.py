"""`unlearn schema`, `unlearn paths`, `unlearn doctor`: the laboratory itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from unlearn_core.cli.options import Settings, with_settings
from unlearn_core.cli.output import Column, print_facts, print_json, print_rows

if TYPE_CHECKING:
    import typer

__all__ = ["add_commands"]


def add_commands(app: typer.Typer) -> None:
    """Add the commands that stand alone."""
    app.command("schema")(with_settings(show_schema))
    app.command("paths")(with_settings(show_paths))
    app.command("doctor")(with_settings(examine))


def show_schema(settings: Settings) -> None:  # noqa: ARG001 - always JSON
    """Print the JSON Schema of an experiment, for editors."""
    from unlearn_core.configs.schema import experiment_json_schema

    print_json(experiment_json_schema())


def show_paths(settings: Settings) -> None:
    """Show every folder and file that is used, and why."""
    rows = [
        {"what": what, "path": path, "source": source, "exists": path is not None and path.exists()}
        for what, path, source in _places(settings)
    ]
    columns = [Column("what"), Column("path"), Column("source"), Column("exists")]
    print_rows(rows, columns, "json" if settings.json else "table")


def _places(settings: Settings) -> list[tuple[str, Path | None, str]]:
    from unlearn_core.data.places import builtin_splits_dir, data_dir_or_default
    from unlearn_core.presets import preset_path

    splits_dir = settings.splits_dir_path
    return [
        (
            "catalog",
            settings.catalog_path.absolute(),
            settings.source_of("catalog", "UNLEARN_CATALOG"),
        ),
        ("runs", settings.runs_path.absolute(), settings.source_of("runs", "UNLEARN_RUNS")),
        (
            "data",
            data_dir_or_default(settings.data_dir).absolute(),
            settings.source_of("data_dir", "UNLEARN_DATA_DIR"),
        ),
        (
            "splits",
            splits_dir.absolute() if splits_dir else None,
            settings.source_of("splits_dir", "UNLEARN_SPLITS_DIR"),
        ),
        ("built-in splits", builtin_splits_dir(), "installation"),
        ("presets", preset_path("digits-demo").parent, "installation"),
    ]


def examine(settings: Settings) -> None:
    """Examine versions, machine, GPU, paths, catalog and journal; exit code 1 on a problem."""
    import typer

    from unlearn_core.cli.examination import examine_laboratory

    findings = examine_laboratory(settings)
    if settings.json:
        print_json([{"what": f.what, "value": f.value, "problem": f.problem} for f in findings])
    else:
        print_facts(
            {f.what: f"{f.value}  PROBLEM: {f.problem}" if f.problem else f.value for f in findings}
        )
    if any(finding.problem for finding in findings):
        raise typer.Exit(1)
