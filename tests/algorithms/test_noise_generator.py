import pytest
import torch

from unlearn_core.algorithms.noise_generator import NoiseGenerator
from unlearn_core.configs.algorithms.noise import NoiseGeneratorConfig

CPU = torch.device("cpu")
SHAPE = (1, 3, 4)


def make(seeds=(1, 2, 3), **options):
    config = NoiseGeneratorConfig(
        **{"start_dimension": 5, "hidden_layers": 2, "hidden_width": 6, **options}
    )
    return NoiseGenerator(config, SHAPE, seeds, CPU)


def generators(seeds):
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def test_images_by_hand():
    generator = make(seeds=(1,), trained_layers="all")
    start = torch.randn(1, 7, 5)
    one, bias_one, two, bias_two, out, bias_out = (p.detach() for p in generator.parameters())
    signal = (start[0] @ one.T + bias_one).clamp(min=0)
    signal = (signal @ two.T + bias_two).clamp(min=0)
    wanted = (signal @ out.T + bias_out).reshape(1, 7, *SHAPE)
    torch.testing.assert_close(generator(start).detach(), wanted)


@pytest.mark.parametrize(("trained", "tensors"), [("output", 2), ("all", 6)])
def test_gradients_reach_the_trained_layers_alone(trained, tensors):
    generator = make(trained_layers=trained)
    hidden = [value.clone() for value in generator._hidden.parameters()]
    assert len(generator.parameters()) == tensors
    generator(torch.randn(3, 4, 5)).square().sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in generator.parameters())
    frozen = [p.grad is None for p in generator._hidden.parameters()]
    assert frozen == [trained == "output"] * 4
    assert all(map(torch.equal, hidden, generator._hidden.parameters()))


def test_thesis_output_layer_has_the_size_of_the_text():
    config = NoiseGeneratorConfig(start_dimension=128, hidden_layers=1, trained_layers="output")
    generator = NoiseGenerator(config, (1, 28, 28), [1], CPU)
    assert sum(p.numel() for p in generator.parameters()) == 803_600


@pytest.mark.parametrize("trained", ["output", "all"])
def test_an_instance_does_not_depend_on_its_neighbours(trained):
    together, alone = make(trained_layers=trained), make(seeds=(2,), trained_layers=trained)
    starts = together.draw_start(4, generators((7, 8, 9)))
    own = alone.draw_start(4, generators((8,)))
    torch.testing.assert_close(own[0], starts[1], rtol=0, atol=0)
    torch.testing.assert_close(alone(own)[0], together(starts)[1])
    assert not torch.allclose(together(starts)[0], together(starts)[1])


def test_start_vectors_are_standard_normal_and_fresh():
    generator, draws = make(seeds=(1,)), generators((3,))
    first, second = generator.draw_start(4000, draws), generator.draw_start(4000, draws)
    assert abs(first.mean().item()) < 0.03
    assert abs(first.std().item() - 1) < 0.03
    assert not torch.equal(first, second)


def test_making_a_generator_leaves_global_random_state_alone():
    before = torch.random.get_rng_state()
    make()
    assert torch.equal(before, torch.random.get_rng_state())
