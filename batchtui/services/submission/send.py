"""Send one planned part, exactly once (`send`): the intent is committed before the first byte leaves.

Before the last block leaves, that is committed, too: a process that dies earlier has certainly created nothing. A
process that was taken for dead meanwhile cannot commit it, so its last block stays where it is.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from batchtui.domain.errors import (
    AnswerLost,
    BatchtuiError,
    CredentialsMissing,
    FateUnknown,
    GatewayError,
    OtherAccount,
    RateLimited,
    SpendLimitReached,
    StorageError,
    TakenOver,
    Unreachable,
)
from batchtui.domain.submission.send_evidence import MARK_IS_FRESH
from batchtui.gateway.protocol import ApiHeaders, Upload
from batchtui.services.workspace import refuse_other_account

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from batchtui.domain.batches.batch import Batch, RemoteBatch
    from batchtui.domain.submission.send_evidence import Account
    from batchtui.registry.requests.store import StoredBody
    from batchtui.services.workspace import Workspace

PROMISE = timedelta(seconds=90)
"""How long a sender may go unheard before another machine takes it for dead."""
HEARTBEAT = 20.0
"""Seconds between two signs of life while bytes leave."""
WITHOUT_A_WORD = timedelta(seconds=60)
"""How long to wait after a 429 that names no time."""
LEAST_WAIT = timedelta(seconds=1)
"""The least time between two creates of a part: a server may name 0, or less."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the upload of one part has come."""

    batch: Batch
    sent: int
    total: int


async def send(workspace: Workspace, key: int, on_progress: Callable[[Progress], None] | None = None) -> Batch:
    """Send one planned part, unless somebody else is first.

    Returns:
        The batch as it stands afterwards: at the API, or in the state that a quicker process left it in.

    Raises:
        OtherAccount: the part was planned for another account; nothing was sent.
        CredentialsMissing, Refused, RateLimited: nothing was created; the part is planned again, with the reason.
        StorageError: the requests, or the registry, cannot be read or written; nothing was created.
        AnswerLost: it may have been created; the part is `unknown`, for `reconcile` to settle.
        FateUnknown: a batch was created, and the part belongs to somebody else meanwhile.
    """
    workspace.refuse_if_read_only()
    batch = await workspace.registry.batches.get(key)
    account = await _front_account(workspace, batch)
    job, name = await workspace.registry.sends.body_of(key)
    body = workspace.registry.requests.body(job, name, batch.bytes)
    # After the body was found and the account proved: from the claim on, others wait for this process.
    until, start = workspace.clock.now() + PROMISE, workspace.server_clock.start_send()
    if not await workspace.registry.sends.claim(key, workspace.name, until, start, account):
        return await workspace.registry.batches.get(key)
    return await _Sending(workspace, batch, body, on_progress).run()


async def _front_account(workspace: Workspace, batch: Batch) -> Account:
    """Return the account that a part would go to, which must be the one that it was planned for."""
    try:
        account = await workspace.front_account()
    except AnswerLost as error:
        # Nothing of the part was sent yet: this must not be taken for a lost create.
        raise Unreachable(error.message, hint=error.hint, status=error.status) from error
    refuse_other_account(batch, account)
    if batch.account is None:
        raise OtherAccount(
            f"The account of {batch.name} part {batch.part} is not known. Nothing was sent.",
            hint=f"`batchtui resume {batch.job}` shows the account in use and sends it there.",
        )
    return account


