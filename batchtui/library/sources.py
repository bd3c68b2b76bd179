"""Read what a program submits: files, folders or any iterable of requests: `RequestStream`, `open_source`."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterable, Iterable, Mapping
from dataclasses import replace
from io import RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from batchtui.domain.errors import InputError
from batchtui.domain.limits import MAX_BODY_BYTES, MAX_REQUESTS
from batchtui.library import arguments
from batchtui.library.options import IntakeKeywords
from batchtui.services.submission.staging.stage import IntakeOptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeAlias

    Buffer: TypeAlias = bytearray | memoryview

Request = Mapping[str, Any]
"""`{"custom_id", "params"}` as the SDK takes it, or `{"task_id", "task_type", "input_data", "model_tier"?}`."""
Requests = Iterable[Request] | AsyncIterable[Request]

_END = object()
"""Says that a source has ended: None is an item like any other, and no request."""
_UNWRITABLE = (TypeError, ValueError, RecursionError)
"""What is raised where something cannot be written as JSON; pydantic's own errors are ValueErrors."""
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
        while held < size and (item := next(self._items, _END)) is not _END:
            line = self._line(item)
            pieces.append(line)
            held += len(line)
        data = b"".join(pieces)
        self._rest = data[size:]
        given = data[:size]
        target[: len(given)] = given
        return len(given)

    def _line(self, item: Any) -> bytes:
        self._number += 1
        if not isinstance(item, Mapping):
            what = "None" if item is None else f"a {type(item).__name__}"
            raise InputError(
                f"Request {self._number} is {what}, not a mapping.",
                hint='A request is {"custom_id": …, "params": {…}}.',
            )
        try:
            try:
                return _written(item)
            except _UNWRITABLE:
                # Copied only where the plain way has failed: nearly no request holds the SDK's signs.
                return _written(_given(item))
        except _UNWRITABLE as error:
            raise InputError(f"Request {self._number} cannot be written as JSON: {error}") from error


def _written(item: Mapping[str, Any]) -> bytes:
    """Return a request as a line of JSON. NaN is written as such, so that the check names the line."""
    from pydantic_core import to_json

    return to_json(item, inf_nan_mode="constants") + b"\n"


def _given(value: Any) -> Any:
    """Return a copy without what was not given.

    The SDK drops `NOT_GIVEN` and `omit` before it sends (anthropic._utils: `is_given`). Both are told by where their
    types come from: importing the SDK takes half a second, and most requests hold neither.
    """
    if isinstance(value, Mapping):
        return {key: _given(each) for key, each in value.items() if not _is_left_out(each)}
    if isinstance(value, list | tuple):
        return [_given(each) for each in value]
    return value


def _is_left_out(value: Any) -> bool:
    """Whether it is one of the SDK's signs for a parameter that is not passed."""
    kind = type(value)
    return kind.__name__ in ("NotGiven", "Omit") and kind.__module__.partition(".")[0] == "anthropic"


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

    # In batches: a visit to the event loop costs more than a request.
    while items := asyncio.run_coroutine_threadsafe(some(), loop).result():
        yield from items


Source: TypeAlias = "str | Path | Sequence[str | Path] | Requests"
"""A file, a folder of parts, several of them; or requests as the SDK takes them, from any iterable."""


def open_source(source: Source, keywords: IntakeKeywords) -> tuple[list[str], IntakeOptions]:
    """Return what is read and how: names of files, or `-` with a stream of the requests behind it."""
    arguments.known_names(keywords, IntakeKeywords.__annotations__)
    options = IntakeOptions(
        model=arguments.text_or_none("model", keywords.get("model")),
        max_tokens=arguments.whole_or_none("max_tokens", keywords.get("max_tokens"), 1),
        max_requests=arguments.whole("max_requests", keywords.get("max_requests", MAX_REQUESTS), 1, MAX_REQUESTS),
        max_bytes=arguments.whole("max_bytes", keywords.get("max_bytes", MAX_BODY_BYTES), 1, MAX_BODY_BYTES),
        api_version=arguments.text_or_none("api_version", keywords.get("api_version")),
        betas=arguments.texts("betas", keywords.get("betas")),
        allowed_models=arguments.texts("allow_models", keywords.get("allow_models")),
    )
    files = _files_of(source)
    if files is not None:
        return files, options
    # A mapping is iterable, too, but by its keys: a single request was passed in place of a list.
    if not isinstance(source, Iterable | AsyncIterable) or isinstance(source, bytes | bytearray | Mapping):
        raise InputError(
            f"Requests cannot be read from a {type(source).__name__}.",
            hint="Pass a path, several paths, or requests in a list or a generator.",
        )
    stream = RequestStream(source, asyncio.get_running_loop())  # type: ignore[arg-type]
    return ["-"], replace(options, stdin=io.BufferedReader(stream))


def _files_of(source: Source) -> list[str] | None:
    """Return the names of files; None where the source is requests."""
    if isinstance(source, str | Path):
        return [str(arguments.path_of("source", source))]
    if isinstance(source, list | tuple) and source and all(isinstance(each, str | Path) for each in source):
        return [str(arguments.path_of("source", each)) for each in source]
    if isinstance(source, list | tuple) and not source:
        raise InputError("There are no requests.", hint="Pass at least one.")
    return None
