"""What an algorithm is handed: only the data its info declares, and its random numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from unlearn_core.algorithms.phases import PhaseRecorder
from unlearn_core.algorithms.samples import ImageWindow, SampleWindow
from unlearn_core.channel import Channel
from unlearn_core.configs.algorithms.info import Need
from unlearn_core.configs.training import TrainingConfig
from unlearn_core.errors import UndeclaredNeedError
from unlearn_core.models.ensemble import Ensemble
from unlearn_core.seeds import derive_seed
from unlearn_core.training.cost import Phase
from unlearn_core.training.device_images import DeviceImages

__all__ = ["UnlearningTask"]


class UnlearningTask:
    """One forget request for M instances, behind doors that open for declared needs only.

    Args:
        needs: What the algorithm's info declares.
        images: The train part.
        forget_ids: (n_f,) ids to forget, in the order that gives forget sample i its number.
        retain_ids: (n_r,) ids to keep.
        validation_ids: Ids of the train part that no training has seen.
        num_classes: Number of classes.
        seeds: One per instance.
        recipe: How the trained models were trained.
        untrained: Makes the trained models' own initialisations, or None where they are unknown.
    """

    def __init__(
        self,
        *,
        needs: frozenset[Need],
        images: DeviceImages,
        forget_ids: NDArray[np.int64],
        retain_ids: NDArray[np.int64],
        validation_ids: NDArray[np.int64],
        num_classes: int,
        seeds: Sequence[int],
        recipe: TrainingConfig,
        untrained: Callable[[], Ensemble] | None = None,
    ) -> None:
        self.declared_needs = needs
        self.num_classes = num_classes
        self.image_shape = images.image_shape
        self.device = images.device
        self._images = images
        self._forget = SampleWindow(images, forget_ids, len(seeds))
        self._forget_images = ImageWindow(images, forget_ids, len(seeds))
        self._retain = SampleWindow(images, retain_ids, len(seeds))
        self._validation = SampleWindow(images, validation_ids, len(seeds))
        self._seeds = tuple(seeds)
        self._recipe = recipe
        self._untrained = untrained
        self._used_needs: set[Need] = set()
        self._phases: list[Phase] = []
        self._side_storage_bytes = 0

    # -- doors ------------------------------------------------------------------------------

    def forget_images(self) -> ImageWindow:
        """The forget samples without their labels."""
        self._open(Need.FORGET_IMAGES)
        return self._forget_images

    def forget_labels(self) -> NDArray[np.int64]:
        """(n_f,) class of every forget sample."""
        self._open(Need.FORGET_LABELS)
        return self._forget.labels

    def forget_counts(self) -> dict[int, int]:
        """Number of forget samples of each class that has any, by ascending class."""
        self._open(Need.FORGET_COUNT)
        classes, counts = np.unique(self._forget.labels, return_counts=True)
        return dict(zip(classes.tolist(), counts.tolist(), strict=True))

    def retain_data(self) -> SampleWindow:
        """The retain samples; how many of them are used is counted."""
        self._open(Need.RETAIN_DATA)
        return self._retain

    def validation_data(self) -> SampleWindow:
        """The validation samples."""
        self._open(Need.VALIDATION_DATA)
        return self._validation

    def training_recipe(self) -> TrainingConfig:
        """How the trained models were trained."""
        self._open(Need.TRAINING_RECIPE)
        return self._recipe

    def untrained_twin(self) -> Ensemble:
        """The networks that the trained ones started from.

        Raises:
            UndeclaredNeedError: The need is not declared, or nobody knows the twins.
        """
        self._open(Need.UNTRAINED_TWIN)
        if self._untrained is None:
            raise UndeclaredNeedError("the untrained twins of these models are not known")
        return self._untrained()

    def _open(self, need: Need) -> None:
        if need not in self.declared_needs:
            declared = ", ".join(sorted(self.declared_needs)) or "nothing"
            raise UndeclaredNeedError(
                f"the algorithm touched the {need}, which its info does not declare; "
                f"declared: {declared}"
            )
        self._used_needs.add(need)

    # -- random numbers -----------------------------------------------------------------------

    @property
    def width(self) -> int:
        """Number of instances M."""
        return len(self._seeds)

    def seeds(self, purpose: str) -> tuple[int, ...]:
        """One seed per instance; equal purposes give equal seeds."""
        return tuple(derive_seed(seed, 0, purpose) for seed in self._seeds)

    def numpy_generators(self, purpose: str) -> list[np.random.Generator]:
        """One fresh NumPy generator per instance."""
        return [np.random.default_rng(seed) for seed in self.seeds(purpose)]

    def torch_generators(self, purpose: str) -> list[torch.Generator]:
        """One fresh torch generator on the CPU per instance."""
        return [torch.Generator().manual_seed(seed) for seed in self.seeds(purpose)]

    # -- costs ------------------------------------------------------------------------------

    def phase(self, name: str, total_steps: int, channel: Channel) -> PhaseRecorder:
        """A context manager that counts one phase and tells the channel of its steps."""
        return PhaseRecorder(name, total_steps, channel, self.device, self._phases.append)

    def add_side_storage(self, size_bytes: int) -> None:
        """Count data that the algorithm keeps besides the model."""
        self._side_storage_bytes += size_bytes

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The finished phases, in order."""
        return tuple(self._phases)

    @property
    def used_needs(self) -> frozenset[Need]:
        """What was really touched."""
        return frozenset(self._used_needs)

    @property
    def retain_samples_used(self) -> int:
        """Different retain samples that one instance has seen."""
        return self._retain.samples_used

    @property
    def side_storage_bytes(self) -> int:
        """Data kept besides the model."""
        return self._side_storage_bytes
