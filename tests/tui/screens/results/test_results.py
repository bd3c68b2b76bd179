"""Looking through results: by outcome, by what they say, by kind of failure, one by one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from batchtui.tui.screens.results.result_screen import ResultScreen
from batchtui.tui.screens.results.selection import ResultSearch
from batchtui.tui.screens.results.source import ResultSource
from tests.tui.stage import Stage, furnished_stage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

    from batchtui.registry.results.job_results import ResultList
    from batchtui.tui.screens.results.source import LoadedResult


async def _batch(shown: Stage) -> None:
    await shown.shows("evals-v2", "nightly")
    await shown.press("G", "enter")
    await shown.shows("of 8 ─", "doc-1")


@pytest.mark.long
async def test_one_outcome_after_the_other_is_shown_and_esc_shows_all(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path) as shown:
        await _batch(shown)
        await shown.press("f")
        await shown.shows("2 of 8")
        await shown.press("F", "F")
        await shown.shows("1 of 8", "doc-8")
        await shown.press("escape")
        await shown.shows("of 8 ─")


@pytest.mark.long
async def test_a_search_leaves_what_says_it_and_esc_shows_all(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path) as shown:
        await _batch(shown)
        await shown.press("/", *"MANUAL")
        await shown.shows("1 of 8")
        assert "doc-2" not in shown.text
        await shown.press("enter", "escape")
        await shown.shows("of 8 ─", "doc-2")


@pytest.mark.long
async def test_a_search_that_has_found_what_there_is_runs_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[str] = []
    original = ResultSearch.run

    async def counted(search: ResultSearch, results: ResultList, select: Any) -> Sequence[int] | None:
        runs.append(search.text)
        return await original(search, results, select)

    monkeypatch.setattr(ResultSearch, "run", counted)
    async with furnished_stage(tmp_path) as shown:
        await _batch(shown)
        await shown.press("/", *"MANUAL")
        await shown.shows("1 of 8")
        await shown.pilot.pause(0.1)
        before = len(runs)
        await shown.pilot.pause(0.3)
        assert len(runs) == before <= len("MANUAL") + 1


@pytest.mark.long
async def test_a_kind_of_failure_says_what_to_do_and_filters(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path, size=(80, 24)) as shown:
        await _batch(shown)
        await shown.press("tab")
        await shown.shows("FAILED", "RAISE LIMIT", "truncates it again")
        await shown.press("j")
        await shown.shows("request is invalid; change it", "doc-5")
        await shown.press("enter")
        await shown.shows("1 of 8", "doc-5", " invalid_request_error  max_tokens: # > #")
        assert "doc-6" not in shown.text
        await shown.press("escape")
        await shown.shows("of 8 ─")


@pytest.mark.long
async def test_failures_are_shown_below_the_list_where_there_is_room(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path, size=(160, 40)) as shown:
        await _batch(shown)
        await shown.shows("what failed", "RETRY", "RAISE LIMIT", "EDIT")
        await shown.press("tab")
        await shown.shows("such as doc-2")


@pytest.mark.long
async def test_a_number_key_shows_one_outcome_and_1_shows_all_again(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path, size=(80, 24)) as shown:
        await _batch(shown)
        await shown.shows("[1] 8 all", "[2] ✓ 2 succeeded", "[4] ✂ 1 truncated", "[5] ✗ 2 errored")
        await shown.press("5")
        await shown.shows("2 of 8", "doc-5", "doc-6")
        await shown.press("4")
        await shown.shows("1 of 8", "doc-2")
        await shown.press("1")
        await shown.shows("of 8 ─", "doc-1")
        await shown.press("9")
        await shown.shows("There are only 7 outcomes")


@pytest.mark.long
async def test_the_answer_beside_the_list_follows_the_cursor(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path, size=(120, 30)) as shown:
        await _batch(shown)
        await shown.shows("the figures agree", "Question doc-1?")
        await shown.press("]", "]")
        await shown.shows("300000 > 64000", "Question doc-5?")
        await shown.press("z")
        await shown.until(lambda: "Question doc-5?" not in shown.text)
        await shown.press("g", "z")
        await shown.shows("the figures agree")


@pytest.mark.long
async def test_on_a_narrow_screen_the_answer_is_behind_a_key(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path, size=(80, 24)) as shown:
        await _batch(shown)
        assert "it names its" not in shown.text
        await shown.press("z")
        await shown.shows("Verdict", "it names its", "doc-1")
        await shown.press("z")
        await shown.until(lambda: "it names its" not in shown.text)


@pytest.mark.long
async def test_a_search_in_the_list_is_marked_in_the_answer_and_goes_from_hit_to_hit(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path) as shown:
        await _batch(shown)
        await shown.press("/", *"the", "enter")
        await shown.shows("1 of 8")
        await shown.press("enter")
        await shown.shows("1 of 6 hits", "Verdict")
        await shown.press("n", "n")
        await shown.shows("3 of 6 hits")
        await shown.press("N")
        await shown.shows("2 of 6 hits")
        await shown.press("escape")
        await shown.until(lambda: "hits" not in shown.text)
        assert isinstance(shown.app.screen, ResultScreen)


@pytest.mark.long
async def test_a_text_is_found_in_an_answer_and_its_request(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path) as shown:
        await _batch(shown)
        await shown.press("enter")
        await shown.shows("it names its", "Question doc-1?")
        await shown.press("/", *"FIGURES")
        await shown.shows("1 of 1 hit")
        await shown.press("enter", "tab")
        await shown.shows("no hit")
        await shown.press("n")
        await shown.shows("does not occur here")


async def test_every_attempt_of_a_request_is_listed_and_the_one_that_stands_named(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path) as shown:
        await _batch(shown)
        await shown.press("]", "H")
        await shown.shows("ATTEMPT", "stands", "truncated", "doc-2 › Attempts", "1 attempt")


@pytest.mark.long
async def test_charts_say_outcomes_lengths_and_values_in_ascii_too(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path, size=(80, 24)) as shown:
        await _batch(shown)
        await shown.press("%")
        await shown.shows("outcomes", "succeeded", "of the cost", "output tokens", "8 results")
        await shown.press("G")
        await shown.shows("max_tokens 256", "verdict", "right")


@pytest.mark.long
async def test_failures_are_gone_to_in_the_list(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path) as shown:
        await _batch(shown)
        for wanted in ("▌  ✂ truncated     doc-2", "▌  ✗ errored       doc-5", "▌  ✗ errored       doc-6"):
            await shown.press("]")
            await shown.shows(wanted)
        await shown.press("[")
        await shown.shows("▌  ✗ errored       doc-5")
        await shown.press("G", "]")
        await shown.shows("There is no failure below the cursor.")


@pytest.mark.long
async def test_failures_are_gone_to_from_one_result_to_the_next(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path) as shown:
        await _batch(shown)
        await shown.press("enter")
        await shown.shows("doc-1", "1 of 8")
        await shown.press("]")
        await shown.shows("doc-2", "truncated", "stopped: max_tokens", "2 of 8")
        await shown.press("]")
        await shown.shows("doc-5", "invalid_request_error", "5 of 8")
        await shown.press("n", "n", "n")
        await shown.shows("doc-8", "8 of 8")
        await shown.press("]")
        await shown.shows("There is no failure below this one.")


@pytest.mark.long
async def test_the_other_side_and_one_side_alone(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path, size=(80, 24)) as shown:
        await _batch(shown)
        await shown.press("enter")
        await shown.shows("Question doc-1", "Verdict")
        await shown.press("z")
        await shown.until(lambda: "Question" not in shown.text)
        await shown.press("tab")
        await shown.shows("Question doc-1")
        assert "Verdict" not in shown.text
        await shown.press("z")
        await shown.shows("Question doc-1", "Verdict")


@pytest.mark.long
async def test_a_json_tree_opens_and_closes(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path) as shown:
        await _batch(shown)
        await shown.press("enter", "m", "m")
        await shown.shows("▾ result: 2 keys", "custom_id:")
        await shown.press("enter")
        await shown.shows("▸ 2 keys")
        assert "custom_id:" not in shown.text
        await shown.press("enter")
        await shown.shows("custom_id:")


@pytest.mark.long
@pytest.mark.parametrize("variable", ["VISUAL", "EDITOR", "PAGER"])
async def test_a_program_that_cannot_be_started_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv(variable, "no-such-program --anywhere")
    async with furnished_stage(tmp_path) as shown:
        await _batch(shown)
        await shown.press("enter")
        await shown.shows("1 of 8")
        await shown.press("v" if variable == "PAGER" else "e")
        await shown.until(lambda: not isinstance(shown.app.screen, ResultScreen) or "cannot be" in shown.text)
        assert shown.app.is_running


@pytest.mark.parametrize(("key", "words"), [("y", ("Copied doc-1",)), ("H", ("ATTEMPT", "doc-1"))])
async def test_a_key_that_copies_or_looks_up_waits_for_the_result_that_was_gone_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, words: tuple[str, ...]
) -> None:
    may_read = threading.Event()
    load, settled = ResultSource.load, ResultScreen.settled

    def slow(source: ResultSource, seq: int) -> LoadedResult:
        may_read.wait(10)
        return load(source, seq)

    async def asked(screen: ResultScreen) -> None:
        may_read.set()
        await settled(screen)

    async with furnished_stage(tmp_path) as shown:
        await _batch(shown)
        monkeypatch.setattr(ResultSource, "load", slow)
        monkeypatch.setattr(ResultScreen, "settled", asked)
        await shown.press("g", "enter", key)
        await shown.shows(*words)
