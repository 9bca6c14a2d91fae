"""The models of a comparison: populations, their members, and which pairs belong together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from unlearn_core.channel import Channel
from unlearn_core.records import Role

__all__ = ["LabelledPart", "Member", "Population", "Progress", "Roster"]


class LabelledPart(Protocol):
    """One part of the data as a comparison needs it."""

    @property
    def name(self) -> str:
        """`train`, `validation` or `test`."""

    @property
    def labels(self) -> NDArray[np.int64]:
        """(N,) true classes, in the order of the predictions."""

    @property
    def subsets(self) -> Mapping[str, NDArray[np.bool_] | str]:
        """Subset name to (N,) mask, or the reason why the subset does not exist."""


@dataclass(frozen=True, eq=False, slots=True)
class Member:
    """One model of a population.

    Attributes:
        model_id: The model.
        instance: Its instance number.
        predictions: Gives part name to (N, K) log-probabilities; best memory-mapped, because all
            members' are open at once. Called once per comparison.
        parameters: Gives tensor name to array, likewise; BatchNorm's statistics are ignored.
        costs: Name of a cost metric to its value; a missing one is stored as NULL.
    """

    model_id: str
    instance: int
    predictions: Callable[[], Mapping[str, NDArray[np.floating]]]
    parameters: Callable[[], Mapping[str, NDArray[np.generic]]]
    costs: Mapping[str, float]


@dataclass(frozen=True, eq=False, slots=True)
class Population:
    """The instances of one role, or of one algorithm entry.

    Attributes:
        label: Name in the tables: the role's, or the algorithm entry's label.
        role: The role of its models.
        members: The models, one per instance number.
    """

    label: str
    role: Role
    members: tuple[Member, ...]

    @property
    def instances(self) -> tuple[int, ...]:
        """Instance number of every member."""
        return tuple(member.instance for member in self.members)


class Roster:
    """All members of all populations in one row, so that pairs are entries of one matrix.

    Attributes:
        populations: As given.
        members: Every member, population by population.
        places: Label to the places of its members in the row.
    """

    def __init__(self, populations: Sequence[Population]) -> None:
        labels = [population.label for population in populations]
        for population in populations:
            if labels.count(population.label) > 1:
                raise ValueError(f"two populations are labelled '{population.label}'")
            if len(set(population.instances)) < len(population.instances):
                raise ValueError(f"population '{population.label}' repeats an instance number")
        self.populations = tuple(populations)
        self.members = tuple(m for population in populations for m in population.members)
        self.places: dict[str, NDArray[np.int64]] = {}
        start = 0
        for population in populations:
            end = start + len(population.members)
            self.places[population.label] = np.arange(start, end)
            start = end

    def pairs(self) -> Iterator[tuple[Population, Population]]:
        """Every ordered (population, reference population), each with itself too."""
        for population in self.populations:
            for reference in self.populations:
                yield population, reference

    def matched(self, population: Population, reference: Population) -> list[tuple[int, int]]:
        """Places of the members with the same instance number, in order of the population."""
        other = dict(zip(reference.instances, self.places[reference.label].tolist(), strict=True))
        own = zip(population.instances, self.places[population.label].tolist(), strict=True)
        return [(place, other[instance]) for instance, place in own if instance in other]

    def by_instance(self) -> dict[int, list[int]]:
        """Instance number to the places of all members that have it."""
        found: dict[int, list[int]] = {}
        for place, member in enumerate(self.members):
            found.setdefault(member.instance, []).append(place)
        return found


class Progress:
    """Counts finished pieces of work and tells a channel; a stop request passes through."""

    def __init__(self, channel: Channel, phase: str, total: int) -> None:
        self._channel = channel
        self._phase = phase
        self._total = total
        self._done = 0

    def __call__(self) -> None:
        """One more piece is done.

        Raises:
            StoppedError: A stop was requested.
        """
        self._done = min(self._done + 1, self._total)
        self._channel.advance(self._phase, self._done, self._total)
