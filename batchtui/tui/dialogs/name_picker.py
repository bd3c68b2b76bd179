"""`NamePicker` chooses one of several names, typed or picked: a template, a model, a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from batchtui.text.safe import one_line
from batchtui.tui.dialogs.picker import Picker
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.spans import Line, Span, Tone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widgets import Input

    from batchtui.tui.widgets.grid.grid import Grid

COLUMNS = (Column("name", "NAME", 18, 26, 100, fixed=True), Column("said", "", 20, 90, 90))


class Name(NamedTuple):
    """A name that can be chosen, with a word about it. Both may come from outside, unsanitised."""

    name: str
    said: str = ""


class NamePicker(Picker[Name, str]):
    """Returns the chosen name, None for none."""

    def __init__(self, names: Sequence[Name], what: str, *, others: bool = False) -> None:
        """`what` is shown in the empty field; `others`: whether a name that is not listed may be typed."""
        super().__init__(what, COLUMNS, empty="enter takes what is typed" if others else "no match")
        self._names = names
        self._others = others

    def _show(self, typed: str) -> None:
        """Show the names that begin so, then those that contain it."""
        wanted = typed.strip().lower()
        found = [name for name in self._names if wanted in name.name.lower()]
        self._list(sorted(found, key=lambda name: not name.name.lower().startswith(wanted)))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Choose what the cursor is on, or the typed name where nothing listed contains it."""
        event.stop()
        typed = event.value.strip()
        if self.grid.item is not None:
            self.close(self.grid.item.name)
        # A listed name wins over a typed beginning of it.
        elif self._others and typed:
            self.close(typed)

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Choose with the mouse."""
        self.close(self._shown[event.key].name)

    def _completed(self, item: Name) -> str:
        return item.name

    def _paint(self, item: Name, column: Column, width: int) -> Line:
        if column.id == "name":
            return (Span(one_line(item.name) or "(none)", Tone.STRONG),)
        return (Span(one_line(item.said), Tone.DIM),)
