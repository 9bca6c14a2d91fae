"""`unlearn presets`: the ready experiments."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from unlearn_core.cli.options import Settings, command_group, with_settings
from unlearn_core.cli.output import Column, print_json, print_rows

__all__ = ["app"]

app = command_group("presets", "Ready experiments.")


@app.command("list")
@with_settings
def list_presets(settings: Settings) -> None:
    """List the ready experiments."""
    from unlearn_core.presets import load_preset, preset_names

    configs = [load_preset(name) for name in preset_names()]
    rows = [
        {
            "name": config.name,
            "dataset": config.dataset.name,
            "instances": config.instances,
            "algorithms": list(config.labels),
            "description": config.description,
        }
        for config in configs
    ]
    columns = [
        Column("name"),
        Column("dataset"),
        Column("instances", right=True),
        Column("algorithms", wrap=True),
        Column("description", wrap=True),
    ]
    print_rows(rows, columns, "json" if settings.json else "table")


@app.command("show")
@with_settings
def show_preset(
    settings: Settings, name: Annotated[str, typer.Argument(help="Name of the preset.")]
) -> None:
    """Print a preset's TOML, ready to be saved and changed."""
    from unlearn_core.presets import load_preset, preset_text

    if settings.json:
        print_json(load_preset(name).full_dump())
    else:
        sys.stdout.write(preset_text(name))
