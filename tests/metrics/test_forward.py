"""The forward pass against torch itself."""

import numpy as np
import pytest
import torch

from unlearn_core.errors import StoppedError
from unlearn_core.metrics.forward import log_probabilities


class TinyEnsemble:
    """M linear models with a BatchNorm, called one by one."""

    def __init__(self, width=3, features=4, classes=5, scale=1.0):
        generator = torch.Generator().manual_seed(7)
        self.width = width
        self.device = torch.device("cpu")
        self.modules = []
        for _ in range(width):
            module = torch.nn.Sequential(
                torch.nn.Flatten(),
                torch.nn.BatchNorm1d(features),
                torch.nn.Linear(features, classes),
            )
            with torch.no_grad():
                module[2].bias.zero_()
                module[2].weight.copy_(scale * torch.randn(classes, features, generator=generator))
            self.modules.append(module.train())

    def eval(self):
        for module in self.modules:
            module.eval()

    def __call__(self, inputs):
        return torch.stack([m(x) for m, x in zip(self.modules, inputs, strict=True)])


class Rows:
    def __init__(self, count=11):
        self.pixels = torch.randn(count, 1, 2, 2, generator=torch.Generator().manual_seed(1))

    def inputs(self, index):
        return self.pixels[index]


def test_every_model_gives_the_log_softmax_of_its_logits_for_the_samples_asked_for():
    models, rows, ids = TinyEnsemble(), Rows(), np.array([9, 0, 4, 4, 7])
    found = log_probabilities(models, rows, ids, batch_size=2)
    assert found.shape == (3, 5, 5)
    assert found.dtype == np.float32
    with torch.no_grad():
        for row, module in zip(found, models.modules, strict=True):
            expected = torch.log_softmax(module.eval()(rows.pixels[ids]).double(), dim=1)
            np.testing.assert_allclose(row, expected.numpy(), rtol=1e-6, atol=1e-7)


def test_the_size_of_a_batch_does_not_change_the_result():
    ids = np.arange(11)
    whole = log_probabilities(TinyEnsemble(), Rows(), ids, batch_size=100)
    split = log_probabilities(TinyEnsemble(), Rows(), ids, batch_size=3)
    np.testing.assert_allclose(split, whole, rtol=1e-5, atol=1e-6)


def test_models_are_evaluated_in_evaluation_mode_without_gradients():
    models = TinyEnsemble()
    before = models.modules[0][1].running_mean.clone()
    log_probabilities(models, Rows(), np.arange(11), batch_size=4)
    assert torch.equal(models.modules[0][1].running_mean, before)
    assert all(p.grad is None for m in models.modules for p in m.parameters())


def test_gaps_of_hundreds_and_tiny_losses_both_survive():
    class Gap:
        width, device = 1, torch.device("cpu")

        def eval(self):
            pass

        def __call__(self, inputs):
            return torch.tensor([[[300.0, 0.0], [30.0, 0.0]]])

    found = log_probabilities(Gap(), Rows(), np.arange(2), batch_size=2)[0]
    assert found[0, 1] == -300.0
    np.testing.assert_allclose(found[1, 0], -np.exp(-30.0), rtol=1e-2)


def test_no_samples_give_an_empty_result_with_all_classes():
    found = log_probabilities(TinyEnsemble(), Rows(), np.array([], dtype=np.int64), batch_size=4)
    assert found.shape == (3, 0, 5)


def test_progress_is_reported_per_batch_and_a_stop_is_honoured():
    class Listener:
        def __init__(self):
            self.heard = []

        def advance(self, phase, done, total):
            self.heard.append((done, total))
            if done == 2:
                raise StoppedError("stop")

    listener = Listener()
    with pytest.raises(StoppedError):
        log_probabilities(TinyEnsemble(), Rows(), np.arange(11), batch_size=4, channel=listener)
    assert listener.heard == [(1, 3), (2, 3)]


def test_a_batch_size_below_one_is_refused():
    with pytest.raises(ValueError, match="batch_size is 0"):
        log_probabilities(TinyEnsemble(), Rows(), np.arange(3), batch_size=0)
