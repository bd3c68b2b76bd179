"""A question shows all that it holds where there is room for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.tui.dialogs.confirm import Confirm, Group, Question
from tests.tui.stage import stage

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.long
async def test_a_line_as_long_as_the_dialog_is_wide_hides_no_other(tmp_path: Path) -> None:
    async with stage(tmp_path) as shown:
        for length in range(64, 76):
            question = Question("Sure?", (Group("What is lost", ("w" * (length - 6) + " words", "the last line")),))
            dialog = Confirm(question, shown.clock.monotonic)
            shown.app.push_screen(dialog)
            await shown.shows("Sure?", "No")
            await shown.pilot.pause()
            assert "the last line" in shown.text, length
            await shown.app.pop_screen()
