from __future__ import annotations

import os
import time

import pytest

from unlearn_core.experiments.status import (
    JobStatus,
    StageStatus,
    StatusFile,
    own_process_start,
    read_events,
    read_status,
)


def status(**changes) -> JobStatus:
    fields = {
        "job_id": "job",
        "kind": "module:function",
        "name": "tiny",
        "state": "running",
        "pid": os.getpid(),
        "process_started_at": own_process_start(),
        "created_at": time.time(),
        "heartbeat": time.time(),
    }
    return JobStatus(**(fields | changes))


def test_what_is_written_is_read(tmp_path):
    stages = (StageStatus("train", done=1.5, total=4, started_at=1.0),)
    StatusFile(tmp_path, status()).update(stages=stages, note="half way")
    found = read_status(tmp_path)
    assert (found.state, found.note, found.stages) == ("running", "half way", stages)


def test_a_folder_without_a_job_has_no_status(tmp_path):
    assert read_status(tmp_path) is None


def test_a_job_whose_process_is_gone_is_lost(tmp_path):
    StatusFile(tmp_path, status(process_started_at=0.0)).update()  # the number was used again
    assert read_status(tmp_path).state == "lost"
    assert read_status(tmp_path).is_resumable


@pytest.mark.parametrize(("silence_s", "state"), [(10, "running"), (40, "stalled"), (70, "lost")])
def test_a_silent_job_is_stalled_and_then_lost(tmp_path, monkeypatch, silence_s, state):
    StatusFile(tmp_path, status()).update()
    later = time.time() + silence_s
    monkeypatch.setattr(time, "time", lambda: later)
    assert read_status(tmp_path).state == state


def test_an_ended_job_stays_ended_when_its_process_is_gone(tmp_path):
    StatusFile(tmp_path, status(process_started_at=0.0)).update(state="done")
    assert read_status(tmp_path).state == "done"


def test_rate_and_eta_count_only_what_this_job_did():
    stage = StageStatus("train", done=6, total=10, cached=2, started_at=100.0, ended_at=108.0)
    assert stage.rate_per_s == pytest.approx(0.5)
    assert stage.eta_s == pytest.approx(8.0)


def test_a_stage_that_has_done_nothing_has_no_eta():
    assert StageStatus("train", done=2, total=10, cached=2, started_at=1.0).eta_s is None


def test_half_a_line_of_a_killed_process_is_skipped(tmp_path):
    file = StatusFile(tmp_path, status())
    file.event("started", pid=1)
    with (tmp_path / "events.jsonl").open("a") as handle:
        handle.write('{"time": 1.0, "eve')
    assert [event["event"] for event in read_events(tmp_path)] == ["started"]
