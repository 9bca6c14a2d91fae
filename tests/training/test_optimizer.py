import pytest
import torch

from unlearn_core.configs.architecture import MLPConfig
from unlearn_core.configs.training import ValueClipping
from unlearn_core.models.ensemble import Ensemble
from unlearn_core.training.loss import cross_entropy
from unlearn_core.training.optimizer import EnsembleOptimizer


def by_hand(start, gradients, rate):
    """Adam from its paper, in float64."""
    value, first, second = start.double(), 0.0, 0.0
    for t, gradient in enumerate(gradients, start=1):
        first = 0.9 * first + 0.1 * gradient.double()
        second = 0.999 * second + 0.001 * gradient.double() ** 2
        value = value - rate * (first / (1 - 0.9**t)) / ((second / (1 - 0.999**t)).sqrt() + 1e-8)
    return value.float()


def quadratic(values):
    return (values**2).sum(dim=1) / 2


def test_steps_are_those_of_the_adam_paper():
    values = torch.randn(3, 4).requires_grad_()
    start, gradients = values.detach().clone(), []
    optimizer = EnsembleOptimizer([values], 3, 0.1)
    for _ in range(4):
        gradients.append(values.detach().clone())
        optimizer.step(quadratic(values))
    torch.testing.assert_close(values.detach(), by_hand(start, gradients, 0.1))


def test_maximize_goes_the_other_way():
    values = torch.ones(1, 1, requires_grad=True)
    EnsembleOptimizer([values], 1, 0.1, maximize=True).step(quadratic(values))
    assert values.item() == pytest.approx(1.1)


def test_value_clipping_limits_each_entry():
    values = torch.tensor([[5.0, 0.01]], requires_grad=True)
    optimizer = EnsembleOptimizer([values], 1, 0.1, clipping=ValueClipping(limit=0.1))
    optimizer.step(quadratic(values))
    torch.testing.assert_close(values.grad, torch.tensor([[0.1, 0.01]]))


def test_only_its_own_parameters_get_gradients():
    mine, others = torch.ones(1, 2, requires_grad=True), torch.ones(1, 2, requires_grad=True)
    EnsembleOptimizer([mine], 1, 0.1).step(quadratic(mine * others))
    assert others.grad is None


@pytest.mark.parametrize("freeze_after", [0, 2])
def test_frozen_instances_stay_exactly_while_others_go_on(freeze_after):
    torch.manual_seed(0)
    values = torch.randn(3, 4).requires_grad_()
    free = values.detach().clone().requires_grad_()
    optimizer, other = EnsembleOptimizer([values], 3, 0.1), EnsembleOptimizer([free], 3, 0.1)
    for _ in range(freeze_after):
        optimizer.step(quadratic(values))
        other.step(quadratic(free))

    def everything():
        state = optimizer.adam.state.get(values, {})
        zeros = torch.zeros(3, 4)
        moments = [state.get(name, zeros).clone() for name in ("exp_avg", "exp_avg_sq")]
        return [values.detach().clone(), *moments]

    before = everything()
    active = torch.tensor([True, False, True])
    for _ in range(3):
        optimizer.step(quadratic(values), active)
        other.step(quadratic(free))
    for old, new in zip(before, everything(), strict=True):
        assert torch.equal(old[1], new[1])
        assert not torch.equal(old[0], new[0])
    assert torch.equal(values[0], free[0])
    assert torch.equal(values[2], free[2])
    assert not torch.equal(values[1], free[1])


def test_frozen_instances_stay_frozen_without_a_mask():
    values = torch.ones(2, 1, requires_grad=True)
    optimizer = EnsembleOptimizer([values], 2, 0.1)
    optimizer.step(quadratic(values), torch.tensor([False, True]))
    optimizer.step(quadratic(values))
    assert values[0].item() == 1.0


def test_a_frozen_instance_cannot_come_back():
    values = torch.ones(2, 1, requires_grad=True)
    optimizer = EnsembleOptimizer([values], 2, 0.1)
    optimizer.step(quadratic(values), torch.tensor([False, True]))
    with pytest.raises(ValueError, match=r"instances \[0\] were frozen"):
        optimizer.step(quadratic(values), torch.tensor([True, True]))


@pytest.mark.parametrize("width", [1, 2])
def test_an_ensemble_with_nobody_active_does_not_move(width):
    models = Ensemble.initialise(
        MLPConfig(hidden=(3,)), (1, 2, 2), 3, range(width), torch.device("cpu")
    )
    optimizer = EnsembleOptimizer(models.parameters(), width, 0.1)
    before = models.states()
    losses = cross_entropy(models(torch.rand(width, 4, 1, 2, 2)), torch.ones(width, 4).long())
    optimizer.step(losses, torch.zeros(width, dtype=torch.bool))
    torch.testing.assert_close(models.states(), before, rtol=0, atol=0)


@pytest.mark.parametrize("width", [1, 3])
def test_cross_entropy_of_classes_and_of_distributions_by_hand(width):
    logits = torch.randn(width, 5, 4, dtype=torch.float64)
    labels = torch.randint(4, (width, 5))
    soft = torch.rand(width, 5, 4, dtype=torch.float64)
    log_p = logits - logits.exp().sum(dim=2, keepdim=True).log()
    hard = -log_p.gather(2, labels.unsqueeze(2)).squeeze(2).mean(dim=1)
    torch.testing.assert_close(cross_entropy(logits, labels), hard)
    torch.testing.assert_close(cross_entropy(logits, soft), -(soft * log_p).sum(dim=2).mean(dim=1))
