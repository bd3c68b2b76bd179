"""Refreshing: one call for all running batches, patience with a 404, and one process that asks for all."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import AnswerLost
from batchtui.services.commit_watcher import LOOK
from batchtui.services.polling import maintenance
from batchtui.services.polling.poller import Poller, PollerState
from batchtui.services.polling.refresh import sweep
from batchtui.simulator import Fault
from tests.support.clock import StandingClock
from tests.support.workspaces import all_batches, submit, workspace_at

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.services.polling.poller import PollStatus
    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock


def calls(simulator: Simulator, method: str = "GET") -> list[str]:
    return [call.path for call in simulator.world.calls if call.method == method]


async def test_a_sweep_asks_once_however_many_batches_run(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    for number in range(6):
        await submit(workspace, tmp_path, 1, prefix=f"f{number}")
    simulator.world.calls.clear()
    await sweep(workspace)
    assert calls(simulator) == ["/v1/messages/batches"]


async def test_a_sweep_with_nothing_running_asks_nothing(workspace: Workspace, simulator: Simulator) -> None:
    assert (await sweep(workspace)).calls == 0
    assert simulator.world.calls == []


async def test_an_ended_batch_is_noticed_with_its_counts(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    submitted = await submit(workspace, tmp_path, 4)
    clock.turn(hours=3)
    changed = (await sweep(workspace)).changed
    (batch,) = await all_batches(workspace)
    assert changed == (submitted.batches[0].key,)
    assert (batch.state, batch.counts.succeeded, batch.counts.total) == (BatchState.ENDED, 4, 4)
    assert batch.ended_at is not None


async def test_one_404_means_nothing_and_minutes_of_it_mean_missing(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    await submit(workspace, tmp_path, 2)
    simulator.world.faults.add(Fault(on="list", kind="hidden", times=None))
    simulator.world.faults.add(Fault(on="retrieve", kind="status", status=404, times=None))
    await sweep(workspace)
    assert [batch.state for batch in await all_batches(workspace)] == [BatchState.IN_PROGRESS]
    clock.turn(minutes=4)
    await sweep(workspace)
    assert [batch.state for batch in await all_batches(workspace)] == [BatchState.IN_PROGRESS]
    clock.turn(minutes=2)
    await sweep(workspace)
    assert [batch.state for batch in await all_batches(workspace)] == [BatchState.MISSING]


async def test_a_failed_sweep_concludes_nothing(workspace: Workspace, tmp_path: Path, simulator: Simulator) -> None:
    await submit(workspace, tmp_path, 2)
    simulator.world.faults.add(Fault(on="list", kind="status", status=529))
    with pytest.raises(AnswerLost):
        await sweep(workspace)
    assert [batch.state for batch in await all_batches(workspace)] == [BatchState.IN_PROGRESS]


async def test_the_interval_grows_with_the_age_of_the_youngest_batch(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    await submit(workspace, tmp_path, 2)
    seen = [await maintenance.poll_interval(workspace)]
    clock.turn(minutes=5)
    seen.append(await maintenance.poll_interval(workspace))
    clock.turn(minutes=30)
    seen.append(await maintenance.poll_interval(workspace))
    assert seen == [5.0, 15.0, 60.0]


async def until(poller: Poller, *states: PollerState) -> PollStatus:
    async with asyncio.timeout(5):
        while poller.status.state not in states:
            await asyncio.sleep(0.005)
    return poller.status


async def test_of_several_open_terminals_one_asks(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    await submit(workspace, tmp_path, 2)
    simulator.world.calls.clear()
    async with workspace_at(tmp_path / "home", simulator, clock) as other:
        one, two = Poller(workspace, collects=False), Poller(other, collects=False)
        seconds = await one._turn()
        assert one.status.state is PollerState.WAITING
        assert seconds == 5.0
        await two._turn()
        assert two.status.state is PollerState.ELSEWHERE
        assert two.status.asked_at == one.status.asked_at
        assert len(simulator.world.calls) == 1


async def test_a_rate_limit_is_honoured_and_said(workspace: Workspace, tmp_path: Path, simulator: Simulator) -> None:
    await submit(workspace, tmp_path, 2)
    simulator.world.faults.add(Fault(on="list", kind="status", status=429, retry_after=32))
    poller = Poller(workspace, collects=False)
    assert await poller._turn() == 32
    assert poller.status.state is PollerState.RATE_LIMITED
    assert poller.status.next_at is not None


async def test_a_paused_poller_asks_nothing_until_told(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    await submit(workspace, tmp_path, 2)
    simulator.world.calls.clear()
    poller = Poller(workspace, collects=False)
    poller.pause()
    await poller._turn()
    assert poller.status.state is PollerState.PAUSED
    assert simulator.world.calls == []
    poller.refresh_now()
    await poller._turn()
    assert len(simulator.world.calls) == 1


async def test_a_running_poller_brings_an_ended_batch_and_its_results(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    await submit(workspace, tmp_path, 3)
    clock.turn(hours=3)
    poller = Poller(workspace)
    task = asyncio.create_task(poller.run())
    async with asyncio.timeout(10):
        while (await all_batches(workspace))[0].results != "saved":
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (await all_batches(workspace))[0].state is BatchState.ENDED


async def test_a_poller_with_nothing_to_ask_looks_again_when_something_was_committed_and_not_before(
    tmp_path: Path, simulator: Simulator
) -> None:
    clock = StandingClock()
    async with workspace_at(tmp_path / "home", simulator, clock) as workspace:
        poller = Poller(workspace)
        running = [asyncio.create_task(each) for each in (poller.run(), workspace.commits.run())]
        try:
            async with asyncio.timeout(10):
                while len(clock.slept) < 3:  # the look at the file, the poller's turn, what is to be collected
                    await asyncio.sleep(0.005)
                assert set(clock.slept) == {LOOK, workspace.settings.refresh.slow}
                await submit(workspace, tmp_path, 2)
                while poller.status.state is not PollerState.WAITING:
                    await asyncio.sleep(0.005)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


async def test_parts_that_wait_for_room_are_sent_on_when_there_is_some(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    from batchtui.services.submission.staging.stage import IntakeOptions

    simulator.world.faults.add(Fault(on="create", kind="status", status=429, retry_after=600, skip=1))
    submitted = await submit(workspace, tmp_path, 6, intake=IntakeOptions(max_requests=2))
    assert [batch.state for batch in submitted.batches] == [
        BatchState.IN_PROGRESS,
        BatchState.PLANNED,
        BatchState.PLANNED,
    ]
    await maintenance.run_maintenance(workspace)
    assert len(simulator.world.batches) == 1
    clock.turn(seconds=601)
    await maintenance.run_maintenance(workspace)
    assert [batch.state for batch in await all_batches(workspace)].count(BatchState.PLANNED) == 0
    assert len(simulator.world.batches) == 3
