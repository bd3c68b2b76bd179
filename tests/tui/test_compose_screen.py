"""Composing from inside the dashboard, over a real registry, real files and the simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.tui.screens.compose import ComposeScreen
from tests.tui.stage import Stage, stage

if TYPE_CHECKING:
    from pathlib import Path


def screen_of(made: Stage) -> ComposeScreen:
    """The composition in front."""
    screen = made.app.screen
    assert isinstance(screen, ComposeScreen)
    return screen


async def test_three_keys_lead_a_newcomer_to_a_first_batch(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(160, 48)) as made:
        await made.shows("Nothing here yet", "makes requests from a table")
        await made.press("N")
        await made.shows("T-1001", "The export stops", "12 requests of 12 rows")
        print(made.text)
        await made.opened("y")
        await made.shows("Submit example-tickets?")
        await made.press("y")
        await made.shows("1 part of 1 sent.")
        assert [len(batch) for batch in made.simulator.world.batches] == [12]
