"""Ask the API how running batches stand, in as few calls as possible: `refresh_batches`."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from batchtui.domain.batches.query import BatchQuery
from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import BatchNotFound
from batchtui.domain.limits import CLOCK_SKEW_ALLOWED, PAGE_LIMIT
from batchtui.gateway.listing import BatchList
from batchtui.services.workspace import is_elsewhere

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batches.batch import Batch, RemotePage
    from batchtui.gateway.protocol import Gateway
    from batchtui.services.workspace import Workspace

LAST_SWEEP = "last_sweep"
"""Name of the value that tells all processes when the API was last asked, and how many calls it took."""
MISSING_AFTER = timedelta(minutes=5)
"""The API answers 404 for a while on batches that exist (observed in November 2026): only one that lasts counts."""
SINGLE_LOOKS = 10
"""How many batches that the list does not show are asked for by id in one sweep."""
MISSING_LOOKS = "missing_looks"
"""Name of the value that tells all processes when each missing batch was last asked for."""
MISSING_OFTEN, MISSING_SELDOM = timedelta(minutes=5), timedelta(hours=2)
"""How long lies between two looks at a missing batch: in its first hour, and after that."""
MISSING_OFTEN_FOR = timedelta(hours=1)
MISSING_READ = 500
"""How many missing batches are considered at most."""
MARGIN = 20
"""How many batches made elsewhere may be among ours in the list before a second page is needed."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep did."""

    calls: int
    changed: tuple[int, ...]
    """Keys of the batches that changed."""
    retry_after: float | None = None
    """Seconds for which the API asked for a pause (its `retry-after`)."""


