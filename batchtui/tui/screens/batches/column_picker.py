"""`ColumnPicker` chooses the columns of the list of batches: the marked ones are shown, in this order."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from batchtui.text.numbers import amount
from batchtui.tui.chrome.list_screen import ListScreen
from batchtui.tui.chrome.path_rule import row_words
from batchtui.tui.commands.key_text import text_with_keys
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering.batch_columns import COLUMNS, MEANINGS, MORE
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.spans import Line, Span, Tone, fit, joined
from batchtui.tui.widgets.grid.grid import Grid
from batchtui.tui.widgets.lines_view import ItemView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.binding import BindingType

    from batchtui.services.workspace import Workspace

EVERY = (*COLUMNS, *MORE)
SHAPE = (Column("title", "COLUMN", 10, 12, 100, fixed=True), Column("meaning", "MEANING", 20, 60, 95, fixed=True))


class ColumnPicker(ListScreen[Column]):
    """Lists all columns, and applies each change at once through the functions it was given."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.COLUMNS)
    SCOPES = (Scope.COLUMNS, Scope.LIST, Scope.EVERYWHERE)
    TITLE_IN_PATH = "Columns"
    DETAIL_TITLE = "this column"

    def __init__(
        self,
        workspace: Workspace,
        chosen: Sequence[Column],
        choose: Callable[[Sequence[str]], None],
        sort: Callable[[str, bool], None],
    ) -> None:
        """Build it over the columns that are shown now.

        Args:
            workspace: as for every screen.
            chosen: the columns that are shown now.
            choose: takes the ids of the columns to be shown, in their order.
            sort: takes a sort key and False, or any and True to reverse the order.
        """
        super().__init__(workspace)
        self._choose = choose
        self._sort = sort
        # Chosen columns first in their order, then the others as they come.
        self._order = [column.id for column in chosen] + [column.id for column in EVERY if column not in chosen]
        self._first = {column.id for column in chosen}
        self._by_id = {column.id: column for column in EVERY}
        self.items = EVERY
        self.detail = ColumnHelp()
        self.grid = Grid(SHAPE, self.page, paint, id="columns")

    def on_mount(self) -> None:
        """Show the columns, the chosen ones marked."""
        self._show(self._first)

    def _key(self, column_id: str) -> int:
        return EVERY.index(self._by_id[column_id])

    def _show(self, chosen: set[str]) -> None:
        self.grid.update(enumerate(EVERY))
        self.grid.show([self._key(column_id) for column_id in self._order])
        self.grid.mark_only({self._key(column_id) for column_id in chosen})
        self.show_detail()
        self.refresh_frame()

    @property
    def _chosen(self) -> list[str]:
        return [name for name in self._order if self._key(name) in self.grid.marks]

    def on_grid_marks_changed(self) -> None:
        """Show the marked columns in the list; fixed columns stay marked."""
        fixed = {self._key(column.id) for column in EVERY if column.fixed}
        # Marking again posts another message, which then applies the choice.
        if not fixed <= self.grid.marks:
            self.grid.mark_only(self.grid.marks | fixed)
            return
        self._choose(self._chosen)
        self.refresh_frame()

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Mark the column, or remove its mark."""
        self.grid.mark_only(self.grid.marks ^ {event.key})

    def on_grid_sort_asked(self, event: Grid.SortAsked) -> None:
        """Sort the list of batches by the column under the cursor, or reverse it."""
        column = self.grid.item
        if column is not None:
            self._sort(column.sort, event.reverse)
            self.dashboard.say("Order reversed." if event.reverse else f"Sorted by {column.title.lower()}.")

    def _action_columns_down(self) -> None:
        self._move(1)

    def _action_columns_up(self) -> None:
        self._move(-1)

    def _action_columns_usual(self) -> None:
        self._order = [column.id for column in EVERY]
        self._show({column.id for column in COLUMNS})
        self._choose(())

    def _move(self, step: int) -> None:
        at = self.grid.cursor
        if 0 <= at + step < len(self._order):
            self._order.insert(at + step, self._order.pop(at))
            self.grid.show([self._key(column_id) for column_id in self._order])
            self._choose(self._chosen)

    def position(self) -> Line:
        """Return how many columns are shown, which are those marked, and the row."""
        shown = (Span(f"{amount(len(self.grid.marks), 'column')} shown", Tone.DIM),)
        return joined([shown, row_words(self.grid.cursor, len(self.grid.order))], " · ")


class ColumnHelp(ItemView[Column]):
    """Draws what a column says, how much room it takes, and what can be done with it."""

    def __init__(self) -> None:
        super().__init__(id="column-help")

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return what the column means, its width, and the keys that work on it."""
        column = self.item
        if column is None:
            return []
        said = (Span(f" {column.title}  ", Tone.STRONG), Span(MEANINGS[column.id]))
        room = amount(column.least, "column")
        most = "all the room that is left" if column.takes_rest else amount(column.most, "column")
        wide = f" {room} of the terminal" if column.least == column.most else f" {room} of the terminal, up to {most}"
        if not column.fixed:
            before = sum(other.worth > column.worth for other in EVERY)
            wide += f"; {amount(before, 'column goes', 'columns go')} before it where there is no room for all"
        keys = "{list.mark} shows or hides it   {columns.up} {columns.down} moves it   {list.sort} sorts by it"
        return [
            fit(said, columns),
            (Span(wide, Tone.DIM),),
            (Span(" "), *text_with_keys(self, keys, Tone.DIM, Tone.STRONG)),
        ]


def paint(item: Column, column: Column, width: int) -> Line:
    """Return one cell."""
    return (Span(item.title, Tone.STRONG),) if column.id == "title" else (Span(MEANINGS[item.id], Tone.DIM),)
