"""What is to be forgotten: the forget requests."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from unlearn_core.configs.base import FrozenConfig

__all__ = [
    "ClassesRequest",
    "Count",
    "FeatureRequest",
    "ForgetRequest",
    "Fraction",
    "RandomAmount",
    "RandomRequest",
    "WholeTrainPart",
    "Within",
    "WithinClass",
]


class FeatureRequest(FrozenConfig):
    """Samples of one class that show one feature, named by a split file.

    List membership and forget role are two settings (PROTOCOL, D9): the thesis's MNIST runs
    forgot the complement of the published list.
    """

    kind: Literal["feature"] = "feature"
    split: str = Field(
        description="name of a split file (without .json), built in or in --splits-dir"
    )
    listed: Literal["forget", "retain"] = Field(
        default="forget",
        description="whether the listed samples are forgotten, or kept and the rest of "
        "their class forgotten",
    )


class ClassesRequest(FrozenConfig):
    """All samples of one or several classes."""

    kind: Literal["classes"] = "classes"
    classes: tuple[Annotated[int, Field(ge=0)], ...] = Field(
        min_length=1, description="the classes to forget"
    )


class Fraction(FrozenConfig):
    """A share of the samples that can be drawn."""

    kind: Literal["fraction"] = "fraction"
    fraction: float = Field(gt=0.0, lt=1.0, description="share of the samples, rounded down")


class Count(FrozenConfig):
    """A number of samples."""

    kind: Literal["count"] = "count"
    count: int = Field(ge=1, description="number of samples")


RandomAmount = Annotated[Fraction | Count, Field(discriminator="kind")]


class WholeTrainPart(FrozenConfig):
    """Draw from the whole train part."""

    kind: Literal["all"] = "all"


class WithinClass(FrozenConfig):
    """Draw from one class only."""

    kind: Literal["class"] = "class"
    label: int = Field(ge=0, description="the class to draw from")


Within = Annotated[WholeTrainPart | WithinClass, Field(discriminator="kind")]


class RandomRequest(FrozenConfig):
    """Samples drawn once per experiment from their own seed."""

    kind: Literal["random"] = "random"
    amount: RandomAmount = Field(default=Fraction(fraction=0.1), description="how many")
    within: Within = Field(default=WholeTrainPart(), description="drawn from where")
    seed: int = Field(default=0, ge=0, description="seed of the draw")


ForgetRequest = Annotated[
    FeatureRequest | ClassesRequest | RandomRequest, Field(discriminator="kind")
]
