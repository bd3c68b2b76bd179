"""Lay out bars and histograms in character cells: `share_bar`, `divide`, `column_chart`.

The dashboard colours the cells, the Markdown export writes them as they are; both stay readable without colour, and in
ASCII. Drawn here and not by a plot library: plotext (and textual-plotext, which is pinned to its version 5) spends rows
and columns on a frame that ASCII cannot show, has no parts of a cell, and tells stacked parts apart by colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEFT_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LOWER_EIGHTHS = " ▁▂▃▄▅▆▇█"
FILLS = "█▒▓░"
"""What the parts of a stack are filled with, the first at the bottom: distinct without colour."""
ASCII_FILLS = "#%+."
EMPTY = -1
"""The part of a cell that belongs to no part of a stack."""


@dataclass(frozen=True, slots=True)
class Run:
    """Cells beside each other that belong to one part of a stack."""

    text: str
    part: int
    """Its place in the stack, from 0; `EMPTY` for none."""


def share_bar(share: float, columns: int, *, plain: bool = False) -> str:
    """Return a bar for a share of 1, not filled up: at most so many columns, and something for all above 0."""
    share = min(1.0, max(0.0, share))
    if plain:
        return "#" * max(share > 0, round(share * columns))
    eighths = max(share > 0, round(share * columns * 8))
    return "█" * (eighths // 8) + _LEFT_EIGHTHS[eighths % 8].strip()


def divide(parts: Sequence[int], columns: int) -> list[int]:
    """Return how many of so many columns each part takes; each above 0 takes at least one, as far as there are any."""
    total = sum(parts)
    if not total or columns <= 0:
        return [0] * len(parts)
    cells = [max(number > 0, number * columns // total) for number in parts]
    # By the largest remainder, so that equal parts are equally wide and the whole is filled.
    order = sorted(range(len(parts)), key=lambda at: (-(parts[at] * columns % total), at))
    at = 0
    while sum(cells) < columns:
        if parts[order[at % len(order)]]:
            cells[order[at % len(order)]] += 1
        at += 1
    while sum(cells) > columns:
        widest = max(range(len(cells)), key=lambda at: cells[at])
        cells[widest] -= 1
    return cells


def column_chart(
    stacks: Sequence[Sequence[float]], rows: int, wide: int, *, highest: float, gap: int = 0, plain: bool = False
) -> list[list[Run]]:
    """Return the rows of a chart of columns, the topmost first.

    Args:
        stacks: the parts of each column, the lowest first.
        rows: height of the chart in cells.
        wide: cells of one column.
        highest: what a column of full height stands for.
        gap: empty cells after each column.
        plain: whether only ASCII may be drawn, where half a cell or more counts as one.
    """
    heights = [_eighths(stack, highest, rows) for stack in stacks]
    return [_row(heights, 8 * (rows - 1 - y), wide, gap, plain=plain) for y in range(rows)]


def _eighths(stack: Sequence[float], highest: float, rows: int) -> list[int]:
    """Return up to which eighth of a row each part of a column reaches; a column above zero has at least one."""
    reached: list[int] = []
    total = 0.0
    for number in stack:
        total += number
        eighths = round(total / highest * 8 * rows) if highest > 0 else 0
        reached.append(max(1, eighths) if total > 0 else 0)
    return reached


def _row(heights: Sequence[Sequence[int]], below: int, wide: int, gap: int, *, plain: bool) -> list[Run]:
    runs: list[Run] = []
    for reached in heights:
        sign, part = _cell(reached, below, plain=plain)
        for text, of in ((sign * wide, part), (" " * gap, EMPTY)):
            if text and runs and runs[-1].part == of:
                runs[-1] = Run(runs[-1].text + text, of)
            elif text:
                runs.append(Run(text, of))
    return runs


def _cell(reached: Sequence[int], below: int, *, plain: bool) -> tuple[str, int]:
    """Return the sign of one cell of a column, and the part that takes most of it."""
    filled = max(0, min(8, (reached[-1] if reached else 0) - below))
    if not filled:
        return " ", EMPTY
    shares = [min(8, max(0, top - below)) for top in reached]
    taken = [top - bottom for top, bottom in zip(shares, [0, *shares], strict=False)]
    part = max(range(len(taken)), key=lambda at: (taken[at], -at))
    if plain:
        # The lowest row of a small column must not look empty.
        return (ASCII_FILLS[part % len(ASCII_FILLS)], part) if filled >= 4 or not below else (" ", EMPTY)
    if filled == 8:
        return FILLS[part % len(FILLS)], part
    return _LOWER_EIGHTHS[filled], part


def ticks(highest: float, rows: int) -> dict[int, float]:
    """Return three amounts to write beside a chart, by row from the top: all, half, and none of `highest`."""
    if rows < 3:
        return {0: highest, rows - 1: 0.0}
    # The middle row stands for what a column has that just reaches its top.
    middle = rows // 2
    return {0: highest, middle: highest * (rows - middle) / rows, rows - 1: 0.0}
