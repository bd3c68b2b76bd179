"""Lay out a plain-text table that fits the terminal: `table`, and `PagedTable` for rows that come in pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.text.layout.widths import pad, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GAP = 2


@dataclass(frozen=True, slots=True)
class TextColumn:
    """One column: how it is headed and aligned, and how readily it gives way."""

    title: str
    right: bool = False
    """Numbers stand to the right."""
    worth: int = 100
    """Where the table is too wide, the column with the least worth goes first."""
    least: int = 0
    """It may be squeezed to this many columns before another one is dropped; 0: never squeezed."""


def table(columns: Sequence[TextColumn], rows: Sequence[Sequence[str]], *, fit_to: int | None = None) -> Iterator[str]:
    """Yield the lines of a table, its heading first.

    Args:
        columns: the columns, from left to right.
        rows: one safe text a column each.
        fit_to: the width to fit in terminal columns; None for as wide as it comes, for a pipe.
    """
    return PagedTable(columns, fit_to).page(rows)


class PagedTable:
    """A table whose rows come in pages, so that a hundred thousand of them take the memory of one page.

    A column grows with the first page that needs more room, and never shrinks.
    """

    def __init__(self, columns: Sequence[TextColumn], fit_to: int | None = None) -> None:
        self._columns = columns
        self._fit_to = fit_to
        self._needs = [width(column.title) for column in columns]
        self._heading: list[Sequence[str]] = [[column.title for column in columns]]

    def page(self, rows: Sequence[Sequence[str]]) -> Iterator[str]:
        """Yield the lines of some rows; the heading comes before those of the first page."""
        lines, self._heading = [*self._heading, *rows], []
        if not lines:
            return
        cells = list(zip(*lines, strict=True))
        self._needs = [max(need, _widest(column)) for need, column in zip(self._needs, cells, strict=True)]
        formats: list[str] = []
        shown: list[Sequence[str]] = []
        for at, room in _squeezed(self._columns, self._needs, self._fit_to).items():
            right = self._columns[at].right
            if "".join(cells[at]).isascii() and room == self._needs[at]:
                # The formatting of a whole line at once is five times as fast as padding each of its cells.
                formats.append(f"%{'' if right else '-'}{room}s")
                shown.append(cells[at])
            else:
                formats.append("%s")
                shown.append([pad(cell, room, right=right) for cell in cells[at]])
        line_format = (" " * GAP).join(formats)
        for line in zip(*shown, strict=True):
            yield (line_format % line).rstrip()


def _widest(cells: Sequence[str]) -> int:
    return max(map(len if "".join(cells).isascii() else width, cells))


def _squeezed(columns: Sequence[TextColumn], needs: Sequence[int], fit_to: int | None) -> dict[int, int]:
    shown = dict(enumerate(needs))
    while fit_to is not None and (excess := sum(shown.values()) + GAP * (len(shown) - 1) - fit_to) > 0:
        yielding = {at: room - columns[at].least for at, room in shown.items() if 0 < columns[at].least < room}
        if sum(yielding.values()) >= excess:
            _take(shown, yielding, excess)
        # The last column is cut: an empty table would say nothing.
        elif len(shown) == 1:
            return dict.fromkeys(shown, max(1, fit_to))
        else:
            del shown[min(shown, key=lambda at: columns[at].worth)]
    return shown


def _take(shown: dict[int, int], yielding: dict[int, int], excess: int) -> None:
    """Narrow the columns that can be squeezed, always the widest of them: two long texts end up alike."""
    for _ in range(excess):
        widest = max((at for at, room in yielding.items() if room), key=lambda at: shown[at])
        shown[widest] -= 1
        yielding[widest] -= 1
