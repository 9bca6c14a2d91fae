"""Time of a whole `thesis-mnist` run, and where it goes.

    python -m benchmarks.thesis_mnist_time [--instances N] [--workers N] [--folder DIR]

Runs `unlearn run thesis-mnist` in an empty folder, so that nothing is cached, measures the wall
time of the command, and prints as Markdown: the stages as the job saw them, steps per second of
every kind of model and phase from the catalog, and the share of the workers' time spent in training
and unlearning. Data and splits come from UNLEARN_DATA_DIR and UNLEARN_SPLITS_DIR. The folder is
kept if it is named.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.tables import markdown_table
from unlearn_core.catalog.store import Catalog
from unlearn_core.experiments.jobs import list_jobs
from unlearn_core.experiments.status import JobStatus

__all__ = ["Work", "main", "report", "run_time"]

_MODELS = """
SELECT e.label AS name, count(*) AS models, sum(m.steps) AS steps, sum(m.seconds) AS seconds
FROM experiment_models e JOIN models m USING (model_id)
WHERE e.role <> 'untrained'
GROUP BY e.label ORDER BY seconds DESC
"""
_PHASES = """
SELECT e.label || ': ' || p.phase AS name, count(*) AS models, sum(p.steps) AS steps,
       sum(p.seconds) AS seconds
FROM unlearning_phases p JOIN experiment_models e USING (model_id)
GROUP BY e.label, p.phase, p.position ORDER BY e.label, p.position
"""


@dataclass(frozen=True, slots=True)
class Work:
    """What all models of one kind took together.

    Attributes:
        name: The label, or label and phase.
        models: How many models.
        steps: Optimizer steps of all of them.
        seconds: Their seconds; models side by side count one after another.
    """

    name: str
    models: int
    steps: int
    seconds: float

    @property
    def steps_per_s(self) -> float | None:
        """Optimizer steps per second of one worker."""
        return self.steps / self.seconds if self.seconds > 0 else None


def run_time(preset: str, folder: Path, instances: int | None, workers: int | None) -> float:
    """Seconds that `unlearn run` takes, from an empty folder to its last record.

    Raises:
        subprocess.CalledProcessError: The run failed.
    """
    command = [sys.executable, "-m", "unlearn_core.cli", "run", preset]
    command += ["--catalog", str(folder / "catalog.duckdb"), "--runs", str(folder / "runs")]
    command += [] if instances is None else ["--instances", str(instances)]
    command += [] if workers is None else ["--workers", str(workers)]
    started = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - started


def report(wall_s: float, job: JobStatus, models: Iterable[Work], phases: Iterable[Work]) -> str:
    """The measurements as Markdown."""
    models = list(models)
    busy = sum(work.seconds for work in models)
    steps = sum(work.steps for work in models)
    share = 100 * busy / (wall_s * job.workers) if job.workers else 0.0
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {job.device}"
    versions = f"Python {platform.python_version()}, torch {version('torch')}"
    facts = [
        f"{wall_s:.0f} s of wall time with {job.workers} workers on {machine} ({versions}).",
        f"{steps:,} optimizer steps, {steps / wall_s:,.0f} per second of wall time.",
        f"Training and unlearning took {busy:,.0f} s of the workers' time: {share:.0f} % of it; "
        "the rest is evaluation, comparison, start and waiting.",
    ]
    return "\n\n".join(
        [
            *facts,
            _stages(job),
            _works("population", models),
            _works("phase", phases),
        ]
    )


def _stages(job: JobStatus) -> str:
    rows = [
        [
            stage.name,
            str(stage.total),
            "-" if stage.started_at is None else f"{stage.started_at - job.created_at:.1f}",
            "-" if stage.ended_at is None else f"{stage.ended_at - job.created_at:.1f}",
        ]
        for stage in job.stages
    ]
    return markdown_table(["stage", "steps", "first start (s)", "last end (s)"], rows, "lrrr")


def _works(title: str, works: Iterable[Work]) -> str:
    rows = [
        [
            work.name,
            str(work.models),
            f"{work.steps:,}",
            f"{work.seconds:,.1f}",
            f"{work.seconds / work.models:.2f}",
            "-" if work.steps_per_s is None else f"{work.steps_per_s:,.0f}",
        ]
        for work in works
    ]
    header = [title, "models", "steps", "seconds", "seconds per model", "steps per second"]
    return markdown_table(header, rows, "lrrrrr")


def _works_of(catalog: Catalog, sql: str) -> list[Work]:
    rows: list[Mapping[str, Any]] = catalog.query(sql, []).to_pylist()
    return [Work(r["name"], int(r["models"]), int(r["steps"]), float(r["seconds"])) for r in rows]


def _measure(given: argparse.Namespace, folder: Path) -> str:
    wall_s = run_time(given.preset, folder, given.instances, given.workers)
    (job,) = list_jobs(folder / "runs")
    catalog = Catalog(folder / "catalog.duckdb")
    return report(wall_s, job, _works_of(catalog, _MODELS), _works_of(catalog, _PHASES))


def main() -> None:
    """Run, measure and print."""
    parser = argparse.ArgumentParser(description="Time a whole thesis-mnist run.")
    parser.add_argument("--preset", default="thesis-mnist")
    parser.add_argument("--instances", type=int, help="instead of the preset's 30")
    parser.add_argument("--workers", type=int, help="instead of one per core")
    parser.add_argument("--folder", type=Path, help="where to run; kept, and must be empty")
    given = parser.parse_args()
    if given.folder is None:
        with tempfile.TemporaryDirectory() as scratch:
            print(_measure(given, Path(scratch)))
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    if any(given.folder.iterdir()):
        sys.exit(f"{given.folder} is not empty: cached steps would not be measured")
    print(_measure(given, given.folder))


if __name__ == "__main__":
    main()
