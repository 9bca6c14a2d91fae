"""Write the generated tables of docs/algorithms/*.md from the menu.

    python -m benchmarks.algorithm_pages

Two tables per page: `facts` (from the AlgorithmInfo) and `hyperparameters` (from the config's
fields: key, default, what is allowed, meaning with its source). A test fails while a page
differs from what this writes.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from benchmarks.tables import markdown_table, replace_table
from unlearn_core.configs.algorithms.info import AlgorithmConfig, AlgorithmInfo
from unlearn_core.configs.algorithms.registry import config_types

PAGES = Path(__file__).resolve().parents[1] / "docs" / "algorithms"

_BASE_KEYS = frozenset({"algorithm", "label", "fidelity"})
_BOUND_WORDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


def facts_table(info: AlgorithmInfo) -> str:
    """What the menu says of an algorithm."""
    return markdown_table(
        ["", ""],
        [
            ["name in configs", f"`{info.name}`"],
            ["paper", info.paper],
            ["touches", ", ".join(sorted(need.value for need in info.needs))],
            ["phases", ", ".join(info.phases)],
            ["exact", "yes" if info.exact else "no"],
            ["instances share one pass", "yes" if info.stackable else "no"],
        ],
    )


def hyperparameter_table(config: type[AlgorithmConfig]) -> str:
    """Every hyperparameter with its default, bounds and description."""
    rows = [
        row
        for name, field in config.model_fields.items()
        if name not in _BASE_KEYS
        for row in _rows(name, field, _default(field), _inherited_meaning(config, name))
    ]
    return markdown_table(["key", "default", "allowed", "meaning and source"], rows)


def write_page(page: Path, config: type[AlgorithmConfig]) -> bool:
    """Bring the tables of one page up to date; say whether that changed it."""
    before = page.read_text(encoding="utf-8")
    after = replace_table(before, "facts", facts_table(config.info))
    after = replace_table(after, "hyperparameters", hyperparameter_table(config))
    if after != before:
        page.write_text(after, encoding="utf-8")
    return after != before


def _inherited_meaning(config: type[AlgorithmConfig], name: str) -> str:
    """What a shared base says of a field whose default and source the algorithm gives anew."""
    own = config.model_fields[name].description
    for base in config.__mro__[1:]:
        if issubclass(base, AlgorithmConfig) and name in base.model_fields:
            inherited = base.model_fields[name].description
            return f"{inherited}. " if inherited and inherited != own else ""
    return ""


def _rows(key: str, field: FieldInfo, default: object, before: str) -> Iterator[list[str]]:
    """The row of a field, and those of the fields below it."""
    description = f"{before}{field.description or ''}"
    variants = _variants(field.annotation)
    if not variants:
        yield [f"`{key}`", _shown(default), _allowed(field), description]
        return
    if len(variants) == 1:
        for name, inner in variants[0].model_fields.items():
            yield from _rows(f"{key}.{name}", inner, getattr(default, name, None), "")
        return
    kinds = [str(variant.model_fields["kind"].default) for variant in variants]
    chosen = getattr(default, "kind", "")
    yield [f"`{key}.kind`", f"`{chosen}`", ", ".join(f"`{kind}`" for kind in kinds), description]
    for kind, variant in zip(kinds, variants, strict=True):
        for name, inner in variant.model_fields.items():
            if name != "kind":
                value = getattr(default, name) if kind == chosen else _default(inner)
                yield from _rows(f"{key}.{name}", inner, value, f"for `{kind}`: ")


def _variants(annotation: object) -> list[type[BaseModel]]:
    """The config classes an annotation allows; empty for plain values."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _variants(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return [found for part in typing.get_args(annotation) for found in _variants(part)]
    return []


def _default(field: FieldInfo) -> object:
    return field.get_default(call_default_factory=True, validated_data={})


def _shown(value: object) -> str:
    if value is PydanticUndefined:
        return "(to be given)"
    if value is None:
        return "absent"
    return f"`{json.dumps(value)}`"


def _allowed(field: FieldInfo) -> str:
    """Bounds of a number, choices of a literal, both as written in the config."""
    choices = [
        json.dumps(choice)
        for part in (field.annotation, *typing.get_args(field.annotation))
        if typing.get_origin(part) is typing.Literal
        for choice in typing.get_args(part)
    ]
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    if field.annotation is bool:
        return "`true`, `false`"
    bounds = [
        f"{sign} {bound:,}" if isinstance(bound, int) else f"{sign} {bound:g}"
        for name, sign in _BOUND_WORDS.items()
        for item in field.metadata
        if isinstance(bound := getattr(item, name, None), int | float)
    ]
    return ", ".join(bounds)


def main() -> None:
    """Update every page."""
    for name, config in config_types().items():
        page = PAGES / f"{name}.md"
        print(f"{page.name}: {'written' if write_page(page, config) else 'up to date'}")


if __name__ == "__main__":
    main()
