"""Watching: what happens is passed on whoever does it, and a bad network is only a pause."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import CredentialsMissing, Refused
from batchtui.services.polling.poller import PollerState
from batchtui.services.polling.refresh import refresh_batches
from batchtui.services.polling.watch import Listeners, watch
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.simulator import Fault, Simulator
from tests.support.workspaces import all_batches, submit, workspace_at

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.domain.errors import BatchtuiError
    from batchtui.services.polling.poller import PollStatus
    from batchtui.services.polling.watch import Watched, WatchEvent
    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock


class Heard:
    """Everything that was passed on."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.states: list[PollerState] = []
        self.errors: list[str] = []
        self.notes: list[str] = []

    def happening(self, told: WatchEvent) -> None:
        self.events.append(told.entry.event)

    def status(self, status: PollStatus) -> None:
        self.states.append(status.state)

    def error(self, error: BatchtuiError) -> None:
        self.errors.append(error.type)

    async def watch(self, workspace: Workspace, *, until_idle: bool = True) -> Watched:
        listeners = Listeners(self.happening, self.status, self.error, self.notes.append)
        async with asyncio.timeout(20):
            return await watch(workspace, listeners, [], until_idle=until_idle)

    async def until(self, event: str, times: int = 1) -> None:
        """Wait until that was passed on so often."""
        async with asyncio.timeout(20):
            while self.events.count(event) < times:
                await asyncio.sleep(0.005)


async def test_a_network_that_is_down_is_waited_out(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    await submit(workspace, tmp_path, 3)
    simulator.world.faults.add(Fault(on="list", kind="lost_before", times=3))
    clock.turn(hours=3)
    heard = Heard()
    watched = await heard.watch(workspace)
    assert heard.events == ["batch.ended", "results.saved"]
    assert heard.states.count(PollerState.OFFLINE) == 3
    assert (watched.unknown, watched.uncollected) == (0, False)


async def test_results_that_cannot_be_fetched_are_said_and_do_not_keep_it_going(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    await submit(workspace, tmp_path, 3)
    simulator.world.faults.add(Fault(on="results", kind="results_cut", at_byte=10, times=None))
    clock.turn(hours=3)
    heard = Heard()
    assert (await heard.watch(workspace)).uncollected
    assert len(heard.errors) == 1


async def test_what_runs_at_another_account_does_not_keep_it_going_and_is_counted(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    await submit(workspace, tmp_path, 3)
    with Simulator("quiet-night", clock=clock) as elsewhere:
        async with workspace_at(tmp_path / "home", elsewhere, clock) as other:
            watched = await Heard().watch(other)
    assert watched.elsewhere == 1
    assert [batch.state for batch in await all_batches(workspace)] == [BatchState.IN_PROGRESS]


async def test_results_at_another_account_are_not_asked_for_again_and_again(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    await submit(workspace, tmp_path, 3)
    clock.turn(hours=3)
    await refresh_batches(workspace, await all_batches(workspace))
    with Simulator("quiet-night", clock=clock) as elsewhere:
        async with workspace_at(tmp_path / "home", elsewhere, clock) as other:
            await other.front_account()
            watched = await Heard().watch(other)
        assert elsewhere.world.calls_to("results") == []
    assert watched.uncollected


@pytest.mark.long
async def test_a_part_that_waits_for_room_is_sent_on(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", kind="status", status=429, retry_after=600, skip=1))
    await submit(workspace, tmp_path, 4, intake=IntakeOptions(max_requests=2))
    heard = Heard()
    await heard.watch(workspace)
    assert heard.events.count("batch.accepted") == 1
    assert [batch.state for batch in await all_batches(workspace)] == [BatchState.ENDED, BatchState.ENDED]


@pytest.mark.long
async def test_events_of_another_process_are_reported(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    await submit(workspace, tmp_path, 1)
    heard = Heard()
    async with workspace_at(tmp_path / "home", simulator, clock) as other:
        watching = asyncio.create_task(heard.watch(workspace, until_idle=False))
        await heard.until("results.saved")
        await submit(other, tmp_path, 1, prefix="b")
        await heard.until("job.planned")
        await heard.until("results.saved", times=2)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    assert heard.events.count("job.planned") == 1


async def test_a_part_that_stays_unknown_does_not_keep_it_going_for_ever(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", kind="lost_before"))
    simulator.world.faults.add(Fault(on="list", kind="status", status=529, times=4))
    await submit(workspace, tmp_path, 1)
    assert (await Heard().watch(workspace)).unknown == 1


async def test_a_door_that_is_shut_ends_it(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, clock: TurnedClock
) -> None:
    await submit(workspace, tmp_path, 1)
    simulator.world.faults.add(Fault(on="list", kind="status", status=401, times=None))
    with pytest.raises(Refused):
        await Heard().watch(workspace)
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    async with workspace_at(tmp_path / "home", simulator, clock) as other:
        with pytest.raises(CredentialsMissing):
            await Heard().watch(other)


async def _copy(workspace: Workspace) -> Path:
    """Return a copy of the registry beside it, as a backup holds it."""
    copy = workspace.registry.path.with_name("copy.db")
    with closing(sqlite3.connect(workspace.registry.path)) as here, closing(sqlite3.connect(copy)) as there:
        here.backup(there)
    return copy


async def test_a_registry_that_was_replaced_is_watched_from_then_on_and_nothing_is_sent_from_it(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    simulator.world.faults.add(Fault(on="create", kind="status", status=429, retry_after=600, skip=1))
    await submit(workspace, tmp_path, 4, intake=IntakeOptions(max_requests=2))
    (await _copy(workspace)).replace(workspace.registry.path)
    heard = Heard()
    await heard.watch(workspace)
    assert heard.events[-2:] == ["batch.ended", "results.saved"]
    [note] = heard.notes
    assert note == (
        "The registry was replaced; watching the file that is there now: 2 batches. 1 part in it not sent by this"
        " watch: run `batchtui resume`."
    )
    # What waits in an older copy may have been sent since: only a person sends it.
    assert {batch.state for batch in await all_batches(workspace)} == {BatchState.ENDED, BatchState.PLANNED}


async def test_what_takes_the_place_of_the_registry_and_cannot_be_opened_is_said_once_and_waited_for(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    await submit(workspace, tmp_path, 2)
    copy = await _copy(workspace)
    (broken := tmp_path / "broken.db").write_bytes(b"no registry" * 1000)
    broken.replace(workspace.registry.path)
    heard = Heard()
    watching = asyncio.create_task(heard.watch(workspace))
    async with asyncio.timeout(20):
        while "registry_damaged" not in heard.errors or len(clock.slept) < 200:
            await asyncio.sleep(0.005)
    copy.replace(workspace.registry.path)
    await watching
    assert heard.errors.count("registry_damaged") == 1
    assert heard.events[-2:] == ["batch.ended", "results.saved"]
