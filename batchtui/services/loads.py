"""What requests weigh, added up while they are staged: all that an estimate of their cost is made from."""

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
_DATA = re.compile(rb'"data"\s*:\s*"([^"]*)"')
_ELSEWHERE = re.compile(rb'"type"\s*:\s*"(?:url|file)"')
_PDF = b'"application/pdf"'
_IMAGE = b'"image/'


@dataclass(frozen=True, slots=True)
class Load:
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


class LoadCounter:
    """Adds requests up, block by block. It looks into those only that carry images or documents."""

    def __init__(self) -> None:
        self._sums: dict[tuple[int, int, str | None, int], list[int]] = {}

    def add(self, part: int, requests: Sequence[CheckedRequest]) -> None:
        """Add requests of one part. Runs for every request of a batch: three dictionaries' worth of work, no more."""
        sums = self._sums
        for _seq, _custom_id, payload, _file, _line, model, max_tokens, shape in requests:
            length = len(payload)
            key = (part, shape, model, 0 if length <= LONG else length // STEP)
            found = sums.get(key)
            if found is None:
                found = sums[key] = [0, 0, 0, 0, 0, 0, 0]
            found[0] += 1
            found[1] += length
            found[2] += max_tokens or 0
            if b'"source"' in payload:
                _look_closely(payload, found)

    def loads(self) -> tuple[Load, ...]:
        """Return what was added, in order of parts."""
        return tuple(
            Load(part, shape, model, found[0], found[1], (step + 1) * STEP if step else LONG, *found[2:])
            for (part, shape, model, step), found in sorted(self._sums.items(), key=lambda item: item[0][0])
        )


def _look_closely(payload: bytes, found: list[int]) -> None:
    images, documents = payload.count(_IMAGE), payload.count(_PDF)
    if images or documents:
        found[3] += sum(end - start for start, end in (data.span(1) for data in _DATA.finditer(payload)))
        found[4] += images
        found[5] += documents
    found[6] += len(_ELSEWHERE.findall(payload))
