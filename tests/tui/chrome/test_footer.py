"""The footer: what can be done here in groups, what can be done anywhere at the right, and the mouse on each of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.tui.chrome.footer import Footer
from batchtui.tui.dialogs.file_picker import FilePicker
from tests.tui.stage import stage

if TYPE_CHECKING:
    from pathlib import Path

STILL = "[screen]\nhints = false\n"


async def test_commands_stand_in_groups_with_the_help_in_the_corner(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"], size=(120, 30), settings=STILL) as shown:
        await shown.shows("nightly")
        line = shown.text.splitlines()[-1]
        looks, acts = line.split(" ·  ")
        assert "⏎ open" in looks
        assert "n submit" in acts
        assert line.endswith("? help")
        assert "refresh" not in looks


async def test_a_click_on_a_command_carries_it_out(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"], size=(120, 30), settings=STILL) as shown:
        await shown.shows("nightly")
        at = shown.text.splitlines()[-1].index("n submit")
        await shown.pilot.click(Footer, offset=(at, 0))
        await shown.until(lambda: isinstance(shown.app.screen, FilePicker))


async def test_a_dialog_says_its_own_keys_in_place_of_those_behind_it(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"], size=(80, 24), settings=STILL) as shown:
        await shown.shows("nightly")
        await shown.opened("c")
        assert shown.text.splitlines()[-1].split() == ["y", "yes", "n", "enter", "no", "j", "k", "scroll"]
