"""Trying again and writing files from inside the dashboard, over a real registry and the simulator."""

from __future__ import annotations

import asyncio
import csv
import json
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import ResultsState
from batchtui.services.polling import maintenance
from batchtui.simulator import SCENARIOS
from batchtui.tui.dialogs.text_prompt import TextPrompt
from batchtui.tui.screens.export.options import ONLY
from batchtui.tui.screens.export.screen import ExportScreen
from batchtui.tui.screens.retry.screen import RetryScreen
from tests.tui.stage import PATIENCE, Stage, stage, submit

if TYPE_CHECKING:
    from pathlib import Path


async def half_failed(made: Stage, folder: Path, name: str = "mixed", count: int = 20) -> None:
    """A batch of which half has failed; the dashboard sees it end and fetches its results by itself."""
    made.simulator.world.retemper(SCENARIOS["half-fail"])
    await submit(made.workspace, folder, name, count)
    made.clock.turn(hours=2)
    await maintenance.run_maintenance(made.workspace)
    views = made.workspace.registry.queries
    async with asyncio.timeout(PATIENCE):
        while any(batch.results is not ResultsState.SAVED for batch in await views.select()):
            made.clock.turn(1)  # whoever waits to look again does
            await made.pilot.pause(0.02)
    await made.shows(name)


