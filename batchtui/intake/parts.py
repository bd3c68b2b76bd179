"""Cutting a job into parts: by count and by exact bytes of the body that will be sent."""

from __future__ import annotations

from batchtui.domain.limits import MAX_BODY_BYTES, MAX_REQUESTS

OPENING = b'{"requests":['
SEPARATOR = b","
CLOSING = b"]}"
_FRAME = len(OPENING) + len(CLOSING)


class PartCutter:
    """Says into which part each request goes. Never looks at a request, only at its length.

    The body of a part is `OPENING + SEPARATOR.join(payloads) + CLOSING`; `bytes` is its exact length.
    """

    def __init__(self, max_requests: int = MAX_REQUESTS, max_bytes: int = MAX_BODY_BYTES) -> None:
        """`max_requests` from 1; `max_bytes` of a whole body."""
        if max_requests < 1 or max_bytes <= _FRAME:
            raise ValueError("a part holds at least one request")
        self._max_requests = max_requests
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
            self.part += 1
            self.requests = 0
            grown = _FRAME + payload_length
        self.requests += 1
        self.bytes = grown
        return self.part
