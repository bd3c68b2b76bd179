"""Waiting: to the end, through trouble, and no longer than asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import WaitTimedOut
from batchtui.services.polling.wait import wait
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.simulator import Fault
from tests.support.workspaces import submit

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.services.polling.wait import Waiting
    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock


async def test_a_job_is_waited_for_to_the_end_of_its_last_part(workspace: Workspace, tmp_path: Path) -> None:
    submitted = await submit(workspace, tmp_path, 5, intake=IntakeOptions(max_requests=2))
    seen: list[Waiting] = []
    keys = [batch.key for batch in submitted.batches]
    batches = await wait(workspace, keys, poll_interval=300, on_progress=seen.append)
    assert {batch.state for batch in batches} == {BatchState.ENDED}
    assert seen[0].counts.processing == 5
    assert seen[-1].counts.succeeded == 5


async def test_the_interval_that_was_asked_for_is_kept(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    submitted = await submit(workspace, tmp_path, 2)
    await wait(workspace, [submitted.batches[0].key], poll_interval=270)
    assert set(clock.slept) == {270.0}


@pytest.mark.long
async def test_a_network_that_is_down_for_a_while_is_waited_out(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    submitted = await submit(workspace, tmp_path, 2)
    simulator.world.faults.add(Fault(on="retrieve", kind="lost_before", times=3))
    simulator.world.faults.add(Fault(on="retrieve", kind="status", status=529, times=2))
    seen: list[Waiting] = []
    (batch,) = await wait(workspace, [submitted.batches[0].key], poll_interval=60, on_progress=seen.append)
    assert batch.state is BatchState.ENDED
    assert sum(bool(waiting.message) for waiting in seen) == 5


async def test_the_time_out_ends_the_wait_and_cancels_nothing(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    submitted = await submit(workspace, tmp_path, 2)
    with pytest.raises(WaitTimedOut):
        await wait(workspace, [submitted.batches[0].key], timeout=10)
    assert not [call for call in simulator.world.calls if call.path.endswith("/cancel")]
