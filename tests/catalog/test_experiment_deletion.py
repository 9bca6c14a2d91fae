import pytest
from catalog_examples import LABELS, experiment, model, small_experiment

from unlearn_core.catalog import checks
from unlearn_core.catalog.batch import batch_of
from unlearn_core.catalog.deletion import delete_experiment
from unlearn_core.errors import CatalogBusyError
from unlearn_core.records import ExperimentModelRecord

EMPTY_AFTERWARDS = (
    "experiments",
    "experiment_models",
    "comparisons",
    "models",
    "evaluations",
    "predictions",
    "training_curves",
    "samples",
    "forget_samples",
    "splits",
)


def test_the_only_experiment_takes_everything_of_its_own_along(filled):
    delete_experiment(filled, "exp-1")
    rows = checks.info(filled).rows
    assert {name: rows[name] for name in EMPTY_AFTERWARDS} == dict.fromkeys(EMPTY_AFTERWARDS, 0)
    assert rows["metrics"] > 0


def test_what_another_experiment_uses_stays(filled):
    shared = ExperimentModelRecord("exp-2", "trained-0", "trained", "trained", 0)
    filled.write(batch_of([experiment("exp-2", "other"), shared]))
    delete_experiment(filled, "exp-1")
    found = filled.query("SELECT model_id FROM models").column(0).to_pylist()
    assert found == ["trained-0"]
    assert checks.info(filled).rows["samples"] == 2
    assert checks.check(filled) == []


def test_what_waits_in_the_journal_does_not_come_back(filled):
    late = ExperimentModelRecord("exp-1", "late", "unlearned", "femu", 7)
    filled.journal.append(batch_of([late, model("late", "unlearned")]))
    delete_experiment(filled, "exp-1")
    filled.drain()
    assert checks.info(filled).rows["models"] == 0


def test_a_busy_catalog_keeps_the_experiment(filled, hold):
    holder = hold(filled.path)
    with pytest.raises(CatalogBusyError):
        delete_experiment(filled, "exp-1")
    holder.communicate()
    assert checks.info(filled).rows["models"] == 2 * len(LABELS)


def test_a_deleted_experiment_can_be_written_again(filled):
    before = checks.info(filled).rows
    delete_experiment(filled, "exp-1")
    filled.write(batch_of(small_experiment()))
    assert checks.info(filled).rows == before
