"""Write durations and times of day: `span`, `ago`."""

from __future__ import annotations

from datetime import datetime, timedelta

MINUTE, HOUR, DAY = 60, 3600, 86400


def span(length: timedelta | float) -> str:
    """Format a duration: `45s`, `42m`, `1h 04m`, `3 days`. Negative ones are `0s`."""
    seconds = _seconds(length)
    if HOUR <= seconds < 2 * DAY:
        return f"{seconds // HOUR}h {seconds % HOUR // MINUTE:02}m"
    return about(seconds)


def about(length: timedelta | float) -> str:
    """Format a duration in its largest unit only: `45s`, `42m`, `2h`, `3 days`."""
    seconds = _seconds(length)
    if seconds < MINUTE:
        return f"{seconds}s"
    if seconds < HOUR:
        return f"{seconds // MINUTE}m"
    if seconds < 2 * DAY:
        return f"{seconds // HOUR}h"
    return f"{seconds // DAY} days"


def brief(length: timedelta | float) -> str:
    """Format a duration like `about`, with one letter for the unit: `3d`."""
    return about(length).replace(" days", "d")


def countdown(length: timedelta | float) -> str:
    """Format a remaining time that counts down: `0:18`, and from an hour on like `span`."""
    seconds = _seconds(length)
    return span(seconds) if seconds >= HOUR else f"{seconds // MINUTE}:{seconds % MINUTE:02}"


def ago(moment: datetime, now: datetime) -> str:
    """Format a moment relative to now: `just now`, `12s ago`, `2h ago`, `in 3 days`. Both must be aware."""
    seconds = (now - moment).total_seconds()
    if abs(seconds) < 1:
        return "just now"
    return f"{about(seconds)} ago" if seconds > 0 else f"in {about(-seconds)}"


def stamp(moment: datetime) -> str:
    """Format a moment in this machine's time zone: `2026-11-21 20:14:07`."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _seconds(length: timedelta | float) -> int:
    return max(0, int(length.total_seconds() if isinstance(length, timedelta) else length))
