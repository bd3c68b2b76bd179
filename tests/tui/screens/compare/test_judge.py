"""A changed prompt is judged from the list by few keys, and the comparison shows what got worse."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import ResultsState
from batchtui.services.compose.judging.plan import remember_rubric
from batchtui.services.polling import maintenance
from batchtui.services.submission.submit import SubmitOptions, apply_submit, plan_submit
from batchtui.tui.screens.compare.open import open_compare
from tests.support.builders import jsonl, requests
from tests.tui.stage import PATIENCE, Stage, stage

if TYPE_CHECKING:
    from pathlib import Path


async def answered(made: Stage, folder: Path, name: str, model: str) -> None:
    """Submit a version of the prompt for the same rows, and have its results saved."""
    lines = requests(8)
    for line in lines:
        line["params"]["model"] = model
    plan = await plan_submit(made.workspace, [str(jsonl(folder / f"{name}.jsonl", lines))], SubmitOptions(name=name))
    await apply_submit(made.workspace, plan)
    await saved(made)


async def saved(made: Stage) -> None:
    """Let all batches end, and the dashboard save their results."""
    made.clock.turn(hours=2)
    await maintenance.run_maintenance(made.workspace)
    async with asyncio.timeout(PATIENCE):
        while any(batch.results is not ResultsState.SAVED for batch in await made.workspace.registry.queries.select()):
            made.clock.turn(1)  # whoever waits to look again does
            await made.pilot.pause(0.02)


@pytest.mark.long
async def test_a_version_is_judged_against_the_one_before_by_two_keys_and_the_verdict_read_by_a_third(
    tmp_path: Path,
) -> None:
    rubric = tmp_path / "rubric.txt"
    rubric.write_text("Short and true.")
    async with stage(tmp_path) as made:
        await remember_rubric(made.workspace, rubric)
        await answered(made, tmp_path, "first", "claude-haiku-5-5")
        made.clock.turn(60)
        await answered(made, tmp_path, "other", "claude-sonnet-5-5")
        await made.shows("first", "other")
        # With the two keys that submit an edited template (send, yes) these are five.
        await made.press("g", "J")
        await made.shows("Judge other against first", "8 pairs, each in both orders")
        assert len(made.simulator.world.batches) == 2
        made.clock.turn(1)  # a question is deaf at first
        await made.press("y")
        await made.shows("Submitted ")
        await saved(made)
        await made.press("g", "J")
        await made.shows("other wins ", "against first")
        # What got worse stands first in the comparison, and opens one after the other.
        first, other = [batch for batch in await made.workspace.registry.queries.select() if "judge" not in batch.name]
        await open_compare(made.app, [first.key, other.key])
        await made.shows("8 all")
        await made.press("w")
        await made.shows("judge  B got worse  The ")
        await made.press("w", "w", "w")
        await made.shows(" of 8 shown")
