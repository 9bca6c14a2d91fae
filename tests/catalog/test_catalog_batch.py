from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest
from catalog_examples import evaluation, model

from unlearn_core.catalog.batch import batch_of, conform, merge_batches, prediction_batch
from unlearn_core.records import PredictionRecord


def test_a_vectorised_prediction_batch_equals_the_one_from_records():
    values = np.log(np.array([[0.25, 0.75], [0.5, 0.5], [1.0, 1e-30]]))
    vectorised = prediction_batch("m", "test", np.array([4, 9, 14]), values)
    one_by_one = batch_of(
        PredictionRecord("m", "test", sample, tuple(row))
        for sample, row in zip((4, 9, 14), values.tolist(), strict=True)
    )
    assert vectorised["predictions"].equals(one_by_one["predictions"])


def test_infinite_log_probabilities_survive():
    table = prediction_batch("m", "test", np.array([0]), np.array([[0.0, -np.inf]]))["predictions"]
    assert table.column("log_probabilities").to_pylist() == [[0.0, -np.inf]]


def test_predictions_of_no_sample_are_an_empty_table():
    table = prediction_batch("m", "test", np.empty(0, np.int64), np.empty((0, 3)))["predictions"]
    assert table.num_rows == 0


@pytest.mark.parametrize("shape", [(3,), (2, 2), (3, 2, 1)])
def test_predictions_of_a_wrong_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"\(N, K\) with N = 3"):
        prediction_batch("m", "test", np.arange(3), np.zeros(shape))


def test_dates_are_stored_in_utc():
    there = datetime(2026, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    table = batch_of([model("m", created_at=there)])["models"]
    stored = table.column("created_at")[0].as_py()
    assert stored.isoformat() == "2025-12-31T23:30:00"


def test_a_date_without_time_zone_is_refused():
    naive = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    with pytest.raises(ValueError, match=r"models\.created_at"):
        batch_of([model("m", created_at=naive)])


def test_merged_batches_keep_their_order():
    merged = merge_batches([batch_of([evaluation("a")]), batch_of([model("m"), evaluation("b")])])
    assert merged["evaluations"].column("model_id").to_pylist() == ["a", "b"]
    assert merged["models"].num_rows == 1


def test_rows_of_an_unknown_table_or_column_are_refused():
    rows = batch_of([evaluation("a")])["evaluations"]
    with pytest.raises(ValueError, match="no table 'evaluation'"):
        conform("evaluation", rows)
    with pytest.raises(ValueError, match="unknown columns"):
        conform("evaluations", rows.append_column("extra", pa.array([1])))
    with pytest.raises(ValueError, match="absent keys"):
        conform("evaluations", rows.drop_columns(["part"]))


def test_an_older_batch_without_a_newer_column_is_accepted():
    rows = batch_of([evaluation("a")])["evaluations"].drop_columns(["reason"])
    assert conform("evaluations", rows).column_names == rows.column_names
