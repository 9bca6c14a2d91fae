import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_core.algorithms import impair
from unlearn_core.algorithms.generated_noise import GeneratedNoise
from unlearn_core.algorithms.impair import cells_of, impair_batches
from unlearn_core.algorithms.noise_generator import NoiseGenerator
from unlearn_core.algorithms.samples import SampleWindow
from unlearn_core.configs.algorithms.noise import NoiseGeneratorConfig
from unlearn_core.configs.data import UnitScaling
from unlearn_core.training.device_images import DeviceImages

CPU = torch.device("cpu")


class NumberedNoise:
    """Image of item j of instance i: -(1000 i + j + 1); target class 0 with weight j."""

    def __init__(self, width, count):
        self.count = count
        self.targets = torch.zeros(width, count, 3)
        self.targets[:, :, 0] = torch.arange(count)

    def images(self, items):
        values = -(torch.from_numpy(items) + 1 + 1000 * torch.arange(len(items)).unsqueeze(1))
        return values.float().view(*items.shape, 1, 1, 1)


@pytest.fixture
def retain():
    """Pixel p at position p, class p mod 3."""
    pixels = np.arange(200, dtype=np.uint8).reshape(200, 1, 1, 1)
    images = DeviceImages(pixels, np.arange(200) % 3, UnitScaling(), CPU)
    return SampleWindow(images, np.arange(200), 2)


def run(retain, noise_count, positions, batch_size):
    generators = [np.random.default_rng(seed) for seed in range(2)]
    noise = NumberedNoise(2, noise_count)
    batches = list(impair_batches(noise, retain, positions, batch_size, generators))
    inputs = torch.cat([inputs for inputs, _ in batches], dim=1)
    targets = torch.cat([targets for _, targets in batches], dim=1)
    return [len(b[0][0]) for b in batches], inputs.flatten(1), targets


@pytest.mark.parametrize("chunk", [1, 16, 2048])
@pytest.mark.parametrize(("noise_count", "retain_count"), [(11, 30), (30, 11), (5, 0), (1, 60)])
def test_every_item_stands_once_with_its_own_target(
    retain, noise_count, retain_count, chunk, monkeypatch
):
    monkeypatch.setattr(impair, "_CHUNK_SAMPLES", chunk)
    draw = np.random.default_rng(5)
    positions = np.stack([draw.permutation(200)[:retain_count] for _ in range(2)])
    sizes, inputs, targets = run(retain, noise_count, positions, 8)
    total = noise_count + retain_count
    assert sizes == [8] * (total // 8) + [total % 8] * (total % 8 > 0)
    for i in range(2):
        values = inputs[i]
        items = (-values[values < 0] - 1000 * i - 1).round().long()
        assert sorted(items.tolist()) == list(range(noise_count))
        torch.testing.assert_close(targets[i][values < 0][:, 0], items.float())
        kept = (values[values >= 0] * 255).round().long()
        assert kept.tolist() == positions[i].tolist()
        assert (targets[i][values >= 0].argmax(dim=1) == kept % 3).all()
    assert retain.samples_used == retain_count


def test_noise_and_retain_are_mixed_differently_per_instance(retain):
    positions = np.tile(np.arange(100), (2, 1))
    _, inputs, _ = run(retain, 100, positions, 8)
    places = inputs < 0
    assert not torch.equal(places[0], places[1])
    for row in places:
        assert 30 < int(row[:100].sum()) < 70


@settings(deadline=None)
@given(
    mask=st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=1, max_size=4).map(
        np.array
    )
)
def test_packed_cells_go_back_to_their_places(mask):
    cells = cells_of(mask, CPU)
    assert cells.columns.shape[1] == mask.sum(axis=1).max()
    table = np.arange(mask.size).reshape(mask.shape)
    packed = torch.from_numpy(np.take_along_axis(table, cells.columns, axis=1))
    written = torch.full(mask.shape, -1)
    cells.put(written, packed)
    np.testing.assert_array_equal(written.numpy(), np.where(mask, table, -1))


@pytest.fixture
def noise():
    """Two generators: items 0 to 4 of the first, 5 to 7 of the second."""
    config = NoiseGeneratorConfig(start_dimension=3, hidden_layers=1, hidden_width=4)
    made = [NoiseGenerator(config, (1, 2, 2), [seed, seed + 1], CPU) for seed in (1, 7)]
    forget_targets = torch.rand(2, 9, 3)
    numbers = [np.array([0, 2, 4, 6, 8]), np.array([1, 3, 1])]
    starts = [torch.Generator().manual_seed(seed) for seed in (4, 5)]
    return GeneratedNoise(made, numbers, forget_targets, starts), made, forget_targets


def test_each_item_comes_from_its_generator_and_has_its_target(noise):
    source, made, forget_targets = noise
    assert source.count == 8
    torch.testing.assert_close(
        source.targets, forget_targets[:, torch.tensor([0, 2, 4, 6, 8, 1, 3, 1])]
    )
    items = np.array([[7, 0, 3, 5], [1, 6, 2, 2]])
    images = source.images(items)
    for i, j in np.ndindex(items.shape):
        start = source._start[:, items[i, j]].unsqueeze(1)
        wanted = made[int(items[i, j] >= 5)](start)[i, 0]
        torch.testing.assert_close(images[i, j], wanted.detach())
    assert not images.requires_grad


def test_renewed_noise_is_fresh(noise):
    source = noise[0]
    items = np.tile(np.arange(8), (2, 1))
    before = source.images(items)
    torch.testing.assert_close(source.images(items), before)
    source.renew()
    assert not torch.isclose(source.images(items), before).all(dim=(2, 3, 4)).any()
