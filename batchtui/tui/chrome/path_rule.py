"""`PathRule` is the rule under the top line: where one is, as a path from the list of batches, and at which row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.numbers import count
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, elide_middle, shorten, width
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ARROW = Span(" › ", Tone.FAINT)
LEAST = 12
"""Columns that the name of a place has at least before places in front of it are left out."""


class PathRule(LinesView):
    """Draws the path at the left and the position at the right, which is never cut."""

    DEFAULT_CSS = "PathRule { height: 1; }"

    def __init__(self, path: Callable[[], Sequence[str]], position: Callable[[], Line]) -> None:
        """`path` returns the names of the places from the outside in, sanitised; `position` what stands right."""
        super().__init__()
        self._path = path
        self._position = position

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return path and position with a rule between them; the path is cut where there is no room for both."""
        plain = painter_of(self).plain
        rule = "-" if plain else "─"
        right = shorten(self._position(), max(0, columns - 8))
        right = (Span(" "), *right, Span(" ")) if right else ()
        # A rule of two columns at least stands between the path and the position, and one at either end.
        left = (Span(" "), *path_line(self._path(), columns - width(right) - 6), Span(" "))
        line = Span(rule * max(0, columns - width(left) - width(right) - 2), Tone.FAINT)
        return [(Span(rule, Tone.FAINT), *left, line, *right, Span(rule, Tone.FAINT))]


def path_line(names: Sequence[str], columns: int) -> Line:
    """Return a path in at most so many columns: the last place is where one is, and is cut last."""
    names = list(names)
    gap = width((ARROW,))
    while len(names) > 2 and _least(names, gap) > columns:
        # The place in front of the last says most about it; the outermost is known by heart.
        del names[0]
    room = columns - gap * (len(names) - 1)
    wide = [len(name) for name in names]
    for at in (*range(1, len(names) - 1), 0, len(names) - 1):
        excess = sum(wide) - room
        if excess > 0:
            wide[at] = max(min(wide[at], LEAST), wide[at] - excess)
    cut = [elide_middle(name, max(5, wide[at])) for at, name in enumerate(names)]
    spans = [(Span(name, Tone.DIM), ARROW) for name in cut[:-1]]
    whole = (*(part for pair in spans for part in pair), Span(cut[-1] if cut else "", Tone.STRONG))
    return tuple(shorten(whole, max(0, columns)))


def _least(names: Sequence[str], gap: int) -> int:
    return sum(min(len(name), LEAST) for name in names) + gap * (len(names) - 1)


def row_words(row: int, total: int, what: str = "row") -> Line:
    """Return the position in a list, as in `row 12 of 2,007`; `row` counts from 0. Nothing in an empty list."""
    return (Span(f"{what} {count(row + 1)} of {count(total)}", Tone.DIM),) if total else ()
