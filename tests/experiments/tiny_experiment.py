"""The smallest real experiment: digits, a tiny network, a few steps."""

from __future__ import annotations

from typing import Any

from unlearn_core.configs.experiment import ExperimentConfig

GRADIENT_ASCENT = {"algorithm": "gradient_ascent", "learning_rate": 1e-3, "batch_size": 32}
FINETUNE = {"algorithm": "finetune", "epochs": 1}


def tiny_experiment(**changes: Any) -> ExperimentConfig:
    """Two instances, one epoch; every field can be changed."""
    table: dict[str, Any] = {
        "name": "tiny",
        "instances": 2,
        "dataset": {"name": "digits"},
        "request": {"kind": "classes", "classes": [7]},
        "architecture": {"kind": "mlp", "hidden": [16]},
        "training": {"amount": {"kind": "epochs", "epochs": 1}},
        "algorithms": [GRADIENT_ASCENT, FINETUNE],
    }
    return ExperimentConfig.model_validate(table | changes)
