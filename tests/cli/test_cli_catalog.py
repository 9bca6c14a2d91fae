"""Commands that read or look after a catalog: experiments, compare, sql, catalog, cache, doctor."""

from __future__ import annotations

import csv
import io
import json
import signal
import time

import duckdb
import pyarrow.parquet as pq
import pytest
from conftest import outcome_of, own_process

from unlearn_core.catalog.rows import LeaderboardRow
from unlearn_core.cli.leaderboard import print_leaderboard_rows, told_leaderboard

LABELS = {"untrained", "trained", "retrained", "finetune", "gradient_ascent"}


def rows_of(path, sql):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


# compare and experiments


def test_the_leaderboard_is_the_view_of_the_catalog(laboratory, tmp_path):
    shown = {row["label"]: row for row in laboratory("compare", "tiny", "--json").data}
    assert set(shown) == LABELS
    stored = rows_of(
        tmp_path / "catalog.duckdb", "SELECT label, test_accuracy, steps FROM leaderboard"
    )
    assert {(n, r["test_accuracy"], r["steps"]) for n, r in shown.items()} == set(stored)
    text = laboratory("compare", "tiny", "--format", "csv").out
    assert {row["label"] for row in csv.DictReader(io.StringIO(text))} == LABELS
    assert laboratory("compare", "tiny", "--format", "md").out.startswith("| label |")


def test_a_metric_is_compared_beside_its_noise_floor(laboratory):
    where = ("--metric", "kl_from_reference", "--part", "train", "--subset", "forget")
    rows = {row["label"]: row for row in laboratory("compare", "tiny", *where, "--json").data}
    assert set(rows) == LABELS
    assert {row["reference"] for row in rows.values()} == {"retrained"}
    assert {row["floor"] for row in rows.values()} == {rows["retrained"]["value"]}
    every = laboratory("compare", "tiny", *where, "--reference", "all", "--json").data
    assert {row["reference"] for row in every} == LABELS


def test_a_part_without_a_metric_shows_the_usual_ones(laboratory):
    rows = laboratory("compare", "tiny", "--part", "test", "--subset", "all", "--json").data
    assert {row["metric"] for row in rows} == {"accuracy", "loss", "kl_from_reference"}
    accuracies = [row for row in rows if row["metric"] == "accuracy"]
    assert {row["floor"] for row in accuracies} == {None}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["compare", "tyni"], "did you mean 'tiny'"),
        (["compare", "tiny", "--metric", "acuracy"], "did you mean 'accuracy'"),
        (["compare", "tiny", "--subset", "forgett"], "did you mean 'forget'"),
        (["compare", "tiny", "--metric", "seconds", "--part", "test"], "but not for this"),
        (["compare", "tiny", "--format", "cvs"], "csv"),
        (["compare", "tiny", "--catalog", "nowhere.duckdb"], "nowhere.duckdb"),
        (["experiments", "delete", "tyni", "--yes"], "tiny"),
        (["experiments", "delete", "tiny"], "--yes"),
        (["sql", "DELETE FROM models"], "only reads"),
        (["sql", "SELECT 1; SELECT 2"], "one statement"),
        (["sql", "SELECT nothing FROM models"], "nothing"),
        (["sql", "SELECT 1", "--format", "parquet"], "-o FILE"),
        (["sql", "SELECT 1", "-o", "answer.txt"], "suffix"),
        (["sql", "SELECT 1", "-o", "tiny.toml", "--format", "csv"], "already"),
        (["sql", "SELECT 1", "--catalog", "runs"], "folder"),
        (["sql", "SELECT 1", "--catalog", "tiny.toml"], "DuckDB"),
        (["catalog", "info", "--catalog", "nowhere.duckdb"], "nowhere.duckdb"),
        (["catalog", "upgrade", "--catalog", "nowhere.duckdb"], "nowhere.duckdb"),
        (["catalog", "export", "modles"], "models"),
        (["cache", "prune", "--catalog", "nowhere.duckdb", "--yes"], "--all"),
    ],
)
def test_a_bad_request_changes_nothing(laboratory, tmp_path, arguments, named):
    def content():
        return {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}

    before = content()
    outcome = laboratory(*arguments)
    assert outcome.code == 2, outcome.err
    assert named in outcome.err
    assert "Traceback" not in outcome.err
    assert content() == before


