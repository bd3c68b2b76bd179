"""`Tree` holds the open rows of one JSON value, and `paint` draws a row.

What is closed has no rows yet, and what is long comes a page at a time: an answer may hold a list of a million items.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from batchtui.text.numbers import amount, count, size
from batchtui.text.safe import one_line, sanitize
from batchtui.tui.rendering.spans import Line, Span, Tone

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 200
"""Rows that opening an item adds at most; opening the `more` row adds as many again."""
SHORT = 60
"""Characters of a string that its row shows; a longer string can be opened."""
WIDE = 200
"""Characters of an opened string in one row."""
OPENED = 40
"""Rows up to which a tree is opened when it is first shown."""
LARGEST = 1_000
"""Bits of an integer that is written out: Python refuses to convert very long ones (sys.set_int_max_str_digits)."""
DEEPEST = 16
"""Levels that are indented; deeper rows name their level instead."""


@dataclass(slots=True, eq=False)
class TreeRow:
    """One row: a value under its key or index, a part of a long string, or `more` of what is above."""

    depth: int
    label: str = ""
    """Key or index, sanitised; empty where there is none."""
    value: Any = None
    is_words: bool = False
    """Whether it is a part of a string, which cannot be opened."""
    rest: Iterator[TreeRow] | None = None
    """The rows that a `more` row stands for."""
    is_open: bool = False

    @property
    def opens(self) -> bool:
        """Whether the row can be opened."""
        if self.rest is not None:
            return True
        value = self.value
        if self.is_words:
            return False
        return bool(value) and (
            isinstance(value, (dict, list)) or (isinstance(value, str) and (len(value) > SHORT or "\n" in value))
        )

    def rows_within(self) -> Iterator[TreeRow]:
        """Return an iterator over the rows inside, which are made as they are asked for."""
        depth, value = self.depth + 1, self.value
        if isinstance(value, dict):
            return (TreeRow(depth, one_line(key[:SHORT]) or '""', item) for key, item in value.items())
        if isinstance(value, list):
            return (TreeRow(depth, str(at), item) for at, item in enumerate(value))
        return (TreeRow(depth, "", part, is_words=True) for line in value.split("\n") for part in _cut(line))


def _cut(line: str) -> Iterator[str]:
    return (line[start : start + WIDE] for start in range(0, len(line) or 1, WIDE))


class Tree:
    """The rows of one JSON value that are open now."""

    def __init__(self, value: Any) -> None:
        self.rows = [TreeRow(0, "", value)]
        """From top to bottom."""
        self._open_small()

    def toggle(self, at: int) -> None:
        """Open the closed row, close the open one, or add the next page in place of a `more` row."""
        row = self.rows[at]
        if row.rest is not None:
            self.rows[at : at + 1] = _page(row.rest, row.depth)
        elif row.is_open:
            row.is_open = False
            del self.rows[at + 1 : self._end(at)]
        elif row.opens:
            row.is_open = True
            self.rows[at + 1 : at + 1] = _page(row.rows_within(), row.depth + 1)

    def parent(self, at: int) -> int:
        """Return the index of the row that contains this one; the first row contains itself."""
        depth = self.rows[at].depth
        return next((above for above in range(at - 1, -1, -1) if self.rows[above].depth < depth), 0)

    def _end(self, at: int) -> int:
        depth = self.rows[at].depth
        below = range(at + 1, len(self.rows))
        return next((end for end in below if self.rows[end].depth <= depth), len(self.rows))

    def _open_small(self) -> None:
        """Open level by level from the outside, as long as all of it fits a screen."""
        level = 0
        while level < DEEPEST:
            closed = [
                at for at, row in enumerate(self.rows) if row.depth == level and isinstance(row.value, (dict, list))
            ]
            if not closed or len(self.rows) + sum(len(self.rows[at].value) for at in closed) > OPENED:
                break
            for at in reversed(closed):
                self.toggle(at)
            level += 1
        if level == 0 and self.rows[0].opens:
            self.toggle(0)


def _page(rows: Iterator[TreeRow], depth: int) -> list[TreeRow]:
    page = list(islice(rows, PAGE))
    # Read one more to know whether a `more` row is needed.
    following = next(rows, None)
    return page if following is None else [*page, TreeRow(depth, rest=_chained(following, rows))]


def _chained(first: TreeRow, rest: Iterator[TreeRow]) -> Iterator[TreeRow]:
    yield first
    yield from rest


def paint(row: TreeRow) -> Line:
    """Return a row as a line."""
    # Deeper indents would push the values off the screen.
    depth = min(row.depth, DEEPEST)
    mark = " " if not row.opens else "▾" if row.is_open else "▸"
    head = [Span("  " * depth), Span(f"{mark} ", Tone.ACCENT)]
    if row.depth > DEEPEST:
        head.append(Span(f"level {row.depth}  ", Tone.PALE))
    if row.rest is not None:
        return (*head, Span("more", Tone.ACCENT))
    if row.is_words:
        return (*head, Span(sanitize(row.value.expandtabs(4))))
    if row.label:
        head.append(Span(f"{row.label}: ", Tone.RUNNING))
    return (*head, *_value(row))


def _value(row: TreeRow) -> Line:
    value = row.value
    if isinstance(value, dict):
        return (Span("{ }" if not value else amount(len(value), "key"), Tone.DIM),)
    if isinstance(value, list):
        return (Span("[ ]" if not value else amount(len(value), "item"), Tone.DIM),)
    if isinstance(value, str):
        shown = one_line(value[: 2 * SHORT])[:SHORT]
        if not row.opens:
            return (Span(f'"{sanitize(value)}"', Tone.GOOD),)
        lines = value.count("\n") + 1
        about = f"{size(len(value))}" + (f", {count(lines)} lines" if lines > 1 else "")
        return (Span(f'"{shown}…"', Tone.GOOD), Span(f"  {about}", Tone.DIM))
    return (Span(sanitize(_literal(value)), Tone.WARN),)


def _literal(value: object) -> str:
    # str() refuses integers of more than 4,300 digits (since Python 3.11), and nobody reads that many.
    if isinstance(value, int) and value.bit_length() > LARGEST:
        return f"a number of {count(value.bit_length())} bits"
    return json.dumps(value)
