"""The time report adds up what the job and the catalog say."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.thesis_mnist_time import Work, report
from unlearn_core.experiments.status import JobStatus, StageStatus


def job() -> JobStatus:
    stage = StageStatus("train", done=2, total=2, started_at=105.0, ended_at=130.5)
    return JobStatus(
        job_id="job",
        kind="experiment",
        name="thesis-mnist",
        state="done",
        pid=1,
        process_started_at=100.0,
        created_at=100.0,
        heartbeat=140.0,
        device="cpu",
        workers=2,
        stages=(stage,),
        run_folder=Path(),
    )


def test_rates_are_per_second_of_one_worker() -> None:
    assert Work("trained", 2, 15000, 30.0).steps_per_s == pytest.approx(500.0)
    assert Work("nothing", 1, 0, 0.0).steps_per_s is None


def test_the_share_of_the_workers_time_is_told() -> None:
    models = [Work("trained", 2, 15000, 30.0), Work("gefeu", 2, 14000, 18.0)]
    text = report(30.0, job(), models, [Work("gefeu: noise", 2, 770, 3.0)])
    assert "29,000 optimizer steps, 967 per second" in text
    assert "48 s of the workers' time: 80 % of it" in text
    assert "| train | 2 | 5.0 | 30.5 |" in text
    assert "| trained | 2 | 15,000 | 30.0 | 15.00 | 500 |" in text
    assert "| gefeu: noise | 2 | 770 | 3.0 | 1.50 | 257 |" in text
