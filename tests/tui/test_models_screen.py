"""The app's one screen, used by keys on an 80x24 terminal."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.widgets import DataTable, Static

from unlearn_core.catalog.batch import batch_of
from unlearn_core.catalog.rows import ModelRow
from unlearn_core.catalog.store import Catalog
from unlearn_core.errors import CatalogBusyError
from unlearn_core.records import ExperimentModelRecord, ExperimentRecord, ModelRecord, Record
from unlearn_tui.app import UnlearnApp, main
from unlearn_tui.services.models import CatalogModels, ModelsFound

SIZE = (80, 24)
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ROW = ModelRow(
    model_id="0123456789abcdef",
    experiment_id="",
    label="",
    role="unlearned",
    algorithm="gradient_ascent",
    instance=29,
    parent_model_id="fedcba9876543210",
    dataset="fashion_mnist",
    architecture="resnet18",
    parameter_count=636_010,
    seed=1,
    fidelity="as-run",
    steps=16_240,
    samples_with_gradient=130_000,
    seconds=101.5,
    peak_memory_bytes=1,
    checkpoint="",
    device="cpu",
    created_at=WHEN,
)


class Answers:
    """A source that gives one answer after the other, the last one for ever."""

    place = "catalog.duckdb"

    def __init__(self, *answers: ModelsFound | Exception) -> None:
        self._answers: Iterator[ModelsFound | Exception] = iter(answers)
        self._answer: ModelsFound | Exception = ModelsFound((), "")
        self.threads: list[int] = []

    def models(self) -> ModelsFound:
        self.threads.append(threading.get_ident())
        self._answer = next(self._answers, self._answer)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def shown_rows(app: UnlearnApp) -> list[list[str]]:
    table = app.screen.query_one(DataTable)
    return [[str(cell) for cell in table.get_row_at(row)] for row in range(table.row_count)]


def shown_note(app: UnlearnApp) -> str:
    return str(app.screen.query_one("#note", Static).render())


async def test_models_stand_in_the_table() -> None:
    app = UnlearnApp(Answers(ModelsFound((ROW,), "1 model")))
    async with app.run_test(size=SIZE) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert shown_rows(app) == [
            [
                "unlearned",
                "gradient_ascent",
                "29",
                "fashion_mnist",
                "16,240",
                "101.5",
                "01234567",
            ]
        ]
        assert shown_note(app) == "1 model"


async def test_all_columns_fit_an_80_column_terminal() -> None:
    app = UnlearnApp(Answers(ModelsFound((ROW,), "1 model")))
    async with app.run_test(size=SIZE) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        table = app.screen.query_one(DataTable)
        assert table.virtual_size.width <= SIZE[0]
        assert table.region.bottom <= SIZE[1] - 1


async def test_r_asks_again() -> None:
    app = UnlearnApp(Answers(ModelsFound((), "none"), ModelsFound((ROW,), "1 model")))
    async with app.run_test(size=SIZE) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert shown_rows(app) == []
        await pilot.press("r")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert len(shown_rows(app)) == 1


async def test_q_leaves() -> None:
    app = UnlearnApp(Answers(ModelsFound((), "none")))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("q")
    assert app.return_code == 0


async def test_the_catalog_is_asked_outside_the_event_loop() -> None:
    source = Answers(ModelsFound((), "none"))
    app = UnlearnApp(source)
    async with app.run_test(size=SIZE):
        await app.workers.wait_for_complete()
    assert source.threads
    assert threading.get_ident() not in source.threads


async def test_a_catalog_that_cannot_be_read_is_said_and_r_tries_again() -> None:
    busy = CatalogBusyError("catalog.duckdb is held by another process", "try again")
    app = UnlearnApp(Answers(busy, ModelsFound((ROW,), "1 model")))
    async with app.run_test(size=SIZE) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "held by another process" in shown_note(app)
        await pilot.press("r")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert len(shown_rows(app)) == 1


async def test_text_from_the_catalog_is_not_read_as_markup() -> None:
    row = replace(ROW, role="[red]x[/red]", algorithm="[/")
    app = UnlearnApp(Answers(ModelsFound((row,), "[bold]1[/bold] model")))
    async with app.run_test(size=SIZE) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert shown_rows(app)[0][:2] == ["[red]x[/red]", "[/"]
        assert shown_note(app) == "[bold]1[/bold] model"


def records() -> list[Record]:
    experiment = ExperimentRecord(
        "e1", "digits-demo", "", "hash", "", "digits", "data", "request", "twins", 1, 0, WHEN
    )
    model = ModelRecord(
        model_id="m1",
        role="trained",
        algorithm="",
        instance=0,
        parent_model_id="",
        request_id="",
        dataset="digits",
        data_fingerprint="data",
        architecture="mlp",
        parameter_count=10,
        config_json="{}",
        config_hash="hash",
        seed=1,
        fidelity="",
        steps=900,
        samples_with_gradient=28800,
        checkpoint="",
        checkpoint_sha256="",
        seconds=2.5,
        peak_memory_bytes=1,
        side_storage_bytes=0,
        device="cpu",
        library_versions="{}",
        code_version="",
        created_at=WHEN,
    )
    return [experiment, model, ExperimentModelRecord("e1", "m1", "trained", "trained", 0)]


def test_a_missing_catalog_says_what_to_do_and_makes_nothing(tmp_path: Path) -> None:
    found = CatalogModels(tmp_path / "catalog.duckdb", tmp_path / "runs").models()
    assert found.rows == ()
    assert "`unlearn demo`" in found.note
    assert list(tmp_path.iterdir()) == []


def test_an_empty_catalog_says_what_to_do(tmp_path: Path) -> None:
    Catalog(tmp_path / "catalog.duckdb").ensure()
    found = CatalogModels(tmp_path / "catalog.duckdb", tmp_path / "runs").models()
    assert found.rows == ()
    assert "`unlearn demo`" in found.note


def test_with_jobs_but_no_models_the_jobs_are_pointed_at(tmp_path: Path) -> None:
    (tmp_path / "runs" / "jobs" / "one").mkdir(parents=True)
    found = CatalogModels(tmp_path / "catalog.duckdb", tmp_path / "runs").models()
    assert "`unlearn jobs list`" in found.note


def test_models_of_a_real_catalog_are_found(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog.duckdb")
    catalog.ensure()
    catalog.write(batch_of(records()))
    found = CatalogModels(tmp_path / "catalog.duckdb", tmp_path / "runs").models()
    (row,) = found.rows
    assert (row.model_id, row.role, row.steps, row.seconds) == ("m1", "trained", 900, 2.5)
    assert found.note == "1 model"


def test_without_a_terminal_it_says_so_and_exits_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "needs a terminal" in capsys.readouterr().err
