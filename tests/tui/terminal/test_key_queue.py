"""Keys that come in a burst, as over a slow line: each is heard by what the one before has opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.events import Key, Paste

from batchtui.tui.commands.keymap import textual_name
from tests.tui.stage import Stage, stage

if TYPE_CHECKING:
    from pathlib import Path


def burst(made: Stage, *keys: str) -> None:
    """Send keys as they come in one packet: nothing happens between them."""
    for key in keys:
        made.app.post_message(Key(textual_name(key), key if len(key) == 1 else None))


async def test_keys_after_the_filter_key_are_typed_into_the_filter(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["one", "two"]) as made:
        burst(made, "/", *"two", "enter")
        await made.shows("1 of 2")


@pytest.mark.long
async def test_a_screen_that_a_key_opens_hears_the_next(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["one"]) as made:
        burst(made, "a", "f", "f", "f")
        await made.shows("errors only")


async def test_a_palette_opened_by_a_key_is_typed_into_and_runs_what_was_found(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["one"]) as made:
        burst(made, ":", *"spend", "enter")
        await made.shows("batch discount")


async def test_a_paste_waits_for_its_turn(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["one", "two"]) as made:
        burst(made, "/")
        made.app.post_message(Paste("two"))
        await made.shows("1 of 2")


async def test_keys_go_on_where_what_heard_the_last_one_is_gone(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["one", "two"]) as made:
        burst(made, "$", "esc", "a", "esc", "!", "esc", "/", *"two")
        await made.shows("1 of 2")
