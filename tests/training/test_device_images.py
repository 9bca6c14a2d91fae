import numpy as np
import pytest
import torch

from unlearn_core.configs.data import StandardScaling, UnitScaling
from unlearn_core.data.dataset import make_part
from unlearn_core.errors import ConfigError
from unlearn_core.training.device_images import DeviceImages

CPU = torch.device("cpu")
PIXELS = np.random.default_rng(0).integers(0, 256, (6, 4, 5, 3), dtype=np.uint8)
LABELS = np.array([3, 1, 4, 1, 5, 9])


@pytest.fixture
def part():
    return make_part(PIXELS, LABELS, "test")


@pytest.mark.parametrize("index", [[2, 0], [[2, 0, 5], [1, 1, 4]]])
def test_unit_scaling_divides_by_255(part, index):
    images = DeviceImages.from_part(part, UnitScaling(), CPU)
    wanted = PIXELS[np.array(index)].astype(np.float32) / 255
    found = images.inputs(torch.tensor(index))
    assert found.dtype == torch.float32
    np.testing.assert_array_equal(found.numpy(), np.moveaxis(wanted, -1, -3))
    np.testing.assert_array_equal(images.labels_of(torch.tensor(index)), LABELS[np.array(index)])


def test_standard_scaling_normalises_each_channel(part):
    scaling = StandardScaling(mean=(0.1, 0.2, 0.3), std=(0.5, 0.25, 2.0))
    images = DeviceImages.from_part(part, scaling, CPU)
    wanted = (PIXELS[[3]] / 255 - np.array(scaling.mean)) / np.array(scaling.std)
    found = images.inputs(torch.tensor([3])).numpy()
    np.testing.assert_allclose(found, np.moveaxis(wanted, -1, 1), rtol=1e-5, atol=1e-6)


def test_scaling_for_other_channels_is_refused(part):
    with pytest.raises(ConfigError, match="1 means and 1 standard deviations for images of 3"):
        DeviceImages.from_part(part, StandardScaling(mean=(0.1,), std=(1.0,)), CPU)


def test_inputs_are_copies(part):
    images = DeviceImages.from_part(part, UnitScaling(), CPU)
    images.inputs(torch.tensor([0])).zero_()
    assert images.inputs(torch.tensor([0])).any()
    assert (len(images), images.image_shape) == (6, (3, 4, 5))
