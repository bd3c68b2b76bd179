"""Room in the organisation's queue: how many requests may wait at the API, as set or as learnt from refusals."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.errors import RateLimited
    from batchtui.services.workspace import Workspace

LEARNT_ROOM = "queue_room"
"""Name of the value that keeps how many requests were waiting when the API last refused more."""
BELIEVED = timedelta(hours=6)
"""How long what was learnt is believed: the limit grows with the account, and others share the queue."""
LOOK_AGAIN = timedelta(seconds=60)
"""How long a part that found no room waits before it is tried again."""
FULL = "Waiting for room in the API's queue"
_FULL_BEFORE = "It waits for room in the queue"
"""The reason as version 0.1 wrote it, which is stored with parts."""


async def waiting_requests(workspace: Workspace) -> int:
    """Requests of this registry that wait at the API, as far as was heard."""
    return await workspace.registry.queries.processing()


async def room(workspace: Workspace) -> int | None:
    """How many requests may wait at once: as set, else as learnt a short while ago, else unknown."""
    if workspace.settings.submit.queue_room is not None:
        return workspace.settings.submit.queue_room
    learnt = await workspace.registry.values.get(LEARNT_ROOM)
    if learnt is None or workspace.clock.now() - learnt[1] > BELIEVED:
        return None
    return int(learnt[0])


async def has_room(workspace: Workspace, batch: Batch) -> bool:
    """Whether a part fits now. With nothing of ours waiting it is tried in any case: only the API knows better."""
    limit = await room(workspace)
    waiting = await waiting_requests(workspace)
    # Others share the queue, so that a learnt limit may be too small even for a single part.
    return limit is None or waiting == 0 or waiting + batch.requests <= limit


async def was_freed(workspace: Workspace, batch: Batch) -> bool:
    """Whether a part that waits for room has it now, as far as the room is known: it need not wait out its time."""
    limit = await room(workspace)
    if limit is None or not batch.reason.startswith((FULL, _FULL_BEFORE)):
        return False
    return await waiting_requests(workspace) + batch.requests <= limit


async def learn_from_refusal(workspace: Workspace, refusal: RateLimited) -> bool:
    """Remember from a 429 that the queue is full. False where it was about something else.

    The API has no error code for it, so its words decide; misread, they only make a part wait a minute.
    """
    if "queue" not in refusal.message.lower():
        return False
    waiting = await waiting_requests(workspace)
    if waiting:
        await workspace.registry.values.put(LEARNT_ROOM, waiting)
    return True


async def hold_back(workspace: Workspace, key: int) -> Batch:
    """Make a part wait for room, and store the reason. Returns the part afterwards."""
    waiting = await waiting_requests(workspace)
    limit = await room(workspace)
    reason = f"{FULL}: {waiting:,} requests are waiting" + (f" of {limit:,}." if limit else ".")
    await workspace.registry.sends.explain(key, reason, not_before=workspace.clock.now() + LOOK_AGAIN)
    return await workspace.registry.batches.get(key)
