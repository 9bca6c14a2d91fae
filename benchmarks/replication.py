"""Write the tables of docs/replication.md: thesis, ours, and how far apart they are.

    python -m benchmarks.replication --reference FILE [--catalog FILE] [--experiment thesis-mnist]

Reads a finished `thesis-mnist` run from the catalog and the published values from a JSON file (see
`benchmarks.thesis_reference`). Prose in the document stands outside the marked places and stays.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.judgement import Ours, judge
from benchmarks.replication_tables import Cost, Floor, all_tables
from benchmarks.tables import replace_table, table_names
from benchmarks.thesis_reference import Key, read_reference
from unlearn_core.catalog.store import Catalog

__all__ = ["main", "ours_by_key", "updated_document"]

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "replication.md"

_EXPERIMENT = """
SELECT experiment_id, instances FROM experiments WHERE name = ? ORDER BY created_at DESC LIMIT 1
"""
_COMPARISONS = """
SELECT metric, part, label, reference, subset, detail, value, sd, n, reason
FROM comparisons
WHERE experiment_id = ?
  AND metric IN ('accuracy', 'thesis_loss', 'thesis_kl', 'thesis_l2', 'layer_l1')
"""
_FLOORS = """
SELECT label, value, low, high, n
FROM comparisons
WHERE experiment_id = ? AND reference = 'retrained' AND metric = 'kl_from_reference'
  AND part = 'train' AND subset = 'forget'
ORDER BY value
"""
_COSTS = """
SELECT e.label, avg(m.steps) AS steps, avg(m.samples_with_gradient) AS samples_with_gradient,
       avg(m.seconds) AS seconds
FROM experiment_models e JOIN models m USING (model_id)
WHERE e.experiment_id = ? AND e.role <> 'untrained'
GROUP BY e.label ORDER BY steps
"""

Row = Mapping[str, Any]


def ours_by_key(rows: Iterable[Row]) -> dict[Key, Ours]:
    """Rows of `comparisons` as replicated values.

    The KL of the thesis is on forget samples, which it calls `D_forget` whatever the request; the
    other values are of the subsets as they are named.
    """
    return {
        Key(
            metric=row["metric"],
            part=row["part"],
            label=row["label"],
            reference=row["reference"],
            subset=row["subset"],
            detail=row["detail"],
        ): Ours(row["value"], row["sd"], row["n"], row["reason"])
        for row in rows
    }


def updated_document(document: str, tables: Mapping[str, str]) -> str:
    """The document with every marked place filled.

    Raises:
        ValueError: The document marks a place no table is made for, or lacks one.
    """
    places = set(table_names(document))
    if places != set(tables):
        raise ValueError(
            f"marked places and tables differ: {', '.join(sorted(places ^ set(tables)))}"
        )
    for name, table in tables.items():
        document = replace_table(document, name, table)
    return document


def _rows(catalog: Catalog, sql: str, experiment: str) -> list[dict[str, Any]]:
    return list(catalog.query(sql, [experiment]).to_pylist())


def main() -> None:
    """Fill the document's tables from a catalog."""
    parser = argparse.ArgumentParser(description="Write the tables of docs/replication.md.")
    parser.add_argument("--reference", type=Path, required=True, help="JSON of published values")
    parser.add_argument("--catalog", type=Path, default=Path("catalog.duckdb"))
    parser.add_argument("--experiment", default="thesis-mnist", help="name of the experiment")
    parser.add_argument("--document", type=Path, default=DOCUMENT)
    given = parser.parse_args()

    catalog = Catalog(given.catalog)
    found = _rows(catalog, _EXPERIMENT, given.experiment)
    if not found:
        sys.exit(f"{given.catalog} has no experiment named '{given.experiment}'")
    experiment_id, instances = found[0]["experiment_id"], found[0]["instances"]
    judged = judge(
        read_reference(given.reference),
        ours_by_key(_rows(catalog, _COMPARISONS, experiment_id)),
    )
    tables = all_tables(
        judged,
        [Floor(**row) for row in _rows(catalog, _FLOORS, experiment_id)],
        [Cost(**row) for row in _rows(catalog, _COSTS, experiment_id)],
    )
    document = given.document.read_text(encoding="utf-8")
    given.document.write_text(updated_document(document, tables), encoding="utf-8")
    missing = sum(one.ours is None for one in judged)
    print(f"{given.document}: {len(judged)} published values, {instances} instances of ours")
    if missing:
        print(f"{missing} published values have no row in the catalog", file=sys.stderr)


if __name__ == "__main__":
    main()
