"""Call the Message Batches API over the official SDK: `AnthropicGateway`.

The SDK provides credentials and connections. Bodies and results pass through as our own bytes and never become its
models: 250 MB must not be held in memory.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from batchtui.domain.errors import UnknownTarget
from batchtui.domain.limits import PAGE_LIMIT
from batchtui.gateway.errors import unreadable_answer
from batchtui.gateway.exchange import ApiRequest, account_of, retry_after, server_time
from batchtui.gateway.parsing import parse_batch, parse_model, parse_object, parse_page, parse_tokens
from batchtui.gateway.sdk import Patience, open_client
from batchtui.gateway.transport import Transport
from batchtui.gateway.upload_body import UploadBody

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    import httpx2
    from anthropic import AsyncAnthropic

    from batchtui.domain.batches.batch import RemoteBatch, RemotePage
    from batchtui.domain.clock import Clock
    from batchtui.domain.model import ModelInfo
    from batchtui.gateway.protocol import ApiHeaders, Upload
    from batchtui.gateway.transport import Listener

_BATCHES = "/v1/messages/batches"
_COUNTED = frozenset(
    {"cache_control", "context_management", "mcp_servers", "messages", "model", "output_config", "output_format"}
    | {"speed", "system", "thinking", "tool_choice", "tools"}
)
"""What count_tokens takes of a request's params (published schema, 2026-07-28); it refuses the rest."""
_LONGEST_ID = 256
_MOST_MODEL_PAGES = 20


