import math

import pytest
import torch

from unlearn_core.configs.training import (
    ConstantSchedule,
    CosineSchedule,
    PlateauSchedule,
    StepByRoundSchedule,
)
from unlearn_core.errors import ConfigError
from unlearn_core.training.optimizer import EnsembleOptimizer
from unlearn_core.training.schedule import Schedule


def rates(config, losses, steps_per_round=3):
    """Rate of the first step of each round, and the rate after the last."""
    value = torch.ones(1, 1, requires_grad=True)
    optimizer = EnsembleOptimizer([value], 1, 0.4)
    schedule = Schedule(config, optimizer, len(losses) * steps_per_round, 1)
    seen = []
    for loss in losses:
        seen.append(optimizer.learning_rate)
        for _ in range(steps_per_round):
            optimizer.step((value**2).sum(dim=1))
            schedule.after_step()
        schedule.after_round((loss,))
    return [*seen, optimizer.learning_rate]


def test_constant_stays():
    assert rates(ConstantSchedule(), [1.0] * 4) == [0.4] * 5


def test_step_by_round_drops_as_the_thesis_did():
    found = rates(StepByRoundSchedule(every=5, factor=0.1), [1.0] * 10)
    assert found == pytest.approx([0.4] * 5 + [0.04] * 5 + [0.004])


def test_cosine_falls_per_step_to_zero():
    found = rates(CosineSchedule(), [1.0] * 4)
    wanted = [0.2 * (1 + math.cos(math.pi * step / 12)) for step in (0, 3, 6, 9, 12)]
    assert found == pytest.approx(wanted, abs=1e-12)


def test_plateau_drops_once_patience_is_used_up():
    losses = [1.0, 0.9, 0.9, 0.9, 0.9, 0.5, 0.5]
    found = rates(PlateauSchedule(factor=0.5, patience=2), losses)
    assert found == pytest.approx([0.4] * 5 + [0.2] * 3)


def test_plateau_of_several_instances_is_refused():
    optimizer = EnsembleOptimizer([torch.ones(2, 1, requires_grad=True)], 2, 0.4)
    with pytest.raises(ConfigError, match="one instance at a time, not 2"):
        Schedule(PlateauSchedule(), optimizer, 10, 2)
