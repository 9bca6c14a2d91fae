from __future__ import annotations

import errno
import threading

import pytest

from unlearn_core.errors import DiskFullError
from unlearn_core.experiments.cache import StepCache
from unlearn_core.experiments.steps import make_step

STEP = make_step("train", "train", 0, {"anything": 1})


def test_a_finished_step_is_there_as_a_whole(tmp_path):
    cache = StepCache(tmp_path)
    with cache.new_entry(STEP) as folder:
        (folder / "result.txt").write_text("42")
        assert not cache.has(STEP.step_hash)
    assert cache.has(STEP.step_hash)
    assert (cache.folder(STEP.step_hash) / "result.txt").read_text() == "42"
    assert StepCache(tmp_path).read_details(STEP.step_hash)["spec"]["anything"] == 1


def test_a_step_that_fails_leaves_nothing(tmp_path):
    cache = StepCache(tmp_path)
    with pytest.raises(RuntimeError), cache.new_entry(STEP):
        raise RuntimeError("interrupted")
    assert not cache.has(STEP.step_hash)
    assert list((tmp_path / "cache" / "scratch").iterdir()) == []


def test_the_first_of_two_equal_results_stays(tmp_path):
    cache = StepCache(tmp_path)
    with cache.new_entry(STEP) as second:
        with cache.new_entry(STEP) as first:
            (first / "who").write_text("first")
        (second / "who").write_text("second")
    assert (cache.folder(STEP.step_hash) / "who").read_text() == "first"


def test_a_full_disk_is_said_in_words(tmp_path):
    cache = StepCache(tmp_path)
    with pytest.raises(DiskFullError, match="no room left"), cache.new_entry(STEP):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert not cache.has(STEP.step_hash)


def test_the_second_who_needs_a_step_waits_for_the_first(tmp_path):
    cache = StepCache(tmp_path)
    order = []
    got_lock, may_leave = threading.Event(), threading.Event()

    def first():
        with cache.lock([STEP.step_hash]):
            got_lock.set()
            may_leave.wait(10)
            order.append("first")

    def second():
        with StepCache(tmp_path).lock([STEP.step_hash]):
            order.append("second")

    one = threading.Thread(target=first)
    one.start()
    assert got_lock.wait(10)
    other = threading.Thread(target=second)
    other.start()
    may_leave.set()
    one.join(10)
    other.join(10)
    assert order == ["first", "second"]


def test_a_removed_entry_is_gone_and_its_room_counted(tmp_path):
    cache = StepCache(tmp_path)
    with cache.new_entry(STEP) as folder:
        (folder / "result.bin").write_bytes(b"x" * 1000)
    (entry,) = cache.entries()
    assert (entry.kind, entry.stage) == ("train", "train")
    assert entry.bytes_on_disk > 1000
    cache.remove(entry)
    assert cache.entries() == []
    assert not cache.has(STEP.step_hash)
