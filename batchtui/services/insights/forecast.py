"""Forecast when running batches may end, from the registry's own history: `load_forecaster`."""

from __future__ import annotations

from bisect import bisect_right
from math import ceil
from typing import TYPE_CHECKING

from batchtui.domain.batches.forecast import Forecast

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.batches.forecast import Lasted
    from batchtui.services.workspace import Workspace

LEAST = 3
"""The least number of batches that a forecast is made from."""
LATEST = 2_000
"""How many of the newest batches are used: durations of last year say little."""


class Forecaster:
    """Forecasts from the history as it was when it was read."""

    def __init__(self, history: Iterable[Lasted] = ()) -> None:
        self._by_size: dict[tuple[tuple[str, ...], int], list[timedelta]] = {}
        self._by_model: dict[tuple[str, ...], list[timedelta]] = {}
        for one in sorted(history, key=lambda one: one.time):
            models = tuple(sorted(one.models))
            self._by_size.setdefault((models, _size_class(one.requests)), []).append(one.time)
            self._by_model.setdefault(models, []).append(one.time)

    def of(self, batch: Batch, now: datetime) -> Forecast | None:
        """Return when a running batch may end; None where it does not run, or too few similar ones have ended."""
        if not batch.state.is_running or batch.created_at is None:
            return None
        models = tuple(sorted(batch.models))
        times = self._by_size.get((models, _size_class(batch.requests)), [])
        # Of the same size first: a batch of ten ends long before one of 100,000.
        if len(times) >= LEAST:
            return _forecast(times, batch.created_at, now, by_size=True)
        times = self._by_model.get(models, [])
        return _forecast(times, batch.created_at, now, by_size=False) if len(times) >= LEAST else None


async def load_forecaster(workspace: Workspace) -> Forecaster:
    """Read the history as it stands."""
    return Forecaster(await workspace.registry.queries.lasted(LATEST))


def _size_class(requests: int) -> int:
    """Put sizes together by their number of digits: 1 to 9, 10 to 99, 100 to 999."""
    return len(str(requests))


def _forecast(times: Sequence[timedelta], created_at: datetime, now: datetime, *, by_size: bool) -> Forecast:
    """Return a forecast from sorted times, without those that this batch has exceeded already."""
    # Batches that took less than this one has run for are no precedent any more.
    first = bisect_right(times, now - created_at)
    is_possible = first < len(times)
    return Forecast(
        usual=quantile(times, 0.5),
        end=created_at + quantile(times, 0.5, first) if is_possible else None,
        by=created_at + quantile(times, 0.9, first) if is_possible else None,
        batches=len(times),
        likeness="model and size" if by_size else "model",
    )


def quantile(times: Sequence[timedelta], share: float, first: int = 0) -> timedelta:
    """Return the least of these sorted times, from the `first` on, that at least this share of them does not exceed."""
    return times[first + max(0, ceil(share * (len(times) - first)) - 1)]