class AnthropicGateway:
    """`Gateway` over the SDK. It never retries, never follows a URL that the server names, and keeps no secret.

    The SDK gives the credentials chain, the headers and the connections. Its models, its retries and its results
    reader stay unused: the JSON is read here, because they validate nothing and would leave the base URL.
    """

    def __init__(self, client: AsyncAnthropic, line: Transport, patience: Patience, clock: Clock) -> None:
        self._client = client
        self._line = line
        self._patience = patience
        self._clock = clock

    @classmethod
    async def connect(
        cls,
        *,
        base_url: str | None = None,
        profile: str | None = None,
        api_key: str | None = None,
        on_call: Listener,
        clock: Clock,
        patience: Patience | None = None,
    ) -> AnthropicGateway:
        """Return a gateway; nothing is sent yet. The SDK is imported in a thread, so that the event loop goes on.

        Args:
            base_url: the server, with a path where a gateway needs one; None for ANTHROPIC_BASE_URL and the SDK's own.
            profile: a profile of `ant auth login`; goes before every variable of the environment.
            api_key: goes before the SDK's chain: a program's own key, or that of the simulator.
            on_call: is called with every exchange, failed ones included. A BatchtuiError from it is only logged.
            clock: times the exchanges.
            patience: how long answers are waited for.

        Raises:
            CredentialsMissing: the profile or the key cannot be used. That there is none shows with the first call.
            UsageError: the base URL is no address.
        """
        patience = patience or Patience()
        client = await asyncio.to_thread(open_client, base_url=base_url, profile=profile, api_key=api_key)
        return cls(
            client, Transport(client, on_call=on_call, clock=clock, connect_timeout=patience.connect), patience, clock
        )

    @property
    def host(self) -> str:
        """The server that everything goes to, as `scheme://host:port/path`, without a user's name or password."""
        return self._line.base_url

    async def create(self, upload: Upload, dialect: ApiHeaders) -> RemoteBatch:
        """See Gateway. A canceled task is canceled: whether the batch exists is then as open as after a time-out."""
        body = UploadBody(upload)
        # With a length the HTTP client does not chunk the stream: a body that breaks off is then no whole request.
        headers = {"Content-Type": "application/json", "Content-Length": str(upload.length), **_spoken(dialect)}
        ask = ApiRequest("create", "POST", _BATCHES, self._patience.create, headers=headers, body=body)
        try:
            return await self._line.fetch(ask, self._as_batch)
        finally:
            await body.close()

    async def retrieve(self, batch_id: str) -> RemoteBatch:
        """See Gateway."""
        return await self._line.fetch(self._about(batch_id, "retrieve", "GET"), self._as_batch)

    async def list_page(self, *, limit: int = PAGE_LIMIT, after_id: str | None = None) -> RemotePage:
        """See Gateway."""
        query: dict[str, str | int] = {"limit": min(max(limit, 1), PAGE_LIMIT)}
        if after_id:
            query["after_id"] = after_id
        return await self._line.fetch(
            ApiRequest("list", "GET", _BATCHES, self._patience.answer, query=query), self._as_page
        )

    async def cancel(self, batch_id: str) -> RemoteBatch:
        """See Gateway."""
        return await self._line.fetch(self._about(batch_id, "cancel", "POST", "/cancel"), self._as_batch)

    async def delete(self, batch_id: str) -> None:
        """See Gateway."""
        await self._line.fetch(self._about(batch_id, "delete", "DELETE"), lambda body, _: parse_object(body))

    @asynccontextmanager
    async def results(self, batch_id: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """See Gateway. The path is our own: `results_url` may name any host, and the key would go there.

        Uncompressed, as the API sends results in every recording: the bytes are exact and cost nothing to read.
        """
        ask = self._about(batch_id, "results", "GET", "/results", patience=self._patience.stall)
        async with self._line.open(ask) as response:
            # A proxy may answer with its log-in page and status 200; saved as results it would look like lost ones.
            if response.headers.get("content-type", "").startswith("text/html"):
                raise unreadable_answer("it is a web page", ask, response)
            yield response.aiter_bytes()

    async def models(self) -> tuple[ModelInfo, ...]:
        """See Gateway."""
        found: dict[str, ModelInfo] = {}
        after: str | None = None
        # Bounded: a server that always says has_more must not be asked forever.
        for _ in range(_MOST_MODEL_PAGES):
            query: dict[str, str | int] = {"limit": 1000, **({"after_id": after} if after else {})}
            ask = ApiRequest("models", "GET", "/v1/models", self._patience.answer, query=query)
            page = await self._line.fetch(ask, lambda body, _: parse_object(body))
            items = page.get("data")
            new = [model for item in (items if isinstance(items, list) else []) if (model := parse_model(item))]
            found.update({model.id: model for model in new})
            last = page.get("last_id")
            if page.get("has_more") is not True or not isinstance(last, str) or last in ("", after):
                break
            after = last
        return tuple(found.values())

    async def count_tokens(self, params: Mapping[str, Any], dialect: ApiHeaders) -> int:
        """See Gateway. Passes on what the endpoint takes; max_tokens and the like are left out."""
        counted = {name: value for name, value in params.items() if name in _COUNTED}
        ask = self._posting("count_tokens", "/v1/messages/count_tokens", counted, dialect, self._patience.answer)
        return await self._line.fetch(ask, lambda body, _: parse_tokens(parse_object(body)))

    async def message(self, params: Mapping[str, Any], dialect: ApiHeaders) -> bytes:
        """See Gateway."""
        ask = self._posting("message", "/v1/messages", params, dialect, self._patience.message)
        return await self._line.fetch(ask, _checked)

    async def close(self) -> None:
        """See Gateway."""
        await self._client.close()

    def _about(
        self, batch_id: str, operation: str, method: str, tail: str = "", *, patience: float | None = None
    ) -> ApiRequest:
        path = f"{_BATCHES}/{_quoted(batch_id)}{tail}"
        headers = {"Accept": "application/binary", "Accept-Encoding": "identity"} if operation == "results" else {}
        return ApiRequest(
            operation, method, path, patience or self._patience.answer, batch_id=batch_id, headers=headers
        )

    def _posting(
        self, operation: str, path: str, params: Mapping[str, Any], dialect: ApiHeaders, patience: float
    ) -> ApiRequest:
        headers = {"Content-Type": "application/json", **_spoken(dialect)}
        # ASCII, so that a lone surrogate in the input is the API's to refuse instead of an encoding error here.
        return ApiRequest(
            operation, "POST", path, patience, headers=headers, content=json.dumps(params).encode("ascii")
        )

    def _as_batch(self, body: bytes, response: httpx2.Response) -> RemoteBatch:
        return replace(
            parse_batch(parse_object(body), received=self._clock.now()),
            account=account_of(response.headers, self.host),
            server_time=server_time(response.headers),
        )

    def _as_page(self, body: bytes, response: httpx2.Response) -> RemotePage:
        now = self._clock.now()
        return replace(
            parse_page(parse_object(body), received=now, retry_after=retry_after(response.headers, now=now)),
            account=account_of(response.headers, self.host),
            server_time=server_time(response.headers),
        )


def _checked(body: bytes, _: httpx2.Response) -> bytes:
    parse_object(body)
    return body


def _spoken(dialect: ApiHeaders) -> dict[str, str]:
    spoken = {"anthropic-version": dialect.api_version} if dialect.api_version else {}
    return {**spoken, "anthropic-beta": ",".join(dialect.betas)} if dialect.betas else spoken


def _quoted(batch_id: str) -> str:
    """Return an id, which a person may have typed, as one segment of a path.

    Raises:
        UnknownTarget: it is empty, dots or endless. `..` would lead to another endpoint.
    """
    if not batch_id.strip(".") or len(batch_id) > _LONGEST_ID:
        raise UnknownTarget("This is not a batch id.", hint="Batch ids look like msgbatch_01….")
    return quote(batch_id, safe="", errors="replace")
