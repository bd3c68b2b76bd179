"""The settings screen: what is changed there is checked, stands in the file, and holds at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from batchtui.settings.model import Settings
from batchtui.settings.reference import entries
from batchtui.tui.commands.table import COMMANDS
from batchtui.tui.dialogs.text_prompt import TextPrompt
from batchtui.tui.screens.settings.screen import AT_THE_NEXT_START, rows
from batchtui.tui.widgets.grid.grid import Grid
from tests.tui.stage import stage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.stage import Stage

MINE = "# mine\n[screen]\ntheme = 'dark'  # night\n"


async def _at(shown: Stage, words: str) -> None:
    """Open the settings and find one of them."""
    await shown.press("O", "slash", *words, "enter")
    await shown.shows("1 of ")


def _file(shown: Stage) -> str:
    return shown.workspace.paths.config_file.read_text()


async def _type(shown: Stage, text: str) -> None:
    await shown.press("enter")
    await shown.until(lambda: isinstance(shown.app.screen, TextPrompt))
    shown.app.screen.query_one(Input).value = text
    await shown.press("enter")


@pytest.mark.long
async def test_a_setting_goes_on_to_its_next_value_is_written_and_holds_at_once(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"], settings=MINE) as shown:
        await _at(shown, "screen.theme")
        await shown.shows("1 setting changed", "next:  auto [dark] light  high-contrast  ansi", "default auto")
        await shown.press("enter")
        await shown.shows("Written to config.toml.")
        assert _file(shown) == MINE.replace("'dark'", '"light"')
        assert shown.app.look.theme.name == "light"
        assert shown.workspace.settings.screen.theme == "light"


@pytest.mark.long
async def test_an_invalid_setting_is_reported_while_typed_and_never_written(tmp_path: Path) -> None:
    async with stage(tmp_path, settings=MINE) as shown:
        await _at(shown, "refresh.quick")
        await _type(shown, "-2")
        await shown.shows("refresh.quick must be", "than 0")
        assert isinstance(shown.app.screen, TextPrompt)
        assert _file(shown) == MINE
        # One types where the value stands, also once the terminal has another size.
        await shown.pilot.resize_terminal(80, 24)
        below, field = shown.app.screen_stack[-2], shown.app.screen.query_one(Input)
        place = below.query_one("#settings", Grid).region_of_cell("value")
        await shown.until(lambda: field.region.x == place.x + 4 and field.region.y == place.y)


@pytest.mark.long
async def test_a_key_is_remapped_and_heard_at_once(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"], running=["nightly"]) as shown:
        await _at(shown, "batches.columns")
        await _type(shown, "s")
        await shown.shows("`list.sort`")
        shown.app.screen.query_one(Input).value = "ctrl+o, W"
        await shown.press("enter")
        await shown.shows("Written to config.toml.")
        await shown.press("escape", "escape")
        await shown.press("C")
        assert "columns shown" not in shown.text
        await shown.press("W")
        await shown.shows("13 columns shown")


@pytest.mark.long
async def test_a_default_is_gone_back_to(tmp_path: Path) -> None:
    async with stage(tmp_path, settings=MINE) as shown:
        await _at(shown, "screen.theme")
        await shown.press("d")
        await shown.until(lambda: _file(shown) == "# mine\n[screen]\n")
        await shown.shows("all at their defaults")


@pytest.mark.long
async def test_settings_that_need_a_restart_say_so(tmp_path: Path) -> None:
    async with stage(tmp_path) as shown:
        await _at(shown, "screen.mouse")
        await shown.press("enter")
        await shown.shows("It takes effect after a restart.")
        assert "mouse = false" in _file(shown)


@pytest.mark.long
async def test_the_file_itself_is_edited_and_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edited: list[str] = []

    def edit(_app: object, path: Path) -> None:
        edited.append(path.read_text())
        path.write_text("[screen]\nascii = true\n")

    monkeypatch.setattr("batchtui.tui.terminal.external.edit_file", edit)
    async with stage(tmp_path) as shown:
        await shown.press("O", "e")
        await shown.shows("1 setting changed")
        assert "# theme = " in edited[0], "an empty file begins with every setting, commented out"
        assert shown.app.painter.plain


async def test_a_file_that_was_edited_wrongly_is_a_sentence_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "batchtui.tui.terminal.external.edit_file", lambda _app, path: path.write_text("[screen]\ntheme = 3\n")
    )
    async with stage(tmp_path) as shown:
        await shown.press("O", "e")
        await shown.shows("line 2", "screen.theme")
        assert shown.workspace.settings == Settings()


def test_every_setting_and_every_command_has_a_row() -> None:
    keys = [row.key for row in rows(Settings())]
    assert keys == [entry.key for entry in entries(Settings()) if entry.key != "keys"] + [
        f"keys.{command.id}" for command in COMMANDS
    ]
    assert set(keys) >= AT_THE_NEXT_START
