"""One typed config for a whole experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import Field, model_validator

from unlearn_core.configs.algorithms.info import AlgorithmConfig
from unlearn_core.configs.algorithms.registry import config_types
from unlearn_core.configs.architecture import ArchitectureConfig, MLPConfig
from unlearn_core.configs.base import FrozenConfig, content_hash
from unlearn_core.configs.data import DatasetConfig
from unlearn_core.configs.metrics import EvaluationConfig
from unlearn_core.configs.request import ForgetRequest
from unlearn_core.configs.training import TrainingConfig

__all__ = ["STEP_FORMAT", "AlgorithmEntry", "ExperimentConfig"]

STEP_FORMAT = 1
"""Raised when the meaning of a config changes, so that old results are not taken for new ones."""

_RESERVED_LABELS = frozenset({"untrained", "trained", "retrained"})

# The registry may hold algorithms from other packages, so the union is built, not written.
if TYPE_CHECKING:
    AlgorithmEntry = AlgorithmConfig
else:
    AlgorithmEntry = Annotated[
        Union[tuple(config_types().values())],  # noqa: UP007
        Field(discriminator="algorithm"),
    ]


class ExperimentConfig(FrozenConfig):
    """Dataset, request, architecture, training, algorithms, metrics and n instances."""

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}$",
        description="name of the experiment: lower-case letters, digits, `-`, `_`, `.`",
    )
    description: str = Field(default="", description="one sentence for people")
    seed: int = Field(default=0, ge=0, lt=2**31, description="root of every random number")
    instances: int = Field(
        default=5, ge=1, le=10_000, description="models of each role (the thesis: 30)"
    )
    pairing: Literal["independent", "twins"] = Field(
        default="twins",
        description="`twins`: trained and retrained instance i share initialisation and order; "
        "`independent`: unrelated networks, as the thesis ran (PROTOCOL, D16)",
    )
    dataset: DatasetConfig = Field(description="which images")
    request: ForgetRequest = Field(description="what is to be forgotten")
    architecture: ArchitectureConfig = Field(default=MLPConfig(), description="which network")
    training: TrainingConfig = Field(
        default=TrainingConfig(), description="recipe of trained and retrained models"
    )
    algorithms: tuple[AlgorithmEntry, ...] = Field(
        default=(), description="the unlearning algorithms to compare, each with its label"
    )
    evaluation: EvaluationConfig = Field(default=EvaluationConfig(), description="what is measured")

    @model_validator(mode="after")
    def _labels_are_unique(self) -> ExperimentConfig:
        labels = self.labels
        for label in labels:
            if label in _RESERVED_LABELS:
                raise ValueError(f"label '{label}' is the name of a role")
            if labels.count(label) > 1:
                raise ValueError(
                    f"label '{label}' stands {labels.count(label)} times in algorithms; "
                    "give each entry its own `label`"
                )
        return self

    @property
    def entries(self) -> tuple[AlgorithmConfig, ...]:
        """The algorithm entries under their common type."""
        return tuple(self.algorithms)

    @property
    def labels(self) -> tuple[str, ...]:
        """Label of every algorithm entry, in order."""
        return tuple(entry.resolved_label for entry in self.entries)

    @property
    def config_hash(self) -> str:
        """Content hash of the whole config and the step format."""
        return content_hash({"step_format": STEP_FORMAT, "config": self.full_dump()})

    def full_dump(self) -> dict[str, Any]:
        """Every field as plain JSON values, defaults and None included."""
        return self.model_dump(mode="json")
