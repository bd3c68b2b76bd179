"""`LinesView` is a widget that draws a few lines from values, and repaints only those that differ.

A status line that is drawn anew every five seconds then sends nothing at all while nothing changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from textual.geometry import Region
from textual.widget import Widget

from batchtui.tui.rendering.painter import painter_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.geometry import Size
    from textual.strip import Strip

    from batchtui.tui.rendering.spans import Line

T = TypeVar("T")


class LinesView(Widget):
    """Draws lines of spans. Subclasses implement `draw`, and call `redraw` when its result may differ."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id, classes=classes)
        self._lines: Sequence[Line] = ()
        self._drawn_for: tuple[int, int] = (-1, -1)

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the lines for this size."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw again and repaint the lines that differ; does nothing before the first layout and after the end."""
        # Without a size nothing can be drawn; the first layout draws it.
        if not self.size.width or not self.is_attached:
            return
        before, self._lines = self._lines, self.draw(self.size.width, self.size.height)
        self._drawn_for = (self.size.width, self.size.height)
        # Another height moves everything below.
        if len(before) != len(self._lines) and self.styles.height is not None and self.styles.height.is_auto:
            self.refresh(layout=True)
            return
        for y in range(max(len(before), len(self._lines))):
            if self._at(before, y) != self._at(self._lines, y):
                self.refresh(Region(0, y, self.size.width, 1))

    @staticmethod
    def _at(lines: Sequence[Line], y: int) -> Line:
        return lines[y] if y < len(lines) else ()

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        event.stop()
        self.redraw()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines, for views whose height is automatic."""
        return len(self.draw(width, container.height))

    def render_line(self, y: int) -> Strip:
        """Return one line as it is painted."""
        size = (self.size.width, self.size.height)
        # Textual may paint before it has told about a new size.
        if self._drawn_for != size:
            self._lines, self._drawn_for = self.draw(*size), size
        return painter_of(self).strip(self._at(self._lines, y), self.size.width, self.rich_style)


class ItemView(LinesView, Generic[T]):
    """Draws one item, which is None until one is shown."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self.item: T | None = None

    def show(self, item: T | None) -> None:
        """Draw this item from now on; None draws what stands for no item."""
        self.item = item
        self.redraw()
