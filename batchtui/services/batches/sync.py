"""Compare the registry with the API's workspace and adopt batches made elsewhere: `sync`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.job import Job
from batchtui.domain.query import BatchQuery
from batchtui.domain.states import BatchState

if TYPE_CHECKING:
    from datetime import datetime

    from batchtui.domain.batch import Batch, RemoteBatch
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
    """Not listed by the API any more: deleted elsewhere, or too old."""


async def sync(workspace: Workspace, since: datetime | None = None) -> SyncReport:
    """Go through the API's list, newest first, back to `since` or to its end.

    Raises:
        CredentialsMissing, GatewayError: where the API cannot be asked.
    """
    gateway = await workspace.gateway()
    shown: set[str] = set()
    added: list[int] = []
    updated: list[int] = []
    after: str | None = None
    while True:
        page = await gateway.list_page(after_id=after)
        wanted = [remote for remote in page.batches if since is None or remote.created_at >= since]
        shown.update(remote.id for remote in wanted)
        known = await workspace.registry.views.known_ids([remote.id for remote in wanted])
        updated += await workspace.registry.batches.restore(wanted)
        updated += await workspace.registry.batches.heard(remote for remote in wanted if remote.id in known)
        for remote in wanted:
            if remote.id not in known and (key := await bring_in(workspace, remote)) is not None:
                added.append(key)
        # Newest first: a batch that is too old ends it, and so does the last page.
        if not page.has_more or len(wanted) < len(page.batches):
            break
        after = page.last_id
    only_here, gone = await _not_shown(workspace, shown, since)
    page_of = workspace.registry.views.page
    return SyncReport(
        len(shown), tuple(await page_of(added)), tuple(await page_of(updated)), tuple(only_here), tuple(gone)
    )


async def bring_in(workspace: Workspace, remote: RemoteBatch) -> int | None:
    """Import one batch that was made elsewhere. Returns its key; None where the registry knows it."""
    job = Job(
        id=f"job_{workspace.random(6)}",
        name=remote.id,
        created_at=remote.created_at,
        source="",
        requests=remote.counts.total,
        bytes=0,
        fingerprint="",
        profile=workspace.profile,
    )
    return await workspace.registry.batches.add_foreign(remote, job, workspace.workspace_id)


async def _not_shown(workspace: Workspace, shown: set[str], since: datetime | None) -> tuple[list[Batch], list[Batch]]:
    """Return the batches that the API did not list: those that are only here, and those that are gone."""
    only_here: list[Batch] = []
    gone: list[Batch] = []
    for batch in await workspace.registry.views.select(BatchQuery()):
        if batch.id in shown or (since is not None and (batch.created_at or batch.planned_at) < since):
            continue
        elsewhere = batch.workspace_id and workspace.workspace_id and batch.workspace_id != workspace.workspace_id
        if not batch.state.is_at_api or elsewhere:
            only_here.append(batch)
        elif batch.state is not BatchState.DELETED:
            gone.append(batch)
    return only_here, gone
