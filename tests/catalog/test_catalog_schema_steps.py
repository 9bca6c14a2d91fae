import re
from pathlib import Path

import duckdb
import pytest
from catalog_examples import evaluation

from unlearn_core.catalog import migrations
from unlearn_core.catalog.batch import batch_of
from unlearn_core.catalog.store import Catalog
from unlearn_core.errors import CatalogBusyError, SchemaTooNewError, SchemaTooOldError


@pytest.fixture
def older(tmp_path, monkeypatch) -> Catalog:
    """A catalog of the first schema, with one row."""
    catalog = Catalog(tmp_path / "catalog.duckdb", write_wait_s=0.0, read_wait_s=0.0)
    with monkeypatch.context() as context:
        context.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
        catalog.write(batch_of([evaluation("a")]))
    return catalog


def backups(catalog: Catalog) -> list[Path]:
    return sorted(catalog.path.parent.glob("*.backup"))


def test_a_reader_of_an_older_catalog_says_what_to_run_and_changes_nothing(older):
    content = older.path.read_bytes()
    with pytest.raises(SchemaTooOldError, match="schema 1") as caught:
        older.query("SELECT 1")
    assert "unlearn catalog upgrade" in str(caught.value)
    older.check_path()
    assert older.path.read_bytes() == content
    assert backups(older) == []


def test_a_writer_backs_up_an_older_catalog_and_then_upgrades_it(older):
    content = older.path.read_bytes()
    assert older.write(batch_of([evaluation("b")])) == "written"
    [backup] = backups(older)
    assert backup.read_bytes() == content
    assert re.fullmatch(r"catalog\.duckdb\.schema-1-\d{8}T\d{12}\.backup", backup.name)
    assert older.query("SELECT count(*) AS n FROM evaluations").to_pylist() == [{"n": 2}]
    assert older.query("SELECT * FROM leaderboard").num_rows == 0
    with duckdb.connect(str(backup), read_only=True) as old:
        assert old.execute("SELECT model_id FROM evaluations").fetchall() == [("a",)]


def test_an_upgrade_says_what_it_did_and_the_second_does_nothing(older):
    report = older.upgrade()
    assert report.applied == ("0002_views",)
    assert [report.backup] == backups(older)
    again = older.upgrade()
    assert (again.applied, again.backup) == ((), None)
    assert len(backups(older)) == 1


def test_what_was_left_in_the_log_by_a_killed_process_is_in_the_backup(older):
    with duckdb.connect(str(older.path)) as connection:
        connection.execute("SET wal_autocheckpoint = '1TB'")
        connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        connection.execute("UPDATE evaluations SET value = 0.125")
    assert older.path.with_name("catalog.duckdb.wal").exists()
    older.upgrade()
    [backup] = backups(older)
    with duckdb.connect(str(backup), read_only=True) as old:
        assert old.execute("SELECT value FROM evaluations").fetchall() == [(0.125,)]


def test_a_busy_older_catalog_is_neither_copied_nor_upgraded(older, hold):
    hold(older.path)
    with pytest.raises(CatalogBusyError):
        older.upgrade()
    assert backups(older) == []
    assert older.write(batch_of([evaluation("b")])) == "journalled"


def test_the_copy_for_a_backup_is_refused_while_another_process_writes(older, hold):
    """The copy takes the lock that DuckDB takes, so it can never be torn."""
    hold(older.path)
    with pytest.raises(CatalogBusyError):
        older._back_up(migrations.SchemaState("older", 1, ""))
    assert backups(older) == []


def test_a_catalog_from_a_newer_library_is_refused_and_left_alone(catalog, monkeypatch):
    def add_table(connection):
        connection.execute("CREATE TABLE from_the_future (a INTEGER)")

    newer = (*migrations.MIGRATIONS, ("0003_future", add_table))
    with monkeypatch.context() as context:
        context.setattr(migrations, "MIGRATIONS", newer)
        context.setattr(migrations, "library_version", lambda: "9.9.9")
        catalog.upgrade()
    content = catalog.path.read_bytes()
    for call in (
        catalog.check_path,
        catalog.ensure,
        lambda: catalog.write(batch_of([evaluation("a")])),
        lambda: catalog.query("SELECT 1"),
    ):
        with pytest.raises(SchemaTooNewError, match=r"schema 3, written by unlearn-lab 9\.9\.9"):
            call()
    assert catalog.path.read_bytes() == content


def test_a_step_that_fails_leaves_nothing_of_itself(catalog, monkeypatch):
    def fail(connection):
        connection.execute("CREATE TABLE half_done (a INTEGER)")
        raise ValueError("in the middle")

    broken = (*migrations.MIGRATIONS, ("0003_broken", fail))
    with monkeypatch.context() as context:
        context.setattr(migrations, "MIGRATIONS", broken)
        with pytest.raises(ValueError, match="in the middle"):
            catalog.upgrade()
    tables = catalog.query("SELECT table_name FROM duckdb_tables()").column(0).to_pylist()
    assert "half_done" not in tables


def test_making_the_views_again_writes_their_comments_again(catalog):
    with catalog.writer() as connection:
        migrations.create_views(connection)
    comment = catalog.query(
        "SELECT comment FROM duckdb_views() WHERE view_name = 'leaderboard'"
    ).column(0)[0]
    assert comment.as_py().startswith("One row per experiment and label")
