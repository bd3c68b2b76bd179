"""How spans of time and moments are said."""

from __future__ import annotations

from datetime import datetime, timedelta

MINUTE, HOUR, DAY = 60, 3600, 86400


def clock(span: timedelta | float) -> str:
    """Say a span exactly, as a stopwatch does: `0:31:10`, `26:00:05`. Less than nothing is nothing."""
    seconds = _seconds(span)
    return f"{seconds // HOUR}:{seconds % HOUR // MINUTE:02}:{seconds % MINUTE:02}"


def countdown(span: timedelta | float) -> str:
    """Say a short span exactly: `0:18`, and from an hour on as `clock` does."""
    seconds = _seconds(span)
    return clock(seconds) if seconds >= HOUR else f"{seconds // MINUTE}:{seconds % MINUTE:02}"


def about(span: timedelta | float) -> str:
    """Say a span in its largest unit: `45s`, `42m`, `2h`, `3 days`."""
    seconds = _seconds(span)
    if seconds < MINUTE:
        return f"{seconds}s"
    if seconds < HOUR:
        return f"{seconds // MINUTE}m"
    if seconds < 2 * DAY:
        return f"{seconds // HOUR}h"
    return f"{seconds // DAY} days"


def ago(moment: datetime, now: datetime) -> str:
    """Say where a moment stands from now: `just now`, `12s ago`, `2h ago`, `in 3 days`. Both aware."""
    seconds = (now - moment).total_seconds()
    if abs(seconds) < 1:
        return "just now"
    return f"{about(seconds)} ago" if seconds > 0 else f"in {about(-seconds)}"


def stamp(moment: datetime) -> str:
    """Say a moment for people, in this machine's time zone: `2026-11-21 20:14:07`."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _seconds(span: timedelta | float) -> int:
    return max(0, int(span.total_seconds() if isinstance(span, timedelta) else span))
