import pytest
import torch

from unlearn_core.configs.architecture import CNNConfig, MLPConfig, ResNet18Config
from unlearn_core.errors import ConfigError
from unlearn_core.models.architectures import build_module, initialise_module


def size_of(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_mlp_default_is_the_thesis_network():
    module = build_module(MLPConfig(), (1, 28, 28), 10)
    assert size_of(module) == 636_010
    assert [name for name, _ in module.named_parameters()] == [
        "fc1.weight",
        "fc1.bias",
        "fc2.weight",
        "fc2.bias",
    ]


def test_cnn_default_is_the_colored_mnist_network():
    module = build_module(CNNConfig(), (3, 28, 28), 10)
    assert size_of(module) == 242_122
    assert {name.partition(".")[0] for name, _ in module.named_parameters()} == {
        "conv1",
        "conv2",
        "conv3",
        "fc1",
        "fc2",
    }


def test_mlp_computes_relu_layers_by_hand():
    module = build_module(MLPConfig(hidden=(5, 4)), (1, 2, 3), 3)
    images = torch.randn(7, 1, 2, 3)
    state = module.state_dict()
    signal = images.reshape(7, 6)
    for layer in ("fc1", "fc2"):
        signal = (signal @ state[f"{layer}.weight"].T + state[f"{layer}.bias"]).clamp(min=0)
    wanted = signal @ state["fc3.weight"].T + state["fc3.bias"]
    torch.testing.assert_close(module(images), wanted)


def test_cnn_for_images_too_small_says_how_many_convolutions_fit():
    with pytest.raises(ConfigError, match="images of 4x4 allow at most 2"):
        build_module(CNNConfig(), (1, 4, 4), 10)


@pytest.mark.parametrize("channels", [1, 3])
def test_resnet_small_stem_keeps_the_resolution(channels):
    module = build_module(ResNet18Config(stem="small"), (channels, 32, 32), 10)
    seen = {}
    module.layer1.register_forward_hook(lambda _m, _i, out: seen.update(shape=out.shape))
    assert module(torch.randn(2, channels, 32, 32)).shape == (2, 10)
    assert seen["shape"] == (2, 64, 32, 32)


def test_resnet_imagenet_stem_takes_grey_images():
    module = build_module(ResNet18Config(stem="imagenet"), (1, 64, 64), 4)
    assert module(torch.randn(2, 1, 64, 64)).shape == (2, 4)


def test_initialisation_is_the_framework_default_from_the_seed_alone():
    torch.manual_seed(5)
    wanted = torch.nn.Linear(6, 4)
    torch.manual_seed(99)
    module = initialise_module(MLPConfig(hidden=(4,)), (1, 2, 3), 3, seed=5)
    torch.testing.assert_close(module.get_parameter("fc1.weight"), wanted.weight, rtol=0, atol=0)


def test_initialisation_leaves_global_random_state_alone():
    before = torch.random.get_rng_state()
    initialise_module(CNNConfig(), (3, 28, 28), 10, seed=1)
    assert torch.equal(before, torch.random.get_rng_state())
