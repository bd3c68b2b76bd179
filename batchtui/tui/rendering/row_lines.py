"""The lines of a list, each made from what it shows: titles, a row, what stands there when there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.tui.rendering.columns import GUTTER
from batchtui.tui.rendering.spans import Line, Span, Tone, fit, width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from batchtui.tui.rendering.columns import ColumnLayout, ColumnSlot


def row_line(
    cells: Iterable[Line], places: Sequence[ColumnSlot], *, is_cursor: bool, is_live: bool, is_marked: bool, plain: bool
) -> Line:
    """Return one row: the cursor, the mark, then the cells where they belong.

    Args:
        cells: one for each place.
        places: where they stand.
        is_cursor: whether the cursor is on it.
        is_live: whether keys arrive here.
        is_marked: whether it is marked.
        plain: only ASCII.
    """
    cursor, mark = (">", "x") if plain else ("▌", "◆")
    return (
        Span(cursor if is_cursor else " ", Tone.ACCENT if is_live else Tone.DIM),
        Span(mark if is_marked else " ", Tone.WARN),
        Span(" "),
        *_placed(cells, places),
    )


def title_line(layout: ColumnLayout, sorted_by: tuple[str, bool], columns: int, *, plain: bool) -> Line:
    """Return the titles, with an arrow at the one that is sorted by, and what hides to the left and the right."""
    titles = (_title(place, sorted_by, plain=plain) for place in layout.places)
    left, right = ("<", ">") if plain else ("‹", "›")
    hints = left * bool(layout.to_the_left) + right * bool(layout.to_the_right)
    line = (Span(" " * GUTTER), *_placed(titles, layout.places))
    return (*fit(line, max(0, columns - len(hints))), Span(hints, Tone.DIM))


def empty_line(lines: Sequence[Line], y: int, columns: int, rows: int) -> Line:
    """Return what stands in line `y` of an empty list: a block in the middle, a third from the top."""
    at = y - max(2, (rows - len(lines)) // 3)
    if not 0 <= at < len(lines):
        return ()
    room = max(0, columns - max(map(width, lines)))
    return (Span(" " * (room // 2)), *lines[at])


def _placed(cells: Iterable[Line], places: Sequence[ColumnSlot]) -> Iterable[Span]:
    x = GUTTER
    for place, cell in zip(places, cells, strict=True):
        yield Span(" " * (place.x - x))
        yield from fit(cell, place.width, right=place.column.right)
        x = place.x + place.width


def _title(place: ColumnSlot, sorted_by: tuple[str, bool], *, plain: bool) -> Line:
    column, (sort, is_turned) = place.column, sorted_by
    if not column.sort or column.sort != sort:
        return (Span(column.title, Tone.HEADING),)
    arrow = ("^" if is_turned else "v") if plain else ("▴" if is_turned else "▾")
    # The arrow says more than the last letter of the title.
    return (Span(column.title[: max(0, place.width - 1)] + arrow, Tone.STRONG),)
