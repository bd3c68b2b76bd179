"""Columns chosen and put in order, jobs folded and unfolded, any column to sort by, all of it found again."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.batch import RequestCounts
from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.tui.app.app import DashboardApp
from batchtui.tui.rendering.batch_columns import COLUMNS, MEANINGS, MORE, chosen_columns
from batchtui.tui.screens.batches.rows import added_up, describe_parts
from batchtui.tui.screens.batches.screen import BatchesScreen
from batchtui.tui.screens.batches.view_state import ListState, load_state
from tests.support.builders import job, part
from tests.tui.app.test_snapshots import settled, text_of
from tests.tui.sample_batches import batch, ended
from tests.tui.stage import MODERN, stage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.stage import Stage


def _dashboard(shown: Stage) -> BatchesScreen:
    return next(screen for screen in shown.app.screen_stack if isinstance(screen, BatchesScreen))


def _titles(shown: Stage) -> list[str]:
    return [column.id for column in _dashboard(shown).grid.columns]


async def _with_a_job_of_three(shown: Stage) -> None:
    parts = [part(number, 10 * number) for number in (1, 2, 3)]
    await shown.workspace.registry.jobs.plan(replace(job("job_big"), name="big"), parts)
    await shown.shows("big 1/3", "big 3/3")


# ── by job ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.long
async def test_a_job_folds_into_a_row_that_adds_up_and_enter_unfolds_it(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"]) as shown:
        await _with_a_job_of_three(shown)
        await shown.press("b")
        await shown.shows("▸ big (3)", "60")
        assert "big 1/3" not in shown.text
        await shown.press("G", "enter")
        await shown.shows("▾ big (3)", "big 1/3", "big 3/3", "3 parts")
        await shown.press("enter")
        await shown.shows("▸ big (3)")
        await shown.press("b")
        await shown.until(lambda: "(3)" not in shown.text)


async def test_an_action_on_a_folded_job_covers_all_of_its_batches(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"]) as shown:
        await _with_a_job_of_three(shown)
        await shown.press("b")
        await shown.shows("▸ big (3)")
        await shown.press("G", "space")
        await shown.shows("3 marked")
        await shown.opened("c")
        await shown.shows("Cancel 3 batches: ", "big 1/3", "big 3/3")


async def test_a_folded_job_follows_what_happens_to_its_batches(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"]) as shown:
        await _with_a_job_of_three(shown)
        await shown.press("b")
        await shown.shows("▸ big (3)", "◌ planned")
        key = min(one.key for one in await shown.workspace.registry.queries.of_job("job_big"))
        await shown.workspace.registry.sends.claim(key, "me", shown.clock.now())
        await shown.shows("↑ sending")


@pytest.mark.long
async def test_rows_far_down_are_folded_and_filtered_like_the_first(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as shown:
        for number in range(15, 80):
            named = replace(job(f"job_{number}"), name=f"many-{number:02}")
            await shown.workspace.registry.jobs.plan(named, [part(1, 10), part(2, 50)])
        await shown.press("s", *"name", "enter", "G")
        await shown.shows("many-79 2/2")
        await shown.press("b")
        await shown.shows("▸ many-79 (2)")
        await shown.press("G", "enter")
        await shown.shows("▾ many-79 (2)", "planned        many-79 2/2")
        await shown.press("/", *"requests:>40", "enter", "G")
        await shown.until(lambda: "many-79 2/2" in shown.text and "(2)" not in shown.text)
        await shown.press("escape", "b", "G")
        await shown.shows("planned      many-79 2/2")


def test_a_job_is_as_much_as_its_batches_and_stands_where_it_needs_somebody() -> None:
    one = ended(1, succeeded=90, errored=10, cost_actual=Decimal(2), results=ResultsState.SAVED)
    two = batch(2, part=2, parts=2, cost_estimate=Decimal(3))
    lost = batch(3, attempt=2, state=BatchState.UNKNOWN, counts=RequestCounts(), requests=10, reason="lost")
    whole = added_up(-1, [one, two, lost])
    assert (whole.state, whole.reason, whole.requests, whole.ended_at) == (BatchState.UNKNOWN, "lost", 210, None)
    assert whole.counts == RequestCounts(processing=100, succeeded=90, errored=10)
    assert (whole.cost_actual, whole.cost_estimate) == (None, None), "of one it is not known"
    paid = added_up(-1, [one, replace(one, key=4)])
    assert (paid.cost_actual, paid.results, paid.ended_at) == (Decimal(4), ResultsState.SAVED, one.ended_at)
    assert describe_parts([one, two, lost]) == "2 parts, 2 attempts"


# ── columns ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.long
async def test_columns_are_hidden_shown_and_moved(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"], size=(200, 40)) as shown:
        await shown.press("C")
        await shown.shows("COLUMN", "your note on it", "13 columns shown")
        await shown.press(*"jjjjjj", "space")
        await shown.until(lambda: "requests" not in _titles(shown))
        await shown.press("g", "j", "j", "K")
        await shown.until(lambda: _titles(shown)[:3] == ["state", "progress", "name"])
        await shown.press("g", "space")
        await shown.shows("12 columns shown")  # what says which row it is stays
        await shown.press("escape")
        await shown.until(lambda: "REQUESTS" not in shown.text)
        await shown.press("C", "0")
        await shown.until(lambda: _titles(shown) == [column.id for column in COLUMNS])


@pytest.mark.long
async def test_the_list_of_columns_sorts_the_list_of_batches(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"], size=(200, 40)) as shown:
        await shown.press("C", "j", "s", "S", "escape")
        await shown.until(lambda: _dashboard(shown).grid.sorted_by == ("name", True))


def test_every_column_can_be_sorted_by_and_says_what_it_shows() -> None:
    every = (*COLUMNS, *MORE)
    assert [column.id for column in every if not column.sort or column.id not in MEANINGS] == []
    assert len({column.sort for column in every}) == len(every)


@pytest.mark.parametrize(
    ("ids", "columns"),
    [((), [column.id for column in COLUMNS]), (("cost", "nothing", "name"), ["state", "cost", "name"])],
)
def test_columns_that_there_are_not_are_passed_over(ids: tuple[str, ...], columns: list[str]) -> None:
    assert [column.id for column in chosen_columns(ids)] == columns


# ── found again ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.long
async def test_filter_order_columns_folding_and_place_are_found_again(tmp_path: Path) -> None:
    names = ["alpha", "beta", "gamma"]
    async with stage(tmp_path, running=names) as shown:
        await _with_a_job_of_three(shown)
        await shown.press("/", *"!gamma", "enter", "b", "s", *"state", "enter")
        await shown.until(lambda: _dashboard(shown).grid.sorted_by[0] == "state")
        await shown.press("C", "j", "j", "space", "escape")
        await shown.shows("▸ big (3)")
        await shown.press("g", "j")
        place = _dashboard(shown).grid.key
        before = shown.text
        await shown.app._shutdown()
        app = DashboardApp(shown.workspace, ground=MODERN)
        async with app.run_test(size=(120, 40)) as pilot:
            await settled(pilot)
            assert isinstance(app.screen, BatchesScreen)
            assert app.screen.grid.key == place
            after = text_of(app)
    list_of = slice(2, 8)  # the filter's chips, the titles, the rows
    assert after.splitlines()[list_of] == before.splitlines()[list_of]
    assert " !gamma " in after


@pytest.mark.parametrize("kept", [None, [], {"sort": "colour", "columns": 3, "cursor": "x", "is_open": [1]}])
def test_invalid_saved_view_state_is_ignored(kept: object) -> None:
    assert load_state(kept) == ListState()


def test_view_state_is_restored_as_it_was_saved() -> None:
    arranged = ListState("cost", True, True, True, "x", ("cost",), True, ("job_1",), -3)
    assert load_state(json.loads(json.dumps(arranged.kept()))) == arranged
