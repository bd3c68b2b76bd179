"""Collecting as the command line does it, timed without start-up: `python -m tests.benchmarks.ours URL HOME`."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from batchtui.domain.batches.states import ResultsState
from batchtui.services.batches.targets import find_target
from batchtui.services.polling.refresh import refresh_batches
from batchtui.services.results.collect import collect
from batchtui.services.workspace import open_workspace
from batchtui.settings.paths import Paths


async def results(url: str, home: str) -> float:
    """Fetch, verify and index the results of the newest batch. Returns the seconds without start-up."""
    async with open_workspace(Paths.locate(Path(home)), base_url=url) as workspace:
        target = await find_target(workspace, "@last")
        await refresh_batches(workspace, target.batches)
        began = time.perf_counter()
        saved = await collect(workspace, await workspace.registry.batches.get(target.batches[0].key))
        assert saved.results is ResultsState.SAVED
        return time.perf_counter() - began


if __name__ == "__main__":
    print(asyncio.run(results(*sys.argv[1:])))
