"""The CIFAR-10 study in small: ResNet-18, two classes, FEMU against FEMU+Gen, the whole way."""

from __future__ import annotations

import numpy as np
import pytest
from test_nothing_lost import wait_until_it_ends

from unlearn_core.catalog.store import Catalog
from unlearn_core.experiments.jobs import EXPERIMENT_JOB, JobSpec, start_job
from unlearn_core.presets import load_experiment


def coloured_classes(per_class: int, seed: int) -> dict[str, np.ndarray]:
    """Ten classes of 32x32 images, each a shade of its own under noise."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(10), per_class).astype(np.uint8)
    shades = np.random.default_rng(0).integers(0, 256, (10, 1, 1, 3))
    noise = rng.integers(-40, 41, (len(labels), 32, 32, 3))
    return {"images": np.clip(shades[labels] + noise, 0, 255).astype(np.uint8), "labels": labels}


@pytest.mark.slow
def test_the_small_cifar10_study_runs_from_training_to_comparison(tmp_path):
    np.savez(tmp_path / "train.npz", **coloured_classes(12, seed=1))
    np.savez(tmp_path / "test.npz", **coloured_classes(4, seed=2))
    config = load_experiment("thesis-cifar10-small", [f"dataset.path={tmp_path}"])
    spec = JobSpec(
        kind=EXPERIMENT_JOB,
        name=config.name,
        catalog=str(tmp_path / "catalog.duckdb"),
        runs=str(tmp_path / "runs"),
        device="cpu",
        workers=2,
    )
    folder = start_job(spec, config).run_folder
    assert wait_until_it_ends(folder) == "done", (folder / "log.txt").read_text()
    rows = Catalog(tmp_path / "catalog.duckdb").query(
        "SELECT label, phase, count(*) AS n FROM unlearning_phases "
        "JOIN experiment_models USING (model_id) GROUP BY ALL ORDER BY ALL",
        [],
    )
    phases = ("impair", "noise", "repair")
    assert [tuple(row.values()) for row in rows.to_pylist()] == [
        (label, phase, 2) for label in ("femu", "femu_gen") for phase in phases
    ]
