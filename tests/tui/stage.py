"""The whole dashboard on a simulator, on one clock, with a registry that holds batches in several states."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import patch

from batchtui.services.polling import maintenance
from batchtui.services.results.collect import collect
from batchtui.services.submission.submit import SubmitOptions, apply_submit, plan_submit
from batchtui.simulator import Simulator
from batchtui.tui.app.app import DashboardApp
from batchtui.tui.terminal.environment import TerminalInfo
from tests.support.builders import jsonl, requests
from tests.support.clock import StandingClock
from tests.support.workspaces import KEY, workspace_at
from tests.tui.furnished import furnish
from tests.tui.story import told

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from textual.pilot import Pilot

    from batchtui.services.workspace import Workspace
    from tests.tui.furnished import Voice

MODERN = TerminalInfo(colours=1 << 24, ascii_only=False, light=False, remote=False, multiplexer="")
NOBODY = cast("Simulator", None)
"""Stands for a simulator where nothing asks one."""
PATIENCE = 20.0
"""Real seconds until something that should happen is taken not to."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A dashboard that runs, and what it runs on."""

    app: DashboardApp
    pilot: Pilot[int]
    workspace: Workspace
    clock: StandingClock
    simulator: Simulator

    @property
    def text(self) -> str:
        """What is on the screen, without styles."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)

    async def press(self, *keys: str) -> None:
        """Press keys and let them take effect."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, claim: Callable[[], object], what: str = "") -> None:
        """Let the program go on until a claim holds."""
        async with asyncio.timeout(PATIENCE):
            while not claim():
                await self.pilot.pause(0.01)

    async def shows(self, *words: str) -> None:
        """Let the program go on until the screen shows all of these words."""
        try:
            await self.until(lambda: all(word in self.text for word in words))
        except TimeoutError:
            raise AssertionError(f"{words} never showed in\n{self.text}") from None

    async def opened(self, key: str) -> None:
        """Press a key that opens a dialog, and let the time go by in which it is deaf."""
        before = self.app.screen
        await self.press(key)
        await self.until(lambda: self.app.screen is not before)
        await self.pilot.pause()
        self.clock.turn(1)


async def submit(workspace: Workspace, folder: Path, name: str, count: int = 3, tags: Sequence[str] = ()) -> None:
    """Submit so many right requests under a name that need not be fit for a file."""
    mark = workspace.random(4)
    path = jsonl(folder / f"{mark}.jsonl", requests(count, mark))
    plan = await plan_submit(workspace, [str(path)], SubmitOptions(name=name, tags=tuple(tags)))
    await apply_submit(workspace, plan)


@asynccontextmanager
async def stage(
    folder: Path,
    *,
    ended: Sequence[str] = (),
    running: Sequence[str] = (),
    size: tuple[int, int] = (120, 40),
    saves: bool = True,
    settings: str = "",
    read_only: bool = False,
    **options: Any,
) -> AsyncIterator[Stage]:
    """Run a dashboard over batches with these names; ended ones have their results here."""
    clock = StandingClock()
    key = patch.dict(os.environ, {"ANTHROPIC_API_KEY": KEY})
    with key, Simulator("quiet-night", clock=clock) as simulator:
        async with workspace_at(folder / "home", simulator, clock) as workspace:
            if settings:
                workspace.paths.config_file.parent.mkdir(parents=True, exist_ok=True)
                workspace.paths.config_file.write_text(settings)
            for name in ended:
                await submit(workspace, folder, name)
            clock.turn(hours=2)
            await maintenance.run_maintenance(workspace)
            for batch in await workspace.registry.queries.uncollected(workspace.clock.now()) if saves else ():
                await collect(workspace, batch)
            for name in running:
                await submit(workspace, folder, name)
            if read_only:
                workspace.settings = replace(workspace.settings, read_only=True)
            app = DashboardApp(workspace, ground=MODERN, **options)
            async with app.run_test(size=size, notifications=True) as pilot:
                made = Stage(app, pilot, workspace, clock, simulator)
                await made.until(lambda: len(app.screen_stack) > 1)
                await pilot.pause()
                yield made


@asynccontextmanager
async def furnished_stage(folder: Path, voice: Voice = str, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Stage]:
    """Run a dashboard in a furnished home: two batches answer the same custom_ids, and nothing asks an API."""
    async with told(folder, empty=True) as (workspace, clock):
        await furnish(workspace, clock, voice)
        app = DashboardApp(workspace, ground=MODERN)
        async with app.run_test(size=size, notifications=True) as pilot:
            yield Stage(app, pilot, workspace, clock, NOBODY)
