"""Conversations of one to eight turns with tools, faults and kills: each call is run once, each turn is billed once."""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import BatchtuiError, NothingToContinue
from batchtui.domain.results.result import Outcome
from batchtui.registry import leases
from batchtui.runtime import process_identity
from batchtui.services.batches.targets import find_target
from batchtui.services.polling.refresh import sweep
from batchtui.services.retry.conversations import tool_runs
from batchtui.services.retry.conversations.continue_job import ContinueOptions
from batchtui.services.retry.conversations.next_turn import send_next_turn
from batchtui.services.retry.unresolved import counted_outcomes
from batchtui.services.submission.resume import resume
from batchtui.simulator import Fault, Scenario, Simulator
from tests.services.retry.conversations.world import (
    batches_needed,
    begin,
    conversations,
    logging_tool,
    runs,
    save,
    turns_asked,
)
from tests.support.mortal import Fate, Killed, make_mortal
from tests.support.workspaces import workspace_at

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.services.submission.reconcile import Reconciliation
    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock

MOST_TURNS = 8
COUNT = int(os.environ.get("BATCHTUI_CONVERSATIONS", "60"))
"""Conversations; by hand 1,000."""
SEED = int(os.environ.get("BATCHTUI_CONVERSATIONS_SEED", "5"))
FAULTS = (
    Fault(on="create", kind="lost_after", skip=1),
    Fault(on="create", kind="lost_before", skip=3),
    Fault(on="results", kind="results_cut", at_byte=2_000),
)


async def yes(_finding: Reconciliation) -> bool:
    return True


async def one_turn(workspace: Workspace, clock: TurnedClock, job: str, log: Path) -> str | None:
    """What a person does after each turn: settle what is open, save the results, continue. Returns why it ended."""
    await sweep(workspace)
    clock.turn(minutes=15)
    await resume(workspace, consent=yes)
    await save(workspace, clock, job)
    # A person has looked, and has what was interrupted run again: it is counted below.
    options = ContinueOptions(tools={"lookup": logging_tool("lookup", log)}, rerun_tools=True)
    try:
        await send_next_turn(workspace, await find_target(workspace, job), options)
    except NothingToContinue as end:
        return end.message
    return None


@pytest.mark.long
async def test_every_call_once_every_turn_billed_once_and_as_many_batches_as_the_longest_conversation(
    tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = Random(SEED)
    log, home, dead = tmp_path / "calls", tmp_path / "home", set[str]()
    for module in (process_identity, leases, tool_runs):
        monkeypatch.setattr(module, "is_gone", lambda name: name in dead)
    scenario = Scenario(takes=900.0, requests_per_minute=0, seed=SEED, turns=MOST_TURNS, faults=FAULTS)
    with Simulator(scenario, clock=clock) as simulator:
        async with workspace_at(home, simulator, clock) as workspace:
            job = await begin(workspace, tmp_path, conversations(COUNT))
        end, kills = None, 0
        while end is None:
            assert kills < 200
            async with workspace_at(home, simulator, clock) as workspace:
                # Most processes die, nearly all while tools are run: each call is two commits.
                fate = Fate(draw.randint(1, 2 * COUNT) if draw.random() < 0.8 and kills < 25 else None)
                await make_mortal(workspace, fate)
                try:
                    end = await one_turn(workspace, clock, job, log)
                except (Killed, BatchtuiError):
                    kills += fate.is_dead
                dead.add(workspace.name)
        async with workspace_at(home, simulator, clock) as workspace:
            calls = await workspace.registry.tool_calls.of_job(job)
            batches = (await find_target(workspace, job)).batches
            outcomes = counted_outcomes(workspace.registry, batches)
        rerun = {f"{call.key.custom_id} {call.key.tool_use_id}" for call in calls if call.runs > 1}
        ran = runs(log)
        asked = turns_asked(simulator)
        refused = [batch.plan.problems for batch in simulator.world.batches if batch.plan.problems]
        made = len(simulator.world.batches)
    assert end == f"All {COUNT:,} conversations of talks have ended."
    assert outcomes == {Outcome.SUCCEEDED: COUNT}
    assert kills > 3
    assert not refused
    # Each call was run once, but for those that a person had run again after they were interrupted.
    assert {call for call, times in ran.items() if times > 1} <= rerun
    assert len(ran) == len(calls) == len({call.key for call in calls if call.is_finished})
    # Each turn was asked for once, and so billed once, in as many batches as the longest conversation has turns.
    assert set(asked.values()) == {1}
    assert sum(asked.values()) == sum(batches_needed(SEED, f"talk-{n}", MOST_TURNS) for n in range(COUNT))
    assert made == max(batches_needed(SEED, f"talk-{n}", MOST_TURNS) for n in range(COUNT))
