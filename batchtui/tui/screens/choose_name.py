"""Choosing one of several names: typed or picked, each with a word about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from batchtui.text.safe import squeezed
from batchtui.tui.pieces import Line, Piece, Tone, line
from batchtui.tui.widgets.columns import Column
from batchtui.tui.widgets.field import Field
from batchtui.tui.widgets.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.widgets import Input

COLUMNS = (Column("name", "NAME", 18, 26, 100, fixed=True), Column("said", "", 20, 90, 90))


class Name(NamedTuple):
    """Something that can be chosen. Both may come from outside."""

    name: str
    said: str = ""


class ChooseName(ModalScreen["str | None"]):
    """Returns the name that was chosen; None where none was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("tab", "complete", show=False, priority=True),
    ]

    def __init__(self, names: Sequence[Name], what: str, *, others: bool = False) -> None:
        """`what`: is to be chosen, in the field while that is empty. `others`: what is not listed may be typed, too."""
        super().__init__()
        self._names = names
        self._others = others
        self._shown: list[Name] = []
        self._field = Field(placeholder=what)
        self.grid: Grid[Name] = Grid(COLUMNS, self._page, _paint, id="palette")
        self.grid.can_focus = False
        self.grid.empty = (line(Piece("enter takes what is typed" if others else "none is called so", Tone.DIM)),)
        self._is_closed = False

    def compose(self) -> ComposeResult:
        """Lay out the field and the names."""
        with Vertical(id="dialog", classes="-palette"):
            yield self._field
            yield self.grid

    def on_mount(self) -> None:
        """Show all of them."""
        self._show("")

    async def _page(self, keys: Sequence[int]) -> Sequence[tuple[int, Name]]:
        return [(key, self._shown[key]) for key in keys if key < len(self._shown)]

    def _show(self, typed: str) -> None:
        wanted = typed.strip().lower()
        self._shown = [name for name in self._names if wanted in name.name.lower()]
        self._shown.sort(key=lambda name: not name.name.lower().startswith(wanted))
        self.grid.forget()
        self.grid.update(enumerate(self._shown))
        self.grid.show(range(len(self._shown)), cursor_on=0 if self._shown else None)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what begins so, then what holds it."""
        event.stop()
        self._show(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Choose what the cursor is on; what is typed where nothing listed holds it."""
        event.stop()
        typed = event.value.strip()
        if self.grid.item is not None:
            self._close(self.grid.item.name)
        elif self._others and typed:
            self._close(typed)

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Choose with the mouse."""
        self._close(self._shown[event.key].name)

    def _action_complete(self) -> None:
        if self.grid.item is not None:
            self._field.value = self.grid.item.name
            self._field.cursor_position = len(self._field.value)

    def _action_move(self, rows: int) -> None:
        self.grid.go_to(self.grid.cursor + rows)

    def _action_close(self) -> None:
        self._close(None)

    def _close(self, name: str | None) -> None:
        if not self._is_closed:
            self._is_closed = True
            self.dismiss(name)


def _paint(item: Name, column: Column, width: int) -> Line:
    if column.id == "name":
        return (Piece(squeezed(item.name) or "(none)", Tone.STRONG),)
    return (Piece(squeezed(item.said), Tone.DIM),)
