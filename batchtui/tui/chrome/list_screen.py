"""`ListScreen` is a screen of one list, with a widget below it that says more about the item under the cursor.

Most screens are one: they differ in their columns and in what enter does. The list of batches is not, since its details
stand beside the list where there is room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from batchtui.text.numbers import count
from batchtui.tui.chrome.base_screen import BaseScreen
from batchtui.tui.chrome.path_rule import row_words
from batchtui.tui.rendering.spans import NOTHING, Line, Span, Tone, joined
from batchtui.tui.widgets.lines_view import ItemView
from batchtui.tui.widgets.rule import Rule, TitledRule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.widget import Widget

    from batchtui.services.workspace import Workspace
    from batchtui.tui.widgets.grid.grid import Grid

T = TypeVar("T")
UNMARKED = frozenset({"list.mark", "list.mark-range", "list.mark-all", "list.unmark"})
"""Commands of a list in which marks mean nothing."""
UNSORTED = frozenset({"list.sort", "list.reverse"})
"""Commands of a list that has one order only."""


class ListScreen(BaseScreen, Generic[T]):
    """A list that has the focus, what stands above it, and a detail below it behind a rule: subclasses say which."""

    DETAIL_TITLE: ClassVar[str] = ""
    """What the rule above the detail says; empty for a rule without a title."""
    UNAVAILABLE: ClassVar[frozenset[str]] = frozenset()
    """The ids of commands that are heard here, as in every list, and mean nothing on this screen."""
    grid: Grid[T]
    detail: Widget | None = None
    """What stands below the list; an `ItemView` shows the item under the cursor."""
    items: Sequence[T] = ()
    """What `page` returns, by place: the keys of the list are places in it."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._detail_rule = TitledRule(self.DETAIL_TITLE, id="detail-title") if self.DETAIL_TITLE else Rule()

    def content(self) -> Iterator[Widget]:
        """Lay out the list between what stands above and below it."""
        yield from self.above()
        yield self.grid
        if self.detail is not None:
            yield self._detail_rule
            yield self.detail

    def above(self) -> Iterator[Widget]:
        """Yield what stands above the list."""
        yield from ()

    def on_mount(self) -> None:
        """Give the keys to the list. Textual calls this besides the `on_mount` of a subclass."""
        self.grid.focus()

    async def page(self, keys: Sequence[int]) -> Sequence[tuple[int, T]]:
        """Return the items with these keys; an item that has gone meanwhile is left out."""
        # The list may have become shorter since the grid asked.
        return [(key, self.items[key]) for key in keys if key < len(self.items)]

    def aside(self) -> Line:
        """Return what there is to say about the list besides the row: what it is filtered or sorted by."""
        return NOTHING

    def position(self) -> Line:
        """Return what is said besides, what is marked, and the row under the cursor."""
        marked = (Span(f"{count(len(self.grid.marks))} marked", Tone.WARN),) if self.grid.marks else ()
        return joined([self.aside(), marked, row_words(self.grid.cursor, len(self.grid.order))], " · ")

    def show_detail(self) -> None:
        """Show the item under the cursor below the list."""
        if isinstance(self.detail, ItemView):
            self.detail.show(self.grid.item)

    def on_grid_cursor_moved(self) -> None:
        """Show the item under the cursor below the list, and its row in the path rule."""
        self.show_detail()
        self.refresh_position()

    def is_available(self, command_id: str) -> bool:
        """Leave out what means nothing here."""
        return command_id not in self.UNAVAILABLE and super().is_available(command_id)
