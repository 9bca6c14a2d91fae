"""One test for each rule of who may open the catalog, with real processes."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from catalog_examples import evaluation, let_go

from unlearn_core.catalog import store
from unlearn_core.catalog.batch import batch_of
from unlearn_core.catalog.gate import GATE
from unlearn_core.catalog.store import READER_CONFIG, Catalog
from unlearn_core.errors import CatalogBusyError


def model_ids(catalog: Catalog) -> list[str]:
    table = catalog.query("SELECT model_id FROM evaluations ORDER BY model_id")
    return table.column(0).to_pylist()


def in_another_process(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


CAN_WRITE = """
import duckdb, sys
try:
    duckdb.connect(sys.argv[1]).close()
    print("yes")
except duckdb.IOException as error:
    print("no" if "lock" in str(error) else error)
"""


def test_a_write_while_another_process_writes_goes_to_the_journal(catalog, hold):
    holder = hold(catalog.path)
    assert catalog.write(batch_of([evaluation("a")])) == "journalled"
    assert catalog.write(batch_of([evaluation("b")])) == "journalled"
    assert catalog.waiting_batches() == 2
    let_go(holder)
    report = catalog.drain()
    assert (report.drained, report.new_rows, report.waiting) == (2, 2, 0)
    assert model_ids(catalog) == ["a", "b"]


def test_a_reading_process_makes_writers_use_the_journal_too(catalog, hold):
    hold(catalog.path, "read")
    assert catalog.write(batch_of([evaluation("a")])) == "journalled"
    assert model_ids(catalog) == []


def test_the_next_write_that_gets_in_brings_the_journal_along(catalog, hold):
    holder = hold(catalog.path)
    catalog.write(batch_of([evaluation("a")]))
    let_go(holder)
    assert catalog.write(batch_of([evaluation("b")])) == "written"
    assert model_ids(catalog) == ["a", "b"]
    assert catalog.waiting_batches() == 0


def test_a_reader_says_who_holds_the_file(catalog, hold):
    holder = hold(catalog.path)
    with pytest.raises(CatalogBusyError, match=f"process {holder.pid}"):
        catalog.query("SELECT 1")
    assert catalog.query_unless_busy("SELECT 1") is None


def test_draining_a_busy_catalog_says_so_and_loses_nothing(catalog, hold):
    hold(catalog.path)
    catalog.write(batch_of([evaluation("a")]))
    report = catalog.drain()
    assert report.busy
    assert report.waiting == 1


def test_making_sure_of_a_busy_catalog_is_no_error(catalog, hold):
    hold(catalog.path)
    assert catalog.ensure() == "busy"
    catalog.check_path()


def test_a_file_held_for_long_is_waited_for_only_once(catalog, hold, monkeypatch):
    pauses = []
    monkeypatch.setattr(store, "_pause", lambda: pauses.append(1))
    patient = Catalog(catalog.path, write_wait_s=0.2)
    holder = hold(catalog.path)
    patient.write(batch_of([evaluation("a")]))
    waited = len(pauses)
    assert waited > 0
    for name in "bcd":
        patient.write(batch_of([evaluation(name)]))
    assert len(pauses) == waited
    let_go(holder)
    assert patient.write(batch_of([evaluation("e")])) == "written"
    assert model_ids(patient) == list("abcde")


def test_nobody_keeps_the_file_open_between_questions(catalog):
    catalog.write(batch_of([evaluation("a")]))
    catalog.query("SELECT * FROM evaluations")
    assert in_another_process(CAN_WRITE, str(catalog.path)) == "yes"


def test_a_failed_question_whose_error_is_kept_does_not_keep_the_file_open(catalog):
    with pytest.raises(Exception, match="nothing_like_it") as kept:
        catalog.query("SELECT nothing_like_it FROM models")
    assert catalog.write(batch_of([evaluation("a")])) == "written"
    assert in_another_process(CAN_WRITE, str(catalog.path)) == "yes"
    assert kept.value is not None


def test_all_readers_have_one_locked_read_only_configuration(catalog):
    settings = (
        "SELECT name, value FROM duckdb_settings() WHERE name IN "
        "(SELECT unnest($names)) ORDER BY name"
    )
    names = [*READER_CONFIG, "lock_configuration", "access_mode"]
    with catalog.reader() as first, catalog.reader() as second:
        seen = [c.sql(settings, params={"names": names}).fetchall() for c in (first, second)]
    assert seen[0] == seen[1]
    values = dict(seen[0])
    assert values["access_mode"].lower() == "read_only"
    assert values["lock_configuration"] == "true"
    assert values["enable_external_access"] == "false"
    assert values["threads"] == "2"
    assert values["memory_limit"] == "953.6 MiB"  # DuckDB's way to say 1 GB
    assert values["temp_directory"] == ""


def test_a_reader_cannot_open_the_file_a_second_time_as_a_file(catalog):
    """Closing such a handle would drop the process's lock."""
    with catalog.reader() as connection:
        for how in ("read_blob('{}')", "'{}'", "read_duckdb('{}')", "read_csv('{}')"):
            with pytest.raises(Exception, match="disabled by configuration"):
                connection.sql(f"SELECT * FROM {how.format(catalog.path)}").fetchall()
        assert in_another_process(CAN_WRITE, str(catalog.path)) == "no"


