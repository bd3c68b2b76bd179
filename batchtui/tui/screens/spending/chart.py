"""`Chart` draws amounts day by day as bars stacked by model, over the full width, with the limit of a day as a line."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING

from batchtui.text.layout.charts import ASCII_FILLS, EMPTY, FILLS, column_chart, ticks
from batchtui.text.money import usd, usd_fine
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, fit, joined, width
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

SCALE = 9
"""Columns at the left, for the amounts that the bars are measured by."""
WIDEST = 12
"""Columns of one bar at most, the gap after it included."""
VALUED = 7
"""Columns of a bar from which on its amount stands above it."""
FAR_LIMIT = 3
"""A limit of more than so many times the dearest day lies outside of the chart: the bars would be flat."""
MODEL_TONES = (Tone.ACCENT, Tone.RUNNING, Tone.GOOD, Tone.DIM)
"""The colours of models, the dearest first; the last is for all others together."""


Cell = tuple[str, Tone]
"""A character of the chart and its colour."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One day and its amounts, USD."""

    day: date
    amounts: tuple[Decimal, ...]
    """By model, in the order of the colours; the last for all others."""

    @property
    def total(self) -> Decimal:
        """All models together."""
        return sum(self.amounts, Decimal(0))


def model_sign(at: int, *, plain: bool) -> Span:
    """Return the sign and colour of a model by its place among the dearest, as bars are filled with it."""
    at = min(at, len(MODEL_TONES) - 1)
    return Span((ASCII_FILLS if plain else FILLS)[at], MODEL_TONES[at])


def _tone(part: int) -> Tone:
    return Tone.FAINT if part == EMPTY else MODEL_TONES[part]


def _tone_of(cell: Cell) -> Tone:
    return cell[1]


