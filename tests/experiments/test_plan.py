from __future__ import annotations

import pytest
from tiny_experiment import FINETUNE, GRADIENT_ASCENT, tiny_experiment

from unlearn_core.experiments.plan import Plan, make_plan
from unlearn_core.experiments.problem import load_problem


def plan_of(**changes) -> Plan:
    return make_plan(load_problem(tiny_experiment(**changes), None, None))


def hashes(plan: Plan, label: str) -> list[str]:
    return [model.step.step_hash for model in plan.models if model.label == label]


def test_every_role_and_label_has_every_instance():
    plan = plan_of(instances=3)
    counted = [(model.label, model.instance) for model in plan.models]
    labels = ["untrained", "trained", "retrained", "gradient_ascent", "finetune"]
    assert counted == [(label, i) for label in labels for i in range(3)]


def test_parents_stand_before_their_children():
    seen = set()
    for step in plan_of().steps:
        assert set(step.parents) <= seen
        seen.add(step.step_hash)


def test_the_same_config_gives_the_same_hashes():
    assert [s.step_hash for s in plan_of().steps] == [s.step_hash for s in plan_of().steps]


def test_another_algorithm_leaves_the_trained_models_in_the_cache():
    one, other = plan_of(algorithms=[GRADIENT_ASCENT]), plan_of(algorithms=[FINETUNE])
    for label in ("untrained", "trained", "retrained"):
        assert hashes(one, label) == hashes(other, label)


def test_another_request_shares_trained_but_not_retrained_models():
    one = plan_of()
    other = plan_of(request={"kind": "classes", "classes": [3]})
    assert hashes(one, "trained") == hashes(other, "trained")
    assert not set(hashes(one, "retrained")) & set(hashes(other, "retrained"))


def test_more_instances_keep_the_first_ones():
    assert hashes(plan_of(instances=4), "trained")[:2] == hashes(plan_of(), "trained")


def test_a_label_does_not_change_the_model_it_names():
    plan = plan_of(algorithms=[FINETUNE, FINETUNE | {"label": "again"}])
    assert hashes(plan, "finetune") == hashes(plan, "again")
    unlearning = [step for step in plan.steps if step.kind == "unlearn"]
    assert len(unlearning) == 2  # each instance once, though two labels use it


@pytest.mark.parametrize(("pairing", "shared"), [("twins", True), ("independent", False)])
def test_twins_share_initialisation_and_order_and_independent_models_do_not(pairing, shared):
    plan = plan_of(pairing=pairing)
    specs = {
        label: next(m.step.read_spec() for m in plan.models if m.label == label)
        for label in ("untrained", "trained", "retrained")
    }
    initial = {spec["initialisation_seed"] for spec in specs.values()}
    orders = {specs[label]["order_seed"] for label in ("trained", "retrained")}
    assert (len(initial) == 1) is shared
    assert (len(orders) == 1) is shared


def test_instances_have_seeds_of_their_own():
    plan = plan_of(instances=5)
    seeds = [m.step.read_spec()["initialisation_seed"] for m in plan.models if m.role == "trained"]
    assert len(set(seeds)) == 5


def test_a_setting_of_training_changes_every_later_hash():
    one, other = plan_of(), plan_of(training={"learning_rate": 0.002})
    for label in ("trained", "retrained", "gradient_ascent"):
        assert not set(hashes(one, label)) & set(hashes(other, label))
