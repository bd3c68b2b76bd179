"""The palette: every command that works now, found by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from batchtui.tui.keymap import shown
from batchtui.tui.look import look_of
from batchtui.tui.pieces import Line, Piece, Tone, line
from batchtui.tui.widgets.columns import Column
from batchtui.tui.widgets.field import Field
from batchtui.tui.widgets.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.widgets import Input

    from batchtui.tui.commands import Command
    from batchtui.tui.widgets.footer import Offer

COLUMNS = (
    Column("title", "COMMAND", 16, 20, 100, fixed=True),
    Column("key", "KEY", 8, 8, 90),
    Column("help", "WHAT IT DOES", 20, 60, 80),
)


class PaletteScreen(ModalScreen["Command | None"]):
    """Offers commands and returns the one that was chosen. It carries out nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False),
        Binding("up,ctrl+p", "move(-1)", show=False),
        Binding("down,ctrl+n", "move(1)", show=False),
    ]

    def __init__(self, offers: Sequence[Offer]) -> None:
        super().__init__()
        self._offers = [offer for offer in offers if offer[0].in_palette]
        self.grid: Grid[Offer] = Grid(COLUMNS, self._page, self._paint, id="palette")
        self.grid.can_focus = False
        self.grid.empty = (line(Piece("no such command", Tone.DIM)),)
        self._is_closed = False

    def compose(self) -> ComposeResult:
        """Lay out the field and the list."""
        with Vertical(id="dialog", classes="-palette"):
            field = Field(placeholder="a command")
            yield field
            yield self.grid

    def on_mount(self) -> None:
        """Offer everything."""
        self._show("")

    async def _page(self, keys: Sequence[int]) -> Sequence[tuple[int, Offer]]:
        return [(key, self._offers[key]) for key in keys]

    def _paint(self, item: Offer, column: Column, width: int) -> Line:
        command, key = item
        if column.id == "title":
            return (Piece(command.title, Tone.STRONG),)
        if column.id == "key":
            return (Piece(shown(key, plain=look_of(self).plain), Tone.ACCENT),)
        return (Piece(command.help, Tone.DIM),)

    def _show(self, typed: str) -> None:
        words = typed.lower().split()
        found = [at for at, offer in enumerate(self._offers) if all(word in _named(offer[0]) for word in words)]
        found.sort(key=lambda at: not self._offers[at][0].title.startswith(typed.lower()))
        self.grid.update((at, self._offers[at]) for at in found)
        self.grid.show(found, cursor_on=found[0] if found else None)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Offer what matches."""
        self._show(event.value)

    def on_input_submitted(self) -> None:
        """Choose what the cursor is on."""
        self._close(self.grid.item)

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Choose with the mouse."""
        self._close(self._offers[event.key])

    def _close(self, offer: Offer | None) -> None:
        if not self._is_closed:
            self._is_closed = True
            self.dismiss(offer[0] if offer else None)

    def _action_close(self) -> None:
        self._close(None)

    def _action_move(self, step: int) -> None:
        self.grid.go_to(self.grid.cursor + step)


def _named(command: Command) -> str:
    return f"{command.title} {command.id} {command.help}".lower()
