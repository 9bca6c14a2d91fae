"""`unlearn run`, `demo` and `jobs`: to the end, interrupted, resumed, detached, failed, refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import psutil
import pytest
from conftest import TINY, interrupt_at, own_process

from unlearn_core.cli.commands.run import demo
from unlearn_core.configs.toml_files import parse_experiment
from unlearn_core.experiments.jobs import JobSpec, list_jobs, start_job
from unlearn_core.experiments.status import StatusFile, read_status

LABELS = ("trained", "retrained", "noise floor", "finetune", "gradient_ascent", "untrained")


def start(folder: Path, function: str):
    """Start a job of one of the tests' own kinds."""
    spec = JobSpec(
        kind=f"kinds_of_job:{function}",
        name="quick",
        catalog=str(folder / "catalog.duckdb"),
        runs=str(folder / "runs"),
        device="cpu",
        folder=str(folder),
    )
    return start_job(spec, parse_experiment(TINY, "tiny"))


# A whole run


def test_an_interrupted_run_ends_with_130_and_says_how_to_go_on(finished):
    assert finished.interrupted.code == 130
    (job,) = list_jobs(finished.folder / "runs")
    assert f"unlearn jobs resume {job.job_id}" in finished.interrupted.err
    assert finished.interrupted.out == ""


def test_a_resumed_run_ends_with_the_leaderboard(finished):
    assert finished.resumed.code == 0, finished.resumed.err
    lines = [line.split("  ")[0].rstrip("*") for line in finished.resumed.out.splitlines()]
    assert [line for line in lines if line in LABELS][:3] == list(LABELS[:3])
    assert set(LABELS) <= set(lines)
    assert "is done" in finished.resumed.err


def test_a_second_run_of_the_same_finds_everything_done(laboratory):
    again = laboratory("run", "tiny.toml", "--json", "--device", "cpu", "--workers", 1)
    assert again.code == 0
    assert (again.data["state"], again.data["exit_code"]) == ("done", 0)
    assert "all there already" in again.err


def test_quiet_says_and_prints_nothing(laboratory):
    outcome = laboratory("run", "tiny.toml", "--quiet")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


def test_a_detached_run_goes_on_alone_and_can_be_watched(laboratory):
    started = laboratory("run", "tiny.toml", "--detach")
    job_id = started.out.strip()
    assert started.code == 0
    assert f"unlearn jobs watch {job_id}" in started.err
    watched = laboratory("jobs", "watch", job_id)
    assert watched.code == 0, watched.err
    assert "gradient_ascent" in watched.out


def test_a_job_resumed_elsewhere_works_in_its_own_folder(unlearn, tmp_path, monkeypatch):
    job = start(tmp_path, "note_the_folder")
    assert unlearn("jobs", "watch", job.job_id).code == 130
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert unlearn("jobs", "resume", job.job_id, "--runs", tmp_path / "runs").code == 130
    assert (job.run_folder / "folders.txt").read_text() == f"{tmp_path}\n" * 2


# Refused: exit code 2, one message, nothing made

BAD_REQUESTS = {
    "an unknown preset": (["run", "digit-demo"], "digits-demo"),
    "an unknown key": (["run", "tiny.toml", "--set", "instanses=2"], "instances"),
    "a value out of bounds": (["run", "tiny.toml", "--instances", "0"], "at least 1"),
    "an unknown algorithm": (
        ["run", "tiny.toml", "--set", "algorithms.finetune.algorithm=gefue"],
        "gefeu",
    ),
    "an unknown metric": (
        ["run", "tiny.toml", "--set", 'evaluation.metrics=["acuracy"]'],
        "accuracy",
    ),
    "a file that is not there": (["run", "nowhere.toml"], "nowhere.toml"),
    "a file that does not parse": (["run", "broken.toml"], "line 2"),
    "an unknown device": (["run", "tiny.toml", "--device", "gpu"], "cuda"),
    "no workers": (["run", "tiny.toml", "--workers", "0"], "1 or more"),
    "a class that does not exist": (["run", "tiny.toml", "--set", "request.classes=[77]"], "77"),
    "a split that is not there": (
        ["run", "tiny.toml", "--set", "request.kind=feature", "--set", "request.split=digits-8"],
        "digits-8",
    ),
    "data that is not there": (["run", "tiny.toml", "--set", "dataset.name=mnist"], "fetch mnist"),
    "a catalog that is a folder": (["run", "tiny.toml", "--catalog", "folder"], "folder"),
    "a catalog that is no DuckDB file": (
        ["run", "tiny.toml", "--catalog", "broken.toml"],
        "broken.toml",
    ),
    "an unknown job": (["jobs", "resume", "nothing"], "no job 'nothing'"),
}


