"""How ready steps are packed into groups: one per worker on a CPU, stacked on a GPU."""

from __future__ import annotations

from collections.abc import Iterable

from unlearn_core.configs.algorithms.registry import info
from unlearn_core.experiments.devices import DevicePlan
from unlearn_core.experiments.steps import Step

__all__ = ["pack_steps"]


def pack_steps(ready: Iterable[Step], plan: DevicePlan) -> list[tuple[Step, ...]]:
    """Groups of steps to be done together, in the order of the steps.

    On a CPU every step is a group of its own, since a plain module is faster than a stacked one
    there. On a GPU all ready steps of one packing key make one ensemble, split evenly over the
    devices.
    """
    steps = list(ready)
    if not plan.stack:
        return [(step,) for step in steps]
    by_key: dict[str, list[Step]] = {}
    for step in steps:
        key = step.packing if _is_stackable(step) else step.step_hash
        by_key.setdefault(key, []).append(step)
    groups = []
    for members in by_key.values():
        width = -(-len(members) // len(plan.devices))
        groups += [tuple(members[i : i + width]) for i in range(0, len(members), width)]
    return groups


def _is_stackable(step: Step) -> bool:
    spec = step.read_spec()
    if step.kind == "compare":
        return False
    if step.kind == "unlearn":
        return info(spec["algorithm"]["algorithm"]).stackable
    if step.kind == "train":
        # Each instance meets its own plateau, so learning rates would differ within a stack.
        return bool(spec["recipe"]["schedule"]["kind"] != "plateau")
    return True
