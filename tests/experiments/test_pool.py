from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from tiny_experiment import tiny_experiment

from unlearn_core.errors import StepFailedError
from unlearn_core.experiments import pool as pool_module
from unlearn_core.experiments.pool import WorkerPool
from unlearn_core.experiments.steps import make_step
from unlearn_core.experiments.work import GroupPayload


def start_without_torch(parent_pid: int, threads: int) -> None:
    """An initializer that costs nothing; what a real worker imports is no part of these tests."""


@pytest.fixture(autouse=True)
def light_workers(monkeypatch):
    monkeypatch.setattr(pool_module, "prepare_worker", start_without_torch)


def payload(folder: Path, number: int) -> GroupPayload:
    return GroupPayload(
        steps=(make_step("train", "train", number, {"number": number}),),
        config_json=tiny_experiment().model_dump_json(),
        data_dir=None,
        splits_dir=None,
        runs=folder,
        run_folder=folder,
        device="cpu",
    )


def mark(group: GroupPayload) -> Path:
    return group.run_folder / group.group_id


def started(group: GroupPayload) -> Path:
    return mark(group).with_suffix(".started")


def take_start_mark(group: GroupPayload) -> bool:
    was_started = started(group).exists()
    started(group).unlink(missing_ok=True)
    return was_started


def finish(group: GroupPayload) -> None:
    mark(group).write_text("done")


def die_the_first_time(group: GroupPayload) -> None:
    started(group).touch()
    if not mark(group).exists():
        mark(group).write_text("tried")
        os.kill(os.getpid(), signal.SIGKILL)
    mark(group).write_text("done")


def die_always(group: GroupPayload) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def results(pool: WorkerPool, groups: list[GroupPayload]) -> list[BaseException | None]:
    for group in groups:
        pool.submit(group)
    errors = []
    while pool.busy:
        errors += [finished.error for finished in pool.wait(60)]
    pool.close()
    return errors


@pytest.mark.parametrize("work", [finish, die_the_first_time])
def test_every_group_is_done_though_workers_die(tmp_path, monkeypatch, work):
    monkeypatch.setattr(pool_module, "execute_group", work)
    groups = [payload(tmp_path, number) for number in range(3)]
    pool = WorkerPool(1, 1, take_start_mark=lambda group: False)
    assert results(pool, groups) == [None] * 3
    assert [mark(group).read_text() for group in groups] == ["done"] * 3


def test_a_group_that_kills_its_worker_three_times_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(pool_module, "execute_group", die_always)
    pool = WorkerPool(1, 1, take_start_mark=lambda group: True)
    (error,) = results(pool, [payload(tmp_path, 0)])
    assert isinstance(error, StepFailedError)
    assert "3 times" in error.message


def test_a_waiting_group_does_not_pay_for_anothers_death(tmp_path, monkeypatch):
    monkeypatch.setattr(pool_module, "execute_group", die_the_first_time)
    monkeypatch.setattr(pool_module, "_TRIES", 2)
    groups = [payload(tmp_path, number) for number in range(3)]
    pool = WorkerPool(1, 1, take_start_mark)
    # The last group sees the executor break twice before its own turn.
    assert results(pool, groups) == [None] * 3
