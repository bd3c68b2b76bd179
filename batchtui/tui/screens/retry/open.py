"""Open the retry screen, or ask the one question about several jobs: `open_retry`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.services.batches.targets import job_ids, whole_job
from batchtui.services.retry.unresolved import REJECTED
from batchtui.tui.screens.retry.flows import send_all_again
from batchtui.tui.screens.retry.screen import RetryScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.tui.host import Host


async def open_retry(app: Host, keys: Sequence[int]) -> None:
    """Retry the jobs of these batches: one job on a screen of its own, several with one question."""
    app.workspace.refuse_if_read_only()
    targets = [await whole_job(app.workspace, job) for job in await job_ids(app.workspace, keys)]
    if len(targets) == 1:
        await app.push_screen(RetryScreen(app.workspace, targets[0]))
    elif targets:
        await send_all_again(app, targets)


async def open_marked_retry(app: Host, batch: Batch, custom_ids: frozenset[str]) -> None:
    """Retry these requests of a batch, whatever their failure."""
    app.workspace.refuse_if_read_only()
    await app.push_screen(RetryScreen(app.workspace, await whole_job(app.workspace, batch.job), custom_ids))


async def open_rejected_retry(app: Host, job: str) -> None:
    """Retry the requests of a job whose answers a reviewer has rejected."""
    app.workspace.refuse_if_read_only()
    await app.push_screen(RetryScreen(app.workspace, await whole_job(app.workspace, job), only=frozenset({REJECTED})))
