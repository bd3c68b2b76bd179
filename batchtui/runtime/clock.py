"""The system's time, for everyone who is not in a test; waiting for a time or for something to happen."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batchtui.domain.clock import Clock


class SystemClock:
    """The machine's own clock, as `batchtui.domain.clock.Clock`."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait for real."""
        await asyncio.sleep(seconds)


async def sleep_until_any(clock: Clock, seconds: float, *until: asyncio.Event) -> None:
    """Wait so many seconds, or until one of these happens; the events are cleared then."""
    waits = [asyncio.ensure_future(clock.sleep(seconds)), *(asyncio.ensure_future(event.wait()) for event in until)]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    for event in until:
        event.clear()
