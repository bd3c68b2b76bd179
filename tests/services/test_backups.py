"""The daily backup of the registry, and what the background does about a registry that is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import BatchtuiError, RegistryReplaced
from batchtui.registry.database.backup import backup_path, is_sound
from batchtui.services.polling.poller import Poller, PollerState
from batchtui.services.submission.submit import SubmitOptions, apply_submit, plan_submit
from tests.support.builders import jsonl, requests
from tests.support.workspaces import submit, workspace_at

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock


async def test_the_registry_is_backed_up_once_a_day(workspace: Workspace, tmp_path: Path, clock: TurnedClock) -> None:
    await submit(workspace, tmp_path, 2)
    done = [await workspace.registry.back_up_daily(), await workspace.registry.back_up_daily()]
    clock.turn(hours=25)
    done.append(await workspace.registry.back_up_daily())
    assert done == [True, False, True]
    assert is_sound(backup_path(workspace.paths.registry))


async def test_a_command_that_talked_to_the_api_leaves_a_backup(
    simulator: Simulator, clock: TurnedClock, tmp_path: Path
) -> None:
    async with workspace_at(tmp_path / "home", simulator, clock) as opened:
        await submit(opened, tmp_path, 2)
    assert is_sound(backup_path(opened.paths.registry))


async def test_nothing_is_sent_once_the_registry_was_deleted(
    workspace: Workspace, simulator: Simulator, tmp_path: Path
) -> None:
    await submit(workspace, tmp_path, 1)
    path = jsonl(tmp_path / "more.jsonl", requests(3, "more"))
    plan = await plan_submit(workspace, [str(path)], SubmitOptions())
    workspace.paths.registry.unlink()
    with pytest.raises(RegistryReplaced, match="deleted"):
        await apply_submit(workspace, plan)
    assert len(simulator.world.batches) == 1


async def test_the_background_says_that_the_registry_is_gone_and_goes_on(workspace: Workspace, tmp_path: Path) -> None:
    await submit(workspace, tmp_path, 1)
    told: list[BatchtuiError] = []
    poller = Poller(workspace, collects=False, on_error=told.append)
    workspace.paths.registry.rename(tmp_path / "elsewhere.db")
    for _ in range(3):
        await poller._safe_turn()
    assert [type(error) for error in told] == [RegistryReplaced]
    assert "deleted" in poller.status.message
    states = [poller.status.state]
    (tmp_path / "elsewhere.db").rename(workspace.paths.registry)
    await poller._safe_turn()
    states.append(poller.status.state)
    assert states == [PollerState.OFFLINE, PollerState.WAITING]