class _Sending:
    """One send of one part by this process, from its claim to what it came to."""

    def __init__(
        self, workspace: Workspace, batch: Batch, body: StoredBody, on_progress: Callable[[Progress], None] | None
    ) -> None:
        self._workspace = workspace
        self._batch = batch
        self._body = body
        self._on_progress = on_progress
        self._has_left = False
        """Whether the last block may have left: from then on nothing but the API can tell."""

    async def run(self) -> Batch:
        workspace, batch = self._workspace, self._batch
        try:
            gateway = await workspace.gateway()
            upload = Upload(self._body.length, self._chunks, self._mark)
            async with _heartbeat(workspace, batch.key):
                remote = await gateway.create(upload, ApiHeaders(batch.api_version, batch.betas))
        except BaseException as error:
            # Shielded: a canceled task must still write down what it has sent.
            await asyncio.shield(self._note_failure(error))
            if isinstance(error, TakenOver):
                return await workspace.registry.batches.get(batch.key)
            raise
        return await asyncio.shield(self._note_batch(remote))

    async def _chunks(self) -> AsyncIterator[bytes]:
        sent = 0
        async for chunk in self._body.chunks():
            yield chunk
            sent += len(chunk)
            if self._on_progress:
                self._on_progress(Progress(self._batch, sent, self._body.length))

    async def _mark(self) -> None:
        """Commit that the last block is about to leave. Raises `TakenOver` where it must not leave any more."""
        workspace = self._workspace
        began = workspace.clock.monotonic(), workspace.clock.now()
        if not await workspace.registry.sends.mark(self._batch.key, workspace.name, workspace.server_clock.latest()):
            raise TakenOver("Another process has taken over this part. Nothing was sent from here.")
        passed = max(workspace.clock.monotonic() - began[0], (workspace.clock.now() - began[1]).total_seconds())
        # A laptop may sleep between the commit and the send: others may have read the mark and decided by then.
        if passed > MARK_IS_FRESH.total_seconds():
            raise TakenOver("This machine went to sleep while sending, so the part was not sent.")
        self._has_left = True

    async def _note_failure(self, error: BaseException) -> None:
        """Write down what a failed send came to, where this process is still its sender."""
        workspace, key = self._workspace, self._batch.key
        sends = workspace.registry.sends
        reason = error.message if isinstance(error, BatchtuiError) else "Sending was interrupted."
        if isinstance(error, GatewayError):
            workspace.hear(error)
        ended = workspace.server_clock.agreed()
        if not self._has_left or isinstance(error, CredentialsMissing) or _creates_nothing(error):
            await sends.not_created(
                key,
                reason,
                workspace.name,
                ended=ended,
                not_before=workspace.clock.now() if isinstance(error, TakenOver) else _not_before(workspace, error),
                at_limit=isinstance(error, SpendLimitReached),
            )
        else:
            await sends.answer_lost(key, reason, workspace.name, ended=ended)

    async def _note_batch(self, remote: RemoteBatch) -> Batch:
        workspace, key = self._workspace, self._batch.key
        workspace.hear(remote)
        ended = workspace.server_clock.latest()
        if not await workspace.registry.sends.accepted(key, remote, workspace.name, ended):
            raise FateUnknown(
                f"{remote.id} was created, but this part was given another batch or process in the meantime.",
                hint="Compare them with `batchtui sync`; one of the two may have to be canceled.",
            )
        return await workspace.registry.batches.get(key)


@asynccontextmanager
async def _heartbeat(workspace: Workspace, key: int) -> AsyncIterator[None]:
    async def beat() -> None:
        while True:
            # Real time and not the workspace's clock: the other machine's clock goes on while a test's stands.
            await asyncio.sleep(HEARTBEAT)
            # A disk that is full for a moment must not end it: others would take the sender for dead.
            with suppress(StorageError):
                await workspace.registry.sends.still_sending(
                    key, workspace.name, workspace.clock.now() + PROMISE, workspace.server_clock.agreed()
                )

    task = asyncio.create_task(beat(), name=f"heartbeat-{key}")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _creates_nothing(error: BaseException) -> bool:
    return isinstance(error, GatewayError) and error.nothing_created


def _not_before(workspace: Workspace, error: BaseException) -> datetime | None:
    if not isinstance(error, RateLimited) or isinstance(error, SpendLimitReached):
        return None
    wait = WITHOUT_A_WORD if error.retry_after is None else timedelta(seconds=error.retry_after)
    return workspace.clock.now() + max(wait, LEAST_WAIT)
