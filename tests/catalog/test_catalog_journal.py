import duckdb
import numpy as np
import pytest
from catalog_examples import evaluation, model

from unlearn_core.catalog.batch import batch_of, merge_batches, prediction_batch
from unlearn_core.catalog.journal import DamagedBatchError, Journal


def test_a_batch_of_several_tables_comes_back_as_it_was(tmp_path):
    journal = Journal(tmp_path / "c.journal")
    batch = merge_batches(
        [
            batch_of([model("m"), evaluation("a", None)]),
            prediction_batch("m", "test", np.arange(3), np.full((3, 2), -0.5)),
        ]
    )
    name = journal.append(batch)
    back = journal.read(name)
    assert set(back) == {"models", "evaluations", "predictions"}
    assert all(back[table].equals(batch[table]) for table in batch)


def test_the_journal_can_be_read_with_any_duckdb_client(tmp_path):
    journal = Journal(tmp_path / "c.journal")
    journal.append(batch_of([evaluation("a")]))
    found = duckdb.connect().execute(
        f"SELECT model_id FROM '{tmp_path}/c.journal/*/evaluations.parquet'"
    )
    assert found.fetchall() == [("a",)]


def test_batches_wait_in_the_order_of_their_writing(tmp_path):
    journal = Journal(tmp_path / "c.journal")
    names = [journal.append(batch_of([evaluation(str(i))])) for i in range(5)]
    assert journal.waiting() == names


def test_a_journal_that_was_never_needed_is_empty_and_makes_no_folder(tmp_path):
    journal = Journal(tmp_path / "c.journal")
    assert journal.waiting() == []
    assert list(tmp_path.iterdir()) == []


def test_a_half_written_batch_is_not_seen(tmp_path):
    journal = Journal(tmp_path / "c.journal")
    (journal.folder / ".half-1").mkdir(parents=True)
    assert journal.waiting() == []
    journal.sweep()
    assert (journal.folder / ".half-1").is_dir()  # it may be in the making


@pytest.mark.parametrize("damage", ["truncated", "foreign", "empty folder", "stray file"])
def test_a_damaged_batch_is_set_aside_by_name_and_blocks_nobody(catalog, damage):
    first = catalog.journal.append(batch_of([evaluation("a")]))
    catalog.journal.append(batch_of([evaluation("b")]))
    path = catalog.journal.folder / first / "evaluations.parquet"
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:100])
    elif damage == "foreign":
        path.rename(path.with_name("no_such_table.parquet"))
    else:
        path.unlink()
        if damage == "stray file":
            path.parent.rmdir()
            path.parent.write_text("what is this?")
    report = catalog.drain()
    assert report.drained == 1
    assert report.waiting == 0
    [(name, reason)] = report.set_aside
    assert name == f"set-aside-{first}"
    assert reason
    assert catalog.journal.set_aside_names() == [name]
    assert catalog.query("SELECT model_id FROM evaluations").column(0).to_pylist() == ["b"]


def test_a_journalled_record_that_differs_is_set_aside_with_its_reason(catalog):
    catalog.write(batch_of([evaluation("a", 0.5)]))
    catalog.journal.append(batch_of([evaluation("a", 0.75), evaluation("b")]))
    catalog.journal.append(batch_of([evaluation("c")]))
    report = catalog.drain()
    assert report.drained == 1
    [(name, reason)] = report.set_aside
    assert "column 'value'" in reason
    assert catalog.journal.reason(name) == reason.strip()
    found = catalog.query("SELECT model_id FROM evaluations ORDER BY 1").column(0).to_pylist()
    assert found == ["a", "c"]


def test_a_batch_whose_deletion_was_cut_short_is_not_inserted_again(catalog):
    name = catalog.journal.append(batch_of([evaluation("a")]))
    copy = {p.name: p.read_bytes() for p in (catalog.journal.folder / name).iterdir()}
    catalog.drain()
    # As if the process had been killed between its commit and the deletion.
    (catalog.journal.folder / name).mkdir()
    for file_name, content in copy.items():
        (catalog.journal.folder / name / file_name).write_bytes(content)
    report = catalog.drain()
    assert (report.drained, report.new_rows, report.waiting) == (1, 0, 0)
    ledger = catalog.query("SELECT batch_id, new_rows FROM drained_batches").to_pylist()
    assert ledger == [{"batch_id": name, "new_rows": 1}]


def test_a_batch_that_does_not_fit_is_refused_before_it_waits(tmp_path):
    journal = Journal(tmp_path / "c.journal")
    rows = batch_of([evaluation("a")])["evaluations"]
    with pytest.raises(ValueError, match="no table"):
        journal.append({"nowhere": rows})
    assert journal.waiting() == []


def test_reading_a_batch_that_is_not_there_says_so(tmp_path):
    with pytest.raises(DamagedBatchError, match="no Parquet file"):
        Journal(tmp_path).read("nothing")
