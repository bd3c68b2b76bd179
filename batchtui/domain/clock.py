"""The protocol of a clock: `Clock`.

Whatever waits or reads the time takes a `Clock`, so that tests can turn the time by hand instead of sleeping.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class Clock(Protocol):
    """A clock. The workspace has one; no code asks the system for the time directly."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return the seconds from an arbitrary start, never going back: for measuring how long something took."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return when this many seconds have passed on this clock."""
        ...
