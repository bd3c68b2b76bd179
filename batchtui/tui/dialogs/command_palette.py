"""`CommandPalette` finds any command that works now by its name, and returns it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.tui.commands.keymap import display_key
from batchtui.tui.dialogs.picker import Picker
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.tui.commands.table import Command, Offer
    from batchtui.tui.widgets.grid.grid import Grid

COLUMNS = (
    Column("title", "COMMAND", 16, 20, 100, fixed=True),
    Column("key", "KEY", 8, 8, 90),
    Column("help", "WHAT IT DOES", 20, 60, 80),
)


class CommandPalette(Picker["Offer", "Command"]):
    """Offers commands. It carries out nothing."""

    def __init__(self, offers: Sequence[Offer]) -> None:
        super().__init__("a command", COLUMNS, empty="no such command")
        # Commands that move a cursor are not looked for by name.
        self._offers = [offer for offer in offers if offer[0].in_palette]

    async def _page(self, keys: Sequence[int]) -> Sequence[tuple[int, Offer]]:
        return [(key, self._offers[key]) for key in keys]

    def _paint(self, item: Offer, column: Column, width: int) -> Line:
        command, key = item
        if column.id == "title":
            return (Span(command.title, Tone.STRONG),)
        if column.id == "key":
            return (Span(display_key(key, plain=painter_of(self).plain), Tone.ACCENT),)
        return (Span(command.help, Tone.DIM),)

    def _show(self, typed: str) -> None:
        words = typed.lower().split()
        found = [at for at, offer in enumerate(self._offers) if all(word in _named(offer[0]) for word in words)]
        # A title that begins with the typed text comes before one that contains it.
        found.sort(key=lambda at: not self._offers[at][0].title.startswith(typed.lower()))
        self.grid.update((at, self._offers[at]) for at in found)
        self.grid.show(found, cursor_on=found[0] if found else None)

    def on_input_submitted(self) -> None:
        """Choose what the cursor is on."""
        if self.grid.item is not None:
            self.close(self.grid.item[0])

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Choose with the mouse."""
        self.close(self._offers[event.key][0])


def _named(command: Command) -> str:
    return f"{command.title} {command.id} {command.help}".lower()
