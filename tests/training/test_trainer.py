import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from unlearn_core.channel import SilentChannel
from unlearn_core.configs.architecture import MLPConfig
from unlearn_core.configs.data import UnitScaling
from unlearn_core.configs.training import (
    BalancedCycleSampling,
    Epochs,
    PlateauSchedule,
    Rounds,
    ShuffleSampling,
    StepByRoundSchedule,
    TrainingConfig,
    ValueClipping,
)
from unlearn_core.errors import StoppedError
from unlearn_core.models.architectures import initialise_module
from unlearn_core.models.ensemble import Ensemble
from unlearn_core.training.device_images import DeviceImages
from unlearn_core.training.sampling import make_stream
from unlearn_core.training.trainer import train_ensemble

CPU = torch.device("cpu")
MLP = MLPConfig(hidden=(12,))
SHAPE = (1, 5, 5)
NOTHING = np.empty(0, dtype=np.int64)
COUNT = 50


@pytest.fixture(scope="module")
def images():
    """Three classes that a small network can tell apart: bright rows."""
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 3, COUNT)
    pixels = draw.integers(0, 60, (COUNT, *SHAPE), dtype=np.uint8)
    pixels[np.arange(COUNT), 0, labels] += 120
    return DeviceImages(pixels, labels, UnitScaling(), CPU)


def fresh(seeds):
    return Ensemble.initialise(MLP, SHAPE, 3, seeds, CPU)


def train(images, recipe, seeds=(1,), excluded=NOTHING, order=None, channel=None):
    return train_ensemble(
        fresh(seeds),
        images,
        np.arange(COUNT),
        excluded,
        recipe,
        order or seeds,
        channel or SilentChannel(),
    )


RECIPES = {
    "as run": TrainingConfig(
        learning_rate=1e-2,
        batch_size=8,
        amount=Rounds(rounds=4, samples_per_round=20),
        sampling=BalancedCycleSampling(),
        schedule=StepByRoundSchedule(every=2),
    ),
    "corrected": TrainingConfig(
        learning_rate=1e-2,
        batch_size=16,
        amount=Epochs(epochs=3),
        sampling=ShuffleSampling(),
        weight_decay=1e-3,
        clipping=ValueClipping(limit=0.05),
    ),
}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
@pytest.mark.parametrize("seeds", [(1,), (1, 2, 3)])
def test_training_equals_a_plain_loop(images, recipe, seeds):
    result = train(images, recipe, seeds)
    labels = images.labels_of(torch.arange(COUNT)).numpy()
    length = 20 if isinstance(recipe.amount, Rounds) else COUNT
    rounds = 4 if isinstance(recipe.amount, Rounds) else 3
    for i, seed in enumerate(seeds):
        stream = make_stream(recipe.sampling, np.arange(COUNT), labels, NOTHING, [seed])
        module = initialise_module(MLP, SHAPE, 3, seed)
        optimizer = torch.optim.Adam(
            module.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
        )
        for number in range(rounds):
            if recipe is RECIPES["as run"]:
                optimizer.param_groups[0]["lr"] = 1e-2 * 0.1 ** (number // 2)
            losses, right = [], 0
            for batch in torch.from_numpy(stream.take(length)[0]).split(recipe.batch_size):
                logits = module(images.inputs(batch))
                each = cross_entropy(logits, images.labels_of(batch), reduction="none")
                optimizer.zero_grad()
                each.mean().backward()
                if recipe is RECIPES["corrected"]:
                    torch.nn.utils.clip_grad_value_(module.parameters(), 0.05)
                optimizer.step()
                losses += each.tolist()
                right += int((logits.argmax(dim=1) == images.labels_of(batch)).sum())
            entry = result.curves[i][number]
            assert entry.loss == pytest.approx(np.mean(losses), abs=1e-4)
            assert entry.accuracy == right / length
        torch.testing.assert_close(
            result.models.states()[i], dict(module.state_dict()), rtol=1e-3, atol=1e-4
        )


def test_curves_count_steps_samples_and_rates(images):
    result = train(images, RECIPES["as run"])
    (curve,) = result.curves
    assert [entry.round for entry in curve] == [1, 2, 3, 4]
    assert [entry.steps for entry in curve] == [3, 6, 9, 12]
    assert [entry.samples_seen for entry in curve] == [20, 40, 60, 80]
    assert [entry.learning_rate for entry in curve] == pytest.approx([1e-2, 1e-2, 1e-3, 1e-3])
    assert (result.steps, result.samples_with_gradient) == (12, 80)
    assert not result.models.training


def test_the_given_models_stay_as_they_are(images):
    models = fresh([1, 2])
    before = models.states()
    train_ensemble(
        models, images, np.arange(COUNT), NOTHING, RECIPES["as run"], [1, 2], SilentChannel()
    )
    torch.testing.assert_close(models.states(), before, rtol=0, atol=0)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_four_together_equal_four_alone(images, recipe):
    together = train(images, recipe, (1, 2, 3, 4)).models.states()
    for i in range(4):
        alone = train(images, recipe, (i + 1,)).models.states()[0]
        torch.testing.assert_close(together[i], alone, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_excluded_samples_are_never_seen(images, recipe):
    excluded = np.array([0, 5, 9])
    labels = images.labels_of(torch.arange(COUNT)).numpy()
    pixels = images.inputs(torch.arange(COUNT)).mul(255).round().to(torch.uint8).numpy()
    pixels[excluded] = 255
    spoilt = DeviceImages(pixels, labels, UnitScaling(), CPU)
    clean = train(images, recipe, excluded=excluded).models.states()
    torch.testing.assert_close(
        train(spoilt, recipe, excluded=excluded).models.states(), clean, rtol=0, atol=0
    )
    assert not torch.equal(
        train(spoilt, recipe).models.states()[0]["fc1.weight"],
        train(images, recipe).models.states()[0]["fc1.weight"],
    )


def test_an_epoch_of_a_retrained_model_is_one_pass_over_what_remains(images):
    result = train(images, RECIPES["corrected"], excluded=np.array([0, 5, 9]))
    assert result.samples_with_gradient == 3 * 47
    assert result.steps == 3 * 3


def test_training_learns(images):
    recipe = TrainingConfig(learning_rate=1e-2, batch_size=8, amount=Epochs(epochs=15))
    for curve in train(images, recipe, (1, 2)).curves:
        assert curve[-1].accuracy == 1.0
        assert curve[-1].loss < curve[0].loss / 4


def test_plateau_lowers_the_rate_in_training(images):
    recipe = TrainingConfig(
        learning_rate=1e-9,
        amount=Epochs(epochs=4),
        schedule=PlateauSchedule(factor=0.5, patience=0),
    )
    (curve,) = train(images, recipe).curves
    assert curve[-1].learning_rate < 1e-9


class StopAt:
    def __init__(self, call):
        self.call, self.seen = call, []

    def advance(self, phase, done, total):
        self.seen.append((phase, done, total))
        if len(self.seen) == self.call:
            raise StoppedError("stopped")


def test_a_stop_is_honoured_at_the_batch_that_asks_for_it(images):
    channel = StopAt(5)
    with pytest.raises(StoppedError):
        train(images, RECIPES["as run"], channel=channel)
    assert channel.seen == [("train", number, 12) for number in range(1, 6)]