@pytest.mark.long
async def test_a_retry_shows_each_kind_with_what_to_do_and_sends_the_chosen(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await half_failed(made, tmp_path)
        await made.press("R")
        await made.shows("overloaded_error", "invalid_request_error", "as attempt 2 of the same job")
        screen = made.app.screen
        assert isinstance(screen, RetryScreen)
        assert "7 requests" in made.text  # what fails again as it is, is left

        await made.opened("ctrl+s")
        await made.shows("Retry 7 requests")
        await made.press("y")
        await made.shows("Submitted ")
        assert [len(batch) for batch in made.simulator.world.batches] == [20, 7]


@pytest.mark.long
async def test_the_marked_results_alone_are_tried_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await half_failed(made, tmp_path)
        await made.press("enter")
        await made.shows("result 1 of 20")
        for _ in range(2):
            await made.press("]", "space")  # the first two failures, one of which would fail again as it is
        await made.shows("2 marked")
        await made.press("R")
        await made.shows("2 requests", "2 requests marked")
        await made.opened("ctrl+s")
        await made.press("y")
        await made.shows("Submitted ")
        assert [len(batch) for batch in made.simulator.world.batches] == [20, 2]


@pytest.mark.long
async def test_marked_successes_are_not_tried_again(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["fine"]) as made:
        await made.press("enter")
        await made.shows("result 1 of 3")
        await made.press("space", "R")
        await made.shows("All marked requests have succeeded.")


@pytest.mark.long
async def test_kinds_are_chosen_with_the_marks_and_the_plan_follows(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await half_failed(made, tmp_path)
        await made.press("R")
        await made.shows("7 requests")
        await made.press("*")
        await made.shows("10 requests")
        await made.press("\\")
        await made.shows("At least one kind has to be chosen")


@pytest.mark.long
async def test_another_max_tokens_is_asked_for_and_checked(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await half_failed(made, tmp_path)
        await made.press("R")
        await made.shows("7 requests")
        await made.press("t", *"many")
        await made.until(lambda: isinstance(made.app.screen, TextPrompt))
        await made.shows("a number of tokens")
        await made.press("enter")
        assert isinstance(made.app.screen, TextPrompt)
        await made.press(*["backspace"] * 4, *"512", "enter")
        await made.shows("7 requests changed")


async def test_leaving_a_retry_leaves_nothing_behind(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await half_failed(made, tmp_path)
        await made.press("R")
        await made.shows("7 requests")
        await made.press("escape")
        await made.until(lambda: not isinstance(made.app.screen, RetryScreen))
        kept = made.workspace.paths.requests
        assert not [path for path in kept.iterdir() if not path.name.startswith("job_")]


async def test_nothing_that_failed_is_said(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["fine"]) as made:
        await made.press("R")
        await made.shows("All 3 requests of fine have succeeded")


@pytest.mark.long
async def test_several_jobs_are_tried_again_with_one_question(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["fine"]) as made:
        for name in ("one", "two"):
            await half_failed(made, tmp_path, name)
        await made.press("*")
        await made.opened("R")
        await made.shows("of 2 jobs", "All 3 requests of fine have succeeded")
        await made.press("y")
        await made.until(lambda: len(made.simulator.world.batches) == 5)


async def test_results_are_written_as_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with stage(tmp_path, ended=["fine"]) as made:
        await made.press("x")
        await made.shows("fine.csv", "3 results at most, in 1 file")
        await made.press("w")
        await made.shows("3 results written to fine.csv")
        with (tmp_path / "fine.csv").open(newline="", encoding="utf-8-sig") as file:
            assert len(list(csv.DictReader(file))) == 3


@pytest.mark.long
async def test_the_format_changes_the_name_and_the_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with stage(tmp_path, ended=["fine"]) as made:
        await made.press("x", "j")
        for _ in range(4):  # tsv, md, parquet, chat
            await made.press("enter")
        await made.shows("fine.jsonl", "chat", "succeeded")
        await made.press("enter")
        await made.shows("fine.jsonl", "arrival")
        await made.press("w")
        await made.shows("3 results written")
        assert len([json.loads(line) for line in (tmp_path / "fine.jsonl").read_text().splitlines()]) == 3


@pytest.mark.long
async def test_a_file_that_is_there_is_replaced_only_with_a_yes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fine.csv").write_text("mine")
    async with stage(tmp_path, ended=["fine"]) as made:
        await made.press("x")
        await made.shows("exists: you will be asked")
        await made.opened("w")
        await made.press("n")
        await made.until(lambda: isinstance(made.app.screen, ExportScreen))
        assert (tmp_path / "fine.csv").read_text() == "mine"
        await made.opened("w")
        await made.press("y")
        await made.shows("3 results written")


async def test_the_marked_go_into_a_folder_a_file_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with stage(tmp_path, ended=["one", "two"]) as made:
        await made.press("*", "x")
        await made.shows("6 results at most, in 2 files")
        await made.press("w")
        await made.shows("6 results written to results/")
        assert len(list((tmp_path / "results").iterdir())) == 2


@pytest.mark.long
async def test_an_export_after_a_search_writes_the_matches_unless_all_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with stage(tmp_path) as made:
        await half_failed(made, tmp_path)
        await made.press("enter")
        await made.shows("result 1 of 20")
        await made.press("/", *"overloaded", "enter")
        await made.shows("4 of 20")
        await made.press("x")
        await made.shows("only the 4 that are shown", "4 results at most")
        await made.press("j", "j", "enter")
        await made.shows("all ", "20 results at most")
        await made.press(*["enter"] * (len(ONLY)))
        await made.shows("only the 4 that are shown", "4 results at most")
        await made.press("w")
        await made.shows("4 results written to mixed.csv")
        with (tmp_path / "mixed.csv").open(newline="", encoding="utf-8-sig") as file:
            assert {row["error_type"] for row in csv.DictReader(file)} == {"overloaded_error"}


@pytest.mark.long
async def test_the_marked_results_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with stage(tmp_path, ended=["fine"]) as made:
        await made.press("enter")
        await made.shows("result 1 of 3")
        await made.press("space", "space", "x")
        await made.shows("only the 2 that are marked", "2 results at most")
        await made.press("w")
        await made.shows("2 results written to fine.csv")


async def test_results_not_saved_yet_cannot_be_exported(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["busy"]) as made:
        await made.press("x")
        await made.shows("are not saved yet")


@pytest.mark.long
async def test_a_form_shows_all_choices_and_left_and_right_go_through_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with stage(tmp_path, ended=["fine"], size=(80, 24)) as made:
        await made.press("x")
        await made.shows("jsonl  json [csv] tsv  md  parquet  chat", "Write 3 results   ctrl+s", "[x] guarded")
        await made.press("j", "right")
        await made.shows("fine.tsv")
        await made.press("left", "left")
        await made.shows("fine.json ")
        await made.press("h")
        await made.shows("fine.jsonl")


async def test_the_first_rows_are_shown_as_they_would_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with stage(tmp_path, ended=["fine"], size=(80, 24)) as made:
        await made.press("x")
        await made.shows("first rows of fine.csv", "custom_id,outcome,")
        before = {line for line in made.text.splitlines() if line.startswith(" ") and ",succeeded," in line}
        assert len(before) == 3
        await made.press("ctrl+s")
        await made.shows("3 results written")
        written = (tmp_path / "fine.csv").read_text(encoding="utf-8-sig").splitlines()
        shown = [line.strip().rstrip("…") for line in before]
        assert all(any(row.startswith(beginning) for row in written) for beginning in shown)


async def test_enter_on_the_button_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with stage(tmp_path, ended=["fine"]) as made:
        await made.press("x", "G")
        await made.shows("Write 3 results")
        await made.press("enter")
        await made.shows("3 results written to fine.csv")


@pytest.mark.long
async def test_a_click_picks_a_choice_and_a_click_on_the_button_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with stage(tmp_path, ended=["fine"], size=(100, 30)) as made:
        await made.press("x")
        await made.shows("Write 3 results", "jsonl  json [csv]")
        grid = made.app.screen.query_one("#export")
        lines = made.text.splitlines()
        row = next(at for at, line in enumerate(lines) if "jsonl  json" in line)
        await made.pilot.click(offset=(lines[row].index(" json ") + 1, row))
        await made.shows("fine.json ")
        row = next(at for at, line in enumerate(made.text.splitlines()) if "Write 3 results" in line)
        await made.pilot.click(offset=(grid.region.x + 20, row))
        await made.shows("3 results written to fine.json")


async def test_in_eighty_columns_the_boxes_of_a_retry_keep_their_keys(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as made:
        await half_failed(made, tmp_path)
        await made.press("R")
        await made.shows("max_tokens [ unchanged", "] t   model [ unchanged", "] m")


@pytest.mark.long
async def test_a_retry_names_what_is_changed_and_has_a_button(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(100, 30)) as made:
        await half_failed(made, tmp_path)
        await made.press("R")
        await made.shows("[x]", "[ ]", "max_tokens [ unchanged", "Retry 7 requests   ctrl+s", "what will be sent")
        lines = made.text.splitlines()
        row = next(at for at, line in enumerate(lines) if "Retry 7 requests" in line)
        await made.pilot.click(offset=(lines[row].index("Retry 7"), row))
        await made.shows("Retry 7 requests, ")
