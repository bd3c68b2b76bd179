"""A collection in a process of its own that kills itself at a point: `python -m tests.support.crashing_collect`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchtui.registry.batches.changes import Batches
from batchtui.registry.results import download as result_download
from batchtui.registry.results import index_worker
from batchtui.registry.results.download import ResultDownload
from batchtui.registry.spending import SpendingTable
from batchtui.services.results.collect import collect
from batchtui.services.workspace import open_workspace
from batchtui.settings.paths import Paths
from tests.support.crashing import arm

if TYPE_CHECKING:
    from collections.abc import Mapping

POINTS: Mapping[str, tuple[Any, str, str]] = {
    "before bytes are written": (ResultDownload, "write", "before"),
    "after bytes are written": (ResultDownload, "write", "after"),
    "before the index is finished": (ResultDownload, "finish", "before"),
    "after the index is finished": (ResultDownload, "finish", "after"),
    "after the bytes are synced": (ResultDownload, "sync", "after"),
    "before the files get their names": (ResultDownload, "commit", "before"),
    "after the files got their names": (result_download, "sync_path", "before"),
    "before the registry says saved": (Batches, "set_results", "before"),
    "after the registry says saved": (Batches, "set_results", "after"),
    "before the cost is noted": (SpendingTable, "note", "before"),
    "after the cost is noted": (SpendingTable, "note", "after"),
}
"""Every point of a collection at which something has been written or committed, or is about to be."""


async def run(home: str, url: str, key: int) -> None:
    """Collect the results of one batch."""
    async with open_workspace(Paths.locate(Path(home)), base_url=url) as workspace:
        await collect(workspace, await workspace.registry.batches.get(key))


if __name__ == "__main__":
    home, url, key, point, where = sys.argv[1:]
    arm(POINTS[point], 1)
    if where == "apart":
        index_worker.WORTH_IT = 1
    asyncio.run(run(home, url, int(key)))
