"""`open_export` and `open_picked_export` open the export screen, for whole jobs or for what a screen shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.services.batches.targets import job_ids, whole_job
from batchtui.text.sentences.batch_names import part_name
from batchtui.tui.screens.export.screen import ExportScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.tui.host import Host
    from batchtui.tui.screens.export.options import PickedResults


async def open_export(app: Host, keys: Sequence[int]) -> None:
    """Export the results of the jobs of these batches: one job to a file, several to a folder."""
    groups = [(await whole_job(app.workspace, job)).batches for job in await job_ids(app.workspace, keys)]
    if groups:
        name = groups[0][0].name if len(groups) == 1 else "results"
        await app.push_screen(ExportScreen(app.workspace, name, groups))


async def open_picked_export(app: Host, batches: Sequence[Batch], pick: PickedResults | None = None) -> None:
    """Export the results of one batch, or of several of one job; those in `pick` are chosen when the screen opens."""
    name = part_name(batches[0]) if len(batches) == 1 else batches[0].name
    await app.push_screen(ExportScreen(app.workspace, name, [batches], pick))
