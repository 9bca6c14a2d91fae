"""Every config survives TOML: `parse_experiment(experiment_toml(c)) == c`."""

from __future__ import annotations

from typing import Annotated, Any, get_args, get_origin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unlearn_core.configs.experiment import ExperimentConfig
from unlearn_core.configs.schema import Table, TableList, TaggedTable, shape_of_field
from unlearn_core.configs.toml_files import (
    experiment_toml,
    parse_experiment,
    read_experiment,
    write_experiment,
)

LABEL = r"[a-z0-9][a-z0-9_.-]{0,10}"
# TOML is Unicode text, which has no lone surrogates.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def bounds(constraints):
    found = {}
    for constraint in constraints:
        for name in ("ge", "gt", "le", "lt", "min_length", "pattern"):
            if getattr(constraint, name, None) is not None:
                found[name] = getattr(constraint, name)
    return found


def plain(annotation: Any, constraints) -> st.SearchStrategy[Any]:
    """A strategy for plain values, written from the constraints alone."""
    if get_origin(annotation) is Annotated:
        inner, *notes = get_args(annotation)
        return plain(inner, [c for note in notes for c in getattr(note, "metadata", [note])])
    limit = bounds(constraints)
    if get_origin(annotation) is tuple:
        items = plain(get_args(annotation)[0], [])
        return st.lists(items, min_size=limit.get("min_length", 0), max_size=4)
    members = [m for m in get_args(annotation) if m is not type(None)] or [annotation]
    if annotation is int:
        low = limit.get("ge", limit.get("gt", -1) + 1)
        high = limit.get("le", limit["lt"] - 1 if "lt" in limit else 2**60)
        return st.integers(low, high)
    if annotation is float:
        return st.floats(
            limit.get("ge", limit.get("gt", -1e9)),
            limit.get("le", limit.get("lt", 1e9)),
            exclude_min="gt" in limit,
            exclude_max="lt" in limit,
        )
    if annotation is bool:
        return st.booleans()
    if annotation is str:
        return st.from_regex(LABEL, fullmatch=True) if "pattern" in limit else TEXT
    if str in members or int in members:
        return plain(members[0], constraints)
    return st.sampled_from(members)


def table_of(table: Table) -> st.SearchStrategy[dict[str, Any]]:
    required: dict[str, Any] = {}
    optional: dict[str, Any] = {}
    for name, field in table.model.model_fields.items():
        shape = shape_of_field(field)
        match shape:
            case Table() | TaggedTable():
                strategy = any_table(shape)
            case TableList(item=item):
                strategy = st.lists(any_table(item), max_size=3)
            case _:
                strategy = plain(field.annotation, field.metadata)
        if name == "probabilities":
            strategy = st.sampled_from([[0.5, 0.5], [0.0, 1.0], [0.25, 0.25, 0.5]])
        (required if field.is_required() else optional)[name] = strategy
    return st.fixed_dictionaries(required, optional=optional)


def any_table(shape: Table | TaggedTable) -> st.SearchStrategy[dict[str, Any]]:
    if isinstance(shape, Table):
        return table_of(shape)
    return st.one_of(
        [
            table_of(member).map(lambda t, tag=tag: {**t, shape.tag: tag})
            for tag, member in shape.members.items()
        ]
    )


def with_own_labels(table):
    entries = table.get("algorithms", [])
    return {**table, "algorithms": [{**e, "label": f"e{i}"} for i, e in enumerate(entries)]}


EXPERIMENTS = table_of(Table(ExperimentConfig)).map(with_own_labels)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(EXPERIMENTS)
def test_every_experiment_survives_toml(table):
    config = ExperimentConfig.model_validate(table)
    again = parse_experiment(experiment_toml(config), "round trip")
    assert again == config
    assert again.config_hash == config.config_hash


@pytest.mark.parametrize("value", [1e-5, 0.1 + 0.2, 5e-324, 9.999999999999998])
def test_floats_keep_every_bit(value):
    config = ExperimentConfig.model_validate(
        {
            "name": "x",
            "dataset": {"name": "digits"},
            "request": {"kind": "random"},
            "training": {"learning_rate": value},
        }
    )
    again = parse_experiment(experiment_toml(config), "round trip")
    assert again.training.learning_rate.hex() == value.hex()


def test_a_written_file_reads_back_and_leaves_nothing_beside_it(tmp_path):
    config = ExperimentConfig.model_validate(
        {
            "name": "x",
            "description": 'quotes " and \\ and\nlines\r\nand ä',
            "dataset": {"name": "digits"},
            "request": {"kind": "classes", "classes": [3]},
        }
    )
    path = tmp_path / "x.toml"
    write_experiment(config, path)
    assert read_experiment(path) == config
    assert [p.name for p in tmp_path.iterdir()] == ["x.toml"]