@pytest.mark.parametrize("what", BAD_REQUESTS)
def test_a_bad_request_is_refused_and_changes_nothing(unlearn, tmp_path, what):
    arguments, named = BAD_REQUESTS[what]
    (tmp_path / "tiny.toml").write_text(TINY)
    (tmp_path / "broken.toml").write_text("name = 'a'\nname == 'b'\n")
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.rglob("*"))
    outcome = unlearn(*arguments)
    assert outcome.code == 2, outcome.err
    assert named in outcome.err
    assert "Traceback" not in outcome.err
    assert outcome.out == ""
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="there is a GPU here")
def test_cuda_is_refused_where_there_is_none(unlearn, tmp_path):
    (tmp_path / "tiny.toml").write_text(TINY)
    outcome = unlearn("run", "tiny.toml", "--device", "cuda")
    assert outcome.code == 2
    assert "cuda" in outcome.err
    assert not (tmp_path / "runs").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_catalog_that_cannot_be_written_is_refused(unlearn, tmp_path):
    (tmp_path / "tiny.toml").write_text(TINY)
    (tmp_path / "closed").mkdir(mode=0o500)
    outcome = unlearn("run", "tiny.toml", "--catalog", "closed/catalog.duckdb")
    assert outcome.code == 2
    assert "closed" in outcome.err
    assert not (tmp_path / "runs").exists()


# Jobs


def test_a_job_that_fails_for_a_reason_says_it_with_its_hint_and_exit_code(unlearn, tmp_path):
    job = start(tmp_path, "fail_for_a_reason")
    outcome = unlearn("jobs", "watch")
    assert outcome.code == 1
    assert "error: somebody holds the catalog\nask them to leave\n" in outcome.err
    assert "Traceback" not in outcome.err
    assert f"unlearn jobs resume {job.job_id}" in outcome.err


def test_a_job_that_fails_by_a_defect_shows_the_end_of_its_log(unlearn, tmp_path):
    job = start(tmp_path, "fail_by_a_defect")
    outcome = unlearn("jobs", "watch", job.job_id, "--json")
    assert outcome.code == 1
    assert "in fail_by_a_defect" in outcome.err
    assert "ValueError: nobody thought of this" in outcome.err
    assert str(job.run_folder / "log.txt") in outcome.err
    assert (outcome.data["state"], outcome.data["exit_code"]) == ("failed", 1)


def test_leaving_a_watched_job_lets_it_go_on_until_it_is_cancelled(unlearn, tmp_path):
    job = start(tmp_path, "wait_for_the_stop")
    left = interrupt_at(own_process(tmp_path, "jobs", "watch", job.job_id), "waiting for the stop")
    assert left.code == 130
    assert "goes on" in left.err
    assert read_status(job.run_folder).state == "running"
    assert unlearn("jobs", "list", "--json").data[0]["state"] == "running"
    refused = unlearn("cache", "prune", "--all", "--yes")
    assert refused.code == 2
    assert job.job_id in refused.err
    assert unlearn("jobs", "resume", job.job_id).code == 2
    assert unlearn("jobs", "cancel", "quick").code == 0
    assert unlearn("jobs", "watch", job.job_id).code == 130
    again = unlearn("jobs", "cancel", job.job_id)
    assert again.code == 2
    assert "stopped" in again.err


def test_a_lost_job_is_told_so(unlearn, tmp_path):
    job = start(tmp_path, "wait_for_the_stop")
    psutil.Process(job.pid).kill()
    outcome = unlearn("jobs", "watch", job.job_id)
    assert outcome.code == 1
    assert "has lost its process" in outcome.err
    assert unlearn("jobs", "list", "--json").data[0]["state"] == "lost"


def test_a_job_shows_stages_error_and_places(unlearn, tmp_path):
    job = start(tmp_path, "end_well")
    unlearn("jobs", "watch", job.job_id, "--quiet")
    table = unlearn("jobs", "show", job.job_id).out
    assert "3 of 3, 2.0/s" in table
    assert str(tmp_path / "catalog.duckdb") in table
    shown = unlearn("jobs", "show", "--json").data
    assert shown["state"] == "done"
    assert shown["stages"][0]["name"] == "train"


def test_the_list_of_jobs_tells_state_progress_and_error(unlearn, tmp_path):
    start(tmp_path, "fail_for_a_reason")
    unlearn("jobs", "watch")
    row = unlearn("jobs", "list", "--json").data[0]
    assert (row["state"], row["exit_code"]) == ("failed", 1)
    assert "somebody holds the catalog" in unlearn("jobs", "list").out
    assert unlearn("jobs", "list", "--runs", "nowhere", "--json").data == []


def test_a_job_whose_folder_is_gone_is_not_resumed(unlearn, tmp_path):
    job = start(tmp_path, "be_stopped")
    assert unlearn("jobs", "watch", job.job_id).code == 130
    content = json.loads((job.run_folder / "job.json").read_text())
    content["folder"] = str(tmp_path / "gone")
    (job.run_folder / "job.json").write_text(json.dumps(content))
    outcome = unlearn("jobs", "resume", job.job_id)
    assert outcome.code == 2
    assert "gone" in outcome.err
    assert read_status(job.run_folder).state == "stopped"


def test_the_threads_of_a_job_write_its_status_side_by_side(tmp_path, unlearn):
    import threading

    job = start(tmp_path, "end_well")
    unlearn("jobs", "watch", job.job_id, "--quiet")
    file = StatusFile(job.run_folder, read_status(job.run_folder))
    failures = []

    def write():
        try:
            for _ in range(200):
                file.update()
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert read_status(job.run_folder).state == "done"


def test_the_demo_explains_its_leaderboard(laboratory, monkeypatch, tmp_path):
    from unlearn_core.cli.commands import run

    monkeypatch.setattr(run, "_DEMO", "tiny.toml")
    outcome = laboratory("demo")
    assert outcome.code == 0
    assert "How to read it" in outcome.err
    assert "What next" in outcome.err
    assert "noise floor" in outcome.out
    assert demo.__doc__
