"""What every registered algorithm promises; found by itself, so a new one is tested too."""

import tomllib

import numpy as np
import pytest
import tomli_w
import torch

from unlearn_core.algorithms.registry import create
from unlearn_core.channel import SilentChannel
from unlearn_core.configs.algorithms.info import Need
from unlearn_core.configs.algorithms.registry import algorithm_names, config_type, info
from unlearn_core.errors import StoppedError, UndeclaredNeedError

pytestmark = pytest.mark.parametrize("name", algorithm_names())

SEEDS = (11, 12, 13, 14)


class Listener:
    """Keeps what it is told, and asks to stop at the k-th call."""

    def __init__(self, stop_at=None):
        self.heard, self.stop_at = [], stop_at

    def advance(self, phase, done, total):
        self.heard.append((phase, done, total))
        if len(self.heard) == self.stop_at:
            raise StoppedError("stopped on request")


@pytest.fixture(scope="module")
def results(problem):
    """One run of each algorithm on all four networks, with its task and what was heard."""
    made = {}

    def of(name):
        if name not in made:
            config = problem.config(name)
            task, listener = problem.task(config.info.needs, SEEDS), Listener()
            models = problem.trained.clone()
            unlearned = create(config).unlearn(models, task, listener)
            made[name] = (unlearned, task, listener.heard, models)
        return made[name]

    return of


def test_the_input_is_not_changed(name, problem, results):
    unlearned, _, _, given = results(name)
    torch.testing.assert_close(given.states(), problem.trained.states(), rtol=0, atol=0)
    assert not given.training
    assert not unlearned.training
    assert not torch.equal(unlearned.states()[0]["fc1.weight"], given.states()[0]["fc1.weight"])


def test_equal_seeds_give_equal_weights(name, problem, results):
    config = problem.config(name)
    again = create(config).unlearn(
        problem.trained, problem.task(config.info.needs, SEEDS), SilentChannel()
    )
    torch.testing.assert_close(again.states(), results(name)[0].states(), rtol=0, atol=0)


def test_it_forgets_and_keeps_the_rest(name, problem, results, tiny):
    unlearned = results(name)[0]
    before_accuracy, before_loss = problem.measure(problem.trained, problem.forget_ids)
    forget_accuracy, forget_loss = problem.measure(unlearned, problem.forget_ids)
    retain_accuracy, _ = problem.measure(unlearned, problem.retain_ids)
    assert (before_accuracy == 1.0).all()
    assert (forget_loss > 2 * before_loss).all()
    assert (forget_accuracy <= tiny(name).forget_ceiling).all()
    assert (retain_accuracy >= tiny(name).retain_floor).all()


def test_four_together_equal_four_alone(name, problem, results):
    together = results(name)[0].states()
    config = problem.config(name)
    for i, seed in enumerate(SEEDS):
        task = problem.task(config.info.needs, seeds=(seed,))
        alone = create(config).unlearn(problem.only(i), task, SilentChannel()).states()[0]
        torch.testing.assert_close(alone, together[i], rtol=1e-3, atol=1e-4)


def test_progress_is_told_at_every_batch(name, results):
    _, task, heard, _ = results(name)
    assert [phase.name for phase in task.phases] == list(info(name).phases)
    assert heard == [
        (phase.name, done, phase.steps)
        for phase in task.phases
        for done in range(1, phase.steps + 1)
    ]


def test_phases_count_their_cost(name, results):
    for phase in results(name)[1].phases:
        assert phase.samples_with_gradient >= phase.steps > 0
        assert phase.seconds > 0
        assert len(phase.first_loss) == len(phase.last_loss) == 4
        assert np.isfinite([*phase.first_loss, *phase.last_loss]).all()


def test_a_stop_is_honoured_within_one_batch_of_any_phase(name, problem, results):
    heard = results(name)[2]
    starts = [number for number, entry in enumerate(heard, start=1) if entry[1] == 1]
    config = problem.config(name)
    for stop_at in [*starts, len(heard)]:
        listener = Listener(stop_at)
        task = problem.task(config.info.needs, SEEDS)
        with pytest.raises(StoppedError):
            create(config).unlearn(problem.trained, task, listener)
        assert listener.heard == heard[:stop_at]


def test_a_need_that_is_not_declared_raises_when_touched(name, problem, results):
    config = problem.config(name)
    used = results(name)[1].used_needs
    assert used <= info(name).needs
    for need in used:
        task = problem.task(info(name).needs - {need})
        with pytest.raises(UndeclaredNeedError, match=f"touched the {need}, which"):
            create(config).unlearn(problem.trained, task, SilentChannel())


@pytest.mark.parametrize(
    ("need", "part"),
    [(Need.FORGET_IMAGES, "forget_ids"), (Need.RETAIN_DATA, "retain_ids")],
    ids=["forget", "retain"],
)
def test_pixels_it_does_not_declare_have_no_influence(name, problem, results, need, part):
    config = problem.config(name)
    spoilt = problem.with_noise_at(getattr(problem, part))
    task = problem.task(config.info.needs, images=spoilt)
    states = create(config).unlearn(problem.trained, task, SilentChannel()).states()
    equal = torch.equal(states[0]["fc1.weight"], results(name)[0].states()[0]["fc1.weight"])
    assert equal == (need not in info(name).needs)


def test_retain_samples_used_are_counted(name, problem, results):
    used = results(name)[1].retain_samples_used
    assert (used > 0) == (Need.RETAIN_DATA in info(name).needs)
    assert used <= len(problem.retain_ids)


@pytest.mark.parametrize("build", ["default", "tiny"])
def test_config_survives_toml(name, problem, build):
    config = problem.config(name) if build == "tiny" else config_type(name)()
    text = tomli_w.dumps(config.table())
    assert config_type(name).model_validate(tomllib.loads(text)) == config
