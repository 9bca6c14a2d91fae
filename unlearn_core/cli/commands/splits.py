"""`unlearn splits`: which samples show which feature."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unlearn_core.cli.commands.datasets import OwnFolder, load_named_dataset
from unlearn_core.cli.narration import say
from unlearn_core.cli.options import Settings, command_group, with_settings
from unlearn_core.cli.output import Column, print_facts, print_json, print_rows

if TYPE_CHECKING:
    from unlearn_core.data.splits import SplitDetails, SplitEntry, SplitFile

__all__ = ["app"]

app = command_group("splits", "Split files: samples of one class that show one feature.")

SplitName = Annotated[str, typer.Argument(help="Name of the split, or a split file.")]


@app.command("list")
@with_settings
def list_all(settings: Settings) -> None:
    """List the built-in splits and those of --splits-dir."""
    from unlearn_core.data.splits import list_splits

    columns = [Column("name"), Column("dataset"), Column("class", right=True)]
    columns += [Column("train", right=True), Column("test", right=True)]
    columns += [Column("feature", wrap=True), Column("where")]
    rows = [_row(entry) for entry in list_splits(settings.splits_dir)]
    print_rows(rows, columns, "json" if settings.json else "table")


@app.command("show")
@with_settings
def show_split(settings: Settings, name: SplitName) -> None:
    """Show what a split lists and who says so; with --json its sample ids too."""
    split, path = _find(name, settings)
    if settings.json:
        print_json(split.model_dump(mode="json"))
        return
    print_facts(
        {
            "name": split.name,
            "file": path,
            "dataset": split.dataset,
            "class": split.class_label,
            "feature": split.feature,
            "description": split.description,
            "labelled_by": split.labelled_by,
            "how": split.how,
            "train": len(split.ids.train),
            "test": len(split.ids.test),
            "train_fingerprint": split.fingerprints.train,
            "test_fingerprint": split.fingerprints.test,
        }
    )


@app.command("check")
@with_settings
def check(settings: Settings, name: SplitName, path: OwnFolder = None) -> None:
    """Check a split against its dataset: fingerprint, ids and labels."""
    from unlearn_core.data.splits import check_split

    split, _ = _find(name, settings)
    dataset = load_named_dataset(split.dataset, path, settings)
    result = check_split(split, dataset)
    print_facts(asdict(result), as_json=settings.json)
    if not result.verified:
        say(
            "the split records no fingerprint: ids and labels fit, but nothing proves that it "
            "was made on this data (`unlearn splits import` adds fingerprints)",
            quiet=settings.quiet,
        )


@app.command("import")
@with_settings
def import_list(
    settings: Settings,
    file: Annotated[
        Path, typer.Argument(help="JSON list, or a text file with one train sample id per line.")
    ],
    dataset: Annotated[str, typer.Option(help="The dataset the ids count in.")],
    name: Annotated[str, typer.Option(help="Name of the new split.")],
    test: Annotated[Path | None, typer.Option(help="Text file with test sample ids.")] = None,
    feature: Annotated[str, typer.Option(help="What the samples show (text lists).")] = "",
    label: Annotated[
        int | None,
        typer.Option("--class", help="Class of the samples; read from the data if absent."),
    ] = None,
    description: Annotated[str, typer.Option(help="One sentence (text lists).")] = "",
    labelled_by: Annotated[str, typer.Option(help="Who judged the images (text lists).")] = "",
    how: Annotated[str, typer.Option(help="How they were judged (text lists).")] = "",
    output: Annotated[
        Path | None,
        typer.Option(help="The file to write; NAME.json in --splits-dir or here if absent."),
    ] = None,
    path: OwnFolder = None,
) -> None:
    """Make a checked split file with fingerprints from somebody's list."""
    from unlearn_core.data.places import splits_dir_or_default
    from unlearn_core.data.splits import SplitDetails, import_split, write_split

    said = (feature, description, labelled_by, how)
    details: SplitDetails | None = None
    if any(said) or label is not None:
        details = SplitDetails(feature, label, description, labelled_by, how)
    images = load_named_dataset(dataset, path, settings)
    split = import_split(file, images, name, test=test, details=details)
    folder = splits_dir_or_default(settings.splits_dir) or Path()
    target = output or folder / f"{name}.json"
    write_split(split, target)
    say(
        f"wrote {target}: {len(split.ids.train)} train and {len(split.ids.test)} test samples of "
        f"class {split.class_label}",
        quiet=settings.quiet,
    )


def _find(name: str, settings: Settings) -> tuple[SplitFile, Path]:
    from unlearn_core.data.splits import find_split, read_split

    path = Path(name)
    if path.suffix == ".json":
        return read_split(path), path
    found = find_split(name, settings.splits_dir)
    return found.split, found.path


def _row(entry: SplitEntry) -> dict[str, object]:
    where = "built in" if entry.builtin else str(entry.path)
    if entry.split is None:
        return {"name": entry.name, "feature": f"broken: {entry.problem}", "where": where}
    return {
        "name": entry.name,
        "dataset": entry.split.dataset,
        "class": entry.split.class_label,
        "train": len(entry.split.ids.train),
        "test": len(entry.split.ids.test),
        "feature": entry.split.feature,
        "where": where,
    }
