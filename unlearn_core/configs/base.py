"""The frozen base of every config, its canonical form and its content hash."""

from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

__all__ = ["FrozenConfig", "canonical_json", "content_hash"]


class FrozenConfig(BaseModel):
    """A config: frozen, hashable, and deaf to keys it does not know."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False
    )

    def table(self) -> dict[str, Any]:
        """The config as plain values a TOML writer takes; fields that are None are left out."""
        return self.model_dump(mode="json", exclude_none=True)


def canonical_json(value: object) -> str:
    """JSON with sorted keys and no spaces, the same for equal values on every machine."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def content_hash(value: object) -> str:
    """SHA-256 (hex) over the canonical JSON of plain values.

    >>> content_hash({"b": 1, "a": 2}) == content_hash({"a": 2, "b": 1})
    True
    """
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
