"""A picture of a few lines, drawn from one value; only the lines that changed are sent to the terminal."""

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
    """Draws lines of pieces. It holds no state but the lines that it last drew."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id, classes=classes)
        self._lines: Sequence[Line] = ()
        self._drawn_for: tuple[int, int] = (-1, -1)

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the lines for this size."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw again, and repaint the lines that differ; nothing happens before the first layout and after the end."""
        if not self.size.width or not self.is_attached:
            return
        before, self._lines = self._lines, self.draw(self.size.width, self.size.height)
        self._drawn_for = (self.size.width, self.size.height)
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
        """Return as many rows as there are lines, for pictures whose height is automatic."""
        return len(self.draw(width, container.height))

    def render_line(self, y: int) -> Strip:
        """Paint one line."""
        size = (self.size.width, self.size.height)
        if self._drawn_for != size:
            self._lines, self._drawn_for = self.draw(*size), size
        return painter_of(self).strip(self._at(self._lines, y), self.size.width, self.rich_style)


class ItemView(LinesView, Generic[T]):
    """A picture of one item, which is None until one is shown."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self.item: T | None = None

    def show(self, item: T | None) -> None:
        """Draw this item."""
        self.item = item
        self.redraw()
