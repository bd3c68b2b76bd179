"""`run_dashboard` runs the dashboard from an open workspace to an exit code, and leaves no task behind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from batchtui.tui.app import preload
from batchtui.tui.terminal import environment
from batchtui.tui.terminal.crash_file import crashes_written_to

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from batchtui.services.results.review.queues import QueueChoice
    from batchtui.services.workspace import Workspace
    from batchtui.tui.hints.guide import Guide

FAREWELL = 3.0
"""Seconds that background tasks have to end; they take a few milliseconds."""


def run_dashboard(
    open_workspace: Callable[[], AbstractAsyncContextManager[Workspace]],
    *,
    demo: bool = False,
    guide: Callable[[Workspace], Guide] | None = None,
    review: tuple[str, QueueChoice | None] | None = None,
) -> int:
    """Run the dashboard until it is left, and return the exit code: 0, or 128 plus a signal's number.

    Args:
        open_workspace: opens the workspace on the loop of the dashboard.
        demo: whether it runs on a simulator, so that the screen says so.
        review: the id of a job that is reviewed at once, and which of its results; None for the list alone.
        guide: makes the guide of a tour, in place of the hints of the first days.

    Raises:
        BatchtuiError: the workspace cannot be opened or the settings cannot be read.
    """
    preload.delay_gc()
    return asyncio.run(_run(open_workspace, demo, guide, review))


async def _settle(before: set[asyncio.Task[Any]]) -> None:
    """Wait for tasks that were started to end before the registry closes: a commit is finished, not cut."""
    others = asyncio.all_tasks() - before
    if others:
        await asyncio.wait(others, timeout=FAREWELL)


async def _run(
    open_workspace: Callable[[], AbstractAsyncContextManager[Workspace]],
    demo: bool,
    guide: Callable[[Workspace], Guide] | None,
    review: tuple[str, QueueChoice | None] | None,
) -> int:
    from batchtui.tui.app.app import DashboardApp

    async with open_workspace() as workspace:
        # Whatever is there now belongs to the caller, not to the dashboard.
        before = asyncio.all_tasks()
        app = DashboardApp(workspace, demo=demo, guide=guide(workspace) if guide else None, review=review)
        with environment.ended_by_signals(app.end_by_signal), crashes_written_to(workspace.paths.logs):
            # While GNU screen looks for the mouse it keeps esc back until the next key.
            mouse = workspace.settings.screen.mouse and not app.terminal.is_gnu_screen
            code = await app.run_async(mouse=mouse)
        await _settle(before)
        # Raised here, after the terminal was given back, so that the traceback goes to a clean screen and the log.
        if app.failure is not None:
            raise app.failure
    return code or 0
