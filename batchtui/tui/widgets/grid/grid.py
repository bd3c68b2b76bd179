"""`Grid` is the list that every screen uses: rows by key, moved through, marked and sorted with keys and mouse.

It is one widget in three files: `viewport` knows keys and positions, `rows` paints items, and this one listens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.message import Message

from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.widgets.grid.rows import GridBody
from batchtui.tui.widgets.grid.viewport import row_of_key

if TYPE_CHECKING:
    from textual import events
    from textual.binding import BindingType

T = TypeVar("T")


class Grid(GridBody[T], can_focus=True):
    """A `GridBody` with keys and mouse. It posts what is asked for, and changes only its cursor, marks and columns."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.LIST)

    class Opened(Message):
        """An item is to be opened: enter, or a double click."""

        def __init__(self, key: int) -> None:
            super().__init__()
            self.key = key

    class SortAsked(Message):
        """Another order is asked for: by this sort key, by the next one for an empty key, or the same reversed."""

        def __init__(self, sort: str = "", *, reverse: bool = False) -> None:
            super().__init__()
            self.sort = sort
            self.reverse = reverse

    _last_mark: int | None = None

    # ── moving ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _action_list_down(self) -> None:
        self.go_to(self.cursor + 1)

    def _action_list_up(self) -> None:
        self.go_to(self.cursor - 1)

    def _action_list_first(self) -> None:
        self.go_to(0)

    def _action_list_last(self) -> None:
        self.go_to(len(self.order) - 1)

    def _action_list_half_down(self) -> None:
        self.go_to(self.cursor + max(1, self._rows // 2))

    def _action_list_half_up(self) -> None:
        self.go_to(self.cursor - max(1, self._rows // 2))

    def _action_list_page_down(self) -> None:
        self.go_to(self.cursor + self._rows)

    def _action_list_page_up(self) -> None:
        self.go_to(self.cursor - self._rows)

    def _action_list_right(self) -> None:
        if self.layout_now.to_the_right:
            self._shift = self.layout_now.to_the_left + 1
            self.repaint()

    def _action_list_left(self) -> None:
        if self._shift:
            self._shift -= 1
            self.repaint()

    def _action_list_open(self) -> None:
        if self.key is not None:
            self.post_message(self.Opened(self.key))

    def _action_list_sort(self) -> None:
        self.post_message(self.SortAsked())

    def _action_list_reverse(self) -> None:
        self.post_message(self.SortAsked(reverse=True))

    # ── marks ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _action_list_mark(self) -> None:
        if self.key is None:
            return
        self._last_mark = self.key
        self._mark(self.marks ^ {self.key})
        self.go_to(self.cursor + 1)

    def _action_list_mark_range(self) -> None:
        if self.key is None:
            return
        # From the last mark to the cursor, as shift and a click do elsewhere.
        start = self.cursor if self._last_mark is None else row_of_key(self.order, self._last_mark, self.cursor)
        first, last = sorted((self.cursor if start is None else start, self.cursor))
        self._last_mark = self.key
        self._mark(self.marks | set(self.order[first : last + 1]))

    def _action_list_mark_all(self) -> None:
        self._mark(set(self.order))

    def _action_list_unmark(self) -> None:
        self.unmark()

    def unmark(self) -> None:
        """Remove all marks."""
        self._last_mark = None
        self._mark(set())

    def mark_only(self, keys: set[int]) -> None:
        """Mark these keys and no others."""
        self._mark(keys)

    def _mark(self, marks: set[int]) -> None:
        changed = self.marks ^ marks
        self.marks = marks
        # Only rows in sight need to be repainted.
        for y, key in enumerate(self._window()):
            if key in changed:
                self._refresh_row(self._top + y)
        if changed:
            self.post_message(self.MarksChanged())

    # ── the mouse ──────────────────────────────────────────────────────────────────────────────────────────────────

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is; a double click opens, and a click on a title sorts."""
        if event.y == 0:
            self._click_title(event.x)
            return
        row = self._top + event.y - 1
        if row < len(self.order):
            self.go_to(row)
            # Textual counts clicks that follow each other quickly.
            if event.chain == 2:
                self._action_list_open()

    def _click_title(self, x: int) -> None:
        for place in self.layout_now.places:
            if place.x <= x < place.x + place.width and place.column.sort:
                self.post_message(self.SortAsked(place.column.sort))
