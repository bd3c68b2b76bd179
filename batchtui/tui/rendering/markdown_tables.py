"""`table_lines` lays out a Markdown table for a width: wide columns give way, and cells break into lines."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from batchtui.tui.rendering.spans import Line, Span, Tone, fit, flow, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GAP = 2
"""Spaces between two columns."""
LEAST = 4
"""Columns of the terminal that each column of a table has at least."""
MOST_ROWS = 2_000
"""Rows of a table that are laid out."""


def table_lines(rows: Sequence[Sequence[Sequence[Span]]], columns: int, right: Sequence[bool] = ()) -> Iterator[Line]:
    """Yield the lines of a table; its first row is its heading.

    Args:
        rows: for each row its cells, for each cell its pieces.
        columns: the room there is. Columns that do not fit even at their least width are left out, from the right.
        right: for each column whether it is aligned to the right; missing values mean no.
    """
    if not rows:
        return
    # A table of hundreds of columns is cut to what can be read at all.
    across = max(1, min(max(map(len, rows)), (columns + GAP) // (LEAST + GAP)))
    widths = _shared(rows[:MOST_ROWS], across, columns)
    for at, row in enumerate(rows[:MOST_ROWS]):
        tone = Tone.STRONG if at == 0 else None
        yield from _row([*row[:across], *[()] * (across - len(row))], widths, right, tone)
        if at == 0:
            yield (Span((" " * GAP).join("─" * room for room in widths), Tone.FAINT),)


def _shared(rows: Sequence[Sequence[Sequence[Span]]], across: int, columns: int) -> list[int]:
    """Return the width of each column: what its cells need, with the widest cut down until all fit."""
    needs = [max([1, *(width(row[at]) for row in rows if at < len(row))]) for at in range(across)]
    room = columns - GAP * (across - 1)
    while sum(needs) > room:
        widest = max(needs)
        if widest <= LEAST:
            break
        second = max([LEAST, *(need for need in needs if need < widest)])
        number = needs.count(widest)
        # The widest columns are cut down to the next widest, all of them at once.
        cut = max(second, widest - -(-(sum(needs) - room) // number))
        needs = [cut if need == widest else need for need in needs]
    return needs


def _row(
    cells: Sequence[Sequence[Span]], widths: Sequence[int], right: Sequence[bool], tone: Tone | None
) -> Iterator[Line]:
    # A line end inside a cell would break the row.
    toned = [[Span(piece.text.replace("\n", " "), tone or piece.tone) for piece in cell] for cell in cells]
    broken = [flow(cell, room) for cell, room in zip(toned, widths, strict=True)]
    for lines in zip_longest(*broken, fillvalue=()):
        line: list[Span] = []
        for at, (part, room) in enumerate(zip(lines, widths, strict=True)):
            line += [Span(" " * GAP)] if at else []
            line += fit(part, room, right=at < len(right) and right[at])
        yield tuple(line)
