"""Tell the server's time between two responses: `ServerClock`.

Whether a batch can be a part's is decided by the server's clock, since this machine's may be wrong, may be set while
a create waits, and stands still in its monotonic part while a laptop sleeps. So there are two estimates, one by each
clock of this machine, and the caller says on which side a mistake is harmless.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from batchtui.domain.limits import CLOCK_SKEW_ALLOWED
from batchtui.domain.submission.send_evidence import CLOCK_RESOLUTION, SendStart

if TYPE_CHECKING:
    from batchtui.domain.clock import Clock


class ServerClock:
    """Remembers the `Date` of the latest response, and both clocks of this machine at that moment."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard: tuple[datetime, datetime, float] | None = None

    def hear(self, server_time: datetime | None) -> None:
        """Take the `Date` of a response that has just arrived."""
        if server_time is not None:
            self._heard = (server_time, self._clock.now(), self._clock.monotonic())

    @property
    def is_known(self) -> bool:
        """Whether a response has named its time."""
        return self._heard is not None

    @property
    def skew(self) -> timedelta | None:
        """How far the server's clock was ahead of this machine's; None where no response named its time."""
        return self._heard[0] - self._heard[1] if self._heard else None

    def earliest(self) -> datetime:
        """Return the server's time, as early as it can be."""
        return min(self._estimates())

    def latest(self) -> datetime:
        """Return the server's time, as late as it can be."""
        return max(self._estimates()) + timedelta(seconds=1 if self._heard else 0)

    def agreed(self) -> datetime | None:
        """Return `latest`, or None where both clocks of this machine disagree about how long ago a response came.

        A machine (a virtual one, say) that stood still, and whose clock was set back meanwhile, has no clock left that
        is not behind: the truth may be later than either says. The next response tells.
        """
        one, other = self._estimates()
        return self.latest() if abs(one - other) <= CLOCK_RESOLUTION else None

    def start_send(self) -> SendStart:
        """Return what is known of the clocks now that a send begins."""
        skew = self.skew
        return SendStart(
            self.earliest(),
            self._clock.now(),
            None if skew is None else skew.total_seconds(),
            CLOCK_SKEW_ALLOWED if skew is None else CLOCK_RESOLUTION,
        )

    def _estimates(self) -> tuple[datetime, datetime]:
        if self._heard is None:
            return self._clock.now(), self._clock.now()
        server, local, monotonic = self._heard
        return (
            server + timedelta(seconds=self._clock.monotonic() - monotonic),
            server + (self._clock.now() - local),
        )
