"""A text to be read: wrapped to the width, painted by the screenful, moved through with the keys of a pager."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.geometry import Size
from textual.scroll_view import ScrollView

from batchtui.tui.bindings import bindings
from batchtui.tui.commands import Scope
from batchtui.tui.look import look_of
from batchtui.tui.pieces import Line, Piece, width, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType
    from textual.strip import Strip


class Prose(ScrollView, can_focus=True):
    """Shows lines of pieces. What it is given is safe already, and is never taken for markup."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.TEXT)

    def __init__(self, lines: Sequence[Line] = (), *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._source = lines
        self._lines: list[Line] = []
        self._wrapped_to = 0

    def show(self, lines: Sequence[Line]) -> None:
        """Show another text from its beginning."""
        self._source = lines
        self.scroll_to(y=0, animate=False, immediate=True, force=True)
        self._wrap()

    def _wrap(self) -> None:
        columns = self.scrollable_content_region.width
        if not columns:
            return
        self._wrapped_to = columns
        self._lines = [part for line in self._source for part in broken(line, columns)]
        self.virtual_size = Size(0, len(self._lines))
        self.refresh()

    def on_resize(self) -> None:
        """Wrap to the new width."""
        if self.scrollable_content_region.width != self._wrapped_to:
            self._wrap()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines there are at this width, for texts whose height is automatic."""
        return sum(len(broken(line, width)) for line in self._source)

    def render_line(self, y: int) -> Strip:
        """Paint one line."""
        at = int(self.scroll_offset.y) + y
        line = self._lines[at] if at < len(self._lines) else ()
        return look_of(self).strip(line, self.scrollable_content_region.width, self.rich_style)

    def _move(self, lines: int) -> None:
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False, immediate=True)

    def _action_text_down(self) -> None:
        self._move(1)

    def _action_text_up(self) -> None:
        self._move(-1)

    def _action_text_first(self) -> None:
        self.scroll_to(y=0, animate=False, immediate=True)

    def _action_text_last(self) -> None:
        self.scroll_to(y=len(self._lines), animate=False, immediate=True)

    def _action_text_half_down(self) -> None:
        self._move(max(1, self.size.height // 2))

    def _action_text_half_up(self) -> None:
        self._move(-max(1, self.size.height // 2))

    def _action_text_page_down(self) -> None:
        self._move(max(1, self.size.height - 1))

    def _action_text_page_up(self) -> None:
        self._move(-max(1, self.size.height - 1))


def broken(line: Line, columns: int) -> list[Line]:
    """Break one line to a width. A line of several pieces is broken only in its last one, under where that begins."""
    if width(line) <= columns:
        return [line]
    head, last = line[:-1], line[-1]
    indent = width(head)
    if columns - indent < 12:
        return [(Piece(part, last.tone),) for part in wrapped("".join(piece.text for piece in line), columns)]
    first, *rest = wrapped(last.text, columns - indent)
    space = Piece(" " * indent)
    return [(*head, Piece(first, last.tone)), *((space, Piece(part, last.tone)) for part in rest)]
