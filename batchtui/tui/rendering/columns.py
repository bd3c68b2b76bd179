"""`lay_out` decides which columns of a grid a width has room for; `row_line` and `title_line` draw lines from that.

Nothing depends on what the rows hold: columns that move with every refresh cannot be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from batchtui.tui.rendering.spans import Line, Span, Tone, fit, width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

GAP = 2
"""Spaces between two columns."""
ESSENTIAL = 60
"""Columns with this worth or more get their least width before others get a good one."""
GUTTER = 3
"""Columns of the terminal before the first column: the cursor, the mark, a space."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a grid: its id, title, widths and worth."""

    id: str
    title: str
    least: int
    """Its smallest width: it is dropped rather than made narrower."""
    most: int
    """Its largest width, where there is room."""
    worth: int = 50
    """Where the grid is too narrow, the column with the least worth is dropped first; room goes to the most worth."""
    right: bool = False
    """Whether cells are aligned to the right, as numbers are."""
    fixed: bool = False
    """Whether it is never dropped nor shifted away: it says which row this is."""
    good: int = 0
    """The width at which it reads well. Columns below `ESSENTIAL` wait until the others have it. 0: `least` will do."""
    sort: str = ""
    """The sort key that this column stands for; empty for none."""
    takes_rest: bool = False
    """Whether it takes what is left once every column is as wide as it may be."""
    spills: bool = False
    """Whether a cell that is too long goes on over the columns to its right, as far as their cells are empty."""


@dataclass(frozen=True, slots=True)
class ColumnSlot:
    """A column with its position and width."""

    column: Column
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class ColumnLayout:
    """The columns that a width has room for, from left to right, and how many it has none for."""

    places: tuple[ColumnSlot, ...]
    to_the_left: int = 0
    """How many columns are shifted away to the left."""
    to_the_right: int = 0
    """How many columns there is no room for at the right."""


@lru_cache(maxsize=64)
def lay_out(columns: tuple[Column, ...], width: int, shift: int = 0) -> ColumnLayout:
    """Return which columns are shown and where.

    Args:
        columns: all of them, in their order.
        width: columns of the terminal, gutter included.
        shift: how many of the columns that are not fixed are skipped, from the left.
    """
    fixed = [column for column in columns if column.fixed]
    loose = [column for column in columns if not column.fixed]
    shift = max(0, min(shift, len(loose) - 1))
    kept = _in_turn(fixed, loose[shift:], width) if shift else _by_worth(fixed, loose, width)
    shown = [column for column in columns if column in kept]
    widths = _grown(shown, width)
    places: list[ColumnSlot] = []
    x = GUTTER
    for column, columns_wide in zip(shown, widths, strict=True):
        places.append(ColumnSlot(column, x, columns_wide))
        x += columns_wide + GAP
    return ColumnLayout(tuple(places), shift, len(columns) - shift - len(shown))


def _by_worth(fixed: Sequence[Column], loose: Sequence[Column], width: int) -> set[Column]:
    """Return the columns that fit: those with the least worth are dropped until the others do."""
    kept = {*fixed, *loose}
    while kept - set(fixed):
        weakest = min(kept - set(fixed), key=lambda column: column.worth)
        if _need(kept, comfortable=weakest.worth < ESSENTIAL) <= width:
            break
        kept.discard(weakest)
    return kept


def _in_turn(fixed: Sequence[Column], loose: Sequence[Column], width: int) -> set[Column]:
    """Return the columns that fit, taken in their order: after a shift one wants to see the next ones."""
    kept = set(fixed)
    for column in loose:
        if _need({*kept, column}) > width:
            break
        kept.add(column)
    return kept


def _need(columns: set[Column], *, comfortable: bool = False) -> int:
    widths = (max(column.least, column.good) if comfortable else column.least for column in columns)
    return GUTTER + sum(widths) + GAP * (len(columns) - 1) + len("‹›")


