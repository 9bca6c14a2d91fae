"""Parts shared by the algorithms that learn noise: generators, targets, retain amounts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from unlearn_core.configs.base import FrozenConfig

__all__ = [
    "ClassLabelTarget",
    "GivenDistributionTarget",
    "NoiseGeneratorConfig",
    "NoiseTarget",
    "PerClassRetain",
    "PriorPredictionTarget",
    "RatioRetain",
    "RetainAmount",
]


class NoiseGeneratorConfig(FrozenConfig):
    """A network from random start vectors to images that maximise the loss."""

    start_dimension: int = Field(
        default=128, ge=1, le=4096, description="length of the random start vector"
    )
    hidden_layers: int = Field(
        default=5, ge=1, le=32, description="number of hidden layers with ReLU"
    )
    hidden_width: int = Field(
        default=1024, ge=1, le=16384, description="width of each hidden layer (PROTOCOL 4.2)"
    )
    trained_layers: Literal["all", "output"] = Field(
        default="all",
        description="`output`: hidden layers stay a frozen random feature map, as the author's "
        "code ran (PROTOCOL, B1); `all`: every layer is trained (corrected)",
    )


class ClassLabelTarget(FrozenConfig):
    """One-hot label of each forget sample (FEMU+Gen)."""

    kind: Literal["class_label"] = "class_label"


class PriorPredictionTarget(FrozenConfig):
    """The model's own softmax output for each forget sample before unlearning (GeFeU)."""

    kind: Literal["prior_prediction"] = "prior_prediction"


class GivenDistributionTarget(FrozenConfig):
    """One given distribution y over the classes (the thesis's outlook on Eq. 3, section 9)."""

    kind: Literal["given"] = "given"
    probabilities: tuple[Annotated[float, Field(ge=0.0, le=1.0)], ...] = Field(
        min_length=2, description="probability of each class; they sum to 1"
    )

    @model_validator(mode="after")
    def _sums_to_one(self) -> GivenDistributionTarget:
        total = sum(self.probabilities)
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"probabilities sum to {total:.6g}, not to 1")
        return self


NoiseTarget = Annotated[
    ClassLabelTarget | PriorPredictionTarget | GivenDistributionTarget,
    Field(discriminator="kind"),
]


class RatioRetain(FrozenConfig):
    """Retain samples = int(ratio x forget samples) (PROTOCOL, D18)."""

    kind: Literal["ratio"] = "ratio"
    ratio: float = Field(gt=0.0, le=1000.0, description="retain samples per forget sample")


class PerClassRetain(FrozenConfig):
    """A number of samples of each retained class (original FEMU notebook: 1,000)."""

    kind: Literal["per_class"] = "per_class"
    samples: int = Field(
        default=1000, ge=1, description="samples of each class (fewer if it has fewer)"
    )


RetainAmount = Annotated[RatioRetain | PerClassRetain, Field(discriminator="kind")]
