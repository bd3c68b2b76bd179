"""What is done with results once they are here, as a conversation: trying again, comparing, writing files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.services.batches.targets import Target
from batchtui.tui.compare.batch_picker import ChooseBatch
from batchtui.tui.compare.screen import CompareScreen
from batchtui.tui.export.screen import ExportScreen
from batchtui.tui.retry.screen import RetryScreen
from batchtui.tui.submit import flows as sending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batch import Batch
    from batchtui.tui.app.app import DashboardApp
    from batchtui.tui.export.options import Pick


async def retry(app: DashboardApp, keys: Sequence[int]) -> None:
    """Try the jobs of these batches again: one on a screen of its own, several with one question."""
    app.workspace.refuse_if_read_only()
    jobs = await _jobs_of(app, keys)
    targets = [await _whole(app, job) for job in jobs]
    if len(targets) == 1:
        await app.push_screen(RetryScreen(app.workspace, targets[0]))
    elif targets:
        await sending.send_all_again(app, targets)


async def retry_marked(app: DashboardApp, batch: Batch, custom_ids: frozenset[str]) -> None:
    """Try these requests of a batch again, whatever their failure."""
    app.workspace.refuse_if_read_only()
    await app.push_screen(RetryScreen(app.workspace, await _whole(app, batch.job), custom_ids))


async def export(app: DashboardApp, keys: Sequence[int]) -> None:
    """Write the results of the jobs of these batches: one to a file, several to a folder."""
    groups = [(await _whole(app, job)).batches for job in await _jobs_of(app, keys)]
    if groups:
        name = groups[0][0].name if len(groups) == 1 else "results"
        await app.push_screen(ExportScreen(app.workspace, name, groups))


async def export_batch(app: DashboardApp, batch: Batch, pick: Pick | None = None) -> None:
    """Write the results of one batch alone, those that were picked out before all others."""
    await app.push_screen(ExportScreen(app.workspace, batch.name, [[batch]], pick))


async def compare(app: DashboardApp, keys: Sequence[int]) -> None:
    """Compare two batches, or the jobs of these batches where that is two; of one, ask what with."""
    batches = await app.workspace.registry.views.page(keys)
    by_job = {batch.job: batch for batch in batches}
    pair = list(by_job.values()) if len(by_job) == 2 else batches
    if len(pair) == 2:
        older, newer = sorted(pair, key=lambda batch: batch.planned_at)
        await app.push_screen(CompareScreen(app.workspace, older, newer))
    elif len(by_job) == 1 and batches:
        await app.push_screen(ChooseBatch(app.workspace, batches[0]))
    else:
        app.say("Mark two batches, or two jobs, to compare them.")


async def _jobs_of(app: DashboardApp, keys: Sequence[int]) -> list[str]:
    batches = await app.workspace.registry.views.page(keys)
    return list(dict.fromkeys(batch.job for batch in batches))


async def _whole(app: DashboardApp, job_id: str) -> Target:
    registry = app.workspace.registry
    job = await registry.jobs.get(job_id)
    return Target(job.name if job else job_id, tuple(await registry.views.of_job(job_id)), job)
