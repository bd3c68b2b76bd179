"""A submission that is killed at any point, and resumed: every request is at the API exactly once."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import BatchtuiError
from batchtui.runtime import process_identity
from batchtui.services.submission.resume import resume
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.services.submission.submit import SubmitOptions, apply_submit, plan_submit
from batchtui.simulator import Fault, Simulator
from tests.support.builders import jsonl, requests
from tests.support.clock import TurnedClock
from tests.support.crashing import POINTS
from tests.support.marks import every
from tests.support.mortal import Fate, Killed, make_mortal
from tests.support.workspaces import all_batches, sent_custom_ids, workspace_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batchtui.services.submission.reconcile import Reconciliation
    from batchtui.services.workspace import Workspace

PARTS, PART = 3, 2
WANTED = [item["custom_id"] for item in requests(PARTS * PART)]


async def yes(_finding: Reconciliation) -> bool:
    return True


async def submit_from(workspace: Workspace, source: Path) -> None:
    options = SubmitOptions(intake=IntakeOptions(max_requests=PART))
    plan = await plan_submit(workspace, [str(source)], options)
    await apply_submit(workspace, plan, force=True)


CASES = [(point, nth) for point in POINTS for nth in ((1,) if "request" in point or "plan" in point else (1, 2))]


@pytest.mark.parametrize(("point", "nth"), every(6, CASES), ids=lambda value: str(value).replace(" ", "-"))
async def test_killed_and_resumed_each_request_is_sent_exactly_once(tmp_path: Path, point: str, nth: int) -> None:
    clock = TurnedClock(datetime.now(UTC))
    source = jsonl(tmp_path / "in.jsonl", requests(PARTS * PART))
    with Simulator("quiet-night", clock=clock) as simulator:
        command = ["-m", "tests.support.crashing", str(tmp_path / "home"), simulator.url, str(source), str(PART)]
        crashed = await asyncio.create_subprocess_exec(sys.executable, *command, point, str(nth))
        assert await crashed.wait() == -signal.SIGKILL
        async with workspace_at(tmp_path / "home", simulator, clock) as workspace:
            if not await all_batches(workspace):
                # It died before the intent was committed: nothing can have been sent, and the person submits again.
                assert simulator.world.batches == []
                await submit_from(workspace, source)
            await resume(workspace, consent=yes)
            assert {batch.state for batch in await all_batches(workspace)} == {BatchState.IN_PROGRESS}
        assert sent_custom_ids(simulator) == WANTED


async def test_two_processes_that_resume_at_once_send_each_part_once(tmp_path: Path) -> None:
    clock = TurnedClock(datetime.now(UTC))
    source = jsonl(tmp_path / "in.jsonl", requests(PARTS * PART))
    with Simulator("quiet-night", clock=clock) as simulator:
        command = ["-m", "tests.support.crashing", str(tmp_path / "home"), simulator.url, str(source), str(PART)]
        crashed = await asyncio.create_subprocess_exec(sys.executable, *command, "after the plan is committed", "1")
        await crashed.wait()
        async with (
            workspace_at(tmp_path / "home", simulator, clock) as one,
            workspace_at(tmp_path / "home", simulator, clock) as two,
        ):
            await asyncio.gather(resume(one, consent=yes), resume(two, consent=yes))
            await resume(one, consent=yes)
        assert sent_custom_ids(simulator) == WANTED


FAULTS: list[dict[str, Any]] = [
    {"on": "create", "kind": "lost_before"},
    {"on": "create", "kind": "lost_after"},
    {"on": "create", "kind": "garbled", "after": True},
    *({"on": "create", "kind": "status", "status": status} for status in (408, 409, 500, 503, 529)),
    *({"on": "create", "kind": "status", "status": status, "after": True} for status in (408, 409, 500, 502, 529)),
    {"on": "create", "kind": "status", "status": 429, "retry_after": 7},
    {"on": "create", "kind": "status", "status": 429},
    {"on": "list", "kind": "lost_before"},
    {"on": "list", "kind": "garbled"},
    {"on": "list", "kind": "status", "status": 500},
    {"on": "list", "kind": "status", "status": 429, "retry_after": 3},
    {"on": "list", "kind": "hidden"},
]
ROUNDS = 40
SEEDS_A_TEST = int(os.environ.get("BATCHTUI_TEST_SCHEDULES", "50"))
"""Schedules of each test: `.ci/run` takes fewer of them, as `tests/simulation` runs ten thousand histories there."""


async def one_schedule(seed: int, folder: Path, dead: set[str]) -> None:
    """Submit and resume under random faults, kills and rivals until all is sent; then look who got what."""
    dice = random.Random(seed)
    clock = TurnedClock()
    source = jsonl(folder / "in.jsonl", requests(PARTS * PART))
    with Simulator("quiet-night", clock=clock) as simulator:
        simulator.world.faults.add(
            *(Fault(**dice.choice(FAULTS), skip=dice.randrange(4)) for _ in range(dice.randrange(5)))
        )
        await one_life(folder, simulator, clock, dice, dead, lambda workspace: submit_from(workspace, source))
        for round_ in range(ROUNDS):
            rivals = dice.choice((1, 1, 2)) if round_ < ROUNDS - 2 else 1
            lives = [
                one_life(folder, simulator, clock, dice, dead, again(source, alone=rivals == 1), quiet=round_ > 8)
                for _ in range(rivals)
            ]
            finished = await asyncio.gather(*lives)
            clock.turn(dice.choice((1, 20, 90)))
            sent = sent_custom_ids(simulator)
            assert len(sent) == len(set(sent)), f"seed {seed}: sent twice: {sent}"
            if all(finished) and sent == WANTED:
                return
        raise AssertionError(f"seed {seed}: no end; sent {sent_custom_ids(simulator)}")


def again(source: Path, *, alone: bool) -> Callable[[Workspace], Any]:
    """Resume; where it died before the plan was committed, submit again, as one person would and not two at once."""

    async def act(workspace: Workspace) -> None:
        if alone and not await all_batches(workspace):
            await submit_from(workspace, source)
        await resume(workspace, consent=yes, grace=timedelta(seconds=60))

    return act


async def one_life(
    folder: Path,
    simulator: Simulator,
    clock: TurnedClock,
    dice: random.Random,
    dead: set[str],
    act: Callable[[Workspace], Any],
    *,
    quiet: bool = False,
) -> bool:
    """Let one process act, which may die of it. Returns whether it came to its end without a word of complaint."""
    fate = Fate(None if quiet else dice.choice((None, None, dice.randrange(1, 40))))
    async with AsyncExitStack() as stack:
        workspace = await stack.enter_async_context(workspace_at(folder / "home", simulator, clock))
        try:
            await make_mortal(workspace, fate)
            await act(workspace)
        except (BatchtuiError, Killed):
            return False
        finally:
            dead.add(workspace.name)
    return True


@pytest.mark.long
@pytest.mark.parametrize("chunk", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 21))])
async def test_no_schedule_of_faults_kills_and_rivals_sends_twice_or_loses_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    dead: set[str] = set()
    monkeypatch.setattr(process_identity, "is_gone", lambda name: name in dead)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test-not-a-key")
    for seed in range(chunk * SEEDS_A_TEST, chunk * SEEDS_A_TEST + (SEEDS_A_TEST if chunk else min(10, SEEDS_A_TEST))):
        folder = tmp_path / str(seed)
        folder.mkdir()
        await one_schedule(seed, folder, dead)
