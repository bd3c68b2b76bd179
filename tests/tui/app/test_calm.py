"""On a slow line less is sent: over SSH by itself, elsewhere where the settings say so."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest

from batchtui.tui.app.app import DashboardApp
from batchtui.tui.app.base import CALM_PACE
from batchtui.tui.app.registry_watcher import RegistryWatcher
from tests.support.builders import job, part
from tests.tui.stage import MODERN
from tests.tui.story import told

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.services.workspace import Workspace
    from batchtui.tui.messages import BatchesChanged


@pytest.mark.parametrize(
    ("setting", "remote", "calm"),
    [("auto", False, False), ("auto", True, True), ("yes", False, True), ("no", True, False)],
)
async def test_it_is_calm_over_ssh_unless_told_otherwise(
    tmp_path: Path, setting: Literal["auto", "yes", "no"], remote: bool, calm: bool
) -> None:
    async with told(tmp_path, empty=True) as (workspace, _):
        screen = replace(workspace.settings.screen, calm=setting)
        workspace.settings = replace(workspace.settings, screen=screen)
        assert DashboardApp(workspace, ground=replace(MODERN, remote=remote)).is_calm is calm


async def plan(workspace: Workspace, name: str) -> None:
    await workspace.registry.jobs.plan(job(f"job_{name}", name=name), [part(1, 3)])


async def test_changes_during_the_pause_are_shown_together_afterwards(tmp_path: Path) -> None:
    async with told(tmp_path, empty=True) as (workspace, clock):
        heard: list[BatchesChanged] = []
        bridge = RegistryWatcher(workspace, heard.append, pace=CALM_PACE)
        await bridge.begin()
        running = [asyncio.create_task(each()) for each in (bridge.run, workspace.commits.run)]

        async def until(count: int) -> None:
            async with asyncio.timeout(10):
                while len(heard) < count:
                    await asyncio.sleep(0.005)

        await asyncio.sleep(0.02)
        await plan(workspace, "a")
        await until(1)
        await plan(workspace, "b")
        await plan(workspace, "c")
        await asyncio.sleep(0.05)
        assert len(heard) == 1
        clock.turn(CALM_PACE)
        await until(2)
        assert {batch.name for batch in heard[1].changed} == {"b", "c"}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
