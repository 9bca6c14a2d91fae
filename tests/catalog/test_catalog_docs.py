import re
from pathlib import Path

import pytest

from unlearn_core.catalog.console import run_sql
from unlearn_core.catalog.reference import BEGIN, with_reference

DOCUMENT = Path(__file__).parents[2] / "docs" / "catalog.md"
QUERIES = re.findall(r"```sql\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)

# What the small experiment has no rows for: no value of it is NULL, no distance from trained.
WITHOUT_ROWS = ("value IS NULL", "reference = 'trained'\nORDER")


def test_the_reference_in_the_document_is_up_to_date():
    """Bring it up to date with `python -m unlearn_core.catalog.reference docs/catalog.md`."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert with_reference(text) == text


def test_a_document_without_marks_is_refused():
    with pytest.raises(ValueError, match="no marks"):
        with_reference(f"nothing but {BEGIN}")


def test_there_are_ten_queries():
    assert len(QUERIES) == 10


@pytest.mark.parametrize("sql", QUERIES, ids=[q.split("\n")[0][:40] for q in QUERIES])
def test_every_query_of_the_document_runs(filled, sql):
    rows = run_sql(filled, sql).table.num_rows
    assert (rows > 0) != any(part in sql for part in WITHOUT_ROWS)
