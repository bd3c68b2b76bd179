"""Sending one planned part, exactly once: the intent is committed before the first byte leaves."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from batchtui.domain.errors import CredentialsMissing, FateUnknown, GatewayError, RateLimited, SpendLimitReached
from batchtui.gateway.protocol import ApiHeaders, Upload

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from batchtui.domain.batch import Batch
    from batchtui.registry.requests.store import StoredBody
    from batchtui.services.workspace import Workspace

PROMISE = timedelta(seconds=90)
"""How long a sender may go unheard before another machine takes it for dead."""
HEARTBEAT = 20.0
"""Seconds between two signs of life while bytes leave."""
WITHOUT_A_WORD = timedelta(seconds=60)
"""How long to wait after a 429 that names no time."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the upload of one part has come."""

    batch: Batch
    sent: int
    total: int


async def send(workspace: Workspace, key: int, on_progress: Callable[[Progress], None] | None = None) -> Batch:
    """Send one planned part, unless somebody else is first.

    Returns:
        The batch as it stands afterwards: at the API, or wherever whoever was first has brought it.

    Raises:
        CredentialsMissing, Refused, RateLimited: nothing was created; the part is planned again, with the reason.
        AnswerLost: nobody knows; the part is `unknown`, for `services.reconcile` to settle.
    """
    workspace.refuse_if_read_only()
    sendings, batches = workspace.registry.sendings, workspace.registry.batches
    batch = await batches.get(key)
    job, name = await sendings.body_of(key)
    body = workspace.registry.requests.body(job, name, batch.bytes)
    gateway = await workspace.gateway()
    if not await sendings.claim(key, workspace.name, workspace.clock.now() + PROMISE):
        return await batches.get(key)
    upload = Upload(body.length, lambda: _told(body, batch, on_progress))
    try:
        async with _heartbeat(workspace, key):
            remote = await gateway.create(upload, ApiHeaders(batch.api_version, batch.betas))
    except (GatewayError, CredentialsMissing) as error:
        if isinstance(error, GatewayError) and not error.nothing_created:
            await sendings.answer_lost(key, error.message)
        else:
            at_limit = isinstance(error, SpendLimitReached)
            await sendings.not_created(key, error.message, not_before=_not_before(workspace, error), at_limit=at_limit)
        raise
    except BaseException:
        # Cancelled, interrupted, or the disk failed: bytes may have left, so only a look can tell.
        await asyncio.shield(sendings.answer_lost(key, "Sending was interrupted before the API answered."))
        raise
    if not await asyncio.shield(sendings.accepted(key, remote, workspace.workspace_id, workspace.name)):
        raise FateUnknown(
            f"{remote.id} was created, but another process has taken over this part meanwhile.",
            hint="Look with `batchtui sync`: one of the two may have to be cancelled.",
        )
    return await batches.get(key)


async def _told(body: StoredBody, batch: Batch, on_progress: Callable[[Progress], None] | None) -> AsyncIterator[bytes]:
    sent = 0
    async for chunk in body.chunks():
        yield chunk
        sent += len(chunk)
        if on_progress:
            on_progress(Progress(batch, sent, body.length))


@asynccontextmanager
async def _heartbeat(workspace: Workspace, key: int) -> AsyncIterator[None]:
    async def beat() -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            await workspace.registry.sendings.still_sending(key, workspace.name, workspace.clock.now() + PROMISE)

    task = asyncio.create_task(beat(), name=f"heartbeat-{key}")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _not_before(workspace: Workspace, error: Exception) -> datetime | None:
    if not isinstance(error, RateLimited) or isinstance(error, SpendLimitReached):
        return None
    wait = WITHOUT_A_WORD if error.retry_after is None else timedelta(seconds=error.retry_after)
    return workspace.clock.now() + wait
