"""Mark one result of a job from a program, as a key of the review does: `mark_result`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.errors import UsageError
from batchtui.domain.results.mark import (
    LONGEST_NOTE,
    ReviewMark,
    ReviewVerdict,
    label_complaint,
    reviewer_complaint,
)
from batchtui.runtime.threads import run_in_thread
from batchtui.services.results.history import open_job_results
from batchtui.services.results.review.session import reviewer_of
from batchtui.services.results.review.stale import digests_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.services.workspace import Workspace


async def mark_result(
    workspace: Workspace,
    job: str,
    custom_id: str,
    verdict: str | None,
    *,
    labels: Sequence[str] = (),
    note: str = "",
    reviewer: str = "",
) -> ReviewMark:
    """Store what a reviewer says of the answer that a job has now, in place of what was said before. Returns the mark.

    Without verdict, labels and note the mark is removed.

    Raises:
        UsageError: a word is wrong, or the job has no result with this custom_id.
        ResultsUnavailable: no results of the job are saved.
        StorageError: the disk refuses; nothing was stored.
    """
    name = reviewer or reviewer_of(workspace)
    if verdict is not None and verdict not in tuple(ReviewVerdict):
        raise UsageError(f"The verdict is accepted, rejected or None, not {verdict!r}.")
    if complaint := label_complaint(labels) or reviewer_complaint(name):
        raise UsageError(f"Cannot mark {custom_id}: {complaint}.")
    if len(note) > LONGEST_NOTE:
        raise UsageError(f"A note has at most {LONGEST_NOTE:,} characters.")
    results = await open_job_results(workspace, job)
    try:
        digests = await run_in_thread(lambda: dict(digests_of(results, [custom_id])))
    finally:
        results.close()
    if custom_id not in digests:
        raise UsageError(f"The job has no result with the custom_id {custom_id!r}.")
    mark = ReviewMark(
        custom_id, name, digests[custom_id], ReviewVerdict(verdict) if verdict else None, tuple(sorted(labels)), note,
        workspace.clock.now(),
    )  # fmt: skip
    await workspace.registry.marks.write(job, [mark])
    return mark
