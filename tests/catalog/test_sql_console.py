import threading
import time

import pytest
from catalog_examples import evaluation

from unlearn_core.catalog.batch import batch_of
from unlearn_core.catalog.console import Interrupt, check_sql, run_sql
from unlearn_core.errors import CatalogBusyError, CatalogPathError, QueryError

# Would take hours.
LONG = "SELECT count(*) FROM range(1000000000) a, range(1000000) b WHERE hash(a.range, b.range) = 3"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "select 1;",
        "  -- a comment\n SELECT 1",
        "WITH x AS (SELECT 1 AS a) SELECT a FROM x",
        "FROM models",
        "DESCRIBE models",
        "SHOW TABLES",
        "SUMMARIZE models",
        "EXPLAIN SELECT 1",
        "EXPLAIN ANALYZE SELECT 1",
        "/* a */ EXPLAIN (FORMAT json) SELECT 1",
        "EXPLAIN (SELECT 1)",
        "SELECT 'DROP TABLE models; COPY' AS words",
    ],
)
def test_one_reading_statement_is_answered(filled, sql):
    assert run_sql(filled, sql).table.num_columns >= 1


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO metrics SELECT * FROM metrics",
        "EXPLAIN ANALYZE INSERT INTO metrics SELECT * FROM metrics",
        "EXPLAIN INSERT INTO metrics SELECT * FROM metrics",
        "-- c\nEXPLAIN ANALYZE COPY metrics TO 'out.csv'",
        "WITH x AS (INSERT INTO metrics SELECT * FROM metrics RETURNING name) SELECT * FROM x",
        "EXPLAIN ANALYZE WITH x AS (DELETE FROM metrics RETURNING name) SELECT * FROM x",
        "UPDATE metrics SET name = ''",
        "DELETE FROM metrics",
        "DROP VIEW leaderboard",
        "CREATE TABLE t (a INTEGER)",
        "CREATE TEMP TABLE t (a INTEGER)",
        "ALTER TABLE metrics ADD COLUMN a INTEGER",
        "COPY metrics TO 'out.csv'",
        "COPY metrics FROM '/etc/passwd'",
        "EXPORT DATABASE 'out'",
        "ATTACH 'other.duckdb'",
        "DETACH catalog",
        "INSTALL httpfs",
        "LOAD json",
        "PRAGMA threads=3",
        "SET threads=3",
        "SET VARIABLE a = 1",
        "RESET threads",
        "USE memory",
        "CALL pragma_version()",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "BEGIN",
        "CHECKPOINT",
        "VACUUM",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE models",
        "",
        "-- nothing",
        "SELEC 1",
        "SELECT * FROM query('DROP TABLE models')",
    ],
)
def test_everything_else_is_refused_and_changes_nothing(filled, sql, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = filled.path.read_bytes()
    with pytest.raises(QueryError) as caught:
        run_sql(filled, sql)
    assert caught.value.exit_code == 2
    assert filled.path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [filled.path.name]


@pytest.mark.parametrize(
    "source",
    [
        "read_csv('/etc/passwd')",
        "read_text('/etc/passwd')",
        "read_blob('{}')",
        "read_duckdb('{}')",
        "'{}'",
        "glob('/etc/*')",
        "parquet_scan('elsewhere.parquet')",
        "sniff_csv('/etc/passwd')",
        "read_json('https://example.org/x.json')",
    ],
)
def test_no_other_file_can_be_read(filled, source):
    with pytest.raises(QueryError):
        run_sql(filled, f"SELECT * FROM {source.format(filled.path)}")


def test_variables_of_the_program_cannot_be_read(filled):
    evaluations_of_mine = batch_of([evaluation("a")])["evaluations"]
    with pytest.raises(QueryError, match="does not exist"):
        run_sql(filled, "SELECT * FROM evaluations_of_mine")
    assert evaluations_of_mine.num_rows == 1


@pytest.mark.parametrize(
    ("limit", "rows", "truncated"), [(3, 3, True), (8, 8, False), (0, 0, True)]
)
def test_an_answer_is_cut_and_says_so(filled, limit, rows, truncated):
    answer = run_sql(filled, "SELECT model_id FROM models ORDER BY 1", max_rows=limit)
    assert (answer.table.num_rows, answer.truncated) == (rows, truncated)


def test_a_huge_answer_is_cut_without_being_computed(filled):
    answer = run_sql(filled, "SELECT * FROM range(1000000000000)")
    assert (answer.table.num_rows, answer.truncated) == (10_000, True)


def test_no_limit_gives_all_rows(filled):
    answer = run_sql(filled, "SELECT * FROM range(12345)", max_rows=None)
    assert (answer.table.num_rows, answer.truncated) == (12_345, False)


def test_parameters_are_values(filled):
    answer = run_sql(filled, "SELECT ? AS a", ["'; DROP TABLE models"])
    assert answer.table.to_pylist() == [{"a": "'; DROP TABLE models"}]
    assert run_sql(filled, "SELECT $a + 1 AS b", {"a": 1}).table.to_pylist() == [{"b": 2}]
    with pytest.raises(QueryError, match="not provided"):
        run_sql(filled, "SELECT ? AS a")


def test_a_mistake_is_explained_without_duckdbs_class_names(filled):
    with pytest.raises(QueryError) as caught:
        run_sql(filled, "SELECT * FROM modells")
    assert caught.value.message.startswith("Table with name modells does not exist!")
    assert 'Did you mean "models"?' in caught.value.message


def test_a_mistake_while_fetching_is_explained(filled):
    with pytest.raises(QueryError, match="Could not convert string 'trained-0'"):
        run_sql(filled, "SELECT CAST(model_id AS INTEGER) FROM models WHERE model_id = 'trained-0'")


def test_a_query_that_takes_too_long_is_stopped(filled):
    started = time.monotonic()
    with pytest.raises(QueryError, match=r"stopped after 0\.2 seconds"):
        run_sql(filled, LONG, time_limit_s=0.2)
    assert time.monotonic() - started < 10
    assert filled.write(batch_of([evaluation("later")])) == "written"


def test_a_query_is_interrupted_from_another_thread(filled):
    button = Interrupt()
    outcome = []

    def ask():
        try:
            run_sql(filled, LONG, interrupt=button)
        except QueryError as error:
            outcome.append(error.message)

    thread = threading.Thread(target=ask)
    thread.start()
    button.press()
    thread.join(20)
    assert outcome == ["the query was interrupted"]


def test_a_query_that_needs_too_much_memory_says_so(filled):
    with pytest.raises(QueryError, match="needs more than 1GB of memory"):
        run_sql(filled, "SELECT list(range) FROM range(1000000000)")


def test_the_answer_says_how_many_batches_wait(filled):
    filled.journal.append(batch_of([evaluation("a")]))
    assert run_sql(filled, "SELECT 1").waiting == 1


def test_no_catalog_and_a_busy_one_are_told_apart(tmp_path, filled, hold):
    with pytest.raises(CatalogPathError, match="there is no catalog"):
        run_sql(type(filled)(tmp_path / "none.duckdb"), "SELECT 1")
    hold(filled.path)
    with pytest.raises(CatalogBusyError):
        run_sql(filled, "SELECT 1")


def test_a_statement_can_be_checked_without_a_catalog():
    check_sql("SELECT 1")
    with pytest.raises(QueryError, match="this is DROP"):
        check_sql("DROP TABLE models")
