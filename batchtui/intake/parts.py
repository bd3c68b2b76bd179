"""Cut a job into parts by the number of requests and the exact bytes of each body: `PartCutter`."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from batchtui.domain.limits import MAX_BODY_BYTES, MAX_REQUESTS

if TYPE_CHECKING:
    from collections.abc import Sequence

OPENING = b'{"requests":['
SEPARATOR = b","
CLOSING = b"]}"
_FRAME = len(OPENING) + len(CLOSING)


class PartCutter:
    """Says into which part each request goes. Never looks at a request, only at its length.

    The body of a part is `OPENING + SEPARATOR.join(payloads) + CLOSING`; `bytes` is its exact length.
    """

    def __init__(
        self, max_requests: int = MAX_REQUESTS, max_bytes: int = MAX_BODY_BYTES, first: int | None = None
    ) -> None:
        """`max_requests` from 1; `max_bytes` of a whole body; `first`: fewer requests for the first part alone."""
        if min(max_requests, first or 1) < 1 or max_bytes <= _FRAME:
            raise ValueError("a part holds at least one request")
        self._usual = max_requests
        self._max_requests = min(first or max_requests, max_requests)
        self._max_bytes = max_bytes
        self.part = 0
        """The part that is being filled, from 1; 0 before the first request."""
        self.requests = 0
        """Requests in it so far."""
        self.bytes = _FRAME
        """Length of its body so far."""

    @property
    def longest_payload(self) -> int:
        """The longest request that fits into a part of its own."""
        return self._max_bytes - _FRAME

    def place(self, payload_length: int) -> int:
        """Return the number of the part, from 1, that the next request goes into; it never goes back.

        Raises:
            ValueError: a single request is larger than a part may be.
        """
        if payload_length > self.longest_payload:
            raise ValueError(f"a request of {payload_length} bytes does not fit into a part of {self._max_bytes}")
        grown = self.bytes + payload_length + (len(SEPARATOR) if self.requests else 0)
        if self.part == 0 or self.requests >= self._max_requests or grown > self._max_bytes:
            # `first` holds for the first part alone: with cache priming it has one request.
            self._max_requests = self._usual if self.part else self._max_requests
            self.part += 1
            self.requests = 0
            grown = _FRAME + payload_length
        self.requests += 1
        self.bytes = grown
        return self.part

    def cut(self, payload_lengths: Sequence[int]) -> list[tuple[int, int]]:
        """Place several requests that follow one another: each part that they go into, with how many of them do.

        Raises:
            ValueError: a single request is larger than a part may be.
        """
        count, grown = len(payload_lengths), self.bytes + sum(payload_lengths) + len(SEPARATOR) * len(payload_lengths)
        # The usual case, all of them fit: no loop over half a megabyte of requests.
        if self.requests and self.requests + count <= self._max_requests and grown <= self._max_bytes:
            self.requests += count
            self.bytes = grown
            return [(self.part, count)]
        return [(part, len(list(run))) for part, run in groupby(map(self.place, payload_lengths))]
