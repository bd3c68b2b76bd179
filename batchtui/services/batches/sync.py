"""Compare the registry with the API's workspace and adopt batches made elsewhere: `sync`."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from batchtui.domain.batches.job import Job
from batchtui.domain.batches.states import BatchState
from batchtui.gateway.listing import BatchList
from batchtui.services.submission import reconcile
from batchtui.services.workspace import is_elsewhere

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from batchtui.domain.batches.batch import Batch, RemoteBatch, UnreadableEntry
    from batchtui.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a comparison found. Batches are as they are afterwards."""

    seen: int
    """Batches that the API showed."""
    added: tuple[Batch, ...]
    """Made elsewhere, now in the registry too."""
    updated: tuple[Batch, ...]
    """Known here, and changed by what the API says."""
    only_here: tuple[Batch, ...]
    """In the registry and not listed by the API: not sent, or of another workspace."""
    gone: tuple[Batch, ...]
    """Were at the API and are not listed any more: deleted elsewhere, or older than the API keeps them."""
    unreadable: tuple[UnreadableEntry, ...] = ()
    """Entries that are no batch as this version knows one; they were passed over."""
    is_whole: bool = True
    """Whether the list came to an end; where it repeats itself, nothing is said to be gone."""


async def sync(
    workspace: Workspace, since: datetime | None = None, on_progress: Callable[[int, int], None] | None = None
) -> SyncReport:
    """Go through the API's list, newest first, back to `since` or to its end. Looks for parts of unknown fate first.

    `on_progress` hears after each page how many batches were seen and how many of them are new here.

    Raises:
        CredentialsMissing, GatewayError: where the API cannot be asked.
    """
    # First, so that a batch whose response was lost is bound to its part instead of imported beside it.
    unsettled = await workspace.registry.queries.in_states(BatchState.UNKNOWN, BatchState.SUBMITTING)
    await reconcile.look_over(workspace, unsettled)
    reading = BatchList(await workspace.gateway())
    shown: set[str] = set()
    added: list[int] = []
    updated: list[int] = []
    job_of = partial(_foreign_job, workspace)
    async with aclosing(reading.pages()) as pages:
        async for page in pages:
            workspace.hear(page)
            wanted = [remote for remote in page.batches if since is None or remote.created_at >= since]
            shown.update(remote.id for remote in wanted)
            # What was forgotten here comes back, takes what the API says of it, and what is new gets a job of its own.
            new, changed = await workspace.registry.batches.merge_page(wanted, job_of, page.account)
            added += new
            updated += changed
            if on_progress:
                on_progress(len(shown), len(added))
            if len(wanted) < len(page.batches):
                break
    await workspace.note_unreadable(reading.unreadable)
    # Not understood, but there: they must not be reported as gone.
    shown.update(entry.id for entry in reading.unreadable if entry.id)
    only_here, gone = await _not_shown(workspace, shown, since)
    page_of = workspace.registry.queries.page
    return SyncReport(
        len(shown),
        tuple(await page_of(added)),
        tuple(await page_of(updated)),
        tuple(only_here),
        () if reading.is_broken else tuple(gone),
        tuple(reading.unreadable),
        is_whole=not reading.is_broken,
    )


async def bring_in(workspace: Workspace, remote: RemoteBatch) -> int | None:
    """Import one batch that was made elsewhere. Returns its key; None where the registry knows it."""
    return await workspace.registry.batches.add_foreign(remote, _foreign_job(workspace, remote))


def _foreign_job(workspace: Workspace, remote: RemoteBatch) -> Job:
    return Job(
        id=f"job_{workspace.random(6)}",
        name=remote.id,
        created_at=remote.created_at,
        source="",
        requests=remote.counts.total,
        bytes=0,
        fingerprint="",
        profile=workspace.profile,
    )


async def _not_shown(workspace: Workspace, shown: set[str], since: datetime | None) -> tuple[list[Batch], list[Batch]]:
    """Return the batches that the API did not list: those that are only here, and those that are gone."""
    only_here: list[Batch] = []
    gone: list[Batch] = []
    views = workspace.registry.queries
    # Only those that were not shown are read whole: of a hundred thousand batches most were.
    unseen = [key for key, batch_id in await views.ids() if batch_id not in shown]
    for batch in await views.page(unseen):
        if batch.is_reused:  # never sent, so the API cannot list it
            continue
        if since is not None and (batch.created_at or batch.planned_at) < since:
            continue
        if not batch.state.is_at_api or is_elsewhere(batch, workspace.account):
            only_here.append(batch)
        elif batch.state is not BatchState.DELETED:
            gone.append(batch)
    return only_here, gone
