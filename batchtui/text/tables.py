"""Lay out a plain-text table that fits the terminal: `table`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.text.widths import pad, width

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
    needs = [max([width(column.title), *(width(row[at]) for row in rows)]) for at, column in enumerate(columns)]
    shown = _squeezed(columns, needs, fit_to)
    for line in ([column.title for column in columns], *rows):
        cells = [pad(line[at], room, right=columns[at].right) for at, room in shown.items()]
        yield (" " * GAP).join(cells).rstrip()


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
