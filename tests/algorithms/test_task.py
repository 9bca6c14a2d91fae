import numpy as np
import pytest
import torch

from unlearn_core.configs.algorithms.info import Need
from unlearn_core.configs.training import TrainingConfig
from unlearn_core.errors import StoppedError, UndeclaredNeedError

EVERYTHING = frozenset(Need)
DOORS = {
    Need.FORGET_IMAGES: "forget_images",
    Need.FORGET_LABELS: "forget_labels",
    Need.FORGET_COUNT: "forget_counts",
    Need.RETAIN_DATA: "retain_data",
    Need.VALIDATION_DATA: "validation_data",
    Need.UNTRAINED_TWIN: "untrained_twin",
    Need.TRAINING_RECIPE: "training_recipe",
}


class Counter:
    def __init__(self):
        self.calls = []

    def advance(self, *call):
        self.calls.append(call)


@pytest.mark.parametrize("need", Need)
def test_a_door_opens_for_its_declared_need_alone(problem, need):
    task = problem.task(frozenset({need}))
    getattr(task, DOORS[need])()
    assert task.used_needs == {need}
    closed = problem.task(EVERYTHING - {need})
    with pytest.raises(UndeclaredNeedError, match=need.value):
        getattr(closed, DOORS[need])()
    assert closed.used_needs == frozenset()


def test_doors_show_what_they_are_named_for(problem):
    task = problem.task(EVERYTHING, validation_ids=np.array([700, 701]))
    np.testing.assert_array_equal(task.forget_labels(), np.full(64, 7))
    assert task.forget_counts() == {7: 64}
    assert task.training_recipe() == TrainingConfig()
    torch.testing.assert_close(task.untrained_twin().states(), problem.trained.states())
    np.testing.assert_array_equal(task.validation_data().labels, problem.labels[[700, 701]])
    retain = task.retain_data()
    positions = torch.tensor([[0, 3]] * 4)
    ids = torch.from_numpy(problem.retain_ids)[positions]
    torch.testing.assert_close(retain.inputs(positions), problem.images.inputs(ids))
    torch.testing.assert_close(retain.labels_of(positions), problem.images.labels_of(ids))
    shared = task.forget_images().inputs(torch.tensor([5]))
    wanted = problem.images.inputs(torch.from_numpy(problem.forget_ids[[5]]))
    torch.testing.assert_close(shared, wanted)


def test_unknown_twins_are_an_error(problem):
    with pytest.raises(UndeclaredNeedError, match="twins of these models are not known"):
        problem.task(EVERYTHING, untrained=None).untrained_twin()


def test_retain_samples_are_counted_once_per_instance(problem):
    task = problem.task(EVERYTHING, seeds=(1, 2))
    retain = task.retain_data()
    assert task.retain_samples_used == 0
    retain.inputs(torch.tensor([[0, 1, 1], [2, 2, 2]]))
    retain.inputs(torch.tensor([[1, 5], [2, 2]]))
    assert task.retain_samples_used == 3


def test_a_phase_counts_and_tells(problem):
    task, channel = problem.task(EVERYTHING), Counter()
    with task.phase("noise", 2, channel) as phase:
        phase.record(torch.tensor([1.0, 2.0]), 8)
        phase.record(torch.tensor([0.5, 0.25]), 3)
    (found,) = task.phases
    assert (found.name, found.steps, found.samples_with_gradient) == ("noise", 2, 11)
    assert (found.first_loss, found.last_loss) == ((1.0, 2.0), (0.5, 0.25))
    assert channel.calls == [("noise", 1, 2), ("noise", 2, 2)]


class Refusal:
    def advance(self, phase, done, total):
        raise StoppedError("stopped")


def stopped_phase(task):
    with task.phase("noise", 1, Refusal()) as phase:
        phase.record(torch.tensor([1.0]), 8)


def test_a_phase_that_is_stopped_or_empty_leaves_nothing(problem):
    task = problem.task(EVERYTHING)
    with task.phase("noise", 0, Counter()):
        pass
    with pytest.raises(StoppedError):
        stopped_phase(task)
    assert task.phases == ()


def test_generators_depend_on_instance_and_purpose_alone(problem):
    four, two = problem.task(EVERYTHING, seeds=(1, 2, 3, 4)), problem.task(EVERYTHING, seeds=(3,))
    for draw in (
        lambda task, purpose: [g.random() for g in task.numpy_generators(purpose)],
        lambda task, purpose: [
            torch.rand(1, generator=g).item() for g in task.torch_generators(purpose)
        ],
    ):
        assert draw(four, "a")[2] == draw(two, "a")[0]
        assert len({*draw(four, "a"), *draw(four, "b")}) == 8


def test_side_storage_adds_up(problem):
    task = problem.task(EVERYTHING)
    task.add_side_storage(3)
    task.add_side_storage(4)
    assert task.side_storage_bytes == 7
