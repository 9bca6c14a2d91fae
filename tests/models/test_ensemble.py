import pytest
import torch
from torch.nn.functional import cross_entropy

from unlearn_core.configs.architecture import CNNConfig, MLPConfig, ResNet18Config
from unlearn_core.errors import CheckpointError
from unlearn_core.models.architectures import initialise_module
from unlearn_core.models.ensemble import Ensemble

CPU = torch.device("cpu")
ARCHITECTURES = {
    "mlp": (MLPConfig(hidden=(9,)), (1, 6, 6)),
    "cnn": (CNNConfig(channels=(4, 5), hidden=7), (3, 8, 8)),
    "resnet18": (ResNet18Config(stem="small"), (3, 8, 8)),
}


def in_float64(ensemble):
    """Double precision, so that Adam does not blow rounding errors up to the learning rate."""
    states = [
        {k: v.double() if v.is_floating_point() else v for k, v in state.items()}
        for state in ensemble.states()
    ]
    return Ensemble.from_states(
        ensemble.architecture, ensemble.image_shape, ensemble.num_classes, states, CPU
    )


def make(name, seeds):
    architecture, shape = ARCHITECTURES[name]
    return in_float64(Ensemble.initialise(architecture, shape, 4, seeds, CPU))


@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_ensemble_in_training_equals_separate_modules_step_for_step(name, width):
    architecture, shape = ARCHITECTURES[name]
    seeds = range(10, 10 + width)
    ensemble = make(name, seeds).train()
    separate = [initialise_module(architecture, shape, 4, seed).double().train() for seed in seeds]
    together = torch.optim.Adam(ensemble.parameters(), lr=1e-2)
    alone = [torch.optim.Adam(module.parameters(), lr=1e-2) for module in separate]
    draw = torch.Generator().manual_seed(0)
    for _ in range(3):
        inputs = torch.randn(width, 5, *shape, generator=draw, dtype=torch.float64)
        labels = torch.randint(4, (width, 5), generator=draw)
        logits = ensemble(inputs)
        together.zero_grad()
        sum(cross_entropy(logits[i], labels[i]) for i in range(width)).backward()
        together.step()
        for i, module in enumerate(separate):
            own = module(inputs[i])
            torch.testing.assert_close(logits[i], own, rtol=1e-9, atol=1e-9)
            alone[i].zero_grad()
            cross_entropy(own, labels[i]).backward()
            alone[i].step()
    for state, module in zip(ensemble.states(), separate, strict=True):
        torch.testing.assert_close(state, dict(module.state_dict()), rtol=1e-7, atol=1e-8)


def test_batchnorm_statistics_move_in_training_and_rest_in_evaluation():
    ensemble = make("resnet18", [1, 2])
    inputs = torch.randn(2, 5, 3, 8, 8, dtype=torch.float64)
    before = ensemble.states()
    ensemble(inputs)
    torch.testing.assert_close(ensemble.states(), before, rtol=0, atol=0)
    ensemble.train()(inputs)
    assert not torch.equal(ensemble.states()[0]["bn1.running_mean"], before[0]["bn1.running_mean"])
    assert ensemble.states()[1]["bn1.num_batches_tracked"] == 1


@pytest.mark.parametrize("mask", [[True, False, True], [False], [False, False]])
def test_buffers_of_inactive_instances_stay_exactly(mask):
    ensemble = make("resnet18", range(len(mask))).train()
    before = ensemble.states()
    logits = ensemble(
        torch.randn(len(mask), 5, 3, 8, 8, dtype=torch.float64), active=torch.tensor(mask)
    )
    logits.sum().backward()
    for old, new, active in zip(before, ensemble.states(), mask, strict=True):
        moved = any(not torch.equal(old[name], new[name]) for name in old)
        assert moved == active


@pytest.mark.parametrize("width", [1, 3])
def test_shared_inputs_equal_repeated_ones(width):
    ensemble = make("cnn", range(width))
    images = torch.randn(5, 3, 8, 8, dtype=torch.float64)
    torch.testing.assert_close(ensemble(images), ensemble(images.expand(width, -1, -1, -1, -1)))


@pytest.mark.parametrize("width", [1, 2])
def test_clone_is_equal_and_shares_no_memory(width):
    ensemble = make("resnet18", range(width)).train()
    before = ensemble.states()
    twin = ensemble.clone()
    assert twin.training
    torch.testing.assert_close(twin.states(), before, rtol=0, atol=0)
    twin(torch.randn(width, 4, 3, 8, 8, dtype=torch.float64)).sum().backward()
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.add_(1.0)
    torch.testing.assert_close(ensemble.states(), before, rtol=0, atol=0)
    assert not torch.equal(twin.states()[0]["conv1.weight"], before[0]["conv1.weight"])


@pytest.mark.parametrize("width", [1, 2])
def test_states_share_no_memory_with_the_ensemble(width):
    ensemble = make("mlp", range(width))
    kept = ensemble.states()
    for state in ensemble.states():
        for value in state.values():
            value.zero_()
    torch.testing.assert_close(ensemble.states(), kept, rtol=0, atol=0)


def test_instances_of_from_states_are_the_states():
    states = make("cnn", [1, 2, 3]).states()
    architecture, shape = ARCHITECTURES["cnn"]
    again = Ensemble.from_states(architecture, shape, 4, states, CPU)
    torch.testing.assert_close(again.states(), states, rtol=0, atol=0)
    assert (again.width, again.num_classes, again.image_shape) == (3, 4, shape)


def test_parameter_count_is_that_of_one_instance():
    assert Ensemble.initialise(MLPConfig(), (1, 28, 28), 10, [1, 2], CPU).parameter_count == 636_010


def test_state_of_another_architecture_is_refused():
    states = make("mlp", [1]).states()
    with pytest.raises(CheckpointError, match=r"does not fit architecture 'cnn'.*conv1"):
        Ensemble.from_states(*ARCHITECTURES["cnn"], 4, states, CPU)


def test_an_instance_is_initialised_from_its_own_seed_alone():
    together = make("mlp", [4, 5, 6]).states()
    torch.testing.assert_close(make("mlp", [6]).states()[0], together[2], rtol=0, atol=0)
    assert not torch.equal(together[0]["fc1.weight"], together[1]["fc1.weight"])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_ensemble_on_cuda_equals_cpu():
    ensemble = Ensemble.initialise(*ARCHITECTURES["cnn"], 4, [1, 2], CPU)
    moved = Ensemble.from_states(*ARCHITECTURES["cnn"], 4, ensemble.states(), torch.device("cuda"))
    images = torch.randn(2, 5, 3, 8, 8)
    torch.testing.assert_close(moved(images.cuda()).cpu(), ensemble(images), rtol=1e-3, atol=1e-4)
