"""Named questions for the command line and the app; every answer is frozen and typed.

An experiment is named by its name or the beginning of its id. Where several experiments bear the
name, the newest is meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import TypeVar

from unlearn_core.catalog.rows import (
    AccuracyRow,
    ComparisonRow,
    CostRow,
    CurveRow,
    ExperimentRow,
    JobRow,
    KlRow,
    LayerRow,
    LeaderboardRow,
    MetricRow,
    ModelRow,
    NoiseFloorRow,
    SampleRow,
)
from unlearn_core.catalog.store import Catalog, Parameters
from unlearn_core.errors import UnknownNameError

__all__ = [
    "accuracy_by_class",
    "comparisons",
    "costs",
    "curves",
    "experiment_config",
    "experiments",
    "find_experiment",
    "jobs",
    "kl_matrix",
    "layer_distances",
    "leaderboard",
    "metrics",
    "models",
    "noise_floor",
    "sample_log_probabilities",
    "samples",
]

_Row = TypeVar("_Row")

_EXPERIMENTS = """
SELECT e.experiment_id, e.name, e.description, e.dataset, coalesce(s.description, '') AS request,
    e.pairing, e.instances, e.seed, coalesce(m.models, 0) AS models,
    coalesce(m.labels, 0) AS labels, e.created_at
FROM experiments e
LEFT JOIN splits s USING (request_id)
LEFT JOIN (
    SELECT experiment_id, count(*) AS models, count(DISTINCT label) AS labels
    FROM experiment_models GROUP BY experiment_id
) m USING (experiment_id)
ORDER BY e.created_at DESC, e.experiment_id
"""

_MODEL = """
m.algorithm, m.instance, m.parent_model_id, m.dataset, m.architecture, m.parameter_count, m.seed,
m.fidelity, m.steps, m.samples_with_gradient, m.seconds, m.peak_memory_bytes, m.checkpoint,
m.device, m.created_at
"""


def experiments(catalog: Catalog) -> list[ExperimentRow]:
    """All experiments, newest first."""
    return _rows(catalog, ExperimentRow, _EXPERIMENTS)


def find_experiment(catalog: Catalog, experiment: str | None = None) -> ExperimentRow:
    """One experiment by name or beginning of its id; the newest of all for None.

    Raises:
        UnknownNameError: There is none; the nearest name and all names are offered.
    """
    known = experiments(catalog)
    by_name = [row for row in known if experiment is None or row.name == experiment]
    if by_name:
        return by_name[0]
    by_id = [row for row in known if experiment and row.experiment_id.startswith(experiment)]
    if len(by_id) == 1:
        return by_id[0]
    if by_id:
        raise UnknownNameError(
            "single experiment that begins with", experiment or "", (r.experiment_id for r in by_id)
        )
    raise UnknownNameError("experiment", experiment or "", {row.name for row in known})


def experiment_config(catalog: Catalog, experiment: str | None = None) -> str:
    """The experiment's whole config as TOML."""
    found = find_experiment(catalog, experiment)
    table = catalog.query(
        "SELECT config_toml FROM experiments WHERE experiment_id = ?", [found.experiment_id]
    )
    return str(table.column(0)[0].as_py())


def leaderboard(catalog: Catalog, experiment: str | None = None) -> list[LeaderboardRow]:
    """One row per label: trained, retrained, untrained, then algorithms by distance."""
    return _of_experiment(catalog, LeaderboardRow, "leaderboard", experiment)


def comparisons(
    catalog: Catalog,
    experiment: str | None = None,
    *,
    metric: Sequence[str] = (),
    label: Sequence[str] = (),
    reference: Sequence[str] = (),
    part: Sequence[str] = (),
    subset: Sequence[str] = (),
    detail: Sequence[str] = (),
) -> list[ComparisonRow]:
    """Values of populations; an empty filter lets everything through.

    Raises:
        UnknownNameError: The experiment, or a value of a filter, does not occur.
    """
    found = find_experiment(catalog, experiment)
    filters = {
        "metric": metric,
        "label": label,
        "reference": reference,
        "part": part,
        "subset": subset,
        "detail": detail,
    }
    used = {column: list(wanted) for column, wanted in filters.items() if wanted}
    for column, wanted in used.items():
        _require_known(catalog, found.experiment_id, column, wanted)
    tests = "".join(f" AND {column} IN (SELECT unnest(${column}))" for column in used)
    return _rows(
        catalog,
        ComparisonRow,
        f"SELECT * FROM comparisons WHERE experiment_id = $id{tests} "
        "ORDER BY metric, part, subset, detail, reference, label",
        {"id": found.experiment_id, **used},
    )


def accuracy_by_class(catalog: Catalog, experiment: str | None = None) -> list[AccuracyRow]:
    """Accuracy of every label on every class."""
    columns = ", ".join(f.name for f in fields(AccuracyRow))
    # `class` is a word of Python.
    source = f"(SELECT {columns} FROM (SELECT *, class AS class_index FROM accuracy_by_class))"
    return _of_experiment(catalog, AccuracyRow, source, experiment)


def kl_matrix(
    catalog: Catalog, experiment: str | None = None, *, part: str = "train", subset: str = "forget"
) -> list[KlRow]:
    """D_KL(reference || label) between every two populations on one subset."""
    found = find_experiment(catalog, experiment)
    return _rows(
        catalog,
        KlRow,
        "SELECT * FROM kl_matrix WHERE experiment_id = ? AND part = ? AND subset = ?",
        [found.experiment_id, part, subset],
    )


