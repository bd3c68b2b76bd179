"""`Picker` is a dialog with a field and a list below it: typing narrows the list, and arrows move in it meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.dialogs.dialog import Dialog
from batchtui.tui.rendering.spans import Span, Tone, line
from batchtui.tui.widgets.grid.grid import Grid
from batchtui.tui.widgets.safe_input import SafeInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget
    from textual.widgets import Input

    from batchtui.tui.rendering.columns import Column
    from batchtui.tui.rendering.spans import Line

Item = TypeVar("Item")
Chosen = TypeVar("Chosen")
PAGE = 10
"""Rows that page up and page down move by while typing."""


class Picker(Dialog["Chosen | None"], Generic[Item, Chosen]):
    """Returns what was chosen, None for nothing. Subclasses say in `_show` what typing leaves of what there is."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.FIELD)
    KEYS = "`enter` choose   {field.down} {field.up} move   type to narrow   {field.close} close"
    LOOK = "-palette"

    def __init__(self, what: str, columns: Sequence[Column], *, empty: str) -> None:
        """`what` is shown in the empty field, `empty` in the empty list."""
        super().__init__()
        self._shown: list[Item] = []
        """What typing has left; the keys of the list are places in it."""
        self._field = SafeInput(placeholder=what)
        self.grid: Grid[Item] = Grid(columns, self._page, self._paint, id="palette")
        # The field keeps the focus: its keys move the cursor of the list.
        self.grid.can_focus = False
        self.grid.empty = (line(Span(empty, Tone.DIM)),)

    def box(self) -> Iterator[Widget]:
        """Yield the field and the list."""
        yield self._field
        yield self.grid

    def on_mount(self) -> None:
        """Show everything."""
        self._show("")

    async def _page(self, keys: Sequence[int]) -> Sequence[tuple[int, Item]]:
        return [(key, self._shown[key]) for key in keys if key < len(self._shown)]

    def _paint(self, item: Item, column: Column, width: int) -> Line:
        raise NotImplementedError

    def _show(self, typed: str) -> None:
        """Show what is left once this is typed."""
        raise NotImplementedError

    def _list(self, items: list[Item], cursor: int = 0) -> None:
        """List these items, with the cursor on that one."""
        self._shown = items
        # Keys are places in the narrowed list, so the items of the one before are wrong now.
        self.grid.forget()
        self.grid.update(enumerate(items))
        self.grid.show(range(len(items)), cursor_on=cursor if items else None)

    def _completed(self, item: Item) -> str:
        """Return what would be typed to mean this item; empty where nothing can be completed."""
        return ""

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what is left."""
        event.stop()
        self._show(event.value)

    def _type(self, text: str) -> None:
        self._field.value = text
        self._field.cursor_position = len(text)

    def _action_field_complete(self) -> None:
        if self.grid.item is not None and (text := self._completed(self.grid.item)):
            self._type(text)

    def _action_field_down(self) -> None:
        self.grid.go_to(self.grid.cursor + 1)

    def _action_field_up(self) -> None:
        self.grid.go_to(self.grid.cursor - 1)

    def _action_field_page_down(self) -> None:
        self.grid.go_to(self.grid.cursor + PAGE)

    def _action_field_page_up(self) -> None:
        self.grid.go_to(self.grid.cursor - PAGE)

    def _action_field_close(self) -> None:
        self.close(None)