async def sweep(workspace: Workspace) -> Sweep:
    """Ask the list endpoint about all running batches, paging only as far back as the oldest of them.

    Raises:
        CredentialsMissing, GatewayError: the API cannot be asked; the registry stays as it is.
    """
    running = await running_here(workspace)
    missing = await due_missing(workspace)
    if not running and not missing:
        return Sweep(0, ())
    gateway = await workspace.gateway()
    shown = await _list_back_to(workspace, gateway, running)
    changed, calls = shown.changed, shown.calls
    # The credentials may turn out to belong elsewhere only with the first answer.
    not_shown = [batch for batch in shown.unseen if is_here(workspace, batch)][:SINGLE_LOOKS]
    for batch in not_shown:
        changed += await _look_closer(workspace, gateway, batch)
    changed += await _look_at_missing(workspace, gateway, missing)
    calls += len(not_shown) + len(missing)
    await workspace.registry.values.put(LAST_SWEEP, {"running": len(running), "calls": calls})
    return Sweep(calls, tuple(changed), shown.retry_after)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the list endpoint said about some batches."""

    calls: int
    changed: list[int]
    """Keys of the batches that changed, others than those asked about among them."""
    unseen: list[Batch]
    """Those that it did not show."""
    retry_after: float | None


async def _list_back_to(
    workspace: Workspace, gateway: Gateway, batches: Sequence[Batch], most_pages: int | None = None
) -> _Shown:
    """Page through the list as far back as the oldest of these batches, at most so many pages."""
    unseen = {batch.id: batch for batch in batches if batch.id}
    oldest = min((batch.created_at for batch in batches if batch.created_at), default=None)
    changed: list[int] = []
    retry_after: float | None = None
    # A page as large as needed: the list of a busy workspace is long, and ours are usually its newest.
    reading = BatchList(gateway, limit=min(PAGE_LIMIT, len(unseen) + MARGIN))
    if not unseen:
        return _Shown(0, [], [], None)
    async with aclosing(reading.pages()) as pages:
        async for page in pages:
            workspace.hear(page)
            retry_after = page.retry_after
            changed += await workspace.registry.batches.heard(page.batches)
            for remote in page.batches:
                unseen.pop(remote.id, None)
            if not unseen or (oldest is not None and _is_past(page, oldest)) or reading.calls == most_pages:
                break
    await workspace.note_unreadable(reading.unreadable)
    return _Shown(reading.calls, changed, list(unseen.values()), retry_after)


async def due_missing(workspace: Workspace) -> list[Batch]:
    """Return the missing batches that it is time to ask for again, at most as many as one sweep asks for.

    Where a proxy or another server said 404 for a while, the batch and its results are still there. Once its results
    would have expired there is nothing to gain.
    """
    now = workspace.clock.now()
    query = BatchQuery(states=frozenset({BatchState.MISSING}), limit=MISSING_READ)
    looked = await _missing_looks(workspace)
    due: list[tuple[datetime, Batch]] = []
    for batch in await workspace.registry.queries.select(query):
        heard = batch.refreshed_at or batch.created_at or batch.planned_at
        last = looked.get(batch.key, heard)
        pause = MISSING_OFTEN if now - heard < MISSING_OFTEN_FOR else MISSING_SELDOM
        is_kept = batch.results_until is None or now < batch.results_until
        if is_kept and now - last >= pause and is_here(workspace, batch):
            due.append((last, batch))
    due.sort(key=lambda one: one[0])
    return [batch for _, batch in due[:SINGLE_LOOKS]]


async def _look_at_missing(workspace: Workspace, gateway: Gateway, missing: Sequence[Batch]) -> list[int]:
    changed: list[int] = []
    looked = await _missing_looks(workspace) if missing else {}
    for batch in missing:
        found = await _look_closer(workspace, gateway, batch)
        changed += found
        if found:
            looked.pop(batch.key, None)
        else:
            looked[batch.key] = workspace.clock.now()
    if missing:
        # Bounded, as the value is one JSON text in the registry.
        newest = sorted(looked.items(), key=lambda one: one[1])[-MISSING_READ:]
        await workspace.registry.values.put(MISSING_LOOKS, {str(key): at.isoformat() for key, at in newest})
    return changed


async def _missing_looks(workspace: Workspace) -> dict[int, datetime]:
    found = await workspace.registry.values.get(MISSING_LOOKS)
    return {int(key): datetime.fromisoformat(at) for key, at in found[0].items()} if found else {}


async def refresh_all(workspace: Workspace) -> Sweep:
    """Ask about everything that can have changed, and ask the list endpoint also where nothing runs.

    Raises:
        CredentialsMissing, GatewayError: the API cannot be asked.
    """
    swept = await sweep(workspace)
    if swept.calls:
        return swept
    page = await (await workspace.gateway()).list_page(limit=PAGE_LIMIT)
    workspace.hear(page)
    changed = await workspace.registry.batches.heard(page.batches)
    await workspace.registry.values.put(LAST_SWEEP, {"running": 0, "calls": 1})
    return Sweep(1, tuple(changed), page.retry_after)


async def refresh_batches(workspace: Workspace, batches: Sequence[Batch]) -> None:
    """Ask how these batches stand, in few calls: one by its id, several through the list.

    What is not at the API is passed over.

    Raises:
        CredentialsMissing, GatewayError: where the API cannot be asked.
    """
    askable = [batch for batch in batches if batch.id and batch.state is not BatchState.DELETED]
    if not askable:
        return
    # The running ones lie close together at the beginning of the list: one call for all of them.
    if len(askable) > 1 and all(batch.state.is_running for batch in askable):
        await sweep(workspace)
        return
    gateway = await workspace.gateway()
    if len(askable) > SINGLE_LOOKS:
        # Never in more calls than asking for each would take: an old job may lie far back in the list.
        shown = await _list_back_to(workspace, gateway, askable, most_pages=len(askable) - SINGLE_LOOKS)
        askable = [batch for batch in shown.unseen if is_here(workspace, batch)][:SINGLE_LOOKS]
    for batch in askable:
        await _look_closer(workspace, gateway, batch)


def _is_past(page: RemotePage, oldest: datetime) -> bool:
    return bool(page.batches) and page.batches[-1].created_at < oldest - CLOCK_SKEW_ALLOWED


async def running_here(workspace: Workspace) -> list[Batch]:
    """Return the running batches that the credentials in use can see."""
    running = await workspace.registry.queries.in_states(BatchState.IN_PROGRESS, BatchState.CANCELING)
    # A part that waits for answers of another batch is not at the API.
    return [batch for batch in running if not batch.is_reused and is_here(workspace, batch)]


def is_here(workspace: Workspace, batch: Batch) -> bool:
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
        if not is_here(workspace, batch):
            return []
        since = await batches.missed(batch.key)
        if workspace.clock.now() - since < MISSING_AFTER:
            return []
        if batch.state in (BatchState.MISSING, BatchState.DELETED):
            return []
        if batch.is_unproved:
            # It can never be proved now, so it must not be taken for this part's any longer: a person decides.
            await workspace.registry.verdicts.vanished(batch.key, batch.id)
            return [batch.key]
        await batches.missing(
            batch.key, f"It has not been found at the API since {since:%H:%M:%S} UTC: {error.message}"
        )
        return [batch.key]
    workspace.hear(remote)
    return await batches.heard([remote])
