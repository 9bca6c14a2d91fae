"""FEMU, FEMU+Gen and GeFeU beyond the contract: step counts, targets, switches."""

import numpy as np
import pytest
import torch

from unlearn_core.algorithms.femu import FixedNoise
from unlearn_core.algorithms.impair_repair import ImpairRepairSettings, phase_steps
from unlearn_core.algorithms.noise_generator_unlearner import noise_positions
from unlearn_core.algorithms.noise_targets import noise_targets
from unlearn_core.algorithms.registry import create
from unlearn_core.algorithms.retain_draws import retain_count
from unlearn_core.algorithms.task import UnlearningTask
from unlearn_core.channel import SilentChannel
from unlearn_core.configs.algorithms.femu import FemuConfig
from unlearn_core.configs.algorithms.info import Need
from unlearn_core.configs.algorithms.noise import (
    ClassLabelTarget,
    GivenDistributionTarget,
    NoiseGeneratorConfig,
    PerClassRetain,
    PriorPredictionTarget,
)
from unlearn_core.configs.algorithms.registry import config_type
from unlearn_core.configs.architecture import MLPConfig, ResNet18Config
from unlearn_core.configs.data import UnitScaling
from unlearn_core.configs.training import TrainingConfig
from unlearn_core.errors import ConfigError
from unlearn_core.models.ensemble import Ensemble
from unlearn_core.training.device_images import DeviceImages

CPU = torch.device("cpu")
MNIST_FORGET, MNIST_TRAIN = 5413, 60_000


def settings_of(config):
    return ImpairRepairSettings(
        config.impair_epochs,
        config.impair_batch_size,
        config.impair_learning_rate,
        config.repair_epochs,
        config.repair_batch_size,
        config.repair_learning_rate,
    )


@pytest.mark.parametrize(
    ("name", "noise", "impair", "repair"),
    [("gefeu", 385, 3891, 3214), ("femu_gen", 1020, 8458, 7782)],
)
def test_defaults_on_mnist_take_the_steps_the_thesis_ran(name, noise, impair, repair):
    config = config_type(name)()
    batches = list(
        noise_positions(np.arange(MNIST_FORGET), config.noise_epochs, config.noise_batch_size, None)
    )
    assert len(batches) == noise
    assert sum(map(len, batches)) == config.noise_epochs * MNIST_FORGET
    retained = retain_count(config.retain, np.zeros(1, dtype=np.int64), MNIST_FORGET)
    assert phase_steps(settings_of(config), MNIST_FORGET, retained) == (impair, repair)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "changes", "steps"),
    [
        ("gradient_ascent", {}, [677]),
        ("gefeu", {"generators": "one", "balanced_retain": True}, [385, 3891, 3214]),
    ],
)
def test_a_run_of_mnist_size_takes_these_steps(name, changes, steps):
    labels = np.arange(MNIST_TRAIN) % 10
    labels[:MNIST_FORGET] = 7
    images = DeviceImages(
        np.zeros((MNIST_TRAIN, 1, 2, 2), dtype=np.uint8), labels, UnitScaling(), CPU
    )
    if name != "gradient_ascent":
        changes["generator"] = NoiseGeneratorConfig(
            start_dimension=2, hidden_layers=1, hidden_width=4, trained_layers="output"
        )
    config = config_type(name)(**changes)
    task = UnlearningTask(
        needs=config.info.needs,
        images=images,
        forget_ids=np.arange(MNIST_FORGET),
        retain_ids=np.arange(MNIST_FORGET, MNIST_TRAIN),
        validation_ids=np.empty(0, dtype=np.int64),
        num_classes=10,
        seeds=(1,),
        recipe=TrainingConfig(),
    )
    models = Ensemble.initialise(MLPConfig(hidden=(4,)), (1, 2, 2), 10, [1], CPU)
    create(config).unlearn(models, task, SilentChannel())
    assert [phase.steps for phase in task.phases] == steps


