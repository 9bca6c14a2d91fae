"""Kill workers and the runner at random moments; resume; nothing is lost and nothing differs."""

from __future__ import annotations

import random
import time
from pathlib import Path

import psutil
import pytest
from tiny_experiment import tiny_experiment

from unlearn_core.catalog.store import Catalog
from unlearn_core.experiments.experiment_job import check_request
from unlearn_core.experiments.jobs import EXPERIMENT_JOB, JobSpec, resume_job, start_job
from unlearn_core.experiments.status import read_status

CONFIG = tiny_experiment(instances=3, training={"amount": {"kind": "epochs", "epochs": 3}})
DEADLINE_S = 300.0

# Everything but how long it took and where.
QUESTIONS = {
    "models": "SELECT model_id, role, instance, checkpoint_sha256, steps FROM models",
    "evaluations": "SELECT * FROM evaluations",
    "curves": "SELECT * FROM training_curves",
    "members": "SELECT * FROM experiment_models",
    "comparisons": "SELECT * FROM comparisons WHERE metric NOT IN ('seconds', 'peak_memory')",
    "predictions": "SELECT * FROM predictions",
    "samples": "SELECT count(*), count(DISTINCT sample_id) FROM samples",
}


def job_in(folder: Path) -> JobSpec:
    folder.mkdir(exist_ok=True)
    return JobSpec(
        kind=EXPERIMENT_JOB,
        name=CONFIG.name,
        catalog=str(folder / "catalog.duckdb"),
        runs=str(folder / "runs"),
        device="cpu",
        workers=2,
    )


def wait_until_it_ends(run_folder: Path, *, or_for_s: float = DEADLINE_S) -> str:
    end = time.monotonic() + or_for_s
    while (status := read_status(run_folder)).is_unfinished and time.monotonic() < end:
        try:
            psutil.Process(status.pid).wait(timeout=0.05)
        except (psutil.TimeoutExpired, psutil.NoSuchProcess):
            continue
    return status.state


def told(value: object) -> str:
    # Models, curves and predictions are equal bit by bit. A sum over weights may differ in the
    # last digit, because BLAS adds in an order that depends on where the array lies in memory.
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def answers(folder: Path) -> dict[str, list[tuple]]:
    catalog = Catalog(folder / "catalog.duckdb")
    found = {}
    for name, sql in QUESTIONS.items():
        rows = [tuple(map(told, row.values())) for row in catalog.query(sql, []).to_pylist()]
        found[name] = sorted(rows)
    return found


def processes_of(run_folder: Path) -> list[psutil.Process]:
    status = read_status(run_folder)
    try:
        runner = psutil.Process(status.pid)
        return [runner, *runner.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


@pytest.mark.slow
def test_killing_workers_and_runner_twenty_times_loses_and_changes_nothing(tmp_path):
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    check_request(job_in(undisturbed), CONFIG)
    folder = start_job(job_in(undisturbed), CONFIG).run_folder
    assert wait_until_it_ends(folder) == "done", (folder / "log.txt").read_text()

    dice = random.Random(7)
    folder = start_job(job_in(killed), CONFIG).run_folder
    kills = 0
    while kills < 20:
        wait_until_it_ends(folder, or_for_s=dice.uniform(0.2, 3.0))
        victims = processes_of(folder)
        if victims:
            try:
                dice.choice(victims[:1] * 2 + victims[1:]).kill()
                kills += 1
            except psutil.NoSuchProcess:
                continue
        state = read_status(folder).state
        if state == "done":
            # The run was faster than the killer: begin again on the same catalog.
            folder = start_job(job_in(killed), CONFIG).run_folder
        elif state in ("lost", "failed"):
            resume_job(folder)
    while (state := wait_until_it_ends(folder)) in ("lost", "failed"):
        resume_job(folder)
    assert state == "done", (folder / "log.txt").read_text()
    assert answers(killed) == answers(undisturbed)


def test_a_busy_catalog_sends_records_to_the_journal_and_drain_brings_them_in(tmp_path):
    import duckdb

    spec = job_in(tmp_path)
    Catalog(Path(spec.catalog)).ensure()
    holder = duckdb.connect(spec.catalog)  # the other process of DESIGN 7 is this one
    try:
        folder = start_job(spec, CONFIG).run_folder
        assert wait_until_it_ends(folder) == "done", (folder / "log.txt").read_text()
        assert holder.execute("SELECT count(*) FROM models").fetchone() == (0,)
    finally:
        holder.close()
    catalog = Catalog(Path(spec.catalog))
    assert catalog.waiting_batches() > 0
    catalog.drain()
    assert catalog.waiting_batches() == 0
    found = answers(tmp_path)
    assert len(found["members"]) == 3 * 5
    assert len(found["comparisons"]) > 0
