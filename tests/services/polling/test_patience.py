"""How long is waited: for the end of a batch, for the API, and for a batch that is not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import WaitTimedOut
from batchtui.domain.states import BatchState
from batchtui.services.polling import maintenance, refresh
from batchtui.services.polling.poller import Poller
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
    async def care(_workspace: object) -> Sweep:
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
        batches = await workspace.registry.views.page([submitted.batches[0].key])
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
            await refresh_batches(fresh, await fresh.registry.views.page([submitted.batches[0].key]))
        clock.turn(minutes=10)
    assert [batch.state for batch in await all_batches(workspace)] == [BatchState.IN_PROGRESS]
