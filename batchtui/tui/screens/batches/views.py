"""Saved views of the list: `ViewPicker` lists them, `save_view` and `remove_view` write them to the settings file.

A view is a filter, an order and columns under a name. The first nine are on the keys 1 to 9, in the file's order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from batchtui.settings.loading import parse_settings
from batchtui.settings.toml_edit import edit, read_text, write_text
from batchtui.text.safe import one_line
from batchtui.tui.dialogs.picker import Picker
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.spans import Line, Span, Tone
from batchtui.tui.screens.batches.view_state import Arrangement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.widgets import Input

    from batchtui.settings.model import View
    from batchtui.tui.host import Host
    from batchtui.tui.widgets.grid.grid import Grid

COLUMNS = (
    Column("key", "KEY", 3, 3, 100, fixed=True),
    Column("name", "VIEW", 14, 24, 99, fixed=True),
    Column("filter", "FILTER", 20, 60, 90),
    Column("sort", "SORTED BY", 9, 18, 80),
)
MOST_KEYS = 9
"""Views that have a number key."""


class ViewChoice(NamedTuple):
    """What was chosen: to show a view, to save the list as it is under a name, or to remove a view."""

    act: Literal["show", "save", "remove"]
    name: str


class ViewRow(NamedTuple):
    """A saved view in the list of them."""

    number: int
    """From 1."""
    name: str
    view: View


class ViewPicker(Picker[ViewRow, ViewChoice]):
    """Returns what is to be done with which view; it does nothing itself."""

    KEYS: ClassVar[str] = (
        "`enter` show, or save a new name   {field.save} overwrite   {field.remove} remove   {field.close} close"
    )

    def __init__(self, views: Mapping[str, View]) -> None:
        super().__init__(
            "a view, or a name to save this list under",
            COLUMNS,
            empty="enter saves the list as it is under this name" if views else "type a name: enter saves this list",
        )
        self._views = [ViewRow(number, name, view) for number, (name, view) in enumerate(views.items(), 1)]

    def _show(self, typed: str) -> None:
        wanted = typed.strip().lower()
        self._list([row for row in self._views if wanted in row.name.lower() or wanted == str(row.number)])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Show the view under the cursor, or save the list under a name that no view has."""
        event.stop()
        typed = event.value.strip()
        if self.grid.item is not None:
            self.close(ViewChoice("show", self.grid.item.name))
        elif typed:
            self.close(ViewChoice("save", typed))

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Choose with the mouse."""
        self.close(ViewChoice("show", self._shown[event.key].name))

    def _action_field_save(self) -> None:
        typed = self._field.value.strip()
        name = typed or (self.grid.item.name if self.grid.item else "")
        if name:
            self.close(ViewChoice("save", name))

    def _action_field_remove(self) -> None:
        if self.grid.item is not None:
            self.close(ViewChoice("remove", self.grid.item.name))

    def _completed(self, item: ViewRow) -> str:
        return item.name

    def _paint(self, item: ViewRow, column: Column, width: int) -> Line:
        if column.id == "key":
            return (Span(str(item.number), Tone.ACCENT),) if item.number <= MOST_KEYS else ()
        if column.id == "name":
            return (Span(one_line(item.name), Tone.STRONG),)
        if column.id == "filter":
            return (Span(one_line(item.view.filter), Tone.TEXT),) if item.view.filter else (Span("all", Tone.PALE),)
        return (Span(item.view.sort + (", reversed" if item.view.reversed else ""), Tone.DIM),)


def arrangement_of(view: View) -> Arrangement:
    """Return how a view arranges the list."""
    return Arrangement(view.filter.strip(), view.sort, view.reversed, tuple(view.columns), view.by_job)


def save_view(app: Host, name: str, shown: Arrangement) -> None:
    """Write the list as it is arranged to the settings file under a name; a view of that name is replaced.

    Raises:
        StorageError, UsageError: the file cannot be written, or cannot be changed without harm to the rest.
    """
    table: dict[str, object] = {"filter": shown.filter, "sort": shown.sort}
    if shown.descending:
        table["reversed"] = True
    if shown.columns:
        table["columns"] = list(shown.columns)
    if shown.by_job:
        table["by_job"] = True
    _write(app, name, table)


def remove_view(app: Host, name: str) -> None:
    """Take a view out of the settings file. Raises as `save_view`."""
    _write(app, name, None)


def _write(app: Host, name: str, table: dict[str, object] | None) -> None:
    file = app.workspace.paths.config_file
    text = edit(read_text(file), ("views", name), table)
    # What is written is checked as a whole first: a file that batchtui wrote is one that it can read.
    settings = parse_settings(text, where=str(file))
    write_text(file, text)
    app.take_settings(settings)