def _grown(shown: Sequence[Column], width: int) -> list[int]:
    """Return the width of each column: first the least, then what reads well, then up to the most.

    Room goes to the most worth first; columns of equal worth grow together.
    """
    widths = [column.least for column in shown]
    # What is left after every column has its least width is shared out.
    room = width - _need(set(shown))
    for wanted in ("good", "most"):
        for worth in sorted({column.worth for column in shown}, reverse=True):
            growing = {at: getattr(column, wanted) for at, column in enumerate(shown) if column.worth == worth}
            room -= _grow(widths, growing, room)
    taker = next((at for at, column in enumerate(shown) if column.takes_rest), None)
    if taker is not None and room > 0:
        widths[taker] += room
    if room < 0 and widths:  # too narrow even for what is fixed: the last one gives way
        widths[-1] = max(1, widths[-1] + room)
    return widths


def _grow(widths: list[int], wanted: Mapping[int, int], room: int) -> int:
    """Widen columns towards what they want, none by more than its share of the room. Returns how much was taken."""
    taken = 0
    for settled, at in enumerate(sorted(wanted, key=lambda at: wanted[at] - widths[at])):
        more = max(0, min((room - taken) // (len(wanted) - settled), wanted[at] - widths[at]))
        widths[at] += more
        taken += more
    return taken


def row_line(
    cells: Iterable[Line], places: Sequence[ColumnSlot], *, is_cursor: bool, is_live: bool, is_marked: bool, plain: bool
) -> Line:
    """Return one row of a list: the cursor, the mark, then the cells in their places.

    Args:
        cells: one for each place.
        places: positions and widths of the columns.
        is_cursor: whether the cursor is on this row.
        is_live: whether the list has the focus.
        is_marked: whether the row is marked.
        plain: whether only ASCII may be drawn.
    """
    cursor, mark = (">", "x") if plain else ("▌", "◆")
    return (
        Span(cursor if is_cursor else " ", Tone.ACCENT if is_live else Tone.DIM),
        Span(mark if is_marked else " ", Tone.WARN),
        Span(" "),
        *_placed(cells, places),
    )


def title_line(layout: ColumnLayout, sorted_by: tuple[str, bool], columns: int, *, plain: bool) -> Line:
    """Return the titles, an arrow at the column that is sorted by, and signs for columns that are out of sight."""
    titles = (_title(place, sorted_by, plain=plain) for place in layout.places)
    left, right = ("<", ">") if plain else ("‹", "›")
    hints = left * bool(layout.to_the_left) + right * bool(layout.to_the_right)
    line = (Span(" " * GUTTER), *_placed(titles, layout.places))
    return (*fit(line, max(0, columns - len(hints))), Span(hints, Tone.DIM))


def empty_line(lines: Sequence[Line], y: int, columns: int, rows: int) -> Line:
    """Return line `y` of an empty list: its text stands a third from the top, centred as a block."""
    at = y - max(2, (rows - len(lines)) // 3)
    if not 0 <= at < len(lines):
        return ()
    room = max(0, columns - max(map(width, lines)))
    return (Span(" " * (room // 2)), *lines[at])


def _placed(cells: Iterable[Line], places: Sequence[ColumnSlot]) -> Iterator[Span]:
    x = GUTTER
    drawn = list(cells)
    for at, (place, cell) in enumerate(zip(places, drawn, strict=True)):
        # The columns to the left may have taken this one's room, or a part of it.
        if x >= place.x + place.width:
            continue
        end = _end(places, drawn, at) if place.column.spills else place.x + place.width
        yield Span(" " * (place.x - x))
        yield from fit(cell, end - place.x, right=place.column.right)
        x = end


def _end(places: Sequence[ColumnSlot], cells: Sequence[Line], at: int) -> int:
    """Return the column at which a cell ends that may go on over the empty ones to its right."""
    end, wanted = places[at].x + places[at].width, places[at].x + width(cells[at])
    for place, cell in zip(places[at + 1 :], cells[at + 1 :], strict=True):
        if end >= wanted or cell:
            break
        end = place.x + place.width
    return end


def _title(place: ColumnSlot, sorted_by: tuple[str, bool], *, plain: bool) -> Line:
    column, (sort, is_turned) = place.column, sorted_by
    if not column.sort or column.sort != sort:
        return (Span(column.title, Tone.HEADING),)
    arrow = ("^" if is_turned else "v") if plain else ("▴" if is_turned else "▾")
    # The arrow says more than the last letter of the title.
    return (Span(column.title[: max(0, place.width - 1)] + arrow, Tone.STRONG),)
