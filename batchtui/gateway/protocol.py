"""The protocol of everything batchtui asks of the API, in domain objects: `Gateway`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from batchtui.domain.batches.batch import RemoteBatch, RemotePage
    from batchtui.domain.model import ModelInfo


@dataclass(frozen=True, slots=True)
class Upload:
    """The body of a create, as a stream of bytes: never whole in memory, and sent once only."""

    length: int
    """Bytes in all; declared before the first one leaves."""
    chunks: Callable[[], AsyncIterator[bytes]]
    """Opens the stream; called once. What it yields adds up to `length`."""
    before_last: Callable[[], Awaitable[None]] | None = None
    """Awaited once, before the last block leaves. Where it raises, that block stays: nothing can have been created."""


@dataclass(frozen=True, slots=True)
class ApiHeaders:
    """The headers that hold for all requests of a batch."""

    api_version: str | None = None
    """The anthropic-version header; None for the SDK's default."""
    betas: tuple[str, ...] = ()
    """The anthropic-beta header."""


class Gateway(Protocol):
    """The Message Batches API.

    Every method raises `CredentialsMissing` or a `GatewayError`, which says whether anything was created; none of
    them ever retries: that is the caller's decision, which the journal shows. What cannot be a
    batch's id (empty, dots, endless) is an `UnknownTarget` and is never sent. A canceled task stays canceled, and
    leaves a create as open as a lost answer.

    What comes back (and a `GatewayError`) carries the account and the server's time of the very response that it was
    read from: another call may have been answered by another server meanwhile.
    """

    async def create(self, upload: Upload, dialect: ApiHeaders) -> RemoteBatch:
        """Create a batch from `{"requests": […]}`. Never retried."""
        ...

    async def retrieve(self, batch_id: str) -> RemoteBatch:
        """Return the state of one batch."""
        ...

    async def list_page(self, *, limit: int = 1000, after_id: str | None = None) -> RemotePage:
        """List batches, newest first; `after_id` continues with older ones."""
        ...

    async def cancel(self, batch_id: str) -> RemoteBatch:
        """Cancel a batch. Returns it, usually as `canceling`: requests in progress are finished first."""
        ...

    async def delete(self, batch_id: str) -> None:
        """Delete a batch that has ended."""
        ...

    def results(self, batch_id: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Open the results as raw bytes, exactly as the API sends them, in blocks of no particular size.

        Raises:
            ResultsUnavailable: before the end and after 29 days (404).
        """
        ...

    async def models(self) -> tuple[ModelInfo, ...]:
        """List the models this credential can use."""
        ...

    async def count_tokens(self, params: Mapping[str, Any], dialect: ApiHeaders) -> int:
        """Estimate the input tokens of one request; free, with a rate limit of its own."""
        ...

    async def message(self, params: Mapping[str, Any], dialect: ApiHeaders) -> bytes:
        """Send one request in real time (at the standard price) and return the message as JSON bytes."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
