import re
import tokenize
from pathlib import Path

from unlearn_core import records
from unlearn_core.catalog import comments
from unlearn_core.catalog.migrations import library_version
from unlearn_core.catalog.store import Catalog
from unlearn_core.catalog.tables import LEDGERS, TABLES
from unlearn_core.catalog.views import VIEWS

ALL_TABLES = (*TABLES.values(), *LEDGERS)


def timing_marks_in_the_source():
    """Class name to fields whose comment begins with the word timing."""
    marks, current = {}, ""
    with tokenize.open(records.__file__) as source:
        for line in source:
            if found := re.match(r"class (\w+):", line):
                current = found[1]
            if found := re.match(r"    (\w+): [^#]*# timing\b", line):
                marks.setdefault(current, set()).add(found[1])
    return marks


def test_timing_columns_are_those_marked_in_the_records():
    marks = timing_marks_in_the_source()
    assert len(marks) >= 3
    for record, table in TABLES.items():
        assert set(table.timing) == marks.get(record.__name__, set()), table.name


def test_every_record_has_a_table_and_keys_are_columns_without_null():
    assert set(TABLES) == set(records.Record.__args__)
    for table in ALL_TABLES:
        by_name = {column.name: column for column in table.columns}
        assert table.keys
        assert not any(by_name[key].nullable for key in table.keys)


def test_the_schema_of_a_new_catalog_is_that_of_the_records(catalog: Catalog):
    found = {}
    rows = catalog.query(
        "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns() "
        "WHERE NOT internal ORDER BY table_name, column_index"
    ).to_pylist()
    for row in rows:
        found.setdefault(row["table_name"], []).append(
            (row["column_name"], row["data_type"], row["is_nullable"])
        )
    for table in ALL_TABLES:
        assert found.pop(table.name) == [(c.name, c.sql_type, c.nullable) for c in table.columns]
    for view in VIEWS:
        assert [name for name, _, _ in found.pop(view.name)] == list(view.columns)
    assert found == {}


def test_every_table_view_and_column_has_its_comment(catalog: Catalog):
    nameless = catalog.query(
        "SELECT table_name AS name FROM duckdb_tables() WHERE NOT internal AND comment IS NULL "
        "UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal AND comment IS NULL "
        "UNION ALL SELECT table_name || '.' || column_name FROM duckdb_columns() "
        "WHERE NOT internal AND coalesce(comment, '') = ''"
    )
    assert nameless.to_pylist() == []
    stored = catalog.query(
        "SELECT comment FROM duckdb_columns() WHERE table_name = 'comparisons' "
        "AND column_name = 'sd'"
    )
    assert stored.column(0)[0].as_py() == comments.TABLE_COLUMNS["comparisons.sd"]


def test_no_comment_is_left_over():
    columns = {f"{table.name}.{column.name}" for table in ALL_TABLES for column in table.columns}
    names = {column.name for table in ALL_TABLES for column in table.columns}
    assert set(comments.TABLE_COLUMNS) <= columns
    assert set(comments.COLUMNS) <= names
    assert set(comments.TABLES) == {table.name for table in ALL_TABLES}


def test_the_catalog_says_which_library_made_it(catalog: Catalog):
    rows = catalog.query("SELECT name, library_version FROM schema_migrations ORDER BY version")
    assert rows.column("name").to_pylist() == ["0001_tables", "0002_views"]
    assert set(rows.column("library_version").to_pylist()) == {library_version()}


def test_only_the_store_opens_files_of_the_catalog():
    folder = Path(records.__file__).parent / "catalog"
    opening = re.compile(r"duckdb\.connect\((?!\))|self\.path\.open|\battach\b", re.IGNORECASE)
    found = {path.name for path in folder.glob("*.py") if opening.search(path.read_text())}
    assert found == {"store.py"}
    others = [
        path
        for package in ("unlearn_core", "unlearn_tui")
        for path in (folder.parent.parent / package).rglob("*.py")
        if path.parent != folder and "import duckdb" in path.read_text()
    ]
    assert others == []
