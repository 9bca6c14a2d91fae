from dataclasses import replace

import pytest
from catalog_examples import comparison, evaluation, experiment, model

from unlearn_core.catalog.batch import batch_of
from unlearn_core.catalog.store import Catalog
from unlearn_core.errors import RecordConflictError
from unlearn_core.records import MetricRecord, SplitRecord, TrainingCurveRecord


def count(catalog: Catalog, table: str) -> int:
    return catalog.query(f"SELECT count(*) FROM {table}").column(0)[0].as_py()


def values(catalog: Catalog, table: str, column: str) -> list:
    return catalog.query(f"SELECT {column} FROM {table} ORDER BY 1").column(0).to_pylist()


def test_writing_the_same_record_again_does_nothing(catalog: Catalog):
    batch = batch_of([evaluation("a"), model("m")])
    assert catalog.write(batch) == "written"
    assert catalog.write(batch) == "written"
    assert count(catalog, "evaluations") == count(catalog, "models") == 1


def test_a_record_twice_in_one_batch_is_stored_once(catalog: Catalog):
    catalog.write(batch_of([evaluation("a"), evaluation("b"), evaluation("a")]))
    assert values(catalog, "evaluations", "model_id") == ["a", "b"]


def test_a_differing_record_names_table_key_and_column_and_nothing_is_written(catalog: Catalog):
    catalog.write(batch_of([evaluation("a", 0.5)]))
    with pytest.raises(RecordConflictError) as caught:
        catalog.write(batch_of([model("m"), evaluation("new"), evaluation("a", 0.75)]))
    message = caught.value.message
    assert "evaluations" in message
    assert "model_id='a'" in message
    assert "column 'value'" in message
    assert "0.5 is stored, 0.75 came" in message
    assert values(catalog, "evaluations", "value") == [0.5]
    assert count(catalog, "models") == 0


def test_records_that_differ_within_one_batch_are_refused(catalog: Catalog):
    with pytest.raises(RecordConflictError, match=r"0\.5 is stored, 0\.25 came"):
        catalog.write(batch_of([evaluation("a", 0.5), evaluation("a", 0.25)]))
    assert count(catalog, "evaluations") == 0


def test_a_value_that_became_null_is_a_difference(catalog: Catalog):
    catalog.write(batch_of([evaluation("a", 0.5)]))
    with pytest.raises(RecordConflictError):
        catalog.write(batch_of([evaluation("a", None)]))


def test_not_a_number_equals_itself(catalog: Catalog):
    curve = TrainingCurveRecord("m", 1, 10, 80, 0.1, float("nan"), 0.1)
    catalog.write(batch_of([curve]))
    catalog.write(batch_of([curve]))
    assert count(catalog, "training_curves") == 1


def test_timing_columns_may_differ_and_the_first_record_stays(catalog: Catalog):
    catalog.write(batch_of([model("m", seconds=1.5, device="cpu")]))
    catalog.write(batch_of([model("m", seconds=9.0, device="cuda")]))
    assert values(catalog, "models", "seconds") == [1.5]
    with pytest.raises(RecordConflictError, match="column 'steps'"):
        catalog.write(batch_of([model("m", steps=6)]))


@pytest.mark.parametrize("metric", ["seconds", "peak_memory"])
def test_measured_costs_may_differ_as_values(catalog: Catalog, metric: str):
    catalog.write(batch_of([evaluation("a", 1.0, metric), comparison("e", "l", metric, 1.0)]))
    catalog.write(batch_of([evaluation("a", 2.0, metric), comparison("e", "l", metric, 2.0)]))
    assert values(catalog, "evaluations", "value") == [1.0]
    assert values(catalog, "comparisons", "value") == [1.0]


def test_counted_costs_may_not_differ(catalog: Catalog):
    catalog.write(batch_of([comparison("e", "l", "steps", 1.0)]))
    with pytest.raises(RecordConflictError, match="comparisons"):
        catalog.write(batch_of([comparison("e", "l", "steps", 2.0)]))


def test_one_request_may_be_described_in_two_ways(catalog: Catalog):
    split = SplitRecord("r", "d", "digits", "feature", "sevens", "a.json", "us", 5, 0, 2)
    catalog.write(batch_of([split]))
    catalog.write(batch_of([replace(split, kind="random", source="")]))
    assert values(catalog, "splits", "source") == ["a.json"]
    with pytest.raises(RecordConflictError, match="forget_train"):
        catalog.write(batch_of([replace(split, forget_train=6)]))


def test_a_metric_is_described_as_the_newest_library_does(catalog: Catalog):
    first = MetricRecord("accuracy", "Accuracy", "", "higher", 0.0, 1.0, "", "old words")
    catalog.write(batch_of([first]))
    catalog.write(batch_of([replace(first, description="new words")]))
    assert values(catalog, "metrics", "description") == ["new words"]


def test_records_of_many_kinds_come_in_with_their_types(catalog: Catalog):
    catalog.write(batch_of([experiment("e", "n"), model("m"), evaluation("a", None)]))
    row = catalog.query("SELECT typeof(created_at) AS t, created_at FROM models").to_pylist()[0]
    assert row["t"] == "TIMESTAMP"
    assert row["created_at"].isoformat() == "2026-03-01T12:00:00"
    assert values(catalog, "evaluations", "value") == [None]


@pytest.mark.parametrize("value", [0.5, 1e-12, 300.0, float("inf")])
def test_the_rounding_of_another_order_of_sums_is_no_difference(catalog: Catalog, value: float):
    catalog.write(batch_of([evaluation("a", value)]))
    catalog.write(batch_of([evaluation("a", value * (1 + 1e-12) + 1e-14)]))
    assert values(catalog, "evaluations", "value") == [value]


@pytest.mark.parametrize(
    ("stored", "came"), [(0.5, 0.50001), (0.0, 1e-6), (float("inf"), 5.0), (5.0, float("nan"))]
)
def test_anything_beyond_rounding_is_a_difference(catalog: Catalog, stored: float, came: float):
    catalog.write(batch_of([evaluation("a", stored)]))
    with pytest.raises(RecordConflictError):
        catalog.write(batch_of([evaluation("a", came)]))
