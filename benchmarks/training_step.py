"""The trainer's step beside a bare loop of the same step, alternating, on one thread.

    python -m benchmarks.training_step [--data-dir DIR]

MNIST, 784-800-10, batch 8, Adam: the recipe of `thesis-mnist`. The bare loop has a plain module,
fused Adam and images that are floats in memory already.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from unlearn_core.channel import SilentChannel
from unlearn_core.configs.training import Rounds
from unlearn_core.data.dataset import Dataset
from unlearn_core.data.load import load_dataset
from unlearn_core.models.ensemble import Ensemble
from unlearn_core.presets import load_preset
from unlearn_core.training.device_images import DeviceImages
from unlearn_core.training.trainer import train_ensemble

STEPS = 2000
BATCH = 8


def trainer_step_ms(dataset: Dataset) -> float:
    """Milliseconds of one step of the trainer."""
    preset = load_preset("thesis-mnist")
    cpu = torch.device("cpu")
    models = Ensemble.initialise(preset.architecture, dataset.image_shape, 10, [1], cpu)
    recipe = preset.training.model_copy(
        update={"amount": Rounds(rounds=1, samples_per_round=STEPS * BATCH)}
    )
    images = DeviceImages.from_part(dataset.train, preset.dataset.scaling, cpu)
    everything, nothing = np.arange(len(dataset.train)), np.empty(0, np.int64)
    started = time.perf_counter()
    train_ensemble(models, images, everything, nothing, recipe, [1], SilentChannel())
    return (time.perf_counter() - started) / STEPS * 1000


def bare_step_ms(dataset: Dataset) -> float:
    """Milliseconds of one step of the bare loop."""
    pixels = torch.from_numpy(dataset.train.images.copy()).float().div(255).flatten(1)
    labels = torch.from_numpy(dataset.train.labels.copy())
    network = nn.Sequential(nn.Linear(784, 800), nn.ReLU(), nn.Linear(800, 10))
    adam = torch.optim.Adam(network.parameters(), lr=1e-5, fused=True)
    index = torch.randint(0, len(labels), (STEPS, BATCH))
    started = time.perf_counter()
    for batch in index:
        adam.zero_grad(set_to_none=True)
        cross_entropy(network(pixels[batch]), labels[batch]).backward()
        adam.step()
    return (time.perf_counter() - started) / STEPS * 1000


def main() -> None:
    """Print medians and their ratio."""
    parser = argparse.ArgumentParser(description="The trainer's step beside a bare loop.")
    parser.add_argument("--data-dir", type=Path, default=None)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(1)
    dataset = load_dataset(load_preset("thesis-mnist").dataset, given.data_dir)
    pairs = [(trainer_step_ms(dataset), bare_step_ms(dataset)) for _ in range(given.repeats)]
    ours, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"trainer {ours:.2f} ms, bare loop {bare:.2f} ms, ratio {ours / bare:.2f}")


if __name__ == "__main__":
    main()