@pytest.mark.slow
def test_experiments_are_listed_and_deleted_with_what_only_they_use(laboratory, tmp_path):
    listed = laboratory("experiments", "list", "--json").data
    assert [(row["name"], row["models"], row["labels"]) for row in listed] == [("tiny", 10, 5)]
    assert "tiny" in laboratory("experiments", "list").out
    one = laboratory("run", "tiny.toml", "--quiet", "--set", "algorithms.finetune=")
    assert one.code == 0, one.err
    first = listed[0]["experiment_id"]
    assert laboratory("experiments", "delete", first[:10], "--yes").code == 0
    path = tmp_path / "catalog.duckdb"
    assert rows_of(path, "SELECT count(*) FROM experiments") == [(1,)]
    assert rows_of(path, "SELECT algorithm, count(*) FROM models GROUP BY 1 ORDER BY 1") == [
        ("", 6),
        ("gradient_ascent", 2),
    ]
    assert laboratory("catalog", "check").code == 0
    pruned = laboratory("cache", "prune", "--yes", "--json")
    # Two models of finetune, their two evaluations, and the comparison of the first experiment.
    assert pruned.data["steps"] == 5
    assert laboratory("experiments", "delete", "tiny", "--yes").code == 0
    tables = ("models", "evaluations", "predictions", "splits", "samples", "comparisons", "jobs")
    for table in tables:
        assert rows_of(path, f"SELECT count(*) FROM {table}") == [(0,)], table


# sql


def test_an_answer_comes_in_every_format(laboratory, tmp_path):
    question = "SELECT label, steps FROM leaderboard ORDER BY label"
    rows = laboratory("sql", question, "--json").data
    assert {row["label"] for row in rows} == LABELS
    table = laboratory("sql", question).out
    assert all(label in table for label in LABELS)
    text = laboratory("sql", question, "--format", "csv").out
    assert [row["label"] for row in csv.DictReader(io.StringIO(text))] == sorted(LABELS)
    assert laboratory("sql", question, "--format", "md").out.startswith("| label | steps |")
    assert laboratory("sql", question, "-o", "answer.parquet").code == 0
    assert pq.read_table(tmp_path / "answer.parquet").column("label").to_pylist() == sorted(LABELS)
    assert laboratory("sql", question, "-o", "answer.json", "--quiet").err == ""
    assert json.loads((tmp_path / "answer.json").read_text()) == rows


def test_two_columns_of_one_name_are_both_shown(laboratory):
    assert laboratory("sql", "SELECT 1 AS a, 2 AS a").out.split()[-2:] == ["1", "2"]


def test_a_long_answer_is_cut_and_says_so(laboratory):
    cut = laboratory("sql", "SELECT model_id FROM models", "--limit", 3, "--json")
    assert len(cut.data) == 3
    assert "only the first 3 rows" in cut.err
    assert len(laboratory("sql", "SELECT model_id FROM models", "--limit", 0, "--json").data) == 10


def test_an_endless_query_is_interrupted_at_once(laboratory):
    def press(*_arguments):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, press)
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    try:
        endless = "SELECT count(*) FROM range(1000000000000) AS a WHERE a.range % 7 = 3"
        started = time.monotonic()
        assert laboratory("sql", endless).code == 130
        assert time.monotonic() - started < 20
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# catalog, journal, doctor


def test_info_check_upgrade_and_export(laboratory, tmp_path):
    info = laboratory("catalog", "info", "--json").data
    assert info["rows"]["models"] == 10
    assert "experiment_models" in laboratory("catalog", "info").out
    assert laboratory("catalog", "check", "--json").data == []
    assert "already" in laboratory("catalog", "upgrade").err
    assert laboratory("catalog", "export", "leaderboard").code == 0
    assert pq.read_table(tmp_path / "leaderboard.parquet").num_rows == 5
    again = laboratory("catalog", "export", "leaderboard")
    assert again.code == 2
    assert laboratory("catalog", "export", "leaderboard", "--overwrite").code == 0
    assert laboratory("catalog", "export", "models", "-o", "m.csv").code == 0
    assert len(list(csv.DictReader((tmp_path / "m.csv").read_text().splitlines()))) == 10


@pytest.mark.slow
def test_a_run_beside_a_busy_catalog_ends_well_and_drain_brings_its_records_in(
    laboratory, tmp_path
):
    path = tmp_path / "catalog.duckdb"
    with duckdb.connect(str(path)):  # for other processes somebody else holds the file
        # Another name makes another experiment over the same cached models.
        ran = outcome_of(own_process(tmp_path, "run", "tiny.toml", "--set", "name=other"))
        assert ran.code == 0, ran.err
        assert "in the journal" in ran.err
        assert "unlearn catalog drain" in ran.err
        asked = outcome_of(own_process(tmp_path, "experiments", "list"))
        assert asked.code == 1
        assert "another process" in asked.err
    assert "in the journal" in laboratory("experiments", "list").err
    assert laboratory("catalog", "check").code == 1
    assert laboratory("cache", "prune", "--yes").code == 2
    assert "wait" in laboratory("doctor").out
    drained = laboratory("catalog", "drain", "--json")
    assert drained.code == 0
    assert drained.data["waiting"] == 0
    names = {row["name"] for row in laboratory("experiments", "list", "--json").data}
    assert names == {"tiny", "other"}
    assert laboratory("catalog", "check").code == 0


