"""`open_compare` opens a comparison of chosen batches, or asks for the second one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.tui.screens.compare.batch_picker import BatchPicker
from batchtui.tui.screens.compare.screen import CompareScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.tui.host import Host


async def open_compare(app: Host, keys: Sequence[int]) -> None:
    """Compare two batches, or their jobs where they belong to two; of one batch or job, ask what to compare it with."""
    batches = await app.workspace.registry.queries.page(keys)
    by_job = {batch.job: batch for batch in batches}
    # Any parts of two jobs stand for the whole jobs: parts are cut by size, and those of two jobs rarely match.
    pair = list(by_job.values()) if len(by_job) == 2 else batches
    if len(pair) == 2:
        older, newer = sorted(pair, key=lambda batch: batch.planned_at)
        await app.push_screen(CompareScreen(app.workspace, older, newer))
    elif len(by_job) == 1 and batches:
        await app.push_screen(BatchPicker(app.workspace, batches[0]))
    else:
        app.say("Mark two batches, or two jobs, to compare them.")
