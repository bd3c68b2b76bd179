"""`open_review` opens the review of a job; `ReviewScreen` itself is opened over the results that a list shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.services.results.history import open_job_results
from batchtui.services.results.review.stale import refresh_stale
from batchtui.tui.screens.results.review.screen import ReviewScreen
from batchtui.tui.screens.results.source import job_source

if TYPE_CHECKING:
    from batchtui.services.results.review.queues import QueueChoice
    from batchtui.tui.host import Host


async def open_review(app: Host, job: str, choice: QueueChoice | None = None) -> None:
    """Review the results of a job that stand, over all its parts and attempts.

    Raises:
        ResultsUnavailable: no results of it are saved.
        StorageError: the disk refuses.
    """
    await refresh_stale(app.workspace, job)
    results = await open_job_results(app.workspace, job)
    source = job_source(app.workspace, results)
    await app.push_screen(ReviewScreen(app.workspace, source, choice=choice, close=results.close))
