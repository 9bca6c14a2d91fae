"""Values of pairs of models as records for the catalog."""

from __future__ import annotations

from unlearn_core.metrics.measurements import Key, Measurements
from unlearn_core.metrics.roster import Roster
from unlearn_core.metrics.values import stored
from unlearn_core.records import EvaluationRecord

__all__ = ["pair_evaluations"]


def pair_evaluations(
    request_id: str, roster: Roster, found: Measurements, wanted: set[str]
) -> list[EvaluationRecord]:
    """Values of pairs of models, each pair of model ids once."""
    every: dict[tuple[str, str], tuple[int, int]] = {}
    matched: dict[tuple[str, str], tuple[int, int]] = {}
    ids = [member.model_id for member in roster.members]
    for population, reference in roster.pairs():
        same_number = roster.matched(population, reference)
        pairs = same_number
        if reference.role == "retrained":
            rows, columns = roster.places[population.label], roster.places[reference.label]
            pairs = [(int(a), int(b)) for a in rows for b in columns]
        # Two labels may share a cached model; a model has no distance to itself.
        for place, other in pairs:
            if ids[place] != ids[other]:
                every.setdefault((ids[place], ids[other]), (place, other))
        for place, other in same_number:
            if ids[place] != ids[other]:
                matched.setdefault((ids[place], ids[other]), (place, other))
    records = []
    for key, matrix in found.matrices.items():
        if not isinstance(matrix, str) and key.metric in wanted:
            records += [
                _evaluation(request_id, names, key, float(matrix[pair]))
                for names, pair in every.items()
            ]
    for key, values in found.matched.items():
        if not isinstance(values, str):
            records += [
                _evaluation(request_id, names, key, values[pair]) for names, pair in matched.items()
            ]
    return records


def _evaluation(
    request_id: str, models: tuple[str, str], key: Key, number: float
) -> EvaluationRecord:
    value = stored(number)
    return EvaluationRecord(
        model_id=models[0],
        reference_model_id=models[1],
        request_id=request_id if key.part else "",
        part=key.part,
        subset=key.subset,
        metric=key.metric,
        detail=key.detail,
        value=value.value,
        reason=value.reason,
    )
