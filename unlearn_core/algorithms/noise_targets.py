"""What a noise image stands for: one distribution over the classes per forget sample."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from unlearn_core.algorithms.task import UnlearningTask
from unlearn_core.configs.algorithms.noise import (
    ClassLabelTarget,
    GivenDistributionTarget,
    PriorPredictionTarget,
)
from unlearn_core.errors import ConfigError
from unlearn_core.models.ensemble import Ensemble

__all__ = ["noise_targets"]

_PREDICTION_BATCH = 256


def noise_targets(
    target: ClassLabelTarget | PriorPredictionTarget | GivenDistributionTarget,
    models: Ensemble,
    task: UnlearningTask,
) -> Tensor:
    """Probabilities (M, n_f, K); row i stands for forget sample i.

    Args:
        target: Class label, the model's own prediction, or one given distribution.
        models: The networks before unlearning.
        task: The forget request.

    Raises:
        ConfigError: A given distribution is over another number of classes.
    """
    if isinstance(target, PriorPredictionTarget):
        return _prior_predictions(models, task)
    if isinstance(target, ClassLabelTarget):
        labels = torch.from_numpy(task.forget_labels()).to(task.device)
        one_hot = functional.one_hot(labels, task.num_classes).to(torch.float32)
        return one_hot.expand(task.width, -1, -1)
    if len(target.probabilities) != task.num_classes:
        raise ConfigError(
            f"target.probabilities has {len(target.probabilities)} entries, but the data has "
            f"{task.num_classes} classes"
        )
    given = torch.tensor(target.probabilities, dtype=torch.float32, device=task.device)
    return given.expand(task.width, sum(task.forget_counts().values()), -1)


@torch.no_grad()
def _prior_predictions(models: Ensemble, task: UnlearningTask) -> Tensor:
    """Softmax outputs for the forget samples, in evaluation mode."""
    images = task.forget_images()
    count = sum(task.forget_counts().values())
    models.eval()
    positions = torch.from_numpy(np.arange(count)).to(task.device)
    predictions = [
        models(images.inputs(batch)).softmax(dim=2)
        for batch in torch.split(positions, _PREDICTION_BATCH)
    ]
    return torch.cat(predictions, dim=1)
