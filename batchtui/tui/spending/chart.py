"""`Chart` draws amounts day by day as bars, readable without colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.text.money import usd
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

EIGHTHS = " ▁▂▃▄▅▆▇█"
"""Characters that fill no to eight eighths of a cell."""
SCALE = 9
"""Columns at the left, for the amounts that the bars are measured by."""
WIDEST = 5
"""Columns of one bar at most, the gap after it included."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One day and its amount, USD."""

    day: date
    amount: Decimal


class Chart(LinesView):
    """Draws the latest days that there is room for."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._bars: Sequence[Bar] = ()

    def show(self, bars: Sequence[Bar]) -> None:
        """Draw these days, the oldest first, without gaps."""
        self._bars = bars
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return bars above a line of days."""
        if not self._bars or rows < 3 or columns < SCALE + 2:
            return []
        room = columns - SCALE - 1
        # Bars get narrower before days are left out.
        wide = max(1, min(WIDEST, room // len(self._bars)))
        bars = self._bars[-(room // wide) :]
        height, highest = rows - 1, max(bar.amount for bar in bars)
        heights = [_eighths(bar.amount, highest, height) for bar in bars]
        plain = painter_of(self).plain
        lines = [self._row(y, height, heights, wide, _scale(y, height, highest), plain=plain) for y in range(height)]
        return [*lines, self._days(bars, wide, room)]

    def _row(self, y: int, height: int, heights: Sequence[int], wide: int, scale: str, *, plain: bool) -> Line:
        below = 8 * (height - 1 - y)
        cells = []
        for eighths in heights:
            filled = max(0, min(8, eighths - below))
            # ASCII has no eighths: half a cell or more counts as one.
            sign = ("#" if filled >= 4 or (filled and not below) else " ") if plain else EIGHTHS[filled]
            cells.append(sign * max(1, wide - 1) + " " * (wide > 1))
        return (Span(f"{scale:>{SCALE}} ", Tone.DIM), Span("".join(cells), Tone.ACCENT))

    def _days(self, bars: Sequence[Bar], wide: int, room: int) -> Line:
        said = [" "] * room
        free = 0
        for at, bar in enumerate(bars):
            words = f"{bar.day:%d}" if wide >= 3 and bar.day.day != 1 and at else f"{bar.day:%d %b}"
            x = at * wide
            if x >= free and x + len(words) <= len(said) and (wide >= 3 or at == 0 or bar.day.day in (1, 10, 20)):
                said[x : x + len(words)] = words
                free = x + len(words) + 1
        return (Span(" " * (SCALE + 1)), Span("".join(said), Tone.DIM))


def _eighths(amount: Decimal, highest: Decimal, height: int) -> int:
    """Return how many eighths of a row a bar takes; an amount above zero takes at least one."""
    if amount <= 0 or highest <= 0:
        return 0
    # A day with little spending must differ from one with none.
    return max(1, round(amount / highest * 8 * height))


def _scale(y: int, height: int, highest: Decimal) -> str:
    if y == 0:
        return usd(highest)
    return "$0" if y == height - 1 else ""
