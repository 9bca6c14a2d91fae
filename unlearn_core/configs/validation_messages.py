"""From pydantic's errors to one message a person can read.

Every problem names the path of the key (`algorithms.<label>.noise_epochs`), the value, and the
bounds or choices; a mistyped key or name gets the nearest known one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from unlearn_core.configs.experiment import ExperimentConfig
from unlearn_core.configs.schema import Shape, Table, TableList, TaggedTable, Value
from unlearn_core.errors import ConfigError, nearest_name

__all__ = ["entry_label", "validate_experiment"]

_ROOT = Table(ExperimentConfig)


def validate_experiment(table: Mapping[str, Any], origin: str) -> ExperimentConfig:
    """A typed experiment from a plain table.

    Values keep their types: `"5"` or `true` is no integer, `5.0` neither.

    Args:
        table: Plain values as TOML gives them.
        origin: Where the table comes from, first words of the message (`file.toml`, `--set`).

    Raises:
        ConfigError: The table is no valid experiment; the message lists every problem.
    """
    try:
        # JSON mode is strict about types, yet takes a list for a tuple and 5 for a float.
        return ExperimentConfig.model_validate_json(json.dumps(table, default=str), strict=True)
    except ValidationError as error:
        problems = [_explain(details, table) for details in _own_errors(error)]
    raise ConfigError(_join(origin, problems)) from None


def entry_label(entry: object) -> str | None:
    """Label of one table of `[[algorithms]]` (its algorithm's name if it has none), if any."""
    if not isinstance(entry, Mapping):
        return None
    found = entry.get("label", entry.get("algorithm"))
    return found if isinstance(found, str) else None


def _own_errors(error: ValidationError) -> list[ErrorDetails]:
    """The errors without those that only follow from another (a list short of its bad items)."""
    found = error.errors(include_url=False)
    places = [details["loc"] for details in found]
    return [
        details
        for details in found
        if details["type"] != "too_short"
        or not any(p[:-1] == details["loc"] and isinstance(p[-1], int) for p in places if p)
    ]


def _join(origin: str, problems: Sequence[str]) -> str:
    if len(problems) == 1:
        return f"{origin}: {problems[0]}"
    return f"{origin}: {len(problems)} problems\n" + "\n".join(f"  - {p}" for p in problems)


def _explain(details: ErrorDetails, table: Mapping[str, Any]) -> str:
    path, shape = _locate(details["loc"], table)
    kind, value = details["type"], details["input"]
    match kind:
        case "missing":
            return f"{path} is missing{_expectation(shape, '; it must be ')}"
        case "extra_forbidden":
            return _unknown_key(path, details["loc"][-1], shape)
        case "union_tag_invalid" | "union_tag_not_found":
            return _wrong_tag(path, cast(TaggedTable, shape), value)
        case "literal_error":
            choices = shape.choices if isinstance(shape, Value) else ()
            return f"{path} = {_show(value)}:{_suggest(value, choices)}"
        case "value_error":
            message = details["msg"].removeprefix("Value error, ")
            return f"{path}: {message}" if path else message
        case _:
            expected = _expectation(shape, ", but it must be ")
            return f"{path or 'the experiment'} = {_show(value)}{expected}"


def _locate(location: Sequence[int | str], table: Mapping[str, Any]) -> tuple[str, Shape]:
    """The readable path of pydantic's location, and the shape that stands there.

    Pydantic's location names the tag of a union as a step of its own; the path leaves it out
    and names a list entry by its label.
    """
    path, shape = "", cast(Shape, _ROOT)
    value: object = table
    for step in location:
        if isinstance(shape, TaggedTable):
            shape = shape.members[str(step)]
            continue
        value = _step_into(value, step)
        if isinstance(shape, Table) and step in shape.keys:
            shape = shape.child(str(step))
            path = f"{path}.{step}" if path else str(step)
        elif isinstance(shape, TableList):
            shape = shape.item
            label = entry_label(value)
            path = f"{path}.{label}" if label else f"{path}[{step}]"
        elif isinstance(step, int):
            shape = (shape.item or shape) if isinstance(shape, Value) else shape
            path = f"{path}[{step}]"
    return path, shape


def _step_into(value: object, step: int | str) -> object:
    if isinstance(value, Mapping):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None


def _unknown_key(path: str, key: object, shape: Shape) -> str:
    keys = shape.keys if isinstance(shape, Table) else ()
    where = f" in {path}" if path else ""
    return f"unknown key '{key}'{where};{_suggest(key, keys)}"


def _wrong_tag(path: str, shape: TaggedTable, value: object) -> str:
    known = shape.members
    if not isinstance(value, Mapping) or shape.tag not in value:
        keys = list(value) if isinstance(value, Mapping) else []
        near = nearest_name(shape.tag, [str(key) for key in keys])
        question = f" (is '{near}' a typing error?)" if near else ""
        return f"{path}.{shape.tag} is missing{question}; choices: {', '.join(known)}"
    tag = value[shape.tag]
    if shape.tag == "algorithm":
        where = "" if entry_label(value) == tag else f" in {path}"
        return f"no algorithm {_show(tag)}{where};{_suggest(tag, known)}"
    return f"{path}.{shape.tag} = {_show(tag)}:{_suggest(tag, known)}"


def _suggest(name: object, choices: Iterable[str]) -> str:
    ordered = list(choices)
    near = nearest_name(str(name), ordered)
    question = f" did you mean '{near}'?" if near else ""
    return f"{question} choices: {', '.join(ordered)}"


def _expectation(shape: Shape, words: str) -> str:
    match shape:
        case Value(expects=expects):
            return words + expects
        case TaggedTable(tag=tag, members=members):
            return f"{words}a table with the key '{tag}' ({', '.join(members)})"
        case TableList():
            return f"{words}a list of tables"
        case Table():
            return f"{words}a table"


def _show(value: object) -> str:
    """A value as a person would write it in TOML, shortened.

    >>> _show("x"), _show(True), _show({"a": 1})
    ("'x'", 'true', '{"a": 1}')
    """
    text = repr(value) if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
