"""A sentence for the person that goes away by itself."""

from __future__ import annotations

from textual.notifications import Notification

LEAST = 0.1
"""Seconds that are always left."""


class Note(Notification):
    """What Textual shows in a corner for some seconds. It never has less than no time left.

    What ends between Textual's look whether it has and the timer that is to take it away would be counted down to for
    ever, a moment that has passed, and nothing else be done any more.
    """

    @property
    def time_left(self) -> float:
        """Seconds until it goes away."""
        return max(super().time_left, LEAST)

    @property
    def has_expired(self) -> bool:
        """Whether it need not be shown any more."""
        return super().time_left <= 0
