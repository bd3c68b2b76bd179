"""A clock that stands still until a test turns it; the simulator and the workspace can share one."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 20, 20, 14, 7, tzinfo=UTC)


class TurnedClock:
    """Stands still until turned. Sleeping turns it: whoever sleeps wakes at once, with the time gone by.

    The simulator reads it from its own thread, so turning is guarded.
    """

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._passed = 0.0
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def now(self) -> datetime:
        with self._lock:
            return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        with self._lock:
            return self._passed

    def turn(self, seconds: float = 0.0, *, minutes: float = 0.0, hours: float = 0.0, days: float = 0.0) -> None:
        with self._lock:
            self._passed += seconds + 60 * minutes + 3600 * hours + 86400 * days

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.turn(seconds)
        await asyncio.sleep(0)


class StandingClock(TurnedClock):
    """Like `TurnedClock`, but sleeping does not turn it: sleepers wake when a test turns it far enough.

    Who sleeps costs nothing: Textual's pilot waits until the process has come to rest, and one that looks at a clock
    again and again never does on a slow machine.
    """

    def __init__(self, start: datetime = START) -> None:
        super().__init__(start)
        self._sleepers: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    def turn(self, seconds: float = 0.0, *, minutes: float = 0.0, hours: float = 0.0, days: float = 0.0) -> None:
        super().turn(seconds, minutes=minutes, hours=hours, days=days)
        with self._lock:
            sleepers, self._sleepers = self._sleepers, []
        for loop, turned in sleepers:
            with suppress(RuntimeError):  # its loop is closed: it sleeps for ever
                loop.call_soon_threadsafe(turned.set)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        until = self.monotonic() + seconds
        while True:
            turned = asyncio.Event()
            with self._lock:
                self._sleepers.append((asyncio.get_running_loop(), turned))
            if self.monotonic() >= until:
                return
            await turned.wait()
