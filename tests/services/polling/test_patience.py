"""How long is waited: for the end of a batch, for the API, and for a batch that is not shown."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import BatchtuiError, StorageError, WaitTimedOut
from batchtui.services.polling import maintenance, refresh
from batchtui.services.polling.poller import Poller, PollerState
from batchtui.services.polling.refresh import Sweep, refresh_batches
from batchtui.services.polling.wait import wait
from batchtui.simulator import Fault
from tests.support.workspaces import all_batches, submit, workspace_at

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock

A_DAY = 86_400.0


async def test_a_batch_may_show_its_end_a_quarter_of_an_hour_after_its_last_day(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing_new(*_: object) -> None:
        """The API shows it as running."""

    submitted = await submit(workspace, tmp_path, 2)
    monkeypatch.setattr(refresh, "refresh_batches", nothing_new)
    began = clock.monotonic()
    with pytest.raises(WaitTimedOut):
        await wait(workspace, [submitted.batches[0].key], poll_interval=300)
    assert A_DAY + 900 <= clock.monotonic() - began < A_DAY + 1300


async def test_the_api_is_left_alone_for_as_long_as_an_answer_that_says_yes_asks_for(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def care(_workspace: object, *, sends: bool) -> Sweep:
        return Sweep(1, (), retry_after=900.0)

    await submit(workspace, tmp_path, 2)
    for name in ("round_of_care", "run_maintenance"):
        if hasattr(maintenance, name):
            monkeypatch.setattr(maintenance, name, care)
    assert await Poller(workspace, collects=False)._turn() == 900.0


async def test_a_batch_of_another_workspace_is_not_missing_however_long_it_is_not_shown(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    submitted = await submit(workspace, tmp_path, 2)
    async with workspace.registry._database.transaction() as tx:
        await tx.execute("UPDATE batches SET workspace_id = 'wrkspc_of_others'")
    simulator.world.faults.add(Fault(on="retrieve", kind="status", status=404, times=None))
    for _ in range(3):
        batches = await workspace.registry.queries.page([submitted.batches[0].key])
        await refresh_batches(workspace, batches)
        clock.turn(minutes=10)
    assert [batch.state for batch in await all_batches(workspace)] == [BatchState.IN_PROGRESS]
    row = await workspace.registry._database.one("SELECT missed_at FROM batches")
    assert row is not None
    assert row["missed_at"] is None, "the next 404 of the right account is its first"


async def test_a_batch_is_not_missing_where_only_the_404_tells_that_the_account_is_another(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    submitted = await submit(workspace, tmp_path, 2)
    async with workspace.registry._database.transaction() as tx:
        await tx.execute("UPDATE batches SET organization_id = 'org_of_others'")
    simulator.world.faults.add(Fault(on="retrieve", kind="status", status=404, times=None))
    for _ in range(3):
        async with workspace_at(tmp_path / "home", simulator, clock) as fresh:
            await refresh_batches(fresh, await fresh.registry.queries.page([submitted.batches[0].key]))
        clock.turn(minutes=10)
    assert [batch.state for batch in await all_batches(workspace)] == [BatchState.IN_PROGRESS]


async def test_a_missing_batch_is_looked_at_again_by_itself(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    await made_missing(workspace, tmp_path, simulator, clock)
    clock.turn(minutes=6)
    assert await maintenance.has_work(workspace)
    await refresh.sweep(workspace)
    assert [batch.state for batch in await all_batches(workspace)] == [BatchState.IN_PROGRESS]


@pytest.mark.long
async def test_a_batch_that_stays_missing_is_asked_for_ever_more_seldom(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    await made_missing(workspace, tmp_path, simulator, clock, times=None)
    asked: list[int] = []
    for _ in range(24):
        before = len(simulator.world.calls)
        for _ in range(12):
            clock.turn(minutes=5)
            if await maintenance.has_work(workspace):
                await refresh.sweep(workspace)
        asked.append(len(simulator.world.calls) - before)
    assert asked[0] >= 10
    assert sum(asked[2:]) in range(10, 13)
    clock.turn(days=29)
    assert not await maintenance.has_work(workspace)


@pytest.mark.long
async def test_a_wait_asks_for_a_missing_batch_until_it_is_shown_again(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    await made_missing(workspace, tmp_path, simulator, clock, times=4)
    [batch] = await all_batches(workspace)
    [waited] = await wait(workspace, [batch.key], poll_interval=60)
    assert waited.state is BatchState.ENDED


@pytest.mark.long
async def test_a_wait_for_a_batch_that_stays_missing_ends(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    await made_missing(workspace, tmp_path, simulator, clock, times=None)
    [batch] = await all_batches(workspace)
    began = clock.monotonic()
    [waited] = await wait(workspace, [batch.key], poll_interval=60)
    assert waited.state is BatchState.MISSING
    assert clock.monotonic() - began < 1900


async def test_a_refresh_by_hand_asks_whoever_else_does_the_asking(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    await submit(workspace, tmp_path, 2)
    async with workspace_at(tmp_path / "home", simulator, clock) as other:
        assert await other.registry.leases.take(maintenance.POLLING, timedelta(hours=2))
        poller = Poller(workspace, collects=False)
        states: list[PollerState] = []
        for is_asked in (False, True):
            if is_asked:
                poller.refresh_now()
            await poller._turn()
            states.append(poller.status.state)
        assert states == [PollerState.ELSEWHERE, PollerState.WAITING]


@pytest.mark.long
@pytest.mark.parametrize("error", [StorageError("locked"), RuntimeError("a fault of ours"), OSError("disk full")])
async def test_nothing_that_a_round_meets_ends_the_poller(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    await submit(workspace, tmp_path, 2)
    strikes, told, real = [error] * 3, list[BatchtuiError](), workspace.registry.leases.take

    async def take(*args: object) -> bool:
        if strikes:
            raise strikes.pop()
        return await real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(workspace.registry.leases, "take", take)
    poller = Poller(workspace, collects=False, on_error=told.append)
    async with asyncio.timeout(20):
        await poller.run(until_idle=True)
    assert len(told) == 1
    assert [batch.state for batch in await all_batches(workspace)] == [BatchState.ENDED]


@pytest.mark.long
async def test_a_registry_that_is_locked_for_long_ends_no_wait(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted = await submit(workspace, tmp_path, 2)
    strikes, real = [StorageError("locked"), StorageError("locked")], workspace.registry.batches.heard

    async def heard(*args: object) -> list[int]:
        if strikes:
            raise strikes.pop()
        return await real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(workspace.registry.batches, "heard", heard)
    seen: list[str] = []
    [batch] = await wait(
        workspace, [submitted.batches[0].key], on_progress=lambda waiting: seen.append(waiting.message)
    )
    assert batch.state is BatchState.ENDED
    assert seen.count("locked") == 2


async def test_a_row_that_cannot_be_read_hides_no_other(workspace: Workspace, tmp_path: Path) -> None:
    await submit(workspace, tmp_path, 2, prefix="a")
    await submit(workspace, tmp_path, 2, prefix="b")
    async with workspace.registry._database.transaction() as tx:
        await tx.execute("UPDATE batches SET created_at = 'yesterday' WHERE key = 1")
    assert [batch.key for batch in await all_batches(workspace)] == [2]


async def made_missing(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock, times: int | None = 0
) -> None:
    """Have a batch that the API has not shown for minutes, and does not show for so many more calls."""
    submitted = await submit(workspace, tmp_path, 2)
    simulator.world.faults.add(
        Fault(on="retrieve", kind="status", status=404, times=None if times is None else 2 + times)
    )
    for minutes in (5.1, 0.0):
        await refresh_batches(workspace, await workspace.registry.queries.page([submitted.batches[0].key]))
        clock.turn(minutes=minutes)
    assert [batch.state for batch in await all_batches(workspace)] == [BatchState.MISSING]
