"""The registry of metrics: facts, names, selection."""

import subprocess
import sys

import pytest

from unlearn_core.errors import UnknownNameError
from unlearn_core.metrics.registry import metric_info, metric_names, metric_records, select


def test_names_are_in_alphabetical_order_and_contain_the_essential_ones():
    assert list(metric_names()) == sorted(metric_names())
    assert {"accuracy", "loss"} <= set(metric_names())


def test_an_unknown_name_is_refused_with_the_nearest_one():
    with pytest.raises(UnknownNameError, match="did you mean 'accuracy'"):
        metric_info("acuracy")


def test_a_selection_holds_each_metric_once_and_all_stands_for_every_one():
    assert [m.info.name for m in select(("loss", "accuracy", "loss"))] == ["accuracy", "loss"]
    assert tuple(m.info.name for m in select(("all", "loss"))) == metric_names()
    with pytest.raises(UnknownNameError, match="no metric 'los'"):
        select(("accuracy", "los"))


def test_records_repeat_the_facts():
    records = {record.name: record for record in metric_records()}
    assert tuple(records) == metric_names()
    for name, record in records.items():
        info = metric_info(name)
        assert (record.title, record.unit, record.direction) == (
            info.title,
            info.unit,
            info.direction,
        )
        assert (record.lower_bound, record.upper_bound) == (info.lower, info.upper)
        assert record.formula == info.formula
        assert record.description == info.description


@pytest.mark.parametrize("name", metric_names())
def test_facts_are_complete(name):
    info = metric_info(name)
    assert info.name == name
    assert info.title
    assert info.unit
    assert info.formula
    assert info.description.endswith(".")
    assert info.direction in {"higher", "lower", "reference", "none"}
    assert info.kind in {"prediction", "distance", "parameters", "cost"}
    if info.lower is not None and info.upper is not None:
        assert info.lower < info.upper


def test_facts_are_light():
    script = (
        "import sys; from unlearn_core.metrics.registry import metric_records; metric_records(); "
        "print([m for m in ('torch', 'scipy', 'sklearn', 'pyarrow') if m in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "[]"