def test_noise_epochs_go_through_the_group_in_order():
    group = np.array([4, 6, 9])
    found = [batch.tolist() for batch in noise_positions(group, 2, 2, None)]
    assert found == [[4, 6], [9], [4, 6], [9]]


def test_a_number_of_batches_makes_full_batches_that_go_round():
    group = np.array([4, 6, 9])
    found = [batch.tolist() for batch in noise_positions(group, 2, 4, 1)]
    assert found == [[4, 6, 9, 4], [6, 9, 4, 6]]


def test_prior_predictions_are_each_models_softmax(problem):
    task = problem.task(frozenset(Need))
    found = noise_targets(PriorPredictionTarget(), problem.trained.clone(), task)
    logits = problem.trained(problem.images.inputs(torch.from_numpy(problem.forget_ids)))
    wanted = logits.exp() / logits.exp().sum(dim=2, keepdim=True)
    torch.testing.assert_close(found, wanted.detach())
    assert not found.requires_grad


def test_class_labels_and_given_distributions_are_targets(problem):
    task = problem.task(frozenset(Need))
    one_hot = noise_targets(ClassLabelTarget(), problem.trained, task)
    assert one_hot.shape == (4, 64, 10)
    assert (one_hot.argmax(dim=2) == 7).all()
    assert (one_hot.sum(dim=2) == 1).all()
    given = (0.5, 0.5, *(0.0,) * 8)
    found = noise_targets(GivenDistributionTarget(probabilities=given), problem.trained, task)
    torch.testing.assert_close(found, torch.tensor(given).expand(4, 64, 10))


def test_a_given_distribution_over_other_classes_is_refused(problem):
    target = GivenDistributionTarget(probabilities=(0.5, 0.5))
    with pytest.raises(ConfigError, match="has 2 entries, but the data has 10 classes"):
        noise_targets(target, problem.trained, problem.task(frozenset(Need)))


def two_classes(problem):
    """A request for classes 2 and 7."""
    ids = np.arange(len(problem.forget_ids) + len(problem.retain_ids))
    forget = ids[np.isin(problem.labels[ids], [2, 7])]
    return {"forget_ids": forget, "retain_ids": np.setdiff1d(ids, forget)}


@pytest.mark.parametrize("name", ["femu", "femu_gen", "gefeu"])
def test_several_classes_are_forgotten_in_one_request(problem, name):
    config = problem.config(name)
    request = two_classes(problem)
    task = problem.task(config.info.needs, **request)
    unlearned = create(config).unlearn(problem.trained, task, SilentChannel())
    for label in (2, 7):
        ids = request["forget_ids"][problem.labels[request["forget_ids"]] == label]
        assert (problem.measure(unlearned, ids)[0] < 0.6).all()
    assert (problem.measure(unlearned, request["retain_ids"])[0] > 0.8).all()


@pytest.mark.parametrize(
    ("changes", "noise_steps", "noise_items"),
    [
        # 136 forget samples in batches of 48, or 72 and 64 of them.
        ({"generators": "one"}, 10 * 3, 136),
        ({"generators": "per_class"}, 10 * (2 + 2), 136),
        ({"generators": "per_class", "noise_samples": 50}, 10 * 4, 100),
        ({"generators": "one", "noise_samples": 50}, 10 * 3, 50),
        ({"generators": "per_class", "noise_batches_per_epoch": 3}, 10 * 6, 136),
    ],
)
def test_switches_of_the_generators_set_the_amount_of_noise(
    problem, changes, noise_steps, noise_items
):
    request = two_classes(problem)
    assert np.bincount(problem.labels[request["forget_ids"]])[[2, 7]].tolist() == [72, 64]
    config = problem.config("femu_gen", noise_batch_size=48, **changes)
    task = problem.task(config.info.needs, seeds=(1,), **request)
    create(config).unlearn(problem.only(0), task, SilentChannel())
    noise, impair, repair = task.phases
    assert noise.steps == noise_steps
    assert repair.samples_with_gradient == 2 * 5 * 136
    assert impair.samples_with_gradient == noise_items + 5 * 136


