"""Requests that a program makes, as the bytes that the intake reads: JSON lines, made as they are asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Iterable, Mapping
from io import RawIOBase
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    Buffer: TypeAlias = bytearray | memoryview

Request = Mapping[str, Any]
"""`{"custom_id", "params"}` as the SDK takes it, or `{"task_id", "task_type", "input_data", "model_tier"?}`."""
Requests = Iterable[Request] | AsyncIterable[Request]

_AT_ONCE = 200
"""Items fetched from an asynchronous source in one visit to its event loop."""


class RequestStream(RawIOBase):
    """A readable stream over requests, for a thread. Memory does not grow with them, and each is asked for once.

    What the source raises comes out of `readinto`, so that nothing half read is ever taken for the whole.
    """

    def __init__(self, requests: Requests, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._items = _pulled(requests, loop) if isinstance(requests, AsyncIterable) else iter(requests)
        self._rest = b""
        self._number = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, target: Buffer) -> int:  # type: ignore[override]
        """Fill the target with the next bytes. Returns how many; 0 at the end."""
        size = len(target)
        pieces, held = [self._rest], len(self._rest)
        while held < size and (item := next(self._items, None)) is not None:
            line = self._line(item)
            pieces.append(line)
            held += len(line)
        data = b"".join(pieces)
        self._rest = data[size:]
        given = data[:size]
        target[: len(given)] = given
        return len(given)

    def _line(self, item: Request) -> bytes:
        from pydantic_core import PydanticSerializationError, to_json

        self._number += 1
        if not isinstance(item, Mapping):
            raise InputError(
                f"Request {self._number} is a {type(item).__name__}, not a mapping.",
                hint='A request is {"custom_id": …, "params": {…}}.',
            )
        try:
            return to_json(item, inf_nan_mode="constants") + b"\n"
        except (PydanticSerializationError, ValueError) as error:
            raise InputError(f"Request {self._number} cannot be written as JSON: {error}") from error


def _pulled(requests: AsyncIterable[Request], loop: asyncio.AbstractEventLoop) -> Iterator[Request]:
    """Yield what an asynchronous source gives on its own event loop, for a thread beside it."""
    source = aiter(requests)

    async def some() -> list[Request]:
        found: list[Request] = []
        async for item in source:
            found.append(item)
            if len(found) == _AT_ONCE:
                break
        return found

    while items := asyncio.run_coroutine_threadsafe(some(), loop).result():
        yield from items
