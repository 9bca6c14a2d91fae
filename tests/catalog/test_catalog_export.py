import csv
import errno
import io
import json
import math
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from unlearn_core.catalog import export
from unlearn_core.catalog.export import export_table, format_of, render, write_file
from unlearn_core.errors import DiskFullError, RequestError, UnknownNameError

TABLE = pa.table(
    {
        "name": ["a|b", 'with "quotes", comma', None],
        "value": [0.1, math.inf, None],
        "count": [1, 2, 3],
        "list": pa.array([[0.5, 1.0], [], None], pa.list_(pa.float32())),
        "bytes": [b"\x00\xff", b"", None],
        "at": [datetime.fromisoformat("2026-01-02T03:04:05"), None, None],
    }
)


def test_csv_is_read_back_by_the_standard_library():
    rows = list(csv.DictReader(io.StringIO(render(TABLE, "csv").decode())))
    assert [row["name"] for row in rows] == ["a|b", 'with "quotes", comma', ""]
    assert [row["value"] for row in rows] == ["0.1", "inf", ""]
    assert json.loads(rows[0]["list"]) == [0.5, 1.0]
    assert rows[0]["bytes"] == "AP8="
    assert rows[0]["at"] == "2026-01-02T03:04:05"


def test_json_is_strict_and_keeps_numbers_exactly():
    rows = json.loads(render(TABLE, "json"), parse_constant=pytest.fail)
    assert rows[0] == {
        "name": "a|b",
        "value": 0.1,
        "count": 1,
        "list": [0.5, 1.0],
        "bytes": "AP8=",
        "at": "2026-01-02T03:04:05",
    }
    assert rows[1]["value"] is None


def test_parquet_is_the_same_table():
    assert pq.read_table(io.BytesIO(render(TABLE, "parquet"))).equals(TABLE)


def test_markdown_shows_what_is_missing_as_a_dash_and_aligns_numbers():
    lines = render(TABLE.select(["name", "value", "count"]), "markdown").decode().splitlines()
    assert lines == [
        "| name | value | count |",
        "|---|---:|---:|",
        "| a\\|b | 0.1 | 1 |",
        '| with "quotes", comma | inf | 2 |',
        "| - | - | 3 |",
    ]


@pytest.mark.parametrize("fmt", ["csv", "json", "markdown", "parquet"])
def test_no_rows_are_still_a_file(fmt):
    assert render(TABLE.slice(0, 0), fmt)


def test_two_columns_of_one_name_are_both_in_a_csv():
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert render(table, "csv") == b"a,a\n1,2\n"


def test_the_format_comes_from_the_name_or_the_suffix(tmp_path):
    assert format_of("md") == "markdown"
    assert format_of(None, tmp_path / "x.PARQUET") == "parquet"
    assert format_of("csv", tmp_path / "x.json") == "csv"
    with pytest.raises(UnknownNameError, match="did you mean 'parquet'"):
        format_of("parket")
    with pytest.raises(UnknownNameError, match=r"suffix '\.xlsx'"):
        format_of(None, tmp_path / "x.xlsx")


def test_a_file_is_never_overwritten_silently(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("mine")
    with pytest.raises(RequestError, match="is there already"):
        write_file(TABLE, path, "csv")
    assert path.read_text() == "mine"
    write_file(TABLE, path, "csv", overwrite=True)
    assert path.read_text().startswith("name,value")
    with pytest.raises(RequestError, match="the folder"):
        write_file(TABLE, tmp_path, "csv", overwrite=True)


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    with pytest.raises(RequestError, match="cannot be written"):
        write_file(TABLE, tmp_path / "no" / "x.csv", "csv")

    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(export.os, "fsync", full)
    with pytest.raises(DiskFullError):
        write_file(TABLE, tmp_path / "x.csv", "csv")
    assert list(tmp_path.iterdir()) == []


def test_a_whole_table_or_view_is_exported(filled, tmp_path):
    assert export_table(filled, "models", tmp_path / "models.parquet") == 8
    assert pq.read_table(tmp_path / "models.parquet").num_rows == 8
    assert export_table(filled, "leaderboard", tmp_path / "board.md") == 4
    assert export_table(filled, "samples", tmp_path / "samples.json") == 2
    assert export_table(filled, "predictions", tmp_path / "p", "csv") == 16


def test_an_unknown_table_offers_the_nearest(filled, tmp_path):
    with pytest.raises(UnknownNameError, match="did you mean 'models'"):
        export_table(filled, "modells", tmp_path / "x.csv")
    assert not (tmp_path / "x.csv").exists()
