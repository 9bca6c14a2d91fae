"""What the command line asks the catalog."""

from __future__ import annotations

from pathlib import Path

from unlearn_core.errors import QueryError, RequestError, UnknownNameError

__all__ = ["comparisons", "experiments", "find_experiment"]

_EXPERIMENTS = """
SELECT e.experiment_id, e.name, e.dataset, e.pairing, e.instances, e.created_at,
    list(DISTINCT m.label ORDER BY m.label) FILTER (m.role = 'unlearned') AS labels,
    count(DISTINCT m.model_id) AS models
FROM experiments AS e LEFT JOIN experiment_models AS m USING (experiment_id)
GROUP BY ALL ORDER BY e.created_at DESC"""

_COMPARISONS = """
SELECT c.metric, c.part, c.subset, c.detail, c.label, c.reference, c.value, c.low, c.high, c.n,
    f.value AS floor, f.low AS floor_low, f.high AS floor_high, c.reason
FROM comparisons AS c
LEFT JOIN comparisons AS f
    ON f.experiment_id = c.experiment_id AND f.label = 'retrained' AND f.reference = 'retrained'
    AND c.reference = 'retrained' AND f.metric = c.metric AND f.part = c.part
    AND f.subset = c.subset AND f.detail = c.detail
WHERE c.experiment_id = $experiment_id AND list_contains($metrics, c.metric)
    AND ($part IS NULL OR c.part = $part) AND ($subset IS NULL OR c.subset = $subset)
    AND (c.reference = '' OR $reference = 'all' OR c.reference = $reference)
ORDER BY c.metric, c.part, c.subset, c.detail, c.reference, c.value NULLS LAST, c.label"""


def experiments(catalog: Path) -> list[dict[str, object]]:
    """Every experiment, the newest first.

    Raises:
        CatalogPathError, CatalogBusyError: The catalog cannot be read.
    """
    from unlearn_core.catalog.store import Catalog

    rows: list[dict[str, object]] = Catalog(catalog).query(_EXPERIMENTS).to_pylist()
    return rows


def find_experiment(catalog: Path, name: str) -> str:
    """Id of an experiment by its name (the newest of that name), its id or the id's beginning.

    Raises:
        UnknownNameError: The catalog has none.
        RequestError: Several ids begin so.
    """
    rows = experiments(catalog)
    named = [str(row["experiment_id"]) for row in rows if row["name"] == name]
    if named:
        return named[0]
    ids = [str(row["experiment_id"]) for row in rows]
    begun = [found for found in ids if name and found.startswith(name)]
    if not begun:
        raise UnknownNameError("experiment", name, {str(row["name"]) for row in rows})
    if len(begun) > 1:
        short = ", ".join(found[:12] for found in begun)
        raise RequestError(f"'{name}' is the beginning of several experiments: {short}")
    return begun[0]


def comparisons(
    catalog: Path,
    experiment_id: str,
    metrics: list[str],
    part: str | None,
    subset: str | None,
    reference: str,
) -> list[dict[str, object]]:
    """Values of populations with their intervals, each beside its noise floor.

    Args:
        catalog: The catalog file.
        experiment_id: The experiment.
        metrics: Names of metrics.
        part: Only this part, or None.
        subset: Only this subset, or None.
        reference: Only distances to this population, or `all`; values without a reference too.

    Raises:
        QueryError: The experiment has the metrics, but not with this part, subset or reference.
    """
    from unlearn_core.catalog.store import Catalog

    store = Catalog(catalog)
    given = {"experiment_id": experiment_id, "metrics": metrics, "reference": reference}
    rows: list[dict[str, object]] = store.query(
        _COMPARISONS, {**given, "part": part, "subset": subset}
    ).to_pylist()
    if rows:
        return rows
    known = store.query(
        "SELECT DISTINCT metric, part, subset, reference FROM comparisons "
        "WHERE experiment_id = $experiment_id AND list_contains($metrics, metric)",
        {"experiment_id": experiment_id, "metrics": metrics},
    ).to_pylist()
    for name, value in (("part", part), ("subset", subset), ("reference", reference)):
        choices = sorted({str(row[name]) for row in known} - {""})
        if value not in (None, "all") and value not in choices and choices:
            raise UnknownNameError(name, str(value), choices)
    raise QueryError(
        f"the experiment has no value of {', '.join(metrics)} there",
        hint='`unlearn sql "SELECT DISTINCT metric, part, subset FROM comparisons"` shows all',
    )