def test_the_doctor_finds_nothing_wrong_with_a_good_laboratory(laboratory):
    outcome = laboratory("doctor", "--json")
    assert outcome.code == 0, outcome.out
    found = {row["what"]: row for row in outcome.data}
    assert found["journal"]["value"] == "empty"
    assert found["catalog"]["value"].endswith("catalog.duckdb")
    assert found["torch"]["value"][0].isdigit()


@pytest.mark.parametrize(("catalog", "named"), [("folder", "folder"), ("text.duckdb", "DuckDB")])
def test_the_doctor_names_a_catalog_that_is_none(unlearn, tmp_path, catalog, named):
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.duckdb").write_text("no catalog, only words that are long enough to read")
    outcome = unlearn("doctor", "--catalog", catalog)
    assert outcome.code == 1
    assert "PROBLEM" in outcome.out
    assert named in outcome.out
    assert "splits folder" in outcome.out


def test_the_doctor_names_a_missing_splits_folder(unlearn):
    outcome = unlearn("doctor", "--splits-dir", "nowhere", "--json")
    assert outcome.code == 1
    assert {r["what"] for r in outcome.data if r["problem"]} == {"splits folder"}


# cache


def test_the_cache_is_listed_and_pruned(laboratory, tmp_path):
    steps = laboratory("cache", "list", "--json").data
    assert {step["kind"] for step in steps} == {
        "initialise",
        "train",
        "unlearn",
        "evaluate",
        "compare",
    }
    assert "unlearn finetune" in laboratory("cache", "list").out
    assert laboratory("cache", "prune", "--yes", "--json").data["steps"] == 0
    dry = laboratory("cache", "prune", "--all", "--dry-run", "--json").data
    assert (dry["steps"], dry["deleted"]) == (len(steps), False)
    young = laboratory("cache", "prune", "--all", "--older-than", 1, "--yes", "--json").data
    assert young["steps"] == 0
    assert len(laboratory("cache", "list", "--json").data) == len(steps)
    assert laboratory("cache", "prune", "--all", "--yes").code == 0
    assert laboratory("cache", "list", "--json").data == []


# the leaderboard for people


def row(label, role="unlearned", kl=1.0, around=0.1, **changes):
    values = dict.fromkeys(LeaderboardRow.__dataclass_fields__)
    values |= {
        "label": label,
        "role": role,
        "n": 5,
        "kl_from_retrained": kl,
        "kl_from_retrained_low": kl - around,
        "kl_from_retrained_high": kl + around,
        "noise_floor": 0.03,
        "noise_floor_low": 0.02,
        "noise_floor_high": 0.04,
        "collapsed": 0.0,
    }
    return LeaderboardRow(**(values | changes))


def test_references_stand_on_top_then_the_nearest_and_untrained_last():
    rows = [
        row("untrained", "untrained", collapsed=1.0),
        row("far", kl=3.0),
        row("near", kl=0.2),
        row("retrained", "retrained", kl=0.03),
        row("trained", "trained", kl=2.0),
    ]
    told = told_leaderboard(rows)
    order = ["trained", "retrained", "noise floor", "near", "far", "untrained"]
    assert [line["label"] for line in told] == order
    assert told[2]["kl"] == "0.030 [0.020, 0.040]"
    assert told[3]["kl"] == "0.200 [0.100, 0.300]"
    assert not told[-1]["remark"]


@pytest.mark.parametrize(
    ("made", "remark"),
    [
        (row("a", kl=0.1, around=0.07), "at the noise floor"),
        (row("a", kl=1.0), ""),
        (row("a", kl=1.9), "not clearly nearer than before unlearning"),
        (row("a", kl=2.5), "farther than before unlearning"),
        (row("a", kl=2.5, collapsed=1.0), "COLLAPSED; farther than before unlearning"),
        (row("a", kl=1.0, collapsed=0.4), "COLLAPSED 2 of 5"),
    ],
)
def test_a_remark_says_what_must_not_be_overlooked(made, remark):
    told = told_leaderboard([row("trained", "trained", kl=2.0), made])
    assert told[-1]["remark"] == remark


def test_the_leaderboard_fits_eighty_columns_and_its_remarks_stand_below(capsys):
    rows = [
        row("trained", "trained", kl=2.0, forget_accuracy=1.0, seconds=123.4, steps=7500.0),
        row("gradient_ascent", kl=12.5, collapsed=1.0, test_accuracy=0.1, retain_accuracy=0.1),
    ]
    print_leaderboard_rows(rows)
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 80
    assert any(line.startswith("gradient_ascent*") for line in lines)
    assert "[interval]" in lines[1]
    assert lines[-1] == "* gradient_ascent: COLLAPSED; farther than before unlearning"
