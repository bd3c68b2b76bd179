"""`Viewport` is a window over an order of keys: which rows are in sight, and where the cursor is.

`next_match` and `row_of_key` search such an order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Region
from textual.message import Message
from textual.scroll_view import ScrollView

if TYPE_CHECKING:
    from collections.abc import Sequence


class Viewport(ScrollView):
    """A scrolling window below one line of titles. It knows keys, neither items nor how they look."""

    class CursorMoved(Message, namespace="grid"):
        """The cursor is on another item, or the item has been fetched."""

        def __init__(self, key: int | None) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self.order: Sequence[int] = ()
        self.cursor = 0

    @property
    def key(self) -> int | None:
        """The key under the cursor; None in an empty list."""
        return self.order[self.cursor] if self.cursor < len(self.order) else None

    @property
    def _top(self) -> int:
        return int(self.scroll_offset.y)

    @property
    def _rows(self) -> int:
        """Rows that there is room for below the titles."""
        return max(1, self.size.height - 1)

    def _window(self, margin: int = 0) -> Sequence[int]:
        return self.order[max(0, self._top - margin) : self._top + self._rows + margin]

    def _scroll_rows_to(self, row: int) -> None:
        # Immediate and forced: a deferred scroll would be overtaken by the next key.
        self.scroll_to(y=max(0, min(row, len(self.order) - self._rows)), animate=False, immediate=True, force=True)

    def _into_sight(self) -> None:
        if self.cursor < self._top:
            self._scroll_rows_to(self.cursor)
        elif self.cursor >= self._top + self._rows:
            self._scroll_rows_to(self.cursor - self._rows + 1)

    def reveal(self, below: int) -> None:
        """Scroll so that this many rows below the cursor are in sight, as far as the cursor stays there."""
        last = min(self.cursor + below, len(self.order) - 1)
        if last >= self._top + self._rows:
            self._scroll_rows_to(min(self.cursor, last - self._rows + 1))

    def _refresh_row(self, row: int) -> None:
        # Line 0 holds the titles.
        y = row - self._top + 1
        if 0 < y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def on_focus(self) -> None:
        """Repaint the row of the cursor, which looks different with the focus."""
        self._refresh_row(self.cursor)

    def on_blur(self) -> None:
        """Repaint the row of the cursor."""
        self._refresh_row(self.cursor)

    def go_to(self, row: int) -> None:
        """Put the cursor on a row, the nearest there is, and scroll it into sight."""
        row = max(0, min(row, len(self.order) - 1))
        before, self.cursor = self.cursor, row
        if before != row:
            self._refresh_row(before)
            self._refresh_row(row)
            self.post_message(self.CursorMoved(self.key))
        self._into_sight()


def row_of_key(order: Sequence[int], key: int | None, near: int) -> int | None:
    """Return the row of a key, None where it is not shown; `near` is tried first, since most orders change little."""
    if key is None:
        return None
    if near < len(order) and order[near] == key:
        return near
    try:
        return order.index(key)
    except ValueError:
        return None


def next_match(order: Sequence[int], wanted: bytes, row: int, step: int) -> int | None:
    """Return the next row that is wanted, or with a step of -1 the one before; None where there is none.

    Args:
        order: the keys of the rows.
        wanted: one byte a key, 1 for those that match.
        row: where to start from; the row itself is not looked at.
        step: 1 or -1.
    """
    if isinstance(order, range) and order and order.step == 1:  # a million rows in the time of one
        here = order.start + row
        found = wanted.find(1, here + 1, order.stop) if step > 0 else wanted.rfind(1, order.start, max(0, here))
        return found - order.start if found >= 0 else None
    rows = range(row + 1, len(order)) if step > 0 else range(min(row, len(order)) - 1, -1, -1)
    return next((at for at in rows if wanted[order[at]]), None)
