"""What a phase of work cost."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Phase"]


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of an unlearning, as it went.

    Attributes:
        name: One of the names in the algorithm's info.
        steps: Optimizer steps of each instance.
        samples_with_gradient: Samples of each instance that a gradient was taken for.
        first_loss: Loss of the first batch per instance, in nats.
        last_loss: Loss of the last batch per instance, in nats.
        seconds: Wall time of all instances together.
    """

    name: str
    steps: int
    samples_with_gradient: int
    first_loss: tuple[float, ...]
    last_loss: tuple[float, ...]
    seconds: float
