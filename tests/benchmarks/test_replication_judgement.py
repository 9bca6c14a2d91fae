"""Published values are read, judged and written where the document marks a place for them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from benchmarks.judgement import Ours, judge
from benchmarks.replication_tables import Cost, Floor, all_tables
from benchmarks.tables import markdown_table, marked_table, replace_table, table_names
from benchmarks.thesis_reference import Key, Published, read_reference

ROOT = Path(__file__).resolve().parents[2]
PAIRS = "mean over 30 index-matched pairs"


def published(tmp_path: Path, *records: dict[str, object]) -> dict[Key, Published]:
    file = tmp_path / "reference.json"
    file.write_text(json.dumps({"records": list(records)}), encoding="utf-8")
    return read_reference(file)


def accuracy(label: str, subset: str, statistic: str, value: float) -> dict[str, object]:
    return {
        "model_type": label,
        "subset": subset,
        "data_split": "test",
        "metric": "accuracy",
        "statistic": statistic,
        "value": value,
    }


TRAINED_ALL = Key("accuracy", "test", "trained", "", "all", "")


def test_mean_and_sd_of_one_value_are_joined(tmp_path: Path) -> None:
    found = published(
        tmp_path,
        accuracy("trained", "D_all", "mean", 0.8778),
        accuracy("trained", "D_all", "std", 0.0015),
    )
    assert found == {TRAINED_ALL: Published(0.8778, 0.0015)}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("D_retain", "retain"),
        ("class 3", "class_3"),
        ("7_all", "class_7"),
        ("7_remain", "class_7_retain"),
        ("7_erased", "class_7_forget"),
    ],
)
def test_subsets_get_this_project_s_names(tmp_path: Path, theirs: str, ours: str) -> None:
    (key,) = published(tmp_path, accuracy("trained", theirs, "mean", 0.5))
    assert key.subset == ours


def test_an_unknown_subset_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown subset '8_all'"):
        published(tmp_path, accuracy("trained", "8_all", "mean", 0.5))


def test_the_base_of_a_kl_is_the_reference(tmp_path: Path) -> None:
    record = {
        "model_type": "gefeu",
        "compared_to": "retrained",
        "subset": "D_forget",
        "data_split": "train",
        "metric": "kl",
        "statistic": PAIRS,
        "value": 3.34,
    }
    (key,) = published(tmp_path, record)
    assert key == Key("thesis_kl", "train", "gefeu", "retrained", "forget", "")


def test_the_thesis_s_last_layer_gets_its_counted_name(tmp_path: Path) -> None:
    record = {
        "model_type": "gefeu",
        "compared_to": "trained",
        "metric": "layerwise",
        "layer": "fc3.bias",
        "statistic": PAIRS,
        "value": 5.5,
    }
    (key,) = published(tmp_path, record)
    assert (key.metric, key.detail, key.part) == ("layer_l1", "fc2.bias", "")


def test_a_value_in_full_wins_over_the_same_value_rounded(tmp_path: Path) -> None:
    record = {
        "model_type": "gefeu",
        "compared_to": "trained",
        "metric": "kl",
        "data_split": "train",
    }
    record |= {"subset": "D_forget"}
    found = published(
        tmp_path,
        record | {"statistic": "mean", "value": 2.29},
        record | {"statistic": PAIRS, "value": 2.288388},
    )
    assert [value.mean for value in found.values()] == [2.288388]


def test_what_a_figure_s_cell_computed_otherwise_is_left_out(tmp_path: Path) -> None:
    record = accuracy("trained", "7_all", "mean", 0.7375)
    record["detail"] = "NOT the measured 7_all accuracy: unweighted mean of 7_remain and 7_erased"
    assert published(tmp_path, record) == {}


def test_z_follows_its_formula() -> None:
    ours = Ours(0.8790, 0.0020, 25)
    (judged,) = judge({TRAINED_ALL: Published(0.8778, 0.0015)}, {TRAINED_ALL: ours})
    unbiased = 0.0015**2 * 30 / 29
    expected = (0.8790 - 0.8778) / math.sqrt(0.0020**2 / 25 + unbiased / 30)
    assert judged.z == pytest.approx(expected)
    assert judged.agrees is (abs(expected) <= 3)
    assert judged.inside is True


def test_our_sd_stands_for_both_where_none_is_published() -> None:
    key = Key("thesis_l2", "", "retrained", "trained", "", "")
    (judged,) = judge({key: Published(28.4, None)}, {key: Ours(28.5, 0.3, 30)})
    assert judged.borrowed
    assert judged.z == pytest.approx(0.1 / math.sqrt(2 * 0.3**2 / 30))


def test_a_difference_below_the_printed_decimals_is_none() -> None:
    """Both populations at 0 without spread: 0.00004 would otherwise be infinitely many errors."""
    (judged,) = judge({TRAINED_ALL: Published(0.0, 0.0)}, {TRAINED_ALL: Ours(0.00004, 0.0, 30)})
    assert judged.z == 0.0
    (judged,) = judge({TRAINED_ALL: Published(0.0, 0.0)}, {TRAINED_ALL: Ours(0.01, 0.0, 30)})
    assert judged.z == math.inf
    assert judged.agrees is False


def test_inside_is_about_the_spread_of_single_models_not_of_the_mean() -> None:
    thesis = {TRAINED_ALL: Published(0.70, 0.05)}
    (judged,) = judge(thesis, {TRAINED_ALL: Ours(0.79, 0.01, 30)})
    assert judged.inside is True
    assert judged.agrees is False
    (judged,) = judge(thesis, {TRAINED_ALL: Ours(0.81, 0.01, 30)})
    assert judged.inside is False


def test_a_value_we_do_not_have_is_not_judged() -> None:
    (judged,) = judge({TRAINED_ALL: Published(0.9, 0.1)}, {})
    assert (judged.z, judged.agrees, judged.inside) == (None, None, None)


def test_published_sd_is_that_of_the_population() -> None:
    values = [1.0, 2.0, 4.0]
    mean = sum(values) / 3
    squares = sum((value - mean) ** 2 for value in values)
    assert Ours(mean, math.sqrt(squares / 2), 3).published_sd == pytest.approx(
        math.sqrt(squares / 3)
    )


def test_the_summary_counts_a_missing_value_as_not_agreeing() -> None:
    other = Key("accuracy", "test", "retrained", "", "all", "")
    thesis = {TRAINED_ALL: Published(0.88, 0.01), other: Published(0.85, 0.01)}
    tables = all_tables(judge(thesis, {TRAINED_ALL: Ours(0.88, 0.01, 30)}), [], [])
    line = next(row for row in tables["summary"].splitlines() if "test part: trained" in row)
    assert "1 of 2 (50 %)" in line
    assert "| retrained |" in tables["exceptions"]


def test_every_marked_place_of_the_document_has_a_table() -> None:
    document = (ROOT / "docs" / "replication.md").read_text(encoding="utf-8")
    assert set(table_names(document)) == set(all_tables([], [], []))


def test_floor_and_costs_show_their_numbers() -> None:
    floor = Floor("retrained", 0.0071, 0.0069, 0.0073, 30)
    tables = all_tables([], [floor], [Cost("retrained", 7500, 60000, 12.34)])
    assert "0.0069 to 0.0073" in tables["floor"]
    assert "| retrained | 7,500 | 60,000 | 12.3 |" in tables["costs"]


def test_replacing_a_table_keeps_the_prose() -> None:
    document = "before\n<!-- table:one -->\nold\n<!-- /table:one -->\nafter\n"
    table = markdown_table(["a"], [["x|y"]])
    changed = replace_table(document, "one", table)
    assert changed.startswith("before\n")
    assert changed.endswith("\nafter\n")
    assert marked_table(changed, "one") == table
    assert replace_table(changed, "one", table) == changed


def test_a_place_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match=r"table:two.*the document has: one"):
        replace_table("<!-- table:one --><!-- /table:one -->", "two", "")
