"""Continuing conversations from inside the dashboard, and reading them, over a real registry and the simulator."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import ResultsState
from batchtui.services.polling import maintenance
from batchtui.simulator import SCENARIOS
from tests.services.retry.conversations.world import begin, conversations
from tests.tui.stage import PATIENCE, Stage, stage

if TYPE_CHECKING:
    from pathlib import Path


async def saved(made: Stage) -> None:
    """Let all batches end, and the dashboard save their results."""
    made.clock.turn(hours=2)
    await maintenance.run_maintenance(made.workspace)
    async with asyncio.timeout(PATIENCE):
        while any(batch.results is not ResultsState.SAVED for batch in await made.workspace.registry.queries.select()):
            made.clock.turn(1)  # whoever waits to look again does
            await made.pilot.pause(0.02)


@pytest.mark.long
async def test_conversations_are_continued_by_two_questions_and_read_as_a_whole(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        made.simulator.world.retemper(replace(SCENARIOS["conversations"], seed=11))
        made.workspace.paths.tools_file.write_text('[tools.lookup]\ncommand = "cat"\n')
        await begin(made.workspace, tmp_path, conversations(8), "talks")
        await saved(made)
        await made.shows("talks")

        await made.opened("greater_than_sign")
        await made.shows("lookup: cat", "Nothing is sent before you are asked.")
        assert len(made.simulator.world.batches) == 1
        await made.press("y")
        await made.shows("Continue ", "all turns so far: ")
        made.clock.turn(1)  # a question is deaf at first
        await made.press("y")
        await made.shows("Submitted ")
        assert len(made.simulator.world.batches) == 2
        await saved(made)
        calls = [
            params["messages"][-1]["content"]
            for params in made.simulator.world.batches[1].params
            if params["messages"][-1]["role"] == "user" and len(params["messages"]) > 1
        ]
        assert json.loads(calls[0][0]["content"])

        await made.press("enter")
        await made.shows("talk-")
        await made.press("enter")
        await made.shows("other side")
        await made.press("t")
        await made.shows("conversation", "turn")
