"""Filtering the list of batches: live, completed with tab, and shown as chips once it is in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from tests.tui.stage import stage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.stage import Stage


def _typed(shown: Stage) -> str:
    return shown.app.screen.query_one(Input).value


@pytest.mark.long
async def test_tab_completes_a_field_and_then_a_value(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"], running=["nightly"]) as shown:
        await shown.press("/", "s", "t")
        await shown.shows("tab  status:")
        await shown.press("tab", "r", "tab")
        assert _typed(shown) == "status:running "
        await shown.shows("1 of 2")
        assert "evaluation" not in shown.text


@pytest.mark.long
async def test_the_arrows_choose_what_tab_takes_among_names_that_there_are(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"], running=["nightly"]) as shown:
        await shown.press("/", *"name:")
        await shown.shows("tab  nightly  evaluation")
        await shown.press("down", "tab")
        assert _typed(shown) == "name:evaluation "


@pytest.mark.long
async def test_a_filter_in_force_stands_there_as_chips(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"], running=["nightly"]) as shown:
        await shown.press("/", *"night !status:ended age:", "enter")
        await shown.shows(" night   !status:ended ", "1 of 2")
        await shown.until(lambda: not shown.app.screen.query_one(Input).display)
        assert "age:" not in shown.text, "what is typed half is not in force"
        await shown.press("/")
        await shown.until(lambda: shown.app.screen.query_one(Input).has_focus)
        assert _typed(shown) == "night !status:ended age:"


@pytest.mark.long
async def test_an_invalid_filter_term_is_reported_while_typing(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"], running=["nightly"]) as shown:
        await shown.press("/", *"tga:x")
        await shown.shows("did you mean tag:?", "2 of 2")