def test_the_lock_survives_other_readers_of_this_process(catalog):
    with catalog.reader():
        assert catalog.query("SELECT 1 AS one").num_rows == 1
        catalog.check_path()
        assert in_another_process(CAN_WRITE, str(catalog.path)) == "no"
    assert in_another_process(CAN_WRITE, str(catalog.path)) == "yes"


def test_the_file_is_opened_by_other_means_only_without_a_connection(filled, monkeypatch):
    events = []
    real_connect, real_header = store.duckdb.connect, Catalog._check_header

    def connect(*arguments, **options):
        events.append("connect")
        return real_connect(*arguments, **options)

    def header(self):
        events.append(f"header with {store._open_readers[self.path]} readers")
        return real_header(self)

    monkeypatch.setattr(store.duckdb, "connect", connect)
    monkeypatch.setattr(Catalog, "_check_header", header)
    with filled.reader(), filled.reader():
        pass
    filled.write(batch_of([evaluation("a")]))
    first = "header with 0 readers"
    assert events == [first, "connect", "connect", first, "connect"]


def test_a_writer_of_this_process_waits_for_its_readers(catalog):
    writing, done = threading.Event(), []

    def write():
        writing.set()
        done.append(catalog.write(batch_of([evaluation("a")])))

    thread = threading.Thread(target=write)
    with catalog.reader():
        thread.start()
        writing.wait()
        thread.join(0.05)
        assert done == []
    thread.join()
    assert done == ["written"]


def test_readers_and_writers_of_many_threads_never_meet(catalog):
    problems = []

    def work(number: int) -> None:
        try:
            for turn in range(5):
                assert catalog.write(batch_of([evaluation(f"{number}-{turn}")])) == "written"
                catalog.query("SELECT count(*) FROM evaluations")
        except Exception as error:  # noqa: BLE001 - to be shown by the assertion
            problems.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(model_ids(catalog)) == 20


def test_reading_inside_a_read_works_and_writing_inside_one_is_refused(catalog):
    with catalog.reader():
        assert catalog.query("SELECT 1").num_rows == 1
        with pytest.raises(RuntimeError, match="inside a read"):
            catalog.write(batch_of([evaluation("a")]))


def test_a_fork_waits_until_the_file_is_closed(catalog):
    reading, forking = threading.Event(), threading.Event()
    order = []

    def read():
        with catalog.reader():
            reading.set()
            forking.wait()
            order.append("closed")

    thread = threading.Thread(target=read)
    thread.start()
    reading.wait()
    forking.set()
    GATE.before_fork()
    order.append("forked")
    GATE.after_fork_in_parent()
    thread.join()
    assert order == ["closed", "forked"]


def test_a_forked_child_can_read_for_itself(catalog):
    code = """
import os, sys
from pathlib import Path
from unlearn_core.catalog.store import Catalog
catalog = Catalog(Path(sys.argv[1]))
catalog.query("SELECT 1")
child = os.fork()
if child == 0:
    os._exit(catalog.query("SELECT 7 AS n").column(0)[0].as_py())
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert in_another_process(code, str(catalog.path)) == "7"


def test_a_catalog_is_found_by_any_spelling_of_its_path(catalog, monkeypatch):
    monkeypatch.chdir(catalog.path.parent)
    link = catalog.path.with_name("link.duckdb")
    link.symlink_to(catalog.path)
    assert Catalog(link).path == catalog.path
    spelled = Catalog(Path(catalog.path.name))
    with catalog.reader():
        assert spelled.query("SELECT 1").num_rows == 1
        assert in_another_process(CAN_WRITE, str(catalog.path)) == "no"
