"""Write a forecast with what it is judged by: `in_full`, `in_short`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.durations import about, stamp
from batchtui.text.numbers import amount

if TYPE_CHECKING:
    from datetime import datetime

    from batchtui.domain.batches.forecast import Forecast

NO_HISTORY = "no history yet"


def in_full(forecast: Forecast | None, now: datetime) -> str:
    """Format when a batch may end: median, ninetieth percentile, and how many batches they rest on."""
    if forecast is None:
        return NO_HISTORY
    # It has run longer than every batch that it is compared with: no time can be named any more.
    if forecast.end is None or forecast.by is None:
        return f"overdue: longer than any of {grounds(forecast)}"
    return (
        f"about {stamp(forecast.end)} (in {about(forecast.end - now)}),"
        f" 9 of 10 by {stamp(forecast.by)} (in {about(forecast.by - now)}); estimated from {grounds(forecast)}"
    )


def in_short(forecast: Forecast | None, now: datetime) -> str:
    """Format a forecast in a few words, for a progress line."""
    if forecast is None:
        return NO_HISTORY
    if forecast.end is None or forecast.by is None:
        return f"overdue (usually {about(forecast.usual)})"
    return f"about {about(forecast.end - now)} left, 9 of 10 within {about(forecast.by - now)}"


def grounds(forecast: Forecast) -> str:
    """Format what a forecast rests on: `12 batches of this model and size`."""
    return f"{amount(forecast.batches, 'batch', 'batches')} of this {forecast.likeness}"
