"""Looking through results: by outcome, by what they say, by kind of failure, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.tui.results.result_screen import ResultScreen
from tests.tui.stage import Stage, furnished_stage

if TYPE_CHECKING:
    from pathlib import Path


async def _batch(shown: Stage) -> None:
    await shown.shows("evals-v2", "nightly")
    await shown.press("G", "enter")
    await shown.shows("8 results", "doc-1")


async def test_one_outcome_after_the_other_is_shown_and_esc_shows_all(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path) as shown:
        await _batch(shown)
        await shown.press("f")
        await shown.shows("2 of 8")
        await shown.press("F", "F")
        await shown.shows("1 of 8", "doc-8")
        await shown.press("escape")
        await shown.shows("8 results")


async def test_a_search_leaves_what_says_it_and_esc_shows_all(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path) as shown:
        await _batch(shown)
        await shown.press("/", *"MANUAL")
        await shown.shows("1 of 8")
        assert "doc-2" not in shown.text
        await shown.press("enter", "escape")
        await shown.shows("8 results", "doc-2")


async def test_a_kind_of_failure_says_what_to_do_and_filters(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path, size=(80, 24)) as shown:
        await _batch(shown)
        await shown.press("tab")
        await shown.shows("FAILED", "more tokens", "truncates it again")
        await shown.press("j")
        await shown.shows("request is invalid; change it", "doc-5")
        await shown.press("enter")
        await shown.shows("1 of 8", "doc-5", " invalid_request_error  max_tokens: # > #")
        assert "doc-6" not in shown.text
        await shown.press("escape")
        await shown.shows("8 results")


async def test_the_failures_stand_beside_the_list_where_there_is_room(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path, size=(160, 40)) as shown:
        await _batch(shown)
        await shown.shows("FAILED", "send again", "such as doc-2")


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
