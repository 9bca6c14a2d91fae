"""What the menu says of an algorithm, without cooking it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from unlearn_core.configs.base import FrozenConfig

__all__ = ["AlgorithmConfig", "AlgorithmInfo", "Fidelity", "Need"]

Fidelity = Literal["as-run", "as-written", "corrected"]


class Need(StrEnum):
    """What an algorithm may touch; everything else raises `UndeclaredNeedError`."""

    FORGET_IMAGES = "forget images"
    FORGET_LABELS = "forget labels"
    FORGET_COUNT = "forget count"
    RETAIN_DATA = "retain data"
    VALIDATION_DATA = "validation data"
    UNTRAINED_TWIN = "untrained twin"
    TRAINING_RECIPE = "training recipe"


@dataclass(frozen=True, slots=True)
class AlgorithmInfo:
    """A line of the menu.

    Attributes:
        name: Name in configs, tables and file names.
        title: Name for people.
        summary: One sentence on what it does.
        paper: Where it comes from.
        needs: What it touches, kept by construction.
        exact: Whether the result has the distribution of retraining by construction.
        stackable: Whether instances may share one stacked pass; otherwise M = 1.
        phases: Names of the phases it reports, in order.
    """

    name: str
    title: str
    summary: str
    paper: str
    needs: frozenset[Need]
    phases: tuple[str, ...]
    exact: bool = False
    stackable: bool = True


class AlgorithmConfig(FrozenConfig):
    """Base of one entry of `[[algorithms]]`.

    Subclasses add `algorithm: Literal["<name>"]` and their hyperparameters, and set `info`.
    """

    info: ClassVar[AlgorithmInfo]

    algorithm: str
    label: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}$",
        description="name of this entry in the experiment; the algorithm's name if absent",
    )
    fidelity: Fidelity = Field(
        default="corrected",
        description="which version this entry is: `as-run` (what the author's code executed), "
        "`as-written` (what the text says), `corrected` (what it should have been)",
    )

    @property
    def resolved_label(self) -> str:
        """The label, or the algorithm's name."""
        return self.label or self.algorithm
