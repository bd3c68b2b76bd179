"""The simulator's time: the real clock, or one that a test turns by hand."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Anything that knows the present moment; a workspace's own clock will do."""

    def now(self) -> datetime:
        """The present moment, aware of its time zone."""
        ...


class RealClock:
    """The computer's clock in UTC, ahead by as much as it was turned; it never waits for anyone."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC) + self._ahead

    def turn(self, seconds: float) -> datetime:
        """Move `seconds` ahead of the computer and return the new moment; raises ValueError for a negative number."""
        self._ahead += _forward(seconds)
        return self.now()


class TurnedClock:
    """A clock that stands still until it is turned; it never moves by itself and never moves back."""

    def __init__(self, start: datetime | None = None) -> None:
        # A fixed day, within the lives of the models in the catalogue: tests read the same dates on any day.
        self._now = start or datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The moment the clock was last turned to."""
        with self._lock:
            return self._now

    def turn(self, seconds: float) -> datetime:
        """Move `seconds` ahead and return the new moment; raises ValueError for a negative number."""
        with self._lock:
            self._now += _forward(seconds)
            return self._now


def _forward(seconds: float) -> timedelta:
    if seconds < 0:
        raise ValueError("a clock is turned forward only")
    return timedelta(seconds=seconds)
