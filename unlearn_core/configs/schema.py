"""The shape of a config: which keys stand where, what each expects, and the JSON Schema."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from unlearn_core.configs.base import FrozenConfig
from unlearn_core.configs.experiment import ExperimentConfig

__all__ = [
    "FieldFacts",
    "Shape",
    "Table",
    "TableList",
    "TaggedTable",
    "Value",
    "experiment_json_schema",
    "field_facts",
    "shape_of_field",
]


@dataclass(frozen=True, slots=True)
class Value:
    """A plain value or a list of them: what it expects, in words, and the choices if any."""

    expects: str
    choices: tuple[str, ...] = ()
    item: Value | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table with known keys."""

    model: type[FrozenConfig]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys it knows, in order."""
        return tuple(self.model.model_fields)

    def child(self, key: str) -> Shape:
        """The shape below one of its keys."""
        return shape_of_field(self.model.model_fields[key])


@dataclass(frozen=True, slots=True)
class TaggedTable:
    """One of several tables; the value of the key `tag` says which."""

    tag: str
    members: dict[str, Table]


@dataclass(frozen=True, slots=True)
class TableList:
    """A list of tables of one shape (`[[algorithms]]`)."""

    item: Table | TaggedTable


_NOUNS = ((int, "an integer"), (float, "a number"), (bool, "true or false"), (str, "text"))

Shape = Value | Table | TaggedTable | TableList


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """One key for people: where it stands, what it expects, its default and its meaning."""

    path: str
    expects: str
    default: str
    description: str


def shape_of_field(field: FieldInfo) -> Shape:
    """The shape below a field of a config."""
    return _shape(field.annotation, field.discriminator, field.metadata)


def _shape(annotation: object, tag: object, constraints: list[Any]) -> Shape:
    if get_origin(annotation) is Annotated:
        inner, *notes = get_args(annotation)
        found = [note for note in notes if isinstance(note, FieldInfo)]
        inner_tag = next((note.discriminator for note in found if note.discriminator), tag)
        return _shape(inner, inner_tag, [c for note in found for c in note.metadata])
    kinds = _union_members(annotation)
    models = [k for k in kinds if isinstance(k, type) and issubclass(k, FrozenConfig)]
    if models and isinstance(tag, str):
        return TaggedTable(tag, {_tag_value(model, tag): Table(model) for model in models})
    if models:
        return Table(models[0])
    if get_origin(annotation) is tuple:
        return _list_shape(get_args(annotation)[0], constraints)
    return _value_shape(kinds[0], constraints)


def _union_members(annotation: object) -> tuple[Any, ...]:
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(kind for kind in get_args(annotation) if kind is not type(None))
    return (annotation,)


def _tag_value(model: type[FrozenConfig], tag: str) -> str:
    return str(get_args(model.model_fields[tag].annotation)[0])


def _list_shape(item_annotation: object, constraints: list[Any]) -> Shape:
    item = _shape(item_annotation, None, [])
    if isinstance(item, Table | TaggedTable):
        return TableList(item)
    shortest = next((n for c in constraints if (n := getattr(c, "min_length", None))), None)
    length = f" of at least {shortest}" if shortest else ""
    if not isinstance(item, Value):
        return Value(f"a list{length} of lists")
    return Value(f"a list{length}, each {item.expects}", item=item)


def _value_shape(kind: object, constraints: list[Any]) -> Value:
    if get_origin(kind) is Literal:
        choices = tuple(str(choice) for choice in get_args(kind))
        return Value("one of " + ", ".join(f'"{choice}"' for choice in choices), choices)
    noun = next((words for known, words in _NOUNS if known is kind), "a value")
    bounds = " and ".join(_bounds(constraints))
    return Value(f"{noun}, {bounds}" if bounds else noun)


def _bounds(constraints: list[Any]) -> Iterator[str]:
    for attribute, words in (
        ("ge", "at least"),
        ("gt", "greater than"),
        ("le", "at most"),
        ("lt", "less than"),
    ):
        for constraint in constraints:
            bound = getattr(constraint, attribute, None)
            if bound is not None:
                yield f"{words} {bound:g}" if isinstance(bound, float) else f"{words} {bound}"
    for constraint in constraints:
        if pattern := getattr(constraint, "pattern", None):
            yield f"of the form {pattern}"


def field_facts(model: type[FrozenConfig]) -> list[FieldFacts]:
    """Every key of a config, nested tables included, with what it expects and its default."""
    return list(_table_facts(model, None, ""))


def _table_facts(
    model: type[FrozenConfig], defaults: FrozenConfig | None, prefix: str
) -> Iterator[FieldFacts]:
    for name, field in model.model_fields.items():
        path = prefix + name
        description = field.description or ""
        if defaults is not None:
            default: object = getattr(defaults, name)
        else:
            default = _REQUIRED if field.is_required() else field.default
        match shape_of_field(field):
            case Table(model=inner):
                yield from _table_facts(inner, _as_config(default), f"{path}.")
            case TaggedTable() as shape:
                yield from _tagged_facts(shape, _as_config(default), path, description)
            case Value(expects=expects):
                yield FieldFacts(path, expects, _show_default(default), description)
            case TableList():
                yield FieldFacts(path, "a list of tables", _show_default(default), description)


def _tagged_facts(
    shape: TaggedTable, default: FrozenConfig | None, path: str, description: str
) -> Iterator[FieldFacts]:
    tags = ", ".join(f'"{tag}"' for tag in shape.members)
    shown = "required" if default is None else _show_default(getattr(default, shape.tag))
    yield FieldFacts(f"{path}.{shape.tag}", f"one of {tags}", shown, description)
    for tag, member in shape.members.items():
        own_default = default if type(default) is member.model else None
        for fact in _table_facts(member.model, own_default, f"{path}."):
            if fact.path != f"{path}.{shape.tag}":
                note = f'{fact.description} (with {shape.tag} = "{tag}")'
                yield FieldFacts(fact.path, fact.expects, fact.default, note)


class _Required:
    """Stands where a key has no default."""


_REQUIRED = _Required()


def _as_config(default: object) -> FrozenConfig | None:
    return default if isinstance(default, FrozenConfig) else None


def _show_default(default: object) -> str:
    if isinstance(default, _Required):
        return "required"
    if default is None:
        return "absent"
    if isinstance(default, bool):
        return "true" if default else "false"
    if isinstance(default, str):
        return f'"{default}"'
    if isinstance(default, tuple):
        return "[" + ", ".join(_show_default(value) for value in default) + "]"
    return f"{default:g}" if isinstance(default, float) else str(default)


def experiment_json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of an experiment, for editors and other programs."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **ExperimentConfig.model_json_schema(),
        "title": "An experiment of unlearn-lab",
    }
