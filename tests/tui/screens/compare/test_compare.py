"""Comparing in the dashboard: from a batch to what answers the same custom_ids, to the pairs, to one pair."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from batchtui.registry.results.pairs import ResultPairs
from batchtui.registry.results.reader import ResultReader
from batchtui.registry.results.store import ResultStore
from batchtui.tui.app.app import DashboardApp
from batchtui.tui.screens.compare.pair_screen import PairScreen
from batchtui.tui.screens.compare.screen import CompareScreen
from tests.tui.furnished import hostile
from tests.tui.sample_batches import HOSTILE
from tests.tui.stage import MODERN, NOBODY, Stage, furnished_stage
from tests.tui.story import told

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch

SIZES = [(60, 15), (80, 24), (100, 30), (140, 40), (200, 50), (20, 5), (10, 3)]


async def _compared(shown: Stage) -> None:
    await shown.shows("evals-v2", "nightly")
    await shown.press("G", "enter")
    await shown.shows("result 1 of 8")
    await shown.press("equals_sign")
    await shown.shows("is compared with evals", "evals-v2")
    await shown.press("enter")
    await shown.shows("8 all")


@pytest.mark.long
async def test_a_batch_is_compared_with_what_answers_the_same_custom_ids(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path) as shown:
        await _compared(shown)
        await shown.shows("1 changed", "5 both failed", "2 same", "3 succeeded", "B vs A")
        await shown.press("escape")
        await shown.shows("is compared with evals")
        await shown.press("escape")
        await shown.shows("result 1 of 8")


@pytest.mark.long
async def test_only_one_kind_of_change_is_shown_and_esc_shows_all_again(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path) as shown:
        await _compared(shown)
        await shown.press("f")
        await shown.shows("1 of 8", "doc-1")
        assert "doc-2" not in shown.text
        await shown.press("escape")
        await shown.shows("8 all", "doc-2")


@pytest.mark.parametrize(("size", "sign"), [((80, 24), "- evals"), ((120, 40), "≠ evals-v2")])
async def test_a_pair_shows_both_answers_with_their_differences(
    tmp_path: Path, size: tuple[int, int], sign: str
) -> None:
    async with furnished_stage(tmp_path, size=size) as shown:
        await _compared(shown)
        await shown.press("enter")
        await shown.shows("doc-1", "changed", sign, "1 of 8")
        await shown.press("n")
        await shown.shows("doc-2", "both failed", "2 of 8")


@pytest.mark.long
async def test_brackets_go_from_changed_pair_to_changed_pair(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path) as shown:
        await _compared(shown)
        await shown.press("j", "j", "enter")
        await shown.shows("doc-3", "3 of 8")
        await shown.press("left_square_bracket")
        await shown.shows("doc-1", "≠ changed", "1 of 8")
        await shown.press("right_square_bracket")
        await shown.shows("No pair below this one has changed.")
        assert "1 of 8" in shown.text


@pytest.mark.long
async def test_a_pair_is_compared_as_json_too(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path) as shown:
        await _compared(shown)
        await shown.press("j", "enter")
        await shown.shows("doc-2", "Let me see.")
        await shown.press("m")
        await shown.shows('"stop_reason": "max_tokens"', "JSON · pair 2 of 8")
        await shown.press("m")
        await shown.shows("thinking", " 2 of 8")
        assert "stop_reason" not in shown.text


@pytest.mark.long
async def test_the_pager_gets_both_answers_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paged: list[str] = []
    monkeypatch.setattr("batchtui.tui.terminal.external.open_pager", lambda _app, text: paged.append(text))
    async with furnished_stage(tmp_path, hostile()) as shown:
        await _compared(shown)
        await shown.press("enter")
        await shown.shows("changed", "1 of 8")
        await shown.press("v")
        await shown.until(lambda: paged)
        lines = paged[0].split("\n")
        assert [line[:9] for line in lines if line.startswith(("---", "+++"))] == ["--- evals", "+++ evals"]
        assert "  - it names its **source**" in lines
        assert [line for line in lines if line.startswith("- evals")]
        assert [line for line in lines if line.startswith("+ evals-v2")]
        assert not any(char in paged[0] for char in "\x1b\x07\x9b\u202e")


@pytest.mark.long
@pytest.mark.parametrize("keys", [(), ("enter",)])
async def test_every_size_is_painted_without_wrapping(tmp_path: Path, keys: tuple[str, ...]) -> None:
    async with furnished_stage(tmp_path, hostile()) as shown:
        await _compared(shown)
        await shown.press(*keys)
        for width, height in SIZES:
            await shown.pilot.resize_terminal(width, height)
            await shown.pilot.pause()
            strips = shown.app.screen._compositor.render_strips()
            assert {sum(segment.cell_length for segment in strip) for strip in strips} == {width}
            assert len(strips) == height


@pytest.mark.long
async def test_nothing_from_outside_breaks_or_drives_a_comparison(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path, hostile()) as shown:
        await _compared(shown)
        await shown.press("enter")
        for _ in range(8):
            await shown.pilot.pause(0.05)
            assert isinstance(shown.app.screen, PairScreen)
            assert not any(char in shown.text for char in "\x1b\x07\x9b\u202e\u2066\u200b")
            await shown.press("n")
        assert HOSTILE[0] in shown.text


@pytest.mark.long
async def test_leaving_stops_a_comparison_that_is_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with furnished_stage(tmp_path) as shown:
        begun, ended = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        original = ResultPairs.close

        def endless(pairs: ResultPairs, on_progress: object, is_stopped: object) -> None:
            loop.call_soon_threadsafe(begun.set)
            assert callable(is_stopped)
            while not is_stopped():
                pass

        def closed(pairs: ResultPairs) -> None:
            original(pairs)
            loop.call_soon_threadsafe(ended.set)

        monkeypatch.setattr(ResultPairs, "join", endless)
        monkeypatch.setattr(ResultPairs, "close", closed)
        await shown.press("G", "enter")
        await shown.shows("result 1 of 8")
        await shown.press("equals_sign")
        await shown.shows("is compared with evals", "evals-v2")
        await shown.press("enter")
        async with asyncio.timeout(20):
            await begun.wait()
            assert isinstance(shown.app.screen, CompareScreen)
            await shown.press("escape")
            await ended.wait()


@pytest.mark.long
@pytest.mark.parametrize("what", ["a batch", "a comparison"])
async def test_a_comparison_still_opening_is_closed_on_leaving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    still_open: set[ResultReader] = set()
    opening, closing = ResultStore.reader, ResultReader.close

    def open_slowly(store: ResultStore, batch: Batch) -> ResultReader:
        reader = opening(store, batch)
        still_open.add(reader)
        begun.set()
        assert go_on.wait(20)
        return reader

    def close(reader: ResultReader) -> None:
        closing(reader)
        still_open.discard(reader)

    async with furnished_stage(tmp_path) as shown:
        await shown.shows("evals-v2")
        if what == "a comparison":
            await shown.press("G", "enter")
            await shown.shows("result 1 of 8")
            await shown.press("equals_sign")
            await shown.shows("is compared with evals", "evals-v2")
        before = shown.app.screen
        monkeypatch.setattr(ResultStore, "reader", open_slowly)
        monkeypatch.setattr(ResultReader, "close", close)
        await shown.press(*(("enter",) if what == "a comparison" else ("G", "enter")))
        await shown.until(begun.is_set)
        await shown.press("escape")
        await shown.until(lambda: shown.app.screen is before)
        go_on.set()
        await shown.until(lambda: not still_open)


async def test_two_marked_batches_are_compared_the_older_one_first(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path) as shown:
        await shown.shows("evals-v2")
        await shown.press("G", "space", "k", "space", "equals_sign")
        await shown.shows("8 all")
        lines = [line.split()[1] for line in shown.text.splitlines() if line.startswith((" A evals", " B evals"))]
        assert lines == ["evals", "evals-v2"]


async def test_more_than_two_are_not_compared(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path) as shown:
        await shown.shows("evals-v2")
        await shown.press("*", "equals_sign")
        await shown.shows("Mark two batches")


@pytest.mark.long
async def test_without_a_counterpart_it_says_what_to_do(tmp_path: Path) -> None:
    async with told(tmp_path) as (workspace, clock):
        app = DashboardApp(workspace, ground=MODERN)
        async with app.run_test(size=(80, 24)) as pilot:
            shown = Stage(app, pilot, workspace, clock, NOBODY)
            await shown.shows("eval-prompt-v7")
            await shown.press("G", "enter")
            await shown.shows("result 1 of 5")
            await shown.press("equals_sign")
            await shown.shows("No other batch with results here has these custom_ids")
