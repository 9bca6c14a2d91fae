import numpy as np
from sklearn.datasets import load_digits

from unlearn_core.configs.data import DigitsConfig
from unlearn_core.data.load import load_dataset


def test_every_fifth_image_of_the_source_order_is_test():
    dataset, source = load_dataset(DigitsConfig()), load_digits()
    test_rows = range(4, 1797, 5)
    train_rows = [row for row in range(1797) if row % 5 != 4]
    np.testing.assert_array_equal(dataset.test.labels, source.target[test_rows])
    np.testing.assert_array_equal(dataset.train.labels, source.target[train_rows])
    assert (len(dataset.train), len(dataset.test)) == (1438, 359)


def test_sixteen_grey_levels_fill_the_byte():
    dataset, source = load_dataset(DigitsConfig()), load_digits()
    scaled = dataset.test.images[..., 0].astype(float) * 16 / 255
    np.testing.assert_allclose(scaled, source.images[4::5], rtol=0, atol=0.501 * 16 / 255)
    assert dataset.train.images.min() == 0
    assert dataset.train.images.max() == 255
    assert dataset.image_shape == (1, 8, 8)


def test_fingerprint_is_stable():
    dataset = load_dataset(DigitsConfig())
    assert dataset.fingerprint == "ec6c62b75ba7519e8d46cad4f13b19695e3138f517c7180681f10eff51ce9c31"
