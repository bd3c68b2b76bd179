"""The system's clock, and waiting for a time or an event, whichever comes first: `SystemClock`, `sleep_until_any`."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batchtui.domain.clock import Clock


_COUNTS_SLEEP = {"linux": "CLOCK_BOOTTIME", "darwin": "CLOCK_MONOTONIC"}
"""The clock that goes on while the machine sleeps (clock_gettime(2)); elsewhere `time.monotonic` does so itself."""


class SystemClock:
    """The machine's own clock, as `batchtui.domain.clock.Clock`."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the seconds from an arbitrary start, never going back, the machine's sleep included."""
        name = _COUNTS_SLEEP.get(sys.platform)
        return time.clock_gettime(getattr(time, name)) if name else time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait for real."""
        await asyncio.sleep(seconds)


async def sleep_until_any(clock: Clock, seconds: float, *until: asyncio.Event) -> None:
    """Return after `seconds`, or as soon as one of the events is set; all events are cleared then."""
    waits = [asyncio.ensure_future(clock.sleep(seconds)), *(asyncio.ensure_future(event.wait()) for event in until)]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        # A canceled task that nobody awaits would be reported as never retrieved.
        await asyncio.gather(*waits, return_exceptions=True)
    for event in until:
        event.clear()
