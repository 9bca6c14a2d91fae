"""`unlearn run` and `unlearn demo`: start an experiment's job and watch it to its end."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unlearn_core.cli.narration import say
from unlearn_core.cli.options import Settings, with_settings
from unlearn_core.cli.output import print_json

if TYPE_CHECKING:
    from unlearn_core.experiments.jobs import JobSpec
    from unlearn_core.experiments.status import JobStatus

__all__ = ["add_commands", "watch_to_the_end"]

_DEMO = "digits-demo"

InstancesOption = Annotated[
    int | None, typer.Option(help="Models of each role, instead of the config's number.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="Override one key of the config; repeatable.", metavar="KEY=VALUE"),
]
DeviceOption = Annotated[str, typer.Option(help="auto, cpu or cuda.", metavar="DEVICE")]
WorkersOption = Annotated[
    int | None, typer.Option(help="Worker processes; one per core or GPU if absent.")
]
DetachOption = Annotated[bool, typer.Option("--detach", help="Start the job and return at once.")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands that stand alone."""
    app.command("demo")(with_settings(demo))
    app.command("run")(with_settings(run))


def demo(
    settings: Settings,
    instances: InstancesOption = None,
    overrides: SetOption = None,
    device: DeviceOption = "auto",
    workers: WorkersOption = None,
) -> None:
    """Run the main job on the built-in digits, then explain its leaderboard."""
    spec, status = _start(_DEMO, instances, overrides, device, workers, settings)
    watch_to_the_end(status.run_folder, spec, settings, explained=True)
    say(
        "\nWhat next:\n"
        f"  unlearn compare {status.name} --metric accuracy --part test\n"
        '  unlearn sql "SELECT * FROM accuracy_by_class"\n'
        f"  unlearn presets show {_DEMO} > mine.toml; unlearn run mine.toml --set instances=10\n"
        "  unlearn presets list",
        quiet=settings.quiet or settings.json,
    )


def run(
    settings: Settings,
    experiment: Annotated[
        str, typer.Argument(metavar="PRESET|FILE.toml", help="A preset's name or a TOML file.")
    ],
    instances: InstancesOption = None,
    overrides: SetOption = None,
    device: DeviceOption = "auto",
    workers: WorkersOption = None,
    detach: DetachOption = False,
) -> None:
    """Run an experiment: train, retrain, unlearn, evaluate and compare."""
    spec, status = _start(experiment, instances, overrides, device, workers, settings)
    if detach:
        print_started(status, settings)
    else:
        watch_to_the_end(status.run_folder, spec, settings)


def print_started(status: JobStatus, settings: Settings) -> None:
    """Say that a job is at work on its own; its id is the data."""
    from unlearn_core.cli.ending import facts_of

    if settings.json:
        print_json(facts_of(status))
    else:
        sys.stdout.write(f"{status.job_id}\n")
    say(f"at work on its own; look: unlearn jobs watch {status.job_id}", quiet=settings.quiet)


def watch_to_the_end(
    run_folder: Path,
    spec: JobSpec,
    settings: Settings,
    *,
    own: bool = True,
    explained: bool = False,
) -> None:
    """Watch a job, say how it ended, and print its leaderboard if it ended well.

    Args:
        run_folder: The job's run folder.
        spec: What the job is to do, and for which catalog.
        settings: The global options.
        own: Whether Ctrl-C stops the job, not the watching alone.
        explained: Whether to say how the leaderboard is read.

    Raises:
        typer.Exit: The job did not end well; carries its exit code.
    """
    from unlearn_core.cli.ending import end_with, facts_of, say_ending
    from unlearn_core.cli.leaderboard import print_leaderboard
    from unlearn_core.cli.waiting import say_waiting
    from unlearn_core.cli.watching import watch, watch_own

    status = (watch_own if own else watch)(run_folder, quiet=settings.quiet)
    say_ending(status, quiet=settings.quiet)
    catalog = Path(spec.catalog)
    say_waiting(catalog, quiet=settings.quiet)
    if settings.json:
        print_json(facts_of(status))
    end_with(status)
    if not settings.quiet and not settings.json:
        print_leaderboard(catalog, status.experiment_id, explained=explained)


def _start(
    source: str,
    instances: int | None,
    overrides: list[str] | None,
    device: str,
    workers: int | None,
    settings: Settings,
) -> tuple[JobSpec, JobStatus]:
    """Check the whole request; only then make anything."""
    from unlearn_core.data.places import data_dir_or_default
    from unlearn_core.errors import UnknownNameError
    from unlearn_core.experiments.devices import DEVICE_CHOICES
    from unlearn_core.experiments.experiment_job import check_request
    from unlearn_core.experiments.jobs import EXPERIMENT_JOB, JobSpec, start_job
    from unlearn_core.presets import load_experiment

    choice = next((known for known in DEVICE_CHOICES if known == device), None)
    if choice is None:
        raise UnknownNameError("device", device, DEVICE_CHOICES)
    count = [] if instances is None else [f"instances={instances}"]
    config = load_experiment(source, [*(overrides or []), *count])
    splits_dir = settings.splits_dir_path
    spec = JobSpec(
        kind=EXPERIMENT_JOB,
        name=config.name,
        catalog=str(settings.catalog_path.absolute()),
        runs=str(settings.runs_path.absolute()),
        data_dir=str(data_dir_or_default(settings.data_dir).absolute()),
        splits_dir=str(splits_dir.absolute()) if splits_dir else "",
        device=choice,
        workers=workers,
        folder=str(Path.cwd()),
    )
    problem, plan = check_request(spec, config)
    say(
        f"{config.name}: {problem.dataset.name}, {len(problem.forget_ids)} of "
        f"{len(problem.training_ids)} training images to be forgotten, {config.instances} "
        f"instances, {len(plan.steps)} steps",
        quiet=settings.quiet,
    )
    return spec, start_job(spec, config)
