"""Deleting an experiment: its own rows, and whatever no other experiment uses."""

from __future__ import annotations

from unlearn_core.catalog.failures import busy
from unlearn_core.catalog.migrations import transaction
from unlearn_core.catalog.store import Catalog

__all__ = ["delete_experiment"]

_OWN = ("experiment_models", "comparisons", "jobs", "experiments")

_OF_MODELS = ("predictions", "training_curves", "unlearning_runs", "unlearning_phases", "models")

_UNUSED_MODELS = """
CREATE TEMP TABLE doomed AS
SELECT DISTINCT model_id FROM experiment_models AS mine WHERE experiment_id = ? AND NOT EXISTS (
    SELECT 1 FROM experiment_models AS others
    WHERE others.model_id = mine.model_id AND others.experiment_id <> mine.experiment_id
)"""


def delete_experiment(catalog: Catalog, experiment_id: str) -> None:
    """Delete an experiment in one transaction.

    Models, requests and pixels that another experiment uses stay. What waits in the journal is
    brought in first, because it would come back with the next drain.

    Raises:
        CatalogBusyError: Another process holds the catalog; nothing was deleted.
        CatalogPathError: There is no catalog, or it cannot be written.
    """
    if catalog.drain().waiting:
        raise busy(catalog.path)
    with catalog.writer() as connection, transaction(connection):
        connection.execute(_UNUSED_MODELS, [experiment_id])
        for table in _OWN:
            connection.execute(f"DELETE FROM {table} WHERE experiment_id = ?", [experiment_id])
        for table in _OF_MODELS:
            connection.execute(
                f"DELETE FROM {table} WHERE model_id IN (SELECT model_id FROM doomed)"
            )
        connection.execute(
            "DELETE FROM evaluations WHERE model_id IN (SELECT model_id FROM doomed) "
            "OR reference_model_id IN (SELECT model_id FROM doomed) "
            "OR (request_id <> '' AND request_id NOT IN (SELECT request_id FROM experiments))"
        )
        for table in ("forget_samples", "splits"):
            connection.execute(
                f"DELETE FROM {table} WHERE request_id NOT IN (SELECT request_id FROM experiments)"
            )
        connection.execute(
            "DELETE FROM samples "
            "WHERE data_fingerprint NOT IN (SELECT data_fingerprint FROM experiments)"
        )
        connection.execute("DROP TABLE doomed")
