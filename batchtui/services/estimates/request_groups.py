"""Sum up requests by shape, model and size while they are staged: `RequestGrouper`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.intake import CheckedRequest

LONG = 1 << 15
"""Bytes; longer requests are added up by their length, as prices may go by the length of a prompt."""
STEP = 1 << 13
SAMPLE = 16
"""How many places of requests are kept for each group, spread over all of it; half as many at least, if it has them."""
_DATA = re.compile(rb'"data"\s*:\s*"([^"]*)"')
_ELSEWHERE = re.compile(rb'"type"\s*:\s*"(?:url|file)"')
_HOUR = re.compile(rb'"ttl"\s*:\s*"1h"')
_PDF = b'"application/pdf"'
_IMAGE = b'"image/'
_TELLING = (b'"source"', b'"tool_result"', b'"cache_control"', b'"tools"')
"""What a first request of its kind has where others of the kind may hold media or a longer cache."""


@dataclass(frozen=True, slots=True)
class RequestGroup:
    """Requests of one part that are alike: one shape, one model, one step of length."""

    part: int
    shape: int
    model: str | None
    requests: int
    bytes: int
    """Of their JSON, as it is sent."""
    longest: int
    """No request among them has more bytes than this."""
    max_tokens: int
    """The sum of theirs: they cannot write more together."""
    media: int = 0
    """Bytes among them that are base64 of images and documents."""
    images: int = 0
    documents: int = 0
    elsewhere: int = 0
    """Images and documents that are named by an address or a file id: how much they are is not known here."""
    hourly: int = 0
    """Requests that ask for the cache of one hour."""
    sample: tuple[int, ...] = ()
    """Places in the input (`seq`) of a few of them, the first among them, spread evenly."""


class _Sum:
    """One group while it is summed up."""

    __slots__ = (
        "bytes", "documents", "elsewhere", "hourly", "images", "is_telling", "max_tokens", "media", "requests",
        "sample", "stride",
    )  # fmt: skip

    def __init__(self, first: bytes) -> None:
        self.requests = self.bytes = self.max_tokens = 0
        self.media = self.images = self.documents = self.elsewhere = self.hourly = 0
        self.sample: list[int] = []
        self.stride = 1
        self.is_telling = any(mark in first for mark in _TELLING)

    def take(self, seq: int) -> None:
        """Add a place to the sample; where it grows too large, every second one stays."""
        if len(self.sample) == SAMPLE:
            del self.sample[1::2]
            self.stride *= 2
        if self.requests % self.stride == 0:
            self.sample.append(seq)

    def look_closely(self, payload: bytes) -> None:
        """Count what the length does not tell: images, documents, and caches of an hour."""
        self.hourly += _HOUR.search(payload) is not None
        if b'"source"' not in payload:
            return
        images, documents = payload.count(_IMAGE), payload.count(_PDF)
        if images or documents:
            self.media += sum(end - start for start, end in (data.span(1) for data in _DATA.finditer(payload)))
            self.images += images
            self.documents += documents
        self.elsewhere += len(_ELSEWHERE.findall(payload))

    def load(self, part: int, shape: int, model: str | None, step: int) -> RequestGroup:
        """Return what was added up."""
        return RequestGroup(
            part, shape, model, self.requests, self.bytes, (step + 1) * STEP if step else LONG, self.max_tokens,
            self.media, self.images, self.documents, self.elsewhere, self.hourly, tuple(self.sample),
        )  # fmt: skip


class RequestGrouper:
    """Sums up requests, block by block. Only requests of a kind that may hold media or a cache are looked into.

    The first of each kind decides that: requests of one shape have the same kinds of blocks.
    """

    def __init__(self) -> None:
        self._sums: dict[tuple[int, int, str | None, int], _Sum] = {}

    def add(self, part: int, requests: Sequence[CheckedRequest]) -> None:
        """Add requests of one part. This runs for every request: a look-up and three sums."""
        sums = self._sums
        # Unpacked at once: looking attributes up one by one is slower, and this runs for every request.
        for seq, _custom_id, payload, _file, _line, model, max_tokens, shape, _digest in requests:
            length = len(payload)
            key = (part, shape, model, 0 if length <= LONG else length // STEP)
            found = sums.get(key)
            if found is None:
                found = sums[key] = _Sum(payload)
            if found.requests % found.stride == 0:
                found.take(seq)
            found.requests += 1
            found.bytes += length
            found.max_tokens += max_tokens or 0
            if found.is_telling:
                found.look_closely(payload)

    def loads(self) -> tuple[RequestGroup, ...]:
        """Return what was added, in order of parts."""
        found = sorted(self._sums.items(), key=lambda item: item[0][0])
        return tuple(each.load(part, shape, model, step) for (part, shape, model, step), each in found)
