"""`GridBody` paints rows by key: of a million only those in sight are fetched and painted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from batchtui.tui.rendering.columns import Column, ColumnLayout, empty_line, lay_out, row_line, title_line
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone
from batchtui.tui.widgets.grid.cache import ItemCache
from batchtui.tui.widgets.grid.viewport import Viewport, row_of_key
from batchtui.tui.workers import CoalescedWorker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence


T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)

MARGIN = 40
"""Rows above and below those in sight that are fetched with them, so that scrolling does not wait."""


class CellPainter(Protocol[T_contra]):
    """Draws one cell of one item. It depends on nothing else, so that an equal item needs no new painting."""

    def __call__(self, item: T_contra, column: Column, width: int) -> Line:
        """Return a cell; it is cut or filled to the width afterwards."""
        ...


class GridBody(Viewport, Generic[T]):
    """Shows items in an order of keys, with a cursor, marks, and columns that give way.

    It is given an order and asks for items by key. It never sorts or filters, and never moves its cursor off an item
    that is still there. What keys and mouse do to it is in `Grid`.
    """

    class MarksChanged(Message, namespace="grid"):
        """Other items are marked."""

    def __init__(
        self,
        columns: Sequence[Column],
        fetch: Callable[[Sequence[int]], Awaitable[Sequence[tuple[int, T]]]],
        paint: CellPainter[T],
        *,
        id: str | None = None,  # noqa: A002  (Textual's name)
    ) -> None:
        super().__init__(id=id)
        self.columns = tuple(columns)
        self._fetch = fetch
        self._paint = paint
        self._items: ItemCache[T] = ItemCache()
        self._painted: dict[int, tuple[Line, ...]] = {}
        self._fetching = CoalescedWorker(self, self._fetch_window)
        self.marks: set[int] = set()
        self.sorted_by: tuple[str, bool] = ("", False)
        """The sort key in force, and whether it is reversed; the titles show it."""
        self.empty: Sequence[Line] = ()
        """What is shown when there are no rows: why, and which keys to press."""
        self._shift = 0

    # ── what is shown ──────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def item(self) -> T | None:
        """The item under the cursor; None where there is none, or it has not been fetched yet."""
        return None if self.key is None else self._items.get(self.key)

    @property
    def chosen(self) -> list[int]:
        """The keys that a command works on: the marked ones in the order shown, else the one under the cursor."""
        if self.marks:
            return [key for key in self.order if key in self.marks]
        return [] if self.key is None else [self.key]

    def item_of(self, key: int) -> T | None:
        """Return an item that has been fetched; None for another."""
        return self._items.get(key)

    def show(self, order: Sequence[int], *, cursor_on: int | None = None) -> None:
        """Show these keys in this order. The cursor stays on its item, and that at its height on the screen.

        Args:
            order: the keys. It is kept as it is, so that a `range` of a million costs nothing.
            cursor_on: a key to put the cursor on instead.
        """
        before, offset, key = self._window(), self.cursor - self._top, self.key
        was, self.order, cursor_was = len(self.order), order, self.cursor
        wanted = key if cursor_on is None else cursor_on
        found = row_of_key(order, wanted, self.cursor)
        # A list that shows its beginning goes on to show it: new rows appear above, in sight.
        at_top = self._top == 0 and (found is None or found < self._rows) and cursor_on is None
        self.cursor = max(0, min(self.cursor if found is None else found, len(order) - 1))
        if self.marks:
            self._keep_marks(order)
        if was != len(order):
            self.virtual_size = Size(0, len(order) + 1)
        self._scroll_rows_to(0 if at_top else self.cursor - max(0, offset))
        self._into_sight()
        self._repaint_differing(before, was)
        if self.cursor != cursor_was:
            self._refresh_row(cursor_was)
            self._refresh_row(self.cursor)
        self._fetching.request()
        if self.key != key or found is None:
            self.post_message(self.CursorMoved(self.key))

    def update(self, items: Iterable[tuple[int, T]]) -> None:
        """Store items that have changed; rows in sight are repainted where their cells differ."""
        for key, item in items:
            if self._items.put(key, item) != item:
                self._repaint_if_changed(key)

    async def freshen(self) -> None:
        """Fetch the rows in sight again and drop all other items."""
        keys = self._window()
        items = await self._fetch(keys)
        # Items out of sight may have changed as well; they are fetched again when they come into sight.
        self._items.keep(keys)
        self.update(items)

    def tick(self) -> None:
        """Repaint rows in sight whose cells depend on the time."""
        for key in self._window():
            self._repaint_if_changed(key)

    def repaint(self) -> None:
        """Paint everything again, after a change of theme, columns or painter."""
        self._painted.clear()
        self.refresh()

    def forget(self) -> None:
        """Drop all items and fetch those in sight again."""
        self._items.forget()
        self.repaint()
        self._fetching.request()

    def region_of_cell(self, column_id: str) -> Region:
        """Return where on the screen the cell of the row under the cursor is, to lay a field over it."""
        inside = self.content_region
        place = next(place for place in self.layout_now.places if place.column.id == column_id)
        return Region(inside.x + place.x, inside.y + 1 + self.cursor - self._top, place.width, 1)

    # ── painting ───────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def layout_now(self) -> ColumnLayout:
        """The columns that are shown now, with their places."""
        return lay_out(self.columns, self.scrollable_content_region.width, self._shift)

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen: the titles, a row, or a line of what an empty list says."""
        width = self.scrollable_content_region.width
        look = painter_of(self)
        if y == 0:
            titles = title_line(self.layout_now, self.sorted_by, width, plain=look.plain)
            return look.strip(titles, width, self.rich_style)
        if not self.order:
            return look.strip(empty_line(self.empty, y, width, self.size.height), width, self.rich_style)
        row = self._top + y - 1
        if row >= len(self.order):
            return Strip.blank(width, self.rich_style)
        return self._row(row, width)

    def _row(self, row: int, width: int) -> Strip:
        key, look = self.order[row], painter_of(self)
        is_cursor = row == self.cursor
        line = row_line(
            self._cells(key),
            self.layout_now.places,
            is_cursor=is_cursor,
            is_live=self.has_focus,
            is_marked=key in self.marks,
            plain=look.plain,
        )
        if is_cursor and self.has_focus:
            return look.strip(line, width, self.rich_style + look.cursor, look.cursor_tones)
        return look.strip(line, width, self.rich_style)

    def _cells(self, key: int) -> tuple[Line, ...]:
        cells = self._painted.get(key)
        if cells is None or len(cells) != len(self.layout_now.places):
            cells = self._painted[key] = self._drawn(key)
            # Cells of rows that were scrolled past are not kept forever.
            if len(self._painted) > 1_000:
                self._painted = {key: cells}
        return cells

    def _drawn(self, key: int) -> tuple[Line, ...]:
        item = self._items.get(key)
        places = self.layout_now.places
        if item is None:
            self._fetching.request()
            return ((Span("·", Tone.PALE),), *[()] * (len(places) - 1))
        return tuple(self._paint(item, place.column, place.width) for place in places)

    def _repaint_if_changed(self, key: int) -> None:
        """Draw an item again and refresh its row where that looks different; only rows in sight."""
        painted = self._painted.pop(key, None)
        rows = [self._top + y for y, shown in enumerate(self._window()) if shown == key]
        if not rows:
            return
        drawn = self._painted[key] = self._drawn(key)
        # What is on the screen of a row in sight may have been forgotten here, as after a resize.
        if drawn != painted:
            for row in rows:
                self._refresh_row(row)

    def _repaint_differing(self, before: Sequence[int], was: int) -> None:
        now = self._window()
        if (was == 0) != (len(self.order) == 0):
            self.refresh()
            return
        for y in range(max(len(before), len(now))):
            if (before[y] if y < len(before) else None) != (now[y] if y < len(now) else None):
                self._refresh_row(self._top + y)

    # ── what comes into sight ──────────────────────────────────────────────────────────────────────────────────────

    async def _fetch_window(self) -> None:
        keys = self._items.missing(self._window(MARGIN))
        if keys:
            for key, item in await self._fetch(keys):
                if key not in self._items:  # what was told meanwhile is newer than what was read
                    self._items.put(key, item)
                    self._repaint_if_changed(key)
            if self.key in keys:
                self.post_message(self.CursorMoved(self.key))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Fetch the rows that have come into sight."""
        super().watch_scroll_y(old_value, new_value)
        self._fetching.request()

    def on_resize(self) -> None:
        """Place the columns again, and keep the cursor in sight."""
        self._painted.clear()
        self._into_sight()
        self._fetching.request()

    def _keep_marks(self, order: Sequence[int]) -> None:
        """Drop marks of keys that are not shown: what a command works on must be visible."""
        if not self.marks:
            return
        kept = self.marks.intersection(order)
        if kept != self.marks:
            self.marks = kept
            self.post_message(self.MarksChanged())
