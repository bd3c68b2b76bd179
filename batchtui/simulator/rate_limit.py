"""The rate limit: a bucket of requests that fills up again by the minute."""

import math
from datetime import datetime, timedelta

from batchtui.simulator.wire_format import ApiError, rate_headers


class RateLimit:
    """A token bucket over all endpoints; it knows no caller from another and never waits."""

    def __init__(self, requests_per_minute: int, speed: float = 1.0) -> None:
        self.limit = requests_per_minute
        self._per_second = requests_per_minute / 60.0 * speed
        self._left = float(requests_per_minute)
        self._filled_at: datetime | None = None

    def spend(self, now: datetime) -> dict[str, str]:
        """Count one request and return the headers that tell of it; raises ApiError 429 when none is left."""
        if not self.limit:
            return {}
        if self._filled_at is not None:
            # Never negative: the machine's clock may be set back while the simulator serves.
            gained = max((now - self._filled_at).total_seconds(), 0.0) * self._per_second
            self._left = min(self._left + gained, float(self.limit))
        self._filled_at = now
        if self._left < 1.0:
            wait = max(math.ceil((1.0 - self._left) / self._per_second), 1)
            sentence = (
                f"This request would exceed your organization's rate limit of {self.limit:,} requests per minute."
            )
            raise ApiError(429, sentence, headers={"retry-after": str(wait), **self._headers(now)})
        self._left -= 1.0
        return self._headers(now)

    def _headers(self, now: datetime) -> dict[str, str]:
        reset = now + timedelta(seconds=(self.limit - self._left) / self._per_second)
        return rate_headers(self.limit, int(self._left), reset)
