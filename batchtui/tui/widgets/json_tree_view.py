"""`JsonTreeView` shows one JSON value as a tree whose rows open and close; only rows in sight are painted."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.geometry import Region, Size

from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering.json_tree import Tree, paint
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Span, Tone
from batchtui.tui.widgets.text_view import PagerView

if TYPE_CHECKING:
    from typing import Any

    from textual import events
    from textual.binding import BindingType
    from textual.strip import Strip


class JsonTreeView(PagerView):
    """A tree with a cursor. The keys of a pager move it; enter opens and closes."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.TREE)

    def __init__(self) -> None:
        super().__init__()
        self._tree = Tree(None)
        self._cursor = 0

    @property
    def number(self) -> int:
        """How many rows are open."""
        return len(self._tree.rows)

    def show(self, value: Any) -> None:
        """Show another value from its beginning."""
        self._tree, self._cursor = Tree(value), 0
        self.scroll_to(y=0, animate=False, immediate=True, force=True)
        self._changed()

    def _changed(self) -> None:
        self.virtual_size = Size(0, self.number)
        self.refresh()

    def move(self, lines: int) -> None:
        """Move the cursor by this many rows, and keep it in sight."""
        before, self._cursor = self._cursor, max(0, min(self._cursor + lines, self.number - 1))
        # Only two rows have changed.
        for row in (before, self._cursor):
            self.refresh(Region(0, row - int(self.scroll_offset.y), self.size.width, 1))
        self._into_sight()

    def _into_sight(self) -> None:
        top, rows = int(self.scroll_offset.y), max(1, self.size.height)
        wanted = min(max(top, self._cursor - rows + 1), self._cursor)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, immediate=True, force=True)

    def _action_tree_toggle(self) -> None:
        self._tree.toggle(self._cursor)
        self._changed()

    def _action_tree_close(self) -> None:
        """Close the row under the cursor, or the one that contains it."""
        # A closed row has nothing to close, so the one around it is meant.
        at = self._cursor if self._tree.rows[self._cursor].is_open else self._tree.parent(self._cursor)
        if self._tree.rows[at].is_open:
            self._tree.toggle(at)
        self._cursor = at
        self._changed()
        self._into_sight()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row; a click on the row of the cursor opens or closes it."""
        row = int(self.scroll_offset.y) + event.y
        if row == self._cursor:
            self._action_tree_toggle()
        elif row < self.number:
            self.move(row - self._cursor)

    def on_focus(self) -> None:
        """Repaint: the cursor looks different with the focus."""
        self.refresh()

    def on_blur(self) -> None:
        """Repaint: the cursor looks different without the focus."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return one row of the tree as it is painted."""
        at = int(self.scroll_offset.y) + y
        columns, look = self.scrollable_content_region.width, painter_of(self)
        if at >= self.number:
            return look.strip((), columns, self.rich_style)
        is_cursor = at == self._cursor
        sign = (">" if look.plain else "▌") if is_cursor else " "
        line = (Span(sign, Tone.ACCENT if self.has_focus else Tone.DIM), *paint(self._tree.rows[at]))
        if is_cursor and self.has_focus:
            return look.strip(line, columns, self.rich_style + look.cursor, look.cursor_tones)
        return look.strip(line, columns, self.rich_style)
