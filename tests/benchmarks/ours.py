"""batchtui's way, through its services as the command line calls them, in a process of its own."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from batchtui.domain.states import ResultsState
from batchtui.services.submit import SubmitOptions, apply_submit, plan_submit
from batchtui.services.workspace import open_workspace
from batchtui.settings.paths import Paths


async def submit(url: str, source: str, home: str) -> str:
    """Check, plan, store and send a file. Returns the id of its first batch."""
    async with open_workspace(Paths.locate(Path(home)), base_url=url) as workspace:
        plan = await plan_submit(workspace, [source], SubmitOptions())
        submitted = await apply_submit(workspace, plan)
        return submitted.batches[0].id or ""


async def results(url: str, home: str) -> float:
    """Fetch, verify and index the results of the newest batch. Returns the seconds without start-up."""
    from batchtui.services.collect import collect
    from batchtui.services.lookup import find_target
    from batchtui.services.refresh import refresh_batches

    async with open_workspace(Paths.locate(Path(home)), base_url=url) as workspace:
        target = await find_target(workspace, "@last")
        await refresh_batches(workspace, target.batches)
        began = time.perf_counter()
        batch = await workspace.registry.batches.get(target.batches[0].key)
        saved = await collect(workspace, batch)
        assert saved.results is ResultsState.SAVED
        return time.perf_counter() - began


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["submit", url, source, home]:
            print(asyncio.run(submit(url, source, home)))
        case ["results", url, home]:
            print(asyncio.run(results(url, home)))