def layer_distances(catalog: Catalog, experiment: str | None = None) -> list[LayerRow]:
    """Distances of the weights, tensor by tensor."""
    return _of_experiment(catalog, LayerRow, "layer_distances", experiment)


def costs(catalog: Catalog, experiment: str | None = None) -> list[CostRow]:
    """What one model of each label cost, cheapest first."""
    return _of_experiment(catalog, CostRow, "costs", experiment)


def noise_floor(catalog: Catalog, experiment: str | None = None) -> list[NoiseFloorRow]:
    """Distances of the retrained models from each other."""
    return _of_experiment(catalog, NoiseFloorRow, "noise_floor", experiment)


def models(catalog: Catalog, experiment: str | None = None) -> list[ModelRow]:
    """The members of one experiment; every model of the catalog for None."""
    if experiment is None:
        return _rows(
            catalog,
            ModelRow,
            "SELECT m.model_id, '' AS experiment_id, '' AS label, m.role, "
            f"{_MODEL} FROM models m ORDER BY m.created_at, m.model_id",
        )
    found = find_experiment(catalog, experiment)
    return _rows(
        catalog,
        ModelRow,
        f"SELECT m.model_id, x.experiment_id, x.label, x.role, {_MODEL} "
        "FROM experiment_models x JOIN models m USING (model_id) WHERE x.experiment_id = ? "
        "ORDER BY x.role, x.label, x.instance",
        [found.experiment_id],
    )


def curves(catalog: Catalog, model_ids: Sequence[str]) -> list[CurveRow]:
    """Training curves of some models."""
    return _rows(
        catalog,
        CurveRow,
        "SELECT * FROM training_curves WHERE model_id IN (SELECT unnest($ids)) "
        "ORDER BY model_id, round",
        {"ids": list(model_ids)},
    )


def samples(
    catalog: Catalog,
    experiment: str | None = None,
    *,
    part: str = "train",
    in_forget: bool | None = True,
    limit: int = 100,
) -> list[SampleRow]:
    """Samples to draw, in the order of their ids.

    Args:
        catalog: The catalog.
        experiment: Its name or the beginning of its id; None for the newest.
        part: Part of the data.
        in_forget: Only forget samples, only others, or (None) both.
        limit: Most samples.
    """
    found = find_experiment(catalog, experiment)
    table = catalog.query(
        "SELECT part, sample_id, label, in_forget, shape, pixels FROM experiment_samples "
        "WHERE experiment_id = $id AND part = $part AND in_forget IN (SELECT unnest($wanted)) "
        "ORDER BY sample_id LIMIT $limit",
        {
            "id": found.experiment_id,
            "part": part,
            "wanted": [True, False] if in_forget is None else [in_forget],
            "limit": limit,
        },
    )
    return [
        SampleRow(**{**row, "shape": tuple(int(size) for size in row["shape"].split(","))})
        for row in table.to_pylist()
    ]


def sample_log_probabilities(
    catalog: Catalog, experiment: str | None, part: str, sample_id: int
) -> dict[str, list[tuple[float, ...]]]:
    """Log-probabilities of one sample by every model: label to one tuple per instance."""
    found = find_experiment(catalog, experiment)
    table = catalog.query(
        "SELECT x.label, p.log_probabilities FROM experiment_models x "
        "JOIN predictions p USING (model_id) "
        "WHERE x.experiment_id = ? AND p.part = ? AND p.sample_id = ? "
        "ORDER BY x.label, x.instance",
        [found.experiment_id, part, sample_id],
    )
    by_label: dict[str, list[tuple[float, ...]]] = {}
    for row in table.to_pylist():
        by_label.setdefault(row["label"], []).append(tuple(row["log_probabilities"]))
    return by_label


def metrics(catalog: Catalog) -> list[MetricRow]:
    """What the metrics of this catalog are."""
    return _rows(catalog, MetricRow, "SELECT * FROM metrics ORDER BY name")


def jobs(catalog: Catalog) -> list[JobRow]:
    """Ended executions, newest first."""
    return _rows(catalog, JobRow, "SELECT * FROM jobs ORDER BY started_at DESC, job_id")


def _of_experiment(
    catalog: Catalog, kind: type[_Row], source: str, experiment: str | None
) -> list[_Row]:
    found = find_experiment(catalog, experiment)
    # The views are sorted; a filter keeps their order.
    sql = f"SELECT * FROM {source} WHERE experiment_id = ?"
    return _rows(catalog, kind, sql, [found.experiment_id])


def _require_known(
    catalog: Catalog, experiment_id: str, column: str, wanted: Sequence[str]
) -> None:
    table = catalog.query(
        f"SELECT DISTINCT {column} FROM comparisons WHERE experiment_id = ?", [experiment_id]
    )
    known = {str(value) for value in table.column(0).to_pylist()}
    for name in wanted:
        if name not in known:
            raise UnknownNameError(f"{column} in this experiment", name, known)


def _rows(catalog: Catalog, kind: type[_Row], sql: str, parameters: Parameters = ()) -> list[_Row]:
    return [
        kind(**{name: _aware(value) for name, value in row.items()})
        for row in catalog.query(sql, parameters).to_pylist()
    ]


def _aware(value: object) -> object:
    """Dates are stored in UTC without saying so in each row."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
