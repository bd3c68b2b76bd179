"""Carry one request to the API and its answer back, and record every attempt in the journal: `Transport`.

It never repeats a request: who may do that depends on what the request creates.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from batchtui.domain.errors import BatchtuiError, CredentialsMissing, GatewayError, Refused
from batchtui.gateway.errors import map_exception, undecodable, unreadable_answer
from batchtui.gateway.exchange import ApiRequest, account_of, server_time, to_api_call
from batchtui.gateway.parsing import MalformedResponse
from batchtui.gateway.redaction import redact

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from datetime import datetime

    import httpx2
    from anthropic import AsyncAnthropic
    from anthropic._types import RequestOptions

    from batchtui.domain.api_call import ApiCall
    from batchtui.domain.clock import Clock

    Listener = Callable[[ApiCall], Awaitable[None]]

LONGEST_BODY = 120.0
"""Seconds in which a response that is read as a whole has to be there, from its first byte on."""
MOST_BYTES = 64 * 1024 * 1024
"""The longest answer that is read into memory; a full page of batches is a hundredth of it."""
_WRITE_STALL = 60.0
"""Seconds without a byte being taken until an upload is given up."""
_LONGEST_ERROR = 300
_log = logging.getLogger(__name__)
_Read = TypeVar("_Read")


class Transport:
    """Sends requests over the SDK's client, each exactly once, and reports every exchange to `on_call`."""

    def __init__(self, client: AsyncAnthropic, *, on_call: Listener, clock: Clock, connect_timeout: float) -> None:
        self._client = client
        self._on_call = on_call
        self._clock = clock
        self._connect_timeout = connect_timeout

    async def fetch(self, ask: ApiRequest, read: Callable[[bytes, httpx2.Response], _Read]) -> _Read:
        """Send a request and return what `read` makes of the whole answer.

        Raises:
            GatewayError: as `open`; also where `read` raises that it cannot parse the answer.
        """
        async with self.open(ask) as response:
            try:
                return read(await _whole(response), response)
            except MalformedResponse as error:
                raise unreadable_answer(str(error), ask, response) from None

    @asynccontextmanager
    async def open(self, ask: ApiRequest) -> AsyncIterator[httpx2.Response]:
        """Send a request and yield the answer while it arrives; only if its status is 2xx.

        Raises:
            CredentialsMissing: nothing was sent.
            GatewayError, ResultsUnavailable: see `gateway.errors`. What the block itself raises goes through untouched,
                except for what the HTTP client raises while the answer is read.
        """
        at, began = self._clock.now(), self._clock.monotonic()
        response: httpx2.Response | None = None
        answered_at: datetime | None = None
        failure: BaseException | None = None
        is_answered = False
        try:
            response = await self._dispatch(ask)
            is_answered = True
            answered_at = self._clock.now()
            yield response
        except Exception as error:
            failure = error if isinstance(error, BatchtuiError) else map_exception(error, ask)
            if failure is None and not is_answered:
                failure = undecodable(error, ask)
            failure = self._explain_not_found(failure)
            if response is None:
                response, answered_at = getattr(error, "response", None), self._clock.now()
            self._name_account(failure, response)
            if failure is None or failure is error:
                failure = error
                raise
            self._drop_stale_token(failure)
            # Not "from error": what the HTTP client raises can quote headers.
            raise failure from None
        except BaseException as error:  # canceled, or the reader left early
            failure = error
            raise
        finally:
            if response is not None:
                await response.aclose()
            # Without credentials nothing was sent: that is no call.
            if not isinstance(failure, CredentialsMissing):
                spent = round((self._clock.monotonic() - began) * 1000)
                await self._report(
                    to_api_call(
                        ask,
                        at=at,
                        milliseconds=spent,
                        response=response,
                        error=_line(failure),
                        answered_at=answered_at if response is not None else None,
                    )
                )

    async def _dispatch(self, ask: ApiRequest) -> httpx2.Response:
        import httpx2

        # No limit on the whole: an upload of 250 MB may take minutes, and only a standstill is a fault.
        timeout = httpx2.Timeout(
            read=ask.patience,
            write=min(ask.patience, _WRITE_STALL),
            connect=self._connect_timeout,
            pool=self._connect_timeout,
        )
        # max_retries 0 here too: the SDK would repeat a create after a time-out, and the batch could exist twice.
        options: RequestOptions = {"headers": {**ask.headers}, "max_retries": 0, "timeout": timeout}
        if ask.query:
            options["params"] = {**ask.query}
        # The SDK's delete() cannot stream; its answer is a few bytes.
        if ask.method == "DELETE":
            return await self._client.delete(ask.path, cast_to=httpx2.Response, options=options)
        if ask.method == "GET":
            return await self._client.get(
                ask.path, cast_to=httpx2.Response, options=options, stream=True, stream_cls=None
            )
        return await self._client.post(
            ask.path,
            cast_to=httpx2.Response,
            content=ask.content if ask.body is None else ask.body,
            options=options,
            stream=True,
            stream_cls=None,
        )

    @property
    def base_url(self) -> str:
        """The server that everything goes to, as `scheme://host:port/path`, without a user's name or password."""
        url = self._client.base_url
        port = f":{url.port}" if url.port else ""
        return f"{url.scheme}://{url.host}{port}{url.path.rstrip('/')}"

    def _explain_not_found(self, failure: BaseException | None) -> BaseException | None:
        """Name the likely reason where nothing at all is found: a base URL with the `/v1` that the SDK adds to it.

        It is then no evidence that a batch is gone, as `BatchNotFound` would be.
        """
        if not isinstance(failure, GatewayError) or failure.status != 404 or not self.base_url.endswith("/v1"):
            return failure
        return Refused(
            failure.message,
            hint="The base URL ends in /v1, which is added to it anyway. Set ANTHROPIC_BASE_URL without it.",
            status=failure.status,
            error_type=failure.error_type,
            error_code=failure.error_code,
            request_id=failure.request_id,
        )

    def _name_account(self, failure: BaseException | None, response: httpx2.Response | None) -> None:
        """Say at which account a failure was met. A 401 and a proxy's page name none, and prove none."""
        if response is None or not isinstance(failure, GatewayError):
            return
        account = account_of(response.headers, self.base_url)
        if account.organization is not None:
            failure.account = account
        failure.server_time = server_time(response.headers)

    def _drop_stale_token(self, failure: BaseException) -> None:
        """After a 401, have the SDK get a new token from the profile: it does so by itself only when it retries."""
        cache = getattr(self._client, "_token_cache", None)
        if cache is not None and isinstance(failure, GatewayError) and failure.status == 401:
            cache.invalidate()

    async def _report(self, call: ApiCall) -> None:
        try:
            await self._on_call(call)
        except BatchtuiError as error:
            # A journal that cannot be written must not cost an answer: it may be the id of a batch.
            _log.warning("a call could not be put into the journal: %s", error)


async def _whole(response: httpx2.Response) -> bytes:
    body = bytearray()
    try:
        # The time limit of the connection is for each byte: a few bytes a second would go on for days.
        async with asyncio.timeout(LONGEST_BODY):
            async for block in response.aiter_bytes():
                body += block
                # A server or proxy that never stops sending would fill the memory.
                if len(body) > MOST_BYTES:
                    raise MalformedResponse("it does not end")
    except TimeoutError:
        raise MalformedResponse(f"it was incomplete after {LONGEST_BODY:g} s") from None
    return bytes(body)


def _line(failure: BaseException | None) -> str | None:
    if failure is None:
        return None
    if isinstance(failure, BatchtuiError):
        return redact(failure.message, _LONGEST_ERROR)
    return "given up here" if not isinstance(failure, Exception) else type(failure).__name__
