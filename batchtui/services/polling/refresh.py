"""Ask the API how running batches stand, in as few calls as possible: `refresh_batches`."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from batchtui.domain.errors import BatchNotFound
from batchtui.domain.limits import CLOCK_SKEW_ALLOWED, PAGE_LIMIT
from batchtui.domain.states import BatchState
from batchtui.gateway.listing import BatchList
from batchtui.services.workspace import is_elsewhere

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from batchtui.domain.batch import Batch, RemotePage
    from batchtui.gateway.protocol import Gateway
    from batchtui.services.workspace import Workspace

LAST_SWEEP = "last_sweep"
"""Name of the value that tells all processes when the API was last asked, and how many calls it took."""
MISSING_AFTER = timedelta(minutes=5)
"""The API answers 404 for a while on batches that exist (observed in November 2026): only one that lasts counts."""
SINGLE_LOOKS = 10
"""How many batches that the list does not show are asked for by id in one sweep."""
MARGIN = 20
"""How many batches made elsewhere may be among ours in the list before a second page is needed."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep did."""

    calls: int
    changed: tuple[int, ...]
    """Keys of the batches that changed."""
    retry_after: float | None = None
    """Seconds the API wants to be left alone."""


async def sweep(workspace: Workspace) -> Sweep:
    """Ask the list endpoint about all running batches, paging only as far back as the oldest of them.

    Raises:
        CredentialsMissing, GatewayError: the API cannot be asked; the registry stays as it is.
    """
    running = [batch for batch in await _running(workspace) if _is_ours(workspace, batch)]
    if not running:
        return Sweep(0, ())
    unseen = {batch.id: batch for batch in running if batch.id}
    oldest = min((batch.created_at for batch in running if batch.created_at), default=None)
    changed: list[int] = []
    retry_after: float | None = None
    gateway = await workspace.gateway()
    reading = BatchList(gateway, limit=min(PAGE_LIMIT, len(unseen) + MARGIN))
    async with aclosing(reading.pages()) as pages:
        async for page in pages:
            workspace.hear(page)
            retry_after = page.retry_after
            changed += await workspace.registry.batches.heard(page.batches)
            for remote in page.batches:
                unseen.pop(remote.id, None)
            if not unseen or (oldest is not None and _is_past(page, oldest)):
                break
    calls = reading.calls
    # The credentials may turn out to belong elsewhere only with the first answer.
    not_shown = [batch for batch in unseen.values() if _is_ours(workspace, batch)][:SINGLE_LOOKS]
    for batch in not_shown:
        changed += await _look_closer(workspace, gateway, batch)
    await workspace.registry.facts.put(LAST_SWEEP, {"running": len(running), "calls": calls + len(not_shown)})
    return Sweep(calls + len(not_shown), tuple(changed), retry_after)


async def refresh_batches(workspace: Workspace, batches: Sequence[Batch]) -> None:
    """Refresh these batches: a single one by its id, several by a sweep. Those that are not at the API are skipped.

    Raises:
        CredentialsMissing, GatewayError: where the API cannot be asked.
    """
    askable = [batch for batch in batches if batch.id and batch.state is not BatchState.DELETED]
    if len(askable) > 1 and all(batch.state.is_running for batch in askable):
        await sweep(workspace)
        return
    if not askable:
        return
    gateway = await workspace.gateway()
    for batch in askable:
        await _look_closer(workspace, gateway, batch)


def _is_past(page: RemotePage, oldest: datetime) -> bool:
    return bool(page.batches) and page.batches[-1].created_at < oldest - CLOCK_SKEW_ALLOWED


async def _running(workspace: Workspace) -> list[Batch]:
    return await workspace.registry.views.in_states(BatchState.IN_PROGRESS, BatchState.CANCELING)


def _is_ours(workspace: Workspace, batch: Batch) -> bool:
    """Whether these credentials can see a batch: those of another account get a 404 that means nothing."""
    return not is_elsewhere(batch, workspace.account)


async def _look_closer(workspace: Workspace, gateway: Gateway, batch: Batch) -> list[int]:
    """Ask for one batch by its id; a 404 that has lasted for minutes makes it missing."""
    assert batch.id is not None
    batches = workspace.registry.batches
    try:
        remote = await gateway.retrieve(batch.id)
    except BatchNotFound as error:
        workspace.hear(error)
        # Another account's 404 means nothing, and must not begin the minutes after which a batch is missing.
        if not _is_ours(workspace, batch):
            return []
        since = await batches.missed(batch.key)
        if workspace.clock.now() - since < MISSING_AFTER:
            return []
        if batch.state in (BatchState.MISSING, BatchState.DELETED):
            return []
        if batch.is_unproved:
            # It can never be proved now, so it must not be taken for this part's any longer: a person decides.
            await workspace.registry.sendings.vanished(batch.key, batch.id)
            return [batch.key]
        await batches.missing(batch.key, f"The API has not shown it since {since:%H:%M:%S} UTC: {error.message}")
        return [batch.key]
    workspace.hear(remote)
    return await batches.heard([remote])
