"""The API's list of models: kept for a day, for one server and one profile, and asked for beside other calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.services.models import fetch_models, known_models, list_models, listed_models, refresh_daily
from batchtui.services.polling import maintenance
from batchtui.services.workspace import open_workspace
from batchtui.settings.paths import Paths
from batchtui.simulator import Fault, Simulator
from tests.support.workspaces import workspace_at

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock


def asked(simulator: Simulator) -> int:
    return len(simulator.world.calls_to("models"))


async def test_the_model_list_is_refreshed_once_a_day(
    workspace: Workspace, simulator: Simulator, clock: TurnedClock
) -> None:
    for _ in range(3):
        await refresh_daily(workspace)
    assert asked(simulator) == 1
    clock.turn(hours=25)
    await refresh_daily(workspace)
    assert asked(simulator) == 2


async def test_a_round_of_care_keeps_the_list_of_the_day(
    workspace: Workspace, simulator: Simulator, clock: TurnedClock
) -> None:
    for _ in range(3):
        await maintenance.run_maintenance(workspace)
    assert asked(simulator) == 1
    clock.turn(hours=25)
    await maintenance.run_maintenance(workspace)
    assert asked(simulator) == 2


async def test_checks_go_by_the_list_that_was_heard(workspace: Workspace) -> None:
    assert await listed_models(workspace) == {}
    await refresh_daily(workspace)
    listed = await listed_models(workspace)
    assert listed["claude-haiku-5-5"].max_tokens == 64_000
    assert listed["claude-sonnet-4-5-20250929"].retires_at is not None


async def test_without_credentials_checks_go_by_the_built_in_list(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await refresh_daily(workspace)
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path / "none"))
    assert await listed_models(workspace) == {}


async def test_a_key_that_a_program_passes_is_a_credential(
    tmp_path: Path, simulator: Simulator, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    async with open_workspace(
        Paths.locate(tmp_path / "keyed"), base_url=simulator.url, api_key="sk-own", clock=clock
    ) as keyed:
        await refresh_daily(keyed)
        assert await listed_models(keyed)


@pytest.mark.parametrize("fault", [{"kind": "lost_before"}, {"kind": "status", "status": 404}])
async def test_a_server_without_a_list_is_left_alone_for_an_hour(
    workspace: Workspace, simulator: Simulator, clock: TurnedClock, fault: dict[str, object]
) -> None:
    simulator.world.faults.add(Fault(on="models", times=None, **fault))  # type: ignore[arg-type]
    for _ in range(3):
        await refresh_daily(workspace)
    assert (asked(simulator), await listed_models(workspace)) == (1, {})
    clock.turn(hours=2)
    await refresh_daily(workspace)
    assert asked(simulator) == 2


async def test_a_list_that_is_empty_says_nothing(workspace: Workspace, simulator: Simulator) -> None:
    simulator.world.faults.add(Fault(on="models", kind="garbled", body='{"data": [], "has_more": false}'))
    found = await fetch_models(workspace)
    assert found.heard_at is None
    assert "claude-haiku-5-5" in found.models


async def test_a_day_without_a_network_leaves_the_list_of_yesterday(
    workspace: Workspace, simulator: Simulator, clock: TurnedClock
) -> None:
    await list_models(workspace)
    clock.turn(days=2)
    simulator.world.faults.add(Fault(on="models", kind="lost_before", times=None))
    assert (await list_models(workspace)).heard_at is not None
    clock.turn(days=40)
    assert (await known_models(workspace)).heard_at is None


async def test_another_server_has_a_list_of_its_own(
    tmp_path: Path, simulator: Simulator, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the server is named by the environment, as people name it."""
    from batchtui.services.workspace import open_workspace
    from batchtui.settings.paths import Paths

    with Simulator("quiet-night", clock=clock) as other:
        for server in (simulator, other):
            monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
            async with open_workspace(Paths.locate(tmp_path / "home"), clock=clock) as opened:
                await list_models(opened)
        assert (asked(simulator), asked(other)) == (1, 1)
        async with workspace_at(tmp_path / "home", simulator, clock) as opened:
            await list_models(opened)
        assert asked(simulator) == 1
