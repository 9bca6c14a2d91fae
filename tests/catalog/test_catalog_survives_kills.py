"""Six processes at once, and SIGKILL in the middle: every record exactly once."""

import random
import subprocess
import sys

import pytest

from unlearn_core.catalog.store import Catalog

# Writes batches `first .. first + count - 1` of ten rows each; says each number once it is safe.
WRITER = """
import sys
from pathlib import Path
from unlearn_core.catalog.batch import batch_of
from unlearn_core.catalog.store import Catalog
from unlearn_core.records import EvaluationRecord

catalog = Catalog(Path(sys.argv[1]), write_wait_s=float(sys.argv[4]))
first, count = int(sys.argv[2]), int(sys.argv[3])
for number in range(first, first + count):
    rows = [
        EvaluationRecord(f"{number}", "", "", "test", "all", "accuracy", str(i), i / 10, "")
        for i in range(10)
    ]
    catalog.write(batch_of(rows))
    if sys.argv[5] == "drain":
        catalog.drain()
    print(number, flush=True)
"""


def start(path, first: int, count: int, wait_s: float, drain: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(first), str(count), str(wait_s), drain],
        stdout=subprocess.PIPE,
        text=True,
    )


def rows_per_batch(catalog: Catalog) -> dict[int, tuple[int, int]]:
    """Batch number to (rows, different rows)."""
    table = catalog.query(
        "SELECT CAST(model_id AS INTEGER) AS number, count(*) AS n, count(DISTINCT detail) AS d "
        "FROM evaluations GROUP BY 1"
    )
    return {row["number"]: (row["n"], row["d"]) for row in table.to_pylist()}


@pytest.mark.slow
def test_six_processes_that_append_at_once_lose_nothing(tmp_path):
    # No process makes the catalog beforehand: making it is part of the race.
    path = tmp_path / "catalog.duckdb"
    # Impatient ones meet the journal, patient ones the file.
    writers = [start(path, 100 * i, 5, 0.0 if i % 2 else 0.05, "drain") for i in range(6)]
    for writer in writers:
        said, _ = writer.communicate()
        assert writer.returncode == 0
        assert len(said.split()) == 5
    catalog = Catalog(path)
    assert not catalog.drain().set_aside
    assert catalog.waiting_batches() == 0
    wanted = {100 * i + k: (10, 10) for i in range(6) for k in range(5)}
    assert rows_per_batch(catalog) == wanted


@pytest.mark.slow
def test_a_writer_killed_at_any_moment_leaves_every_record_once(tmp_path, hold):
    catalog = Catalog(tmp_path / "catalog.duckdb")
    catalog.ensure()
    draw = random.Random(7)
    promised: set[int] = set()
    for round_number in range(4):
        # In every other round somebody else reads, so that the journal is what is interrupted.
        reader = hold(catalog.path, "read") if round_number % 2 else None
        writer = start(catalog.path, 1000 * round_number, 900, 0.0, "drain")
        assert writer.stdout is not None
        for _ in range(draw.randint(1, 6)):
            promised.add(int(writer.stdout.readline()))
        writer.kill()
        promised |= {int(number) for number in writer.stdout.read().split()}
        writer.wait()
        writer.stdout.close()
        if reader is not None:
            reader.communicate()
    report = catalog.drain()
    assert report.set_aside == ()
    found = rows_per_batch(catalog)
    # What was said to be safe is there; a batch is there as a whole or not at all.
    assert promised <= set(found)
    assert set(found.values()) == {(10, 10)}
    # Doing the lost work again completes it without a second copy of anything.
    redo = start(catalog.path, 0, 5, 1.0)
    redo.communicate()
    assert redo.returncode == 0
    assert set(rows_per_batch(catalog).values()) == {(10, 10)}
