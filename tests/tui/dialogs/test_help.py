"""The help of a screen: its keys, then the manual's page about it, with a search in both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.manual import pages
from batchtui.tui.commands.table import Scope
from batchtui.tui.dialogs.help import TOPICS, HelpScreen
from tests.tui.stage import stage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.stage import Stage


def is_open(shown: Stage) -> bool:
    return isinstance(shown.app.screen, HelpScreen)


@pytest.mark.long
async def test_the_help_shows_keys_then_the_page_of_the_screen_and_finds_a_text(tmp_path: Path) -> None:
    async with stage(tmp_path) as shown:
        await shown.press("question_mark")
        await shown.shows("Keys", "in the list of batches")
        await shown.press("/", *"loginctl")
        await shown.shows("1 of 1 hit", "while you are logged out")
        await shown.press("escape")
        assert is_open(shown)
        await shown.press("escape")
        await shown.until(lambda: not is_open(shown))


@pytest.mark.long
async def test_hits_are_gone_to_one_after_the_other_and_no_hit_is_said(tmp_path: Path) -> None:
    async with stage(tmp_path) as shown:
        await shown.press("question_mark", "/", *"notice", "enter")
        await shown.shows("1 of ")
        await shown.press("]")
        await shown.shows("2 of ")
        await shown.press("[")
        await shown.shows("1 of ")
        await shown.press("/", *"nosuchword")
        await shown.shows("no hit")


@pytest.mark.long
async def test_the_keys_that_closed_the_help_close_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as shown:
        for key in ("question_mark", "enter", "n", "q", "escape"):
            await shown.press("question_mark")
            await shown.until(lambda: is_open(shown))
            await shown.press(key)
            await shown.until(lambda: not is_open(shown))


def test_every_screen_has_a_page() -> None:
    assert set(TOPICS.values()) <= set(pages.TOPICS)
    elsewhere = {Scope.EVERYWHERE, Scope.LIST, Scope.LABELS, Scope.COLUMNS, Scope.TEXT, Scope.TREE, Scope.DIALOG,
                 Scope.HELP, Scope.FIELD}  # fmt: skip
    assert set(Scope) - elsewhere - set(TOPICS) == set()
