"""What is measured and which predictions are kept."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from unlearn_core.configs.base import FrozenConfig

__all__ = ["EvaluationConfig"]

StoredPredictions = Literal["none", "forget_and_test", "all"]


class EvaluationConfig(FrozenConfig):
    """Evaluation of every model of the experiment."""

    metrics: tuple[str, ...] = Field(
        default=("all",),
        min_length=1,
        description="names from `unlearn metrics list`, or `all`",
    )
    store_predictions: StoredPredictions = Field(
        default="forget_and_test",
        description="whose log-probabilities go to the catalog's table `predictions`",
    )
    batch_size: int = Field(
        default=1000, ge=1, le=1_000_000, description="samples per forward pass"
    )
    confidence: Annotated[float, Field(gt=0.5, lt=1.0)] = Field(
        default=0.95, description="level of the intervals"
    )
