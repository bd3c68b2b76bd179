"""Where only ASCII may be drawn, dialogs, notes, panes and hints are drawn in it, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tui.stage import stage

if TYPE_CHECKING:
    from pathlib import Path

ASCII = "[screen]\nascii = true\n"


@pytest.mark.long
@pytest.mark.parametrize("size", [(80, 24), (160, 40)])
@pytest.mark.parametrize("keys", [("question_mark",), ("G", "enter", "enter"), ("colon",), ("y",), ("j", "c")])
async def test_everything_is_ascii(tmp_path: Path, size: tuple[int, int], keys: tuple[str, ...]) -> None:
    async with stage(tmp_path, ended=["evaluation"], running=["nightly"], size=size, settings=ASCII) as shown:
        await shown.shows("evaluation", " hint ")
        for key in keys:
            await shown.press(key)
        await shown.pilot.pause(0.2)
        assert sorted({char for char in shown.text if not char.isascii()}) == []
