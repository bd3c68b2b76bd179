"""The verdict of a judge on all items or on a part of them: `VerdictGroup`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batchtui.domain.results.win_rate import Interval, PairCounts


@dataclass(frozen=True, slots=True)
class ScoreStatistics:
    """The scores of one criterion."""

    criterion: str
    """Empty for the overall score."""
    count: int
    mean: float
    interval: Interval | None
    """Of the mean, by the normal distribution; None with fewer than two scores."""
    lowest: tuple[tuple[float, str], ...] = ()
    """The lowest scores with their custom_ids, at most twelve."""


@dataclass(frozen=True, slots=True)
class VerdictGroup:
    """The verdict on a part of the items."""

    value: str
    """Of the column; empty for all items."""
    pairs: PairCounts | None = None
    """Of a comparison."""
    scores: tuple[ScoreStatistics, ...] = ()
    """Of one set, the overall score first."""
