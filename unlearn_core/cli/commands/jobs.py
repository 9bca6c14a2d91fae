"""`unlearn jobs`: what runs, what ran, and what can go on."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from unlearn_core.cli.narration import say
from unlearn_core.cli.options import Settings, command_group, with_settings
from unlearn_core.cli.output import Column, print_facts, print_json, print_rows
from unlearn_core.cli.progress import clock

if TYPE_CHECKING:
    from unlearn_core.experiments.status import JobStatus

__all__ = ["app"]

app = command_group("jobs", "Jobs: running and ended executions.")

JobName = Annotated[
    str, typer.Argument(metavar="JOB", help="A job's id, its beginning, or `latest`.")
]


@app.command("list")
@with_settings
def list_all(settings: Settings) -> None:
    """List the jobs of the runs folder, the newest last."""
    from unlearn_core.experiments.jobs import list_jobs

    columns = [Column("job_id", "job"), Column("state"), Column("progress", right=True)]
    columns += [Column("age", right=True), Column("device"), Column("error", wrap=True)]
    rows = [_row(status) for status in list_jobs(settings.runs_path)]
    if settings.json:
        columns = [Column("job_id"), Column("name"), Column("state"), Column("share_done")]
        columns += [Column("created_at"), Column("ended_at"), Column("device")]
        columns += [Column("experiment_id"), Column("exit_code"), Column("error")]
    print_rows(rows, columns, "json" if settings.json else "table")


@app.command("show")
@with_settings
def show(settings: Settings, job: JobName = "latest") -> None:
    """Show a job: how far each stage is, what went wrong, and where its files lie."""
    from unlearn_core.cli.watching import stage_detail, status_of
    from unlearn_core.experiments.jobs import find_job, read_job

    folder = find_job(settings.runs_path, job)
    status, spec = status_of(folder), read_job(folder)
    if settings.json:
        print_json({**_row(status), "stages": [asdict(s) for s in status.stages], **asdict(spec)})
        return
    print_facts(
        {
            "job": status.job_id,
            "state": status.state,
            "process": status.pid,
            "silent_for": f"{status.silence_s:.0f} s" if status.is_unfinished else None,
            "experiment": status.experiment_id,
            "device": f"{status.device or spec.device}, {status.workers} workers",
            "catalog": spec.catalog,
            "run_folder": folder,
            "note": status.note,
            "error": status.error,
            "hint": status.hint,
        }
    )
    if status.stages:
        print_rows(
            [
                {
                    "stage": s.name,
                    "share": f"{_share(s.done, s.total):.0%}",
                    "detail": stage_detail(s),
                }
                for s in status.stages
            ],
            [Column("stage"), Column("share", "done", right=True), Column("detail", "steps")],
        )


@app.command("watch")
@with_settings
def watch(settings: Settings, job: JobName = "latest") -> None:
    """Watch a job to its end. Ctrl-C leaves; the job goes on."""
    from unlearn_core.cli.commands.run import watch_to_the_end
    from unlearn_core.experiments.jobs import find_job, read_job

    folder = find_job(settings.runs_path, job)
    try:
        watch_to_the_end(folder, read_job(folder), settings, own=False)
    except KeyboardInterrupt:
        say(f"{folder.name} goes on; stop it: unlearn jobs cancel {folder.name}")
        raise


@app.command("cancel")
@with_settings
def cancel(settings: Settings, job: JobName) -> None:
    """Ask a job to stop; finished steps are kept and it can be resumed."""
    from unlearn_core.experiments.jobs import cancel_job, find_job

    status = cancel_job(find_job(settings.runs_path, job))
    if settings.json:
        print_json({"job_id": status.job_id, "asked_to_stop": True})
    say(f"{status.job_id} was asked to stop and ends soon", quiet=settings.quiet)


@app.command("resume")
@with_settings
def resume(
    settings: Settings,
    job: JobName,
    detach: Annotated[bool, typer.Option("--detach", help="Do not watch it.")] = False,
) -> None:
    """Go on with a stopped, failed or lost job; finished steps are not repeated."""
    from unlearn_core.cli.commands.run import print_started, watch_to_the_end
    from unlearn_core.experiments.experiment_job import check_request
    from unlearn_core.experiments.jobs import find_job, read_job, read_job_config, resume_job

    folder = find_job(settings.runs_path, job)
    spec = read_job(folder)
    check_request(spec, read_job_config(folder))
    status = resume_job(folder)
    if detach:
        print_started(status, settings)
    else:
        watch_to_the_end(folder, spec, settings)


def _row(status: JobStatus) -> dict[str, object]:
    done = sum(stage.done for stage in status.stages)
    total = sum(stage.total for stage in status.stages)
    return {
        "job_id": status.job_id,
        "name": status.name,
        "state": status.state,
        "progress": f"{_share(done, total):.0%}" if total else None,
        "share_done": _share(done, total) if total else None,
        "age": clock(time.time() - status.created_at),
        "created_at": status.created_at,
        "ended_at": status.ended_at,
        "device": status.device,
        "experiment_id": status.experiment_id,
        "exit_code": status.exit_code,
        "error": status.error,
        "run_folder": status.run_folder,
    }


def _share(done: float, total: float) -> float:
    return done / total if total else 0.0
