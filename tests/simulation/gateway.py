"""The gateway of one process, over the world instead of HTTP. What it reads goes through the real parsing.

Each exchange takes virtual time, is told to the workspace as a call, and may be broken by the weather. What a server
was asked to do goes on there when whoever asked has died.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from batchtui.domain.api_call import ApiCall
from batchtui.domain.errors import (
    AnswerLost,
    BatchNotFound,
    GatewayError,
    RateLimited,
    Refused,
    ResultsUnavailable,
    SpendLimitReached,
    Unreachable,
)
from batchtui.domain.limits import PAGE_LIMIT
from batchtui.gateway.exchange import account_of, retry_after, server_time
from batchtui.gateway.parsing import parse_batch, parse_page
from batchtui.gateway.upload_body import UploadBody
from tests.simulation.loop import current

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from batchtui.domain.batches.batch import RemoteBatch, RemotePage
    from batchtui.domain.clock import Clock
    from batchtui.domain.model import ModelInfo
    from batchtui.gateway.protocol import ApiHeaders, Upload
    from tests.simulation.world import Account, ApiBatch, Fault, Origin, Server

PATIENCE = 600.0
"""Seconds that the real gateway waits for the answer to a create."""
ANSWER = 30.0
"""Seconds that it waits for any other."""
LATENCY = 0.2

SENDING: ContextVar[Origin | None] = ContextVar("sending", default=None)
"""Which part the task is about to send: set where its body is opened."""


class WorldGateway:
    """See `batchtui.gateway.protocol.Gateway`."""

    def __init__(
        self,
        server: Server,
        account: Account,
        clock: Clock,
        on_call: Callable[[ApiCall], Awaitable[None]],
        guard: Guard,
    ) -> None:
        self._server = server
        self._account = account
        self._clock = clock
        self._on_call = on_call
        self._guard = guard

    @property
    def host(self) -> str:
        """The base URL."""
        return self._account.host

    async def create(self, upload: Upload, dialect: ApiHeaders) -> RemoteBatch:
        """Create a batch; the server goes on with it whatever becomes of this process."""
        fault, origin = self._server.fault("create"), SENDING.get()
        self._guard.sends(self._account, origin)
        body = UploadBody(upload)
        try:
            async with self._exchange("create") as told:
                await self._reach(fault)
                arrived = await self._arrive(body, fault)
                client = _Client(self._server)
                takes = self._server.turn(self._server.weather.create_seconds, "create")
                share = self._server.turn(self._server.weather.created_at_share, "create")
                if self._server.is_healed:
                    takes = min(takes, 5.0)
                answer = self._begin_create(arrived, origin, fault, takes, takes * share, client)
                try:
                    document = await asyncio.wait_for(answer, PATIENCE)
                except TimeoutError:
                    self._server.fired["create times out"] += 1
                    raise AnswerLost("No response from the API for 600 s.") from None
                finally:
                    client.leave()
                told.update(self._server.headers(self._account))
                self._raise(fault, "create")
                if fault and fault.kind == "garbled":
                    raise AnswerLost("The answer to create cannot be read.")
                return self._batch(document)
        finally:
            await body.close()

    async def retrieve(self, batch_id: str) -> RemoteBatch:
        """Say how one batch stands."""
        return await self._about("retrieve", batch_id, lambda _batch: None)

    async def cancel(self, batch_id: str) -> RemoteBatch:
        """Cancel a batch."""

        def cancel(batch: ApiBatch) -> None:
            self._guard.changes("canceled", batch)
            if batch.canceled is None and self._server.now < batch.ends:
                batch.canceled = self._server.now
                batch.ends = self._server.now + 30.0

        return await self._about("cancel", batch_id, cancel)

    async def delete(self, batch_id: str) -> None:
        """Delete a batch."""

        def delete(batch: ApiBatch) -> None:
            if self._server.now < batch.ends:
                raise Refused(
                    "In progress batches cannot be deleted. Consider canceling the batch instead.", status=400
                )
            self._guard.changes("deleted", batch)
            batch.deleted = self._server.now

        await self._about("delete", batch_id, delete)

    async def list_page(self, *, limit: int = PAGE_LIMIT, after_id: str | None = None) -> RemotePage:
        """List batches, newest first."""
        fault = self._server.fault("list")
        async with self._exchange("list") as told:
            await self._answer(fault, told)
            if fault and fault.kind == "garbled":
                raise AnswerLost("The answer to list cannot be read.")
            now, most = self._server.now, min(limit, self._server.weather.page)
            shown = self._account.shown(now)
            if fault and fault.kind == "hidden":
                shown = shown[1:]
            ids = [batch.id for batch in shown]
            start = ids.index(after_id) + 1 if after_id in ids else 0 if after_id is None else len(ids)
            if fault and fault.kind == "repeat":
                start = 0
            some = shown[start : start + most]
            entries: list[Any] = [batch.document(now) for batch in some]
            if fault and fault.kind == "odd":
                entries.insert(0, {**(entries[0] if entries else {}), "id": None})
                entries.append({**entries[-1], "id": "msgbatch_odd", "processing_status": "failed"})
            has_more = start + most < len(shown) or bool(fault and fault.kind == "repeat")
            page = {"data": entries, "has_more": has_more, "last_id": some[-1].id if some else None}
            return replace(
                parse_page(page, received=self._clock.now(), retry_after=None),
                account=account_of(told, self.host),
                server_time=server_time(told),
            )

    @asynccontextmanager
    async def results(self, batch_id: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open the results."""
        fault = self._server.fault("results")
        async with self._exchange("results", batch_id) as told:
            await self._answer(fault, told)
            batch = self._account.find(batch_id, self._server.now)
            if batch is None or self._server.now < batch.ends:
                raise ResultsUnavailable(f"Message Batch {batch_id} has no available results.")
            body = batch.results()

            async def blocks() -> AsyncIterator[bytes]:
                for start in range(0, len(body), 300):
                    await asyncio.sleep(LATENCY)
                    if fault and fault.kind == "cut" and start:
                        return
                    if fault and fault.kind == "lost_after" and start:
                        raise AnswerLost("Connection lost while fetching.")
                    yield body[start : start + 300]

            yield blocks()

    async def models(self) -> tuple[ModelInfo, ...]:
        """List the models."""
        fault = self._server.fault("models")
        async with self._exchange("models") as told:
            await self._answer(fault, told)
            return ()

    async def count_tokens(self, params: Mapping[str, Any], dialect: ApiHeaders) -> int:
        """Nobody counts here."""
        raise NotImplementedError

    async def message(self, params: Mapping[str, Any], dialect: ApiHeaders) -> bytes:
        """Nobody sends in real time here."""
        raise NotImplementedError

    async def close(self) -> None:
        """Nothing to resume."""

    def _batch(self, document: Mapping[str, Any]) -> RemoteBatch:
        headers = self._server.headers(self._account)
        return replace(
            parse_batch(document, received=self._clock.now()),
            account=account_of(headers, self.host),
            server_time=server_time(headers),
        )

    async def _about(self, operation: str, batch_id: str, change: Callable[[ApiBatch], None]) -> RemoteBatch:
        fault = self._server.fault(operation)
        async with self._exchange(operation, batch_id) as told:
            is_done_all_the_same = fault is not None and (fault.after or fault.kind in ("lost_after", "garbled"))
            batch = self._account.find(batch_id, self._server.now)
            if is_done_all_the_same and batch is not None and not self._account.is_down:
                change(batch)
            await self._answer(fault, told)
            batch = self._account.find(batch_id, self._server.now)
            if batch is None or (fault and fault.kind == "hidden"):
                raise BatchNotFound(f"Not found: {batch_id}", status=404)
            if not is_done_all_the_same:
                change(batch)
            if fault and fault.kind == "garbled":
                raise AnswerLost(f"The answer to {operation} cannot be read.")
            return self._batch(batch.document(self._server.now))

    def _begin_create(
        self,
        body: bytes,
        origin: Origin | None,
        fault: Fault | None,
        takes: float,
        creates_after: float,
        client: _Client,
    ) -> asyncio.Future[Mapping[str, Any]]:
        """Let the server work: it makes the batch unless it refuses, and answers when it is done."""
        loop, answer = self._server.loop, asyncio.get_running_loop().create_future()
        refuses = fault is not None and fault.kind == "status" and not fault.after
        made: list[ApiBatch] = []

        def make() -> None:
            if client.left is not None and self._server.now - client.left > PATIENCE:
                self._server.fired["create given up by the server"] += 1
                return
            batch = self._server.take(self._account, body, origin)
            made.append(batch)
            self._guard.made(self._account, batch)

        def say() -> None:
            if not answer.done():
                answer.set_result(made[0].document(self._server.now) if made else {})

        if refuses or (fault and fault.kind == "lost_before"):
            loop.at(min(takes, 1.0), say)
        else:
            loop.at(creates_after, make)
            if not (fault and fault.kind == "late"):
                loop.at(takes + 0.001, say)  # after the batch, where both are due at once
        return answer

    async def _arrive(self, body: UploadBody, fault: Fault | None) -> bytes:
        """Take the body as it leaves; it may break off on the way."""
        seconds = 0.1 if self._server.is_healed else self._server.turn(self._server.weather.upload_seconds, "create")
        arrived = bytearray()
        async for chunk in body:
            if fault and fault.kind == "cut_upload":
                raise self._broken(body)
            arrived += chunk
            await asyncio.sleep(seconds / 3)
            if self._account.is_down:
                raise self._broken(body)
        return bytes(arrived)

    def _broken(self, body: UploadBody) -> GatewayError:
        if body.is_whole:
            return AnswerLost("Connection lost while fetching.")
        return Unreachable(
            "Connection lost while creating a batch. The request body was not sent completely, so nothing was created."
        )

    async def _reach(self, fault: Fault | None) -> None:
        await asyncio.sleep(LATENCY)
        if self._account.is_down:
            self._server.fired["outage"] += 1
            raise Unreachable("Cannot reach the API: connection refused.")

    async def _answer(self, fault: Fault | None, told: dict[str, str]) -> None:
        """What every call but a create has in common: it takes a moment, and may fail."""
        await self._reach(fault)
        if fault and fault.kind == "late":
            await asyncio.sleep(ANSWER)
            raise AnswerLost("No response from the API for 30 s.")
        await asyncio.sleep(LATENCY)
        told.update(self._server.headers(self._account))
        self._raise(fault, "")

    def _raise(self, fault: Fault | None, operation: str) -> None:
        if fault is None:
            return
        if fault.kind in ("lost_before", "lost_after"):
            if operation == "" and fault.kind == "lost_after":
                return
            raise AnswerLost("Connection lost while fetching.")
        if fault.kind != "status":
            return
        headers = {} if fault.retry_after is None else {"retry-after": fault.retry_after}
        seconds, status = retry_after(headers, now=self._clock.now()), fault.status
        message = f"HTTP {status}"
        if status == 429:
            kind = SpendLimitReached if fault.is_spend_limit else RateLimited
            raise kind(message, status=status, retry_after=seconds)
        if status in (408, 409) or status >= 500:
            raise AnswerLost(message, status=status, retry_after=seconds)
        raise Refused(message, status=status)

    @asynccontextmanager
    async def _exchange(self, operation: str, batch_id: str | None = None) -> AsyncIterator[dict[str, str]]:
        """Carry one exchange, and tell the workspace of it however it ends; the dictionary takes the headers."""
        at, began = self._clock.now(), self._clock.monotonic()
        headers: dict[str, str] = {}
        error: BaseException | None = None
        try:
            yield headers
        except BaseException as caught:
            error = caught
            if isinstance(caught, GatewayError) and headers:
                caught.account, caught.server_time = account_of(headers, self.host), server_time(headers)
            raise
        finally:
            if not current().is_dead:
                await self._on_call(self._call(operation, batch_id, headers, at, began, error))

    def _call(
        self, operation: str, batch_id: str | None, headers: Mapping[str, str], at: Any, began: float, error: Any
    ) -> ApiCall:
        status = getattr(error, "status", None) if error is not None else 200
        account = account_of(headers, self.host)
        return ApiCall(
            operation=operation,
            method="GET",
            path=f"/v1/messages/batches/{batch_id or ''}",
            at=at,
            milliseconds=round((self._clock.monotonic() - began) * 1000),
            status=status,
            batch_id=batch_id,
            error=None if error is None else str(error),
            organization_id=account.organization,
            workspace_id=account.workspace,
            server_time=server_time(headers),
            answered_at=self._clock.now() if headers else None,
        )


class _Client:
    """Whoever waits for the answer to a create. When it has left, the server goes on for `PATIENCE` (documentation)."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.left: float | None = None
        current().belongings.append(self.leave)

    def leave(self) -> None:
        """Stop waiting."""
        if self.left is None:
            self.left = self._server.now


class Guard:
    """Who watches what is done to the world: see `invariants.Watch`."""

    def sends(self, account: Account, origin: Origin | None) -> None:
        """A part is about to be sent to an account."""

    def made(self, account: Account, batch: ApiBatch) -> None:
        """A batch of ours has come to be."""

    def changes(self, what: str, batch: ApiBatch) -> None:
        """A batch is canceled or deleted."""
