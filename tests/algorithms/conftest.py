"""A problem small enough for every algorithm: 640 digits, a small network, one class to forget."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from unlearn_core.algorithms.task import UnlearningTask
from unlearn_core.channel import SilentChannel
from unlearn_core.configs.algorithms.info import AlgorithmConfig
from unlearn_core.configs.algorithms.noise import NoiseGeneratorConfig, PerClassRetain, RatioRetain
from unlearn_core.configs.algorithms.registry import config_type
from unlearn_core.configs.architecture import MLPConfig
from unlearn_core.configs.data import DigitsConfig, UnitScaling
from unlearn_core.configs.training import Epochs, TrainingConfig
from unlearn_core.data.load import load_dataset
from unlearn_core.models.ensemble import Ensemble
from unlearn_core.training.device_images import DeviceImages
from unlearn_core.training.trainer import TrainingResult, train_ensemble

CPU = torch.device("cpu")
SAMPLES = 640
FORGOTTEN_CLASS = 7
SEEDS = (11, 12, 13, 14)

_NOISE = {
    # 64 forget samples make an epoch of few batches, so there are more epochs than on MNIST.
    "noise_epochs": 10,
    "noise_batch_size": 16,
    "noise_learning_rate": 0.005,
    "generator": NoiseGeneratorConfig(start_dimension=16, hidden_layers=2, hidden_width=64),
    # 5 retain samples per forget sample are about half of the retain set.
    "retain": RatioRetain(ratio=5.0),
    # Impair takes 48 steps, not thousands as on MNIST; below a rate of 0.01 it barely moves.
    "impair_learning_rate": 0.02,
    "repair_batch_size": 32,
    "repair_learning_rate": 0.002,
    "repair_epochs": 2,
}


@dataclass(frozen=True)
class Tiny:
    """Hyperparameters for the tiny problem, and what they must reach there.

    Attributes:
        options: What differs from the defaults.
        retain_floor: Accuracy on the retain set that must be kept, of 1.0 before.
        forget_ceiling: Accuracy on the forget set that must not be passed, of 1.0 before.
    """

    options: dict[str, object]
    retain_floor: float
    forget_ceiling: float


TINY = {
    # Forgets by drift alone, so slowly.
    "finetune": Tiny({"epochs": 8, "learning_rate": 5e-3, "batch_size": 32}, 0.95, 0.8),
    # Nothing repairs the retain set, so its floor is low.
    "gradient_ascent": Tiny({"learning_rate": 8e-3}, 0.7, 0.2),
    "femu": Tiny(
        {
            # 40 of some 64 samples of each class; as many noise images of the forgotten one.
            "noise_batch_size": 16,
            "noise_copies": 4,
            "retain": PerClassRetain(samples=40),
            "batch_size": 8,
            "repair_learning_rate": 0.002,
        },
        0.9,
        0.2,
    ),
    "femu_gen": Tiny(_NOISE, 0.9, 0.2),
    # Prior predictions are almost one-hot here, so it forgets like femu_gen.
    "gefeu": Tiny(_NOISE, 0.9, 0.2),
}


def tiny_of(name: str) -> Tiny:
    assert name in TINY, f"give algorithm '{name}' settings for the tiny problem in {__file__}"
    return TINY[name]


@dataclass(frozen=True)
class Problem:
    """Trained networks, the data, and tasks for them."""

    images: DeviceImages
    labels: np.ndarray
    forget_ids: np.ndarray
    retain_ids: np.ndarray
    trained: Ensemble

    def config(self, name: str, **changes: object) -> AlgorithmConfig:
        return config_type(name)(**{**tiny_of(name).options, **changes})

    def task(self, needs, seeds=SEEDS, **changes) -> UnlearningTask:
        options = {
            "needs": needs,
            "images": self.images,
            "forget_ids": self.forget_ids,
            "retain_ids": self.retain_ids,
            "validation_ids": np.empty(0, dtype=np.int64),
            "num_classes": 10,
            "seeds": seeds,
            "recipe": TrainingConfig(),
            "untrained": self.trained.clone,
        }
        return UnlearningTask(**{**options, **changes})

    def with_noise_at(self, ids: np.ndarray) -> DeviceImages:
        """The same images, but random pixels at some ids."""
        pixels = self.images.inputs(torch.arange(len(self.images))).mul(255).round()
        spoilt = pixels.to(torch.uint8).numpy()
        spoilt[ids] = np.random.default_rng(0).integers(0, 256, spoilt[ids].shape)
        return DeviceImages(spoilt, self.labels, UnitScaling(), CPU)

    def only(self, instance: int) -> Ensemble:
        """One of the trained networks, alone."""
        models = self.trained
        return Ensemble.from_states(
            models.architecture,
            models.image_shape,
            models.num_classes,
            [models.states()[instance]],
            CPU,
        )

    @torch.no_grad()
    def measure(self, models: Ensemble, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Accuracy and mean cross-entropy (M,) on samples, in float64 by NumPy."""
        logits = models(self.images.inputs(torch.from_numpy(ids))).double().numpy()
        shifted = logits - logits.max(axis=2, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True))
        labels = self.labels[ids]
        accuracy = (logits.argmax(axis=2) == labels).mean(axis=1)
        return accuracy, -log_p[:, np.arange(len(ids)), labels].mean(axis=1)


@pytest.fixture(scope="session")
def problem() -> Problem:
    part = load_dataset(DigitsConfig(), None).train
    images = DeviceImages.from_part(part, UnitScaling(), CPU)
    ids = np.arange(SAMPLES)
    forget = ids[part.labels[:SAMPLES] == FORGOTTEN_CLASS]
    recipe = TrainingConfig(learning_rate=1e-2, batch_size=32, amount=Epochs(epochs=14))
    untrained = Ensemble.initialise(MLPConfig(hidden=(32,)), images.image_shape, 10, SEEDS, CPU)
    result: TrainingResult = train_ensemble(
        untrained, images, ids, np.empty(0, dtype=np.int64), recipe, SEEDS, SilentChannel()
    )
    return Problem(images, part.labels, forget, np.setdiff1d(ids, forget), result.models)


@pytest.fixture
def tiny():
    return tiny_of
