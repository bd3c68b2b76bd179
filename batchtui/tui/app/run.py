"""Running the dashboard: from an open workspace to an exit code, with nothing left behind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from batchtui.tui.app import preload as later
from batchtui.tui.terminal import environment as terminal
from batchtui.tui.terminal.crash_file import crashes_written_to

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from batchtui.services.workspace import Workspace
    from batchtui.tui.hints.guide import Guide

FAREWELL = 3.0
"""Seconds that the background has for its last words; it takes a few milliseconds of them."""


def run_dashboard(
    open_workspace: Callable[[], AbstractAsyncContextManager[Workspace]],
    *,
    demo: bool = False,
    guide: Callable[[Workspace], Guide] | None = None,
) -> int:
    """Run the dashboard until it is left, and return the exit code: 0, or 128 and a signal's number.

    Args:
        open_workspace: opens the workspace, on the loop of the dashboard.
        demo: whether it runs on a simulator, so that the screen says so.
        guide: makes what guides a person, in place of the hints of the first days.

    Raises:
        BatchtuiError: where the workspace cannot be opened or the settings cannot be read.
    """
    later.delay_gc()
    return asyncio.run(_run(open_workspace, demo, guide))


async def _settle(before: set[asyncio.Task[Any]]) -> None:
    """Let what was begun come to its end before the registry closes: a shielded commit is finished, not cut."""
    others = asyncio.all_tasks() - before
    if others:
        await asyncio.wait(others, timeout=FAREWELL)


async def _run(
    open_workspace: Callable[[], AbstractAsyncContextManager[Workspace]],
    demo: bool,
    guide: Callable[[Workspace], Guide] | None,
) -> int:
    from batchtui.tui.app.app import DashboardApp

    async with open_workspace() as workspace:
        before = asyncio.all_tasks()
        app = DashboardApp(workspace, demo=demo, guide=guide(workspace) if guide else None)
        with terminal.ended_by_signals(app.end_by_signal), crashes_written_to(workspace.paths.logs):
            # While GNU screen looks for the mouse it keeps esc back until the next key.
            mouse = workspace.settings.screen.mouse and not app.terminal.is_gnu_screen
            code = await app.run_async(mouse=mouse)
        await _settle(before)
        if app.failure is not None:
            raise app.failure
    return code or 0
