"""`--set KEY=VALUE`: changes to an experiment's plain table, validated as a whole.

- A value is a TOML value; what is none is taken as text (`--set pairing=twins`). An empty
  value removes the key, which then takes its default, or the entry (`--set algorithms.femu=`).
- A key that says which member of a union is meant (`request.kind`, `dataset.name`) replaces the
  whole table, because the keys of the old member mean nothing to the new one. Such overrides
  are done first, so that the order on the command line does not matter.
- `algorithms.<label>.<key>` reaches one entry by the label it has before any override.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from unlearn_core.configs.experiment import ExperimentConfig
from unlearn_core.configs.schema import Shape, Table, TableList, TaggedTable
from unlearn_core.configs.validation_messages import entry_label, validate_experiment
from unlearn_core.errors import ConfigError, UnknownNameError

__all__ = ["apply_overrides"]

_ALGORITHMS = "algorithms"
_Path = tuple[str | int, ...]


class _Absent:
    """Stands for "remove this key"."""


@dataclass(frozen=True, slots=True)
class _Override:
    text: str
    path: _Path
    value: object


def apply_overrides(config: ExperimentConfig, overrides: Iterable[str]) -> ExperimentConfig:
    """The experiment with every `KEY=VALUE` applied to its full table, then validated.

    Raises:
        ConfigError: An override is no `KEY=VALUE`, or the result is no valid experiment.
        UnknownNameError: No entry of `[[algorithms]]` has that label.
    """
    table = config.table()
    parsed = [_parse(text, config.labels) for text in overrides]
    if not parsed:
        return config
    for override in sorted(parsed, key=lambda o: _order(o.path)):
        _apply(table, override)
    entries = table.get(_ALGORITHMS)
    if isinstance(entries, list):
        # Only now, so that every override found its entry at its place.
        table[_ALGORITHMS] = [entry for entry in entries if not isinstance(entry, _Absent)]
    return validate_experiment(table, "--set")


def _parse(text: str, labels: tuple[str, ...]) -> _Override:
    key, equals, value = text.partition("=")
    key = key.strip()
    if not equals or not key or any(not part for part in key.split(".")):
        raise ConfigError(f"'--set {text}' is not of the form KEY=VALUE, as in --set instances=3")
    return _Override(text, _parse_path(key, labels), _parse_value(text, value.strip()))


def _parse_path(key: str, labels: tuple[str, ...]) -> _Path:
    head, _, rest = key.partition(".")
    if head != _ALGORITHMS or not rest:
        return tuple(key.split("."))
    # A label may hold dots, so the longest label that fits is taken.
    for label in sorted(labels, key=len, reverse=True):
        if rest == label:
            return (_ALGORITHMS, labels.index(label))
        if rest.startswith(f"{label}."):
            return (_ALGORITHMS, labels.index(label), *rest[len(label) + 1 :].split("."))
    raise UnknownNameError("algorithm entry labelled", rest.split(".")[0], labels)


def _parse_value(text: str, value: str) -> object:
    if not value:
        return _Absent()
    try:
        parsed = tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError as error:
        if value[0] in "[{\"'":
            raise ConfigError(f"'--set {text}': {value} is no TOML value: {error}") from None
        return value
    return parsed["value"] if len(parsed) == 1 else value


def _order(path: _Path) -> tuple[bool, int]:
    """Tags before other keys, outer tags before inner ones; otherwise as given."""
    is_tag = _tag_at(path[:-1]) == path[-1]
    return (not is_tag, len(path) if is_tag else 0)


def _tag_at(path: _Path) -> str | None:
    """The tag key of the union that stands at a path, whichever members lead there."""
    shapes: list[Shape] = [Table(ExperimentConfig)]
    for step in path:
        below: list[Shape] = []
        for shape in shapes:
            if isinstance(shape, TableList):
                below.append(shape.item)
                continue
            tables = shape.members.values() if isinstance(shape, TaggedTable) else (shape,)
            below += [
                table.child(step)
                for table in tables
                if isinstance(table, Table) and isinstance(step, str) and step in table.keys
            ]
        shapes = below
    return next((shape.tag for shape in shapes if isinstance(shape, TaggedTable)), None)


def _apply(table: dict[str, Any], override: _Override) -> None:
    *parents, key = override.path
    here: Any = table
    for depth, step in enumerate(parents):
        here = here.setdefault(step, {}) if isinstance(here, dict) else here[step]
        if not isinstance(here, dict | list):
            name = ".".join(str(part) for part in override.path[: depth + 1])
            raise ConfigError(f"'--set {override.text}': {name} is a value, not a table")
    if isinstance(here, dict) and isinstance(key, str):
        _set_key(here, key, override)
    elif isinstance(here, list) and isinstance(key, int):
        here[key] = override.value
    else:
        raise ConfigError(f"'--set {override.text}': a list is set as a whole, as in [1, 2]")


def _set_key(here: dict[str, Any], key: str, override: _Override) -> None:
    if isinstance(override.value, _Absent):
        here.pop(key, None)
        return
    if key == _tag_at(override.path[:-1]) and here.get(key) != override.value:
        kept = _label_of(here) if key == "algorithm" else {}
        here.clear()
        here.update(kept)
    here[key] = copy.deepcopy(override.value)


def _label_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The label an entry was given, which outlives a change of its algorithm."""
    label = entry_label(entry)
    return {"label": label} if "label" in entry and label else {}
