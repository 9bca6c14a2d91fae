import errno
import os
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from catalog_examples import evaluation

from unlearn_core.catalog import failures
from unlearn_core.catalog.batch import batch_of
from unlearn_core.catalog.store import Catalog, waiting_note
from unlearn_core.errors import CatalogPathError, DiskFullError

BATCH = batch_of([evaluation("a")])


def everything_that_opens(catalog: Catalog):
    return (
        catalog.check_path,
        catalog.ensure,
        lambda: catalog.write(BATCH),
        lambda: catalog.query("SELECT 1"),
    )


def assert_refused(catalog: Catalog, match: str):
    before = sorted(p.name for p in catalog.path.parent.iterdir())
    for call in everything_that_opens(catalog):
        with pytest.raises(CatalogPathError, match=match) as caught:
            call()
        assert caught.value.exit_code == 2
    assert sorted(p.name for p in catalog.path.parent.iterdir()) == before


def test_a_folder_is_refused(tmp_path):
    (tmp_path / "catalog.duckdb").mkdir()
    assert_refused(Catalog(tmp_path / "catalog.duckdb"), "is a folder")


@pytest.mark.parametrize("content", [b"", b"hello", b"hello" * 10_000])
def test_a_file_that_is_not_duckdb_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    assert_refused(Catalog(path), "is not a DuckDB file")
    assert path.read_bytes() == content


def test_a_duckdb_file_of_somebody_else_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "theirs.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE theirs (a INTEGER)")
    content = path.read_bytes()
    assert_refused(Catalog(path), "not a catalog of unlearn-lab")
    assert path.read_bytes() == content


def test_a_place_without_a_folder_is_refused(tmp_path):
    catalog = Catalog(tmp_path / "no" / "catalog.duckdb")
    for call in everything_that_opens(catalog):
        with pytest.raises(CatalogPathError, match="is not a folder; make it first"):
            call()


def test_a_device_is_refused():
    with pytest.raises(CatalogPathError, match="is not a file"):
        Catalog(Path(os.devnull)).check_path()


def test_reading_does_not_make_a_catalog(tmp_path):
    catalog = Catalog(tmp_path / "catalog.duckdb")
    with pytest.raises(CatalogPathError, match="there is no catalog"):
        catalog.query("SELECT 1")
    catalog.check_path()
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_refused(catalog, monkeypatch):
    """Rights are asked for, not tried: root may write everywhere."""
    asked = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK and asked(path, mode))
    with pytest.raises(CatalogPathError, match="cannot be written"):
        catalog.check_path()
    assert catalog.query("SELECT 1").num_rows == 1


def test_a_log_without_its_catalog_is_not_given_to_a_new_one(tmp_path):
    log = tmp_path / "catalog.duckdb.wal"
    log.write_bytes(b"left behind")
    with pytest.raises(CatalogPathError, match="write-ahead log"):
        Catalog(tmp_path / "catalog.duckdb").ensure()
    assert log.read_bytes() == b"left behind"


def test_a_new_catalog_appears_whole_and_alone(tmp_path):
    catalog = Catalog(tmp_path / "catalog.duckdb")
    assert catalog.ensure() == "ready"
    assert [p.name for p in tmp_path.iterdir()] == ["catalog.duckdb"]
    assert catalog.query("SELECT * FROM leaderboard").num_rows == 0


def test_an_empty_duckdb_file_becomes_a_catalog(tmp_path):
    duckdb.connect(str(tmp_path / "catalog.duckdb")).close()
    assert Catalog(tmp_path / "catalog.duckdb").write(BATCH) == "written"


def test_duckdbs_word_for_a_full_disk_is_understood():
    with duckdb.connect() as connection, pytest.raises(duckdb.IOException) as caught:
        connection.execute("COPY (SELECT * FROM range(1000000)) TO '/dev/full' (FORMAT csv)")
    assert failures.is_disk_full(caught.value)
    assert isinstance(failures.as_unlearn_error(caught.value, "c"), DiskFullError)


def test_the_systems_word_for_a_full_disk_is_understood():
    with (
        pytest.raises(OSError, match="No space") as caught,
        Path("/dev/full").open("wb", 0) as full,
    ):
        full.write(b"x")
    assert failures.is_disk_full(caught.value)
    assert not failures.is_disk_full(OSError(errno.EACCES, "no"))


def test_a_full_disk_leaves_no_half_batch_in_the_journal(catalog, hold, monkeypatch):
    hold(catalog.path)

    def full(*_arguments, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(DiskFullError, match="no room left"):
        catalog.write(BATCH)
    assert list(catalog.journal.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("waiting", "note"),
    [
        (0, ""),
        (1, "1 batch waits in the journal; `unlearn catalog drain` brings them in"),
        (3, "3 batches wait in the journal; `unlearn catalog drain` brings them in"),
    ],
)
def test_results_say_what_waits(waiting, note):
    assert waiting_note(waiting) == note
