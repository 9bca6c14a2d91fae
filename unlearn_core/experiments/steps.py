"""The unit of work of one instance, named by the hash of everything its result depends on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from unlearn_core.configs.base import canonical_json, content_hash
from unlearn_core.configs.experiment import STEP_FORMAT

__all__ = ["Step", "StepKind", "make_step"]

StepKind = Literal["initialise", "train", "unlearn", "evaluate", "compare"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        kind: What is done.
        stage: Stage it counts under on the screen, such as `train` or `unlearn gefeu`.
        instance: Number of the instance; -1 for steps over whole populations.
        spec: Canonical JSON of everything the result depends on.
        step_hash: SHA-256 of `spec`; the id of the model that a model step makes.
        parents: Hashes of the steps whose artefacts it reads.
        packing: Steps of equal packing key may share one stacked ensemble. Not in the hash.
    """

    kind: StepKind
    stage: str
    instance: int
    spec: str
    step_hash: str
    parents: tuple[str, ...]
    packing: str

    def read_spec(self) -> dict[str, Any]:
        """The specification as plain values."""
        loaded: dict[str, Any] = json.loads(self.spec)
        return loaded


def make_step(
    kind: StepKind,
    stage: str,
    instance: int,
    spec: dict[str, Any],
    parents: tuple[str, ...] = (),
    packing: str = "",
) -> Step:
    """A step with its hash over kind, step format and specification."""
    whole = {"kind": kind, "step_format": STEP_FORMAT, **spec}
    return Step(
        kind=kind,
        stage=stage,
        instance=instance,
        spec=canonical_json(whole),
        step_hash=content_hash(whole),
        parents=parents,
        packing=packing or f"{kind}/{stage}",
    )