def test_noise_learning_raises_the_loss_that_the_noise_meets(problem):
    for name in ("femu", "femu_gen", "gefeu"):
        config = problem.config(name, noise_penalty=0.0)
        task = problem.task(config.info.needs)
        create(config).unlearn(problem.trained, task, SilentChannel())
        first, last = task.phases[0].first_loss, task.phases[0].last_loss
        assert (np.array(last) < np.array(first) - 1.0).all()


def test_a_strong_penalty_shrinks_the_noise(problem):
    def last_loss(penalty):
        config = problem.config("femu", noise_penalty=penalty, noise_epochs=40)
        task = problem.task(config.info.needs, seeds=(1,))
        create(config).unlearn(problem.only(0), task, SilentChannel())
        return task.phases[0].first_loss[0], task.phases[0].last_loss[0]

    first, last = last_loss(100.0)
    # 64 pixels of a standard normal have a squared norm of about 64.
    assert first == pytest.approx(100.0 * 64, rel=0.2)
    assert last < 0.05 * first


@pytest.mark.parametrize("name", ["femu", "femu_gen", "gefeu"])
def test_repair_can_be_left_out(problem, name):
    config = problem.config(name, repair_epochs=0)
    task = problem.task(config.info.needs)
    create(config).unlearn(problem.trained, task, SilentChannel())
    assert [phase.name for phase in task.phases] == ["noise", "impair"]


def test_fixed_noise_stands_in_copies_with_its_classes():
    images = torch.arange(2 * 4.0).view(2, 4, 1, 1, 1)
    noise = FixedNoise(images, np.array([2, 2, 0, 0]), copies=3, num_classes=3)
    assert noise.count == 12
    items = np.array([[0, 5, 11], [4, 4, 2]])
    torch.testing.assert_close(
        noise.images(items).flatten(1), torch.tensor([[0.0, 1, 3], [4, 4, 6]])
    )
    assert noise.targets[1].argmax(dim=1).tolist() == [2, 2, 0, 0] * 3


@pytest.mark.parametrize(("slip", "predicted"), [(True, {2}), (False, {2, 7})])
def test_the_label_slip_names_all_noise_after_the_first_class(
    problem, monkeypatch, slip, predicted
):
    seen = []
    original = FixedNoise.__init__

    def spy(self, images, classes, copies, num_classes):
        seen.append(set(classes.tolist()))
        original(self, images, classes, copies, num_classes)

    monkeypatch.setattr(FixedNoise, "__init__", spy)
    config = problem.config("femu", first_class_labels_all_noise=slip)
    task = problem.task(config.info.needs, **two_classes(problem))
    create(config).unlearn(problem.trained, task, SilentChannel())
    assert seen == [predicted]


def test_running_statistics_follow_impair_and_repair_but_not_the_noise():
    draw = np.random.default_rng(0)
    images = DeviceImages(
        draw.integers(0, 256, (24, 3, 8, 8), dtype=np.uint8),
        np.arange(24) % 3,
        UnitScaling(),
        CPU,
    )
    config = FemuConfig(
        noise_epochs=1,
        noise_steps_per_epoch=2,
        noise_batch_size=4,
        noise_copies=1,
        retain=PerClassRetain(samples=4),
        batch_size=4,
    )
    models = Ensemble.initialise(ResNet18Config(), (3, 8, 8), 3, [1], CPU)
    task = UnlearningTask(
        needs=config.info.needs,
        images=images,
        forget_ids=np.arange(0, 24, 3),
        retain_ids=np.setdiff1d(np.arange(24), np.arange(0, 24, 3)),
        validation_ids=np.empty(0, dtype=np.int64),
        num_classes=3,
        seeds=(1,),
        recipe=TrainingConfig(),
    )
    unlearned = create(config).unlearn(models, task, SilentChannel())
    noise, impair, repair = task.phases
    tracked = unlearned.states()[0]["bn1.num_batches_tracked"]
    assert noise.steps == 2
    assert tracked == impair.steps + repair.steps
