"""The page on metrics says what the registry says."""

import math
import re
from pathlib import Path

import pytest

from unlearn_core.metrics.registry import metric_info, metric_names

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text()
SECTIONS = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", PAGE, flags=re.M | re.S))


def bound(value, open_end):
    if value is None:
        return open_end
    return "ln 2" if value == math.log(2) else f"{value:g}"


def test_exactly_the_registered_metrics_have_a_section():
    assert sorted(SECTIONS) == list(metric_names())


@pytest.mark.parametrize("name", metric_names())
def test_a_section_repeats_title_unit_direction_bounds_formula_and_reading(name):
    info = metric_info(name)
    lower, upper = bound(info.lower, "-∞"), bound(info.upper, "∞")
    assert SECTIONS[name].strip() == (
        f"**{info.title}** · unit: {info.unit} · better: {info.direction} · "
        f"from {lower} to {upper}\n\n    {info.formula}\n\n{info.description}"
    )
