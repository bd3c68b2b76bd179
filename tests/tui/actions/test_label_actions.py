"""Names, tags and notes: edited in place, for one job and for all that are marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from batchtui.tui.dialogs.text_prompt import TextPrompt
from tests.tui.stage import stage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.stage import Stage


async def _typed(shown: Stage, key: str, text: str) -> None:
    """Press a key that asks for a line, write that line anew, and take it."""
    await shown.press(key)
    await shown.until(lambda: isinstance(shown.app.screen, TextPrompt))
    shown.app.screen.query_one(Input).value = text
    await shown.press("enter")


@pytest.mark.long
async def test_a_name_is_edited_in_place_and_shows_at_once(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"]) as shown:
        await _typed(shown, "L", "evening")
        await shown.shows("Renamed nightly to evening.")
        await shown.press("escape")
        await shown.until(lambda: "nightly" not in shown.text.replace("nightly.jsonl", ""))


@pytest.mark.long
async def test_the_key_of_the_version_before_renames_as_well(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"]) as shown:
        await _typed(shown, "e", "evening")
        await shown.shows("Renamed nightly to evening.")


async def test_an_empty_name_is_refused_while_it_is_typed(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"]) as shown:
        await _typed(shown, "L", "")
        await shown.shows("a name cannot be empty")
        assert isinstance(shown.app.screen, TextPrompt)


@pytest.mark.long
async def test_a_note_is_written_and_found_again(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"], running=["nightly"], size=(160, 40)) as shown:
        await _typed(shown, "m", "prompt seven")
        await shown.shows("note     prompt seven")
        await shown.press("slash", *"note:seven")
        await shown.shows("1 of 2")


@pytest.mark.long
async def test_all_that_is_marked_is_tagged_and_keeps_its_other_tags(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"], running=["nightly"], size=(160, 40)) as shown:
        await _typed(shown, "t", 'old "two words"')
        await shown.shows("Tagged nightly: old, two words.")
        await shown.press("*")
        await _typed(shown, "t", "+shop -old")
        await shown.shows("Changed 2 jobs.")
        batches = await shown.workspace.registry.queries.select()
        assert {batch.name: batch.tags for batch in batches} == {
            "nightly": ("two words", "shop"),
            "evaluation": ("shop",),
        }


async def test_the_tags_of_one_are_shown_to_be_edited(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"]) as shown:
        await _typed(shown, "t", 'b "two words"')
        await shown.shows("Tagged nightly: b, two words.")
        await shown.press("t")
        await shown.until(lambda: isinstance(shown.app.screen, TextPrompt))
        assert shown.app.screen.query_one(Input).value == 'b "two words"'


@pytest.mark.long
async def test_a_batch_that_is_open_is_named_tagged_and_annotated_there(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"], size=(80, 24)) as shown:
        await shown.press("enter")
        await shown.shows("result 1 of 3")
        await shown.press("space")  # what is marked among its results makes no difference
        await _typed(shown, "L", "evening")
        await _typed(shown, "t", 'shop "two words"')
        await _typed(shown, "m", "prompt seven")
        await shown.shows("evening   tags shop, two words   note prompt seven", "1 marked")
        (batch,) = await shown.workspace.registry.queries.select()
        assert (batch.name, batch.tags, batch.note) == ("evening", ("shop", "two words"), "prompt seven")


@pytest.mark.long
async def test_labels_stay_here_and_so_can_be_edited_where_nothing_is_changed_at_the_api(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"], read_only=True) as shown:
        await shown.press("enter")
        await shown.shows("In progress")
        await _typed(shown, "t", "shop")
        await shown.shows("nightly   tags shop", "Tagged nightly: shop.")
