import pytest
from catalog_examples import evaluation

from unlearn_core.catalog import checks
from unlearn_core.catalog.batch import batch_of
from unlearn_core.records import ExperimentModelRecord, TrainingCurveRecord


def change(catalog, sql):
    """What only a foreign client would do."""
    with catalog.writer() as connection:
        connection.execute(sql)


def test_a_whole_catalog_has_no_findings(filled):
    assert checks.check(filled) == []


@pytest.mark.parametrize(
    ("record", "table", "message"),
    [
        (evaluation("nobody"), "evaluations", "model_id is not in models"),
        (
            TrainingCurveRecord("nobody", 1, 1, 1, 0.1, 1.0, 0.5),
            "training_curves",
            "model_id is not in models",
        ),
        (
            ExperimentModelRecord("none", "femu-0", "unlearned", "femu", 0),
            "experiment_models",
            "experiment_id is not in experiments",
        ),
    ],
)
def test_orphans_are_found(filled, record, table, message):
    filled.write(batch_of([record]))
    assert checks.check(filled) == [checks.Finding(table, message, 1)]


def test_duplicates_are_found(filled):
    change(filled, "INSERT INTO predictions SELECT * FROM predictions LIMIT 3")
    [finding] = checks.check(filled)
    assert (finding.table, finding.rows) == ("predictions", 3)
    assert "several rows have the same" in finding.message


def test_a_missing_view_or_column_is_found(filled):
    change(filled, "DROP VIEW costs")
    change(filled, "ALTER TABLE metrics DROP COLUMN unit")
    assert [finding.table for finding in checks.check(filled)] == ["metrics", "costs"]


def test_the_state_of_the_journal_is_found(filled):
    filled.journal.append(batch_of([evaluation("a")]))
    name = filled.journal.append(batch_of([evaluation("b")]))
    filled.journal.set_aside(name, "torn")
    messages = [finding.message for finding in checks.check(filled)]
    assert messages == [
        "batches wait; `unlearn catalog drain` brings them in",
        f"set-aside-{name} cannot be brought in: torn",
    ]


def test_info_counts_rows_and_names_versions(filled):
    filled.journal.append(batch_of([evaluation("a")]))
    found = checks.info(filled)
    assert found.rows["models"] == 8
    assert found.rows["comparisons"] == 60
    assert found.rows["schema_migrations"] == found.schema_version == 2
    assert found.size_bytes == filled.path.stat().st_size
    assert found.waiting == 1
    assert found.set_aside == ()
    assert found.backups == ()
