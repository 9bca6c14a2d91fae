from __future__ import annotations

from test_plan import plan_of

from unlearn_core.experiments.devices import DevicePlan
from unlearn_core.experiments.engine import pack_steps

CPU = DevicePlan(("cpu", "cpu"), threads=1, stack=False)
ONE_GPU = DevicePlan(("cuda:0",), threads=1, stack=True)
TWO_GPUS = DevicePlan(("cuda:0", "cuda:1"), threads=1, stack=True)


def trainings(**changes):
    return [step for step in plan_of(**changes).steps if step.kind == "train"]


def test_a_cpu_takes_one_instance_at_a_time():
    assert [len(group) for group in pack_steps(trainings(), CPU)] == [1, 1, 1, 1]


def test_a_gpu_stacks_all_instances_of_a_stage():
    groups = pack_steps(trainings(instances=5), ONE_GPU)
    assert [(group[0].stage, len(group)) for group in groups] == [("train", 5), ("retrain", 5)]


def test_two_gpus_share_the_instances_evenly():
    groups = pack_steps(trainings(instances=5), TWO_GPUS)
    assert [len(group) for group in groups] == [3, 2, 3, 2]


def test_a_plateau_schedule_is_never_stacked():
    steps = trainings(training={"schedule": {"kind": "plateau"}})
    assert {len(group) for group in pack_steps(steps, ONE_GPU)} == {1}
