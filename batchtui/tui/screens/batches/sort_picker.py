"""`SortPicker` is the menu of what the list can be sorted by."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from batchtui.domain.batches.query import SORT_KEYS
from batchtui.tui.dialogs.picker import Picker
from batchtui.tui.rendering.batch_columns import COLUMNS as SHOWN
from batchtui.tui.rendering.batch_columns import MEANINGS, MORE
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widgets import Input

    from batchtui.domain.batches.query import SortKey
    from batchtui.tui.widgets.grid.grid import Grid

COLUMNS = (
    Column("order", "", 1, 1, 100, fixed=True),
    Column("name", "SORT BY", 12, 14, 100, fixed=True),
    Column("said", "MEANING", 20, 60, 90),
)


class SortChoice(NamedTuple):
    """One order of the list."""

    key: SortKey
    title: str
    said: str


def sort_choices(shown: Sequence[Column]) -> list[SortChoice]:
    """Return every order: the two that are no column, the columns that are shown, then the others."""
    columns = {column.sort: column for column in (*shown, *SHOWN, *MORE) if column.sort}
    keys = ["attention", "newest", *columns]
    said = {"attention": "attention: unknown, failed, in progress, then ended", "newest": "the newest first"}
    return [
        SortChoice(
            sort,
            columns[sort].title.lower() if sort in columns else sort,
            said.get(sort) or MEANINGS[columns[sort].id],
        )
        # Looked up in SORT_KEYS for the types: what columns name is any string to them.
        for key in dict.fromkeys(keys)
        for sort in SORT_KEYS
        if sort == key
    ]


class SortPicker(Picker[SortChoice, "SortKey"]):
    """Returns the chosen order; the one in force means that it is reversed."""

    KEYS = "`enter` sort by it; again: reverse   type to narrow   {field.close} close"

    def __init__(self, shown: Sequence[Column], now: SortKey, *, descending: bool) -> None:
        super().__init__("what to sort by", COLUMNS, empty="no match")
        self._choices = sort_choices(shown)
        self._now = now
        self._descending = descending

    def _show(self, typed: str) -> None:
        wanted = typed.strip().lower()
        found = [choice for choice in self._choices if wanted in f"{choice.title} {choice.key}"]
        found.sort(key=lambda choice: not choice.title.startswith(wanted))
        here = next((at for at, choice in enumerate(found) if choice.key == self._now), 0)
        self._list(found, cursor=0 if wanted else here)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Choose what the cursor is on."""
        event.stop()
        if self.grid.item is not None:
            self.close(self.grid.item.key)

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Choose with the mouse."""
        self.close(self._shown[event.key].key)

    def _paint(self, item: SortChoice, column: Column, width: int) -> Line:
        if column.id == "order":
            if item.key != self._now:
                return ()
            up, down = ("^", "v") if painter_of(self).plain else ("▴", "▾")
            return (Span(up if self._descending else down, Tone.ACCENT),)
        if column.id == "name":
            return (Span(item.title, Tone.STRONG),)
        return (Span(item.said, Tone.DIM),)
