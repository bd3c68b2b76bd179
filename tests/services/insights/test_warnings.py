"""Warnings: what somebody should know, no sooner than it is true and no longer than it stays so."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import Refused, SpendLimitReached
from batchtui.services.insights.warnings import WarningAction, list_warnings
from batchtui.services.polling import maintenance
from batchtui.services.polling.refresh import sweep
from batchtui.services.results.collect import collect
from batchtui.services.submission.resume import resume
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.simulator import Fault, Scenario, Simulator
from tests.support.workspaces import KEY, all_batches, submit, workspace_at

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.services.insights.warnings import BatchWarning
    from batchtui.services.submission.reconcile import Reconciliation
    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock


async def kinds(workspace: Workspace) -> list[str]:
    return [warning.kind for warning in await list_warnings(workspace)]


async def only(workspace: Workspace) -> BatchWarning:
    [warning] = await list_warnings(workspace)
    return warning


async def yes(_: Reconciliation) -> bool:
    return True


async def test_there_are_no_warnings_without_a_reason(workspace: Workspace, tmp_path: Path, clock: TurnedClock) -> None:
    assert await kinds(workspace) == []
    await submit(workspace, tmp_path, 2)
    clock.turn(hours=2)
    await maintenance.run_maintenance(workspace)
    await collect(workspace, (await all_batches(workspace))[0])
    clock.turn(days=27)
    assert await kinds(workspace) == []


@pytest.mark.long
async def test_an_unknown_part_until_it_is_settled(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", kind="lost_before"))
    await submit(workspace, tmp_path, 2, name="contracts")
    warning = await only(workspace)
    assert (warning.kind, warning.action) == ("unknown", WarningAction.RESUME)
    assert "contracts" in warning.message
    clock.turn(minutes=5)
    await resume(workspace, consent=yes)
    assert await kinds(workspace) == []


async def test_a_job_that_a_spend_limit_has_stopped(workspace: Workspace, tmp_path: Path, simulator: Simulator) -> None:
    simulator.world.faults.add(
        Fault(on="create", kind="status", status=429, error_code="enforced_spend_limit_reached", message="Enough.")
    )
    with pytest.raises(SpendLimitReached):
        await submit(workspace, tmp_path, 2)
    warning = await only(workspace)
    assert (warning.kind, warning.action) == ("not_sent", WarningAction.RESUME)
    assert "Enough" in warning.message


async def test_a_part_that_waits_for_room_is_no_warning(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    simulator.world.faults.add(Fault(on="create", kind="status", status=429, retry_after=600))
    await submit(workspace, tmp_path, 2)
    assert await kinds(workspace) == []


async def test_a_batch_that_will_probably_expire_judged_by_its_like(tmp_path: Path, clock: TurnedClock) -> None:
    with Simulator(Scenario(takes=2 * 86_400.0), clock=clock) as simulator:
        async with workspace_at(tmp_path / "home", simulator, clock) as workspace:
            for number in range(3):
                await submit(workspace, tmp_path, 1, prefix=f"r{number}")
            clock.turn(hours=1)
            assert await kinds(workspace) == []
            clock.turn(hours=24)
            await maintenance.run_maintenance(workspace)
            await submit(workspace, tmp_path, 1, prefix="next")
            warning = await only(workspace)
    assert (warning.kind, warning.action) == ("expires", WarningAction.OPEN)
    assert warning.message.endswith("will probably expire in 24h, estimated from 3 batches of this model and size")


async def test_without_a_history_a_batch_with_little_time_left_is_a_warning(tmp_path: Path, clock: TurnedClock) -> None:
    with Simulator(Scenario(takes=2 * 86_400.0), clock=clock) as simulator:
        async with workspace_at(tmp_path / "home", simulator, clock) as workspace:
            await submit(workspace, tmp_path, 1)
            clock.turn(hours=21)
            assert await kinds(workspace) == []
            clock.turn(hours=2)
            assert await kinds(workspace) == ["expires"]


async def test_results_that_go_soon_until_they_are_saved(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    await submit(workspace, tmp_path, 2)
    clock.turn(hours=2)
    await maintenance.run_maintenance(workspace)
    clock.turn(days=25)
    assert await kinds(workspace) == []
    clock.turn(days=1, hours=1)
    warning = await only(workspace)
    assert (warning.kind, warning.action) == ("results_going", WarningAction.FETCH)
    assert warning.message.endswith("in 2 days")
    assert warning.batch is not None
    await collect(workspace, warning.batch)
    assert await kinds(workspace) == []


async def test_a_model_that_retires_is_one_warning_however_many_jobs_use_it(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    for name in ("one", "two"):
        await submit(workspace, tmp_path, 1, prefix=name, name=name, intake=IntakeOptions(model="claude-sonnet-4-5"))
        clock.turn(seconds=5)
    warning = await only(workspace)
    assert warning.kind == "model_retires"
    assert warning.message == "claude-sonnet-4-5 retires on 2026-11-30; two uses it"
    clock.turn(days=15)
    assert "model_retires" not in await kinds(workspace)


async def test_credentials_that_are_gone_while_something_runs(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    await submit(workspace, tmp_path, 2)
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    assert await kinds(workspace) == ["credentials"]
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    simulator.world.faults.add(Fault(on="list", kind="status", status=401))
    with pytest.raises(Refused):
        await sweep(workspace)
    assert (await only(workspace)).message == "The API refuses the credentials (401)"
    await sweep(workspace)
    assert await kinds(workspace) == []


async def test_a_clock_that_is_off(tmp_path: Path, simulator: Simulator, clock: TurnedClock) -> None:
    from tests.support.clock import START, TurnedClock

    slow = TurnedClock(START - timedelta(minutes=20))
    async with workspace_at(tmp_path / "home", simulator, slow) as workspace:
        await submit(workspace, tmp_path, 1)
        warning = await only(workspace)
    assert (warning.kind, warning.message) == ("clock", "This machine's clock is 20m behind the API's")


async def test_nothing_hostile_gets_through(workspace: Workspace, tmp_path: Path, simulator: Simulator) -> None:
    simulator.world.faults.add(Fault(on="create", kind="status", status=400, message="no\x1b]0;x\x07\n\u202eway"))
    with pytest.raises(Refused):
        await submit(workspace, tmp_path, 1, name="[bold]\x1b[31m\u202e")
    warning = await only(workspace)
    assert not {"\x1b", "\x07", "\n", "\u202e"} & set(warning.message + warning.advice)