class Chart(LinesView):
    """Draws the latest days that there is room for; the last one is today."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._bars: Sequence[Bar] = ()
        self._models: Sequence[str] = ()
        self._limit: Decimal | None = None

    def show(self, bars: Sequence[Bar], models: Sequence[str] = (), limit: Decimal | None = None) -> None:
        """Draw these days, the oldest first, without gaps.

        Args:
            bars: the days.
            models: sanitised names in the order of the amounts, for the line that says which colour is which.
            limit: USD that may be spent on a day; None for no limit.
        """
        self._bars, self._models, self._limit = bars, models, limit
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return bars above a line of days, and below that which colour is which model."""
        if not self._bars or rows < 4 or columns < SCALE + 10:
            return []
        plain = painter_of(self).plain
        legend = [self._legend(columns, plain=plain)] if len(self._models) > 1 and rows > 5 else []
        room, height = columns - SCALE - 2, rows - 2 - len(legend)
        # Bars get narrower before days are left out.
        wide = max(1, min(WIDEST, room // len(self._bars)))
        bars = self._bars[-(room // wide) :]
        highest = self._highest(bars)
        return [
            *self._chart(bars, wide, height, highest, room, plain=plain),
            self._days(bars, wide, room),
            *legend,
        ]

    def _highest(self, bars: Sequence[Bar]) -> Decimal:
        dearest = max(bar.total for bar in bars)
        if self._limit is not None and (self._limit <= FAR_LIMIT * dearest or not dearest):
            return max(dearest, self._limit)
        return dearest

    def _chart(
        self, bars: Sequence[Bar], wide: int, height: int, highest: Decimal, room: int, *, plain: bool
    ) -> list[Line]:
        # Floats are for drawing only: sums stay Decimal.
        stacks = [[float(amount) for amount in bar.amounts] for bar in bars]
        gap = int(wide > 1)
        chart = column_chart(stacks, height, wide - gap, highest=float(highest), gap=gap, plain=plain)
        scale = {y: Decimal(str(amount)) for y, amount in ticks(float(highest), height).items()}
        at_limit = self._limit_row(height, highest)
        edge, dash = ("|", "-") if plain else ("┤", "╌")
        drawn: list[list[Cell]] = [[(" ", Tone.FAINT)] * room]
        for y, runs in enumerate(chart):
            cells = [(sign, _tone(run.part)) for run in runs for sign in run.text]
            cells += [(" ", Tone.FAINT)] * (room - len(cells))
            if y == at_limit and self._limit is not None:
                words = f" limit {usd_fine(self._limit)} a day"
                cells = [(dash, Tone.BAD) if sign == " " else (sign, tone) for sign, tone in cells]
                if not any(tone in MODEL_TONES for _, tone in cells[: len(words) + 1]):
                    cells[: len(words) + 1] = [(sign, Tone.BAD) for sign in words + " "]
            drawn.append(cells)
        _write_values(drawn, bars, wide)
        lines: list[Line] = []
        for y, cells in enumerate(drawn, -1):
            said = usd_fine(scale[y]) if y in scale else ""
            spans = [Span("".join(sign for sign, _ in of), tone) for tone, of in groupby(cells, key=_tone_of)]
            lines.append((Span(f"{said:>{SCALE}} ", Tone.DIM), Span(edge if y in scale else " ", Tone.FAINT), *spans))
        return lines

    def _limit_row(self, height: int, highest: Decimal) -> int | None:
        if self._limit is None or self._limit > highest or not highest:
            return None
        return min(height - 1, max(0, height - 1 - int(self._limit / highest * height - Decimal("0.001"))))

    def _days(self, bars: Sequence[Bar], wide: int, room: int) -> Line:
        said = [" "] * room
        # Today stands first in line for its place, and is marked.
        today = "today"
        start = min((len(bars) - 1) * wide, room - len(today))
        said[start : start + len(today)] = list(today)
        free = 0
        for at, bar in enumerate(bars[:-1]):
            words = f"{bar.day:%d}" if wide >= 3 and bar.day.day != 1 and at else f"{bar.day:%d %b}"
            x = at * wide
            is_marked = wide >= 3 or at == 0 or bar.day.day in (1, 10, 20)
            if x >= free and x + len(words) < start and is_marked:
                said[x : x + len(words)] = list(words)
                free = x + len(words) + 1
        text = "".join(said)
        return (
            Span(" " * (SCALE + 2)),
            Span(text[:start], Tone.DIM),
            Span(today, Tone.STRONG),
            Span(text[start + len(today) :], Tone.DIM),
        )

    def _legend(self, columns: int, *, plain: bool) -> Line:
        named = [(model_sign(at, plain=plain), Span(f" {name}", Tone.DIM)) for at, name in enumerate(self._models)]
        line = (Span(" " * (SCALE + 2)), *joined(named, "   "))
        return fit(line, columns) if width(line) > columns else line


def _write_values(drawn: list[list[Cell]], bars: Sequence[Bar], wide: int) -> None:
    """Write the amount of each bar right above it; where bars are narrow only of the dearest day and of today.

    Args:
        drawn: the cells of the chart, with one row above the highest bar.
        bars: the days.
        wide: columns of a bar with the gap after it.
    """
    room, last = len(drawn[0]), len(bars) - 1
    dearest = max(range(len(bars)), key=lambda at: bars[at].total)
    for at, bar in enumerate(bars):
        if not bar.total or (wide < VALUED and at not in (dearest, last)):
            continue
        words = usd(bar.total)
        x = max(0, min(at * wide, room - len(words)))
        top = next(y for y, cells in enumerate(drawn) if cells[at * wide][1] in MODEL_TONES)
        place = slice(x, x + len(words))
        # Over a limit's line, or beside a higher bar, it goes up to where there is room.
        free = (y for y in range(top - 1, -1, -1) if all(sign == " " for sign, _ in drawn[y][place]))
        y = next(free, None)
        if y is not None:
            drawn[y][place] = [(sign, Tone.TEXT) for sign in words]
