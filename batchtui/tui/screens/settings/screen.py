"""`SettingsScreen` lists every setting with its value and meaning; changes are checked, written and applied at once.

It writes config.toml as a person would: comments and order stay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.geometry import Region

from batchtui.domain.errors import UsageError
from batchtui.settings import reference
from batchtui.settings.loading import parse_settings
from batchtui.settings.toml_edit import coerce, parsed, read_text, write_text
from batchtui.text.numbers import amount
from batchtui.text.safe import display_path, one_line, sanitize
from batchtui.tui.chrome.list_screen import ListScreen
from batchtui.tui.commands import keymap
from batchtui.tui.commands.key_text import text_with_keys
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import COMMANDS, Scope
from batchtui.tui.dialogs.text_prompt import TextPrompt
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, line, wrapped
from batchtui.tui.terminal import external
from batchtui.tui.widgets.filter_bar import FilterBar
from batchtui.tui.widgets.form import ARROWS, ARROWS_PLAIN, OPEN_BOX, Field, FieldKind, field_line, text_box
from batchtui.tui.widgets.grid.grid import Grid
from batchtui.tui.widgets.lines_view import ItemView
from batchtui.tui.workers import run_guarded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from batchtui.services.workspace import Workspace
    from batchtui.settings.model import Settings

COLUMNS = (
    Column("key", "SETTING", 26, 34, 100, fixed=True),
    Column("value", "VALUE", 12, 34, 95, fixed=True, good=20),
    Column("meaning", "WHAT IT MEANS", 20, 200, 80),
)
AT_THE_NEXT_START = frozenset({
    "log_level", "refresh.automatic", "refresh.fetch_results", "notify.command", "notify.webhook", "notify.timeout",
    "screen.mouse", "screen.hints", "screen.calm",
})  # fmt: skip
"""Settings that are read only when the dashboard starts."""
PREFACE = re.compile(r"^config\.toml: (line \d+: )?|^The settings give `[^`]+` ")
"""The beginning of an error message that is left out where one setting alone is typed."""
MARK = 2
"""Columns of the sign before a value that differs from its default."""
SWITCH = ("true", "false")
NOTHING_FOUND = (line(Span("No setting matches", Tone.STRONG)),)


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting."""

    entry: reference.SettingEntry
    path: tuple[str, ...]
    """The names that lead to it in the file."""

    @property
    def key(self) -> str:
        """Its dotted name."""
        return ".".join(self.path)

    @property
    def words(self) -> str:
        """The text that a search looks in."""
        return f"{self.key} {self.entry.value} {self.entry.meaning}".lower()


class SettingsScreen(ListScreen[SettingRow]):
    """A list of settings, the keys of every command among them."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.SETTINGS)
    SCOPES = (Scope.SETTINGS, Scope.LIST, Scope.EVERYWHERE)
    TITLE_IN_PATH = "Settings"
    UNAVAILABLE = frozenset({"list.mark", "list.sort", "app.settings"})

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._file = workspace.paths.config_file
        self.items = rows(workspace.settings)
        self._words = ""
        self._bar = FilterBar("name or meaning of a setting")
        self.detail = SettingHelp(str(self._file))
        self.grid = Grid(COLUMNS, self.page, self._paint, id="settings")
        self.grid.empty = NOTHING_FOUND

    def above(self) -> Iterator[Widget]:
        """Lay out the field of the search."""
        yield self._bar

    def on_mount(self) -> None:
        """Show the list."""
        self._show()

    def _show(self) -> None:
        words = self._words.lower().split()
        shown = [at for at, row in enumerate(self.items) if all(word in row.words for word in words)]
        self.grid.update(enumerate(self.items))
        self.grid.show(shown)
        self._bar.say(Span(f"{len(shown)} of {len(self.items)} ", Tone.DIM))
        self.show_detail()
        self.refresh_frame()

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        """Show only settings with certain words."""
        self._words = event.text
        self._show()

    def on_filter_bar_left(self) -> None:
        """Give the focus back to the list."""
        self.grid.focus()

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Change a setting: one of few values goes on to the next, any other is typed."""
        row = self.items[event.key]
        choices = row.entry.choices
        if choices:
            # A value that is no choice, as from an edited file, goes on to the first.
            at = choices.index(row.entry.value) if row.entry.value in choices else -1
            self._take(row, choices[(at + 1) % len(choices)])
            return
        text = row.entry.value
        self.app.push_screen(
            TextPrompt(
                f"{row.key}; empty for the default",
                _bare(text),
                check=lambda typed: self._complaint(row, typed),
                over=self._region_of_value,
            ),
            lambda typed: self._take(row, typed) if typed is not None else None,
        )

    def _paint(self, item: SettingRow, column: Column, width: int) -> Line:
        return paint(item, column, width, plain=painter_of(self).plain)

    def _region_of_value(self) -> Region:
        cell = self.grid.region_of_cell("value")
        return Region(cell.x + MARK + len(OPEN_BOX), cell.y, cell.width - MARK - 2 * len(OPEN_BOX), 1)

    def _complaint(self, row: SettingRow, typed: str) -> str:
        try:
            coerce(read_text(self._file), row.path, typed, check=check_keys)
        except UsageError as error:
            return one_line(PREFACE.sub("", error.message))
        return ""

    def _take(self, row: SettingRow, typed: str) -> None:
        run_guarded(self, lambda: self._write(row, typed), group="settings")

    async def _write(self, row: SettingRow, typed: str) -> None:
        # Checked as a whole file before it is written: a setting may clash with another.
        text, settings = coerce(read_text(self._file), row.path, typed, check=check_keys)
        write_text(self._file, text)
        self._hold(settings)
        later = " It takes effect after a restart." if row.key in AT_THE_NEXT_START else ""
        self.dashboard.say(f"Written to {sanitize(self._file.name)}.{later}")

    def _hold(self, settings: Settings) -> None:
        self.dashboard.take_settings(settings)
        self.items = rows(settings)
        self._show()

    # ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _action_settings_find(self) -> None:
        self._bar.open()

    def _action_settings_default(self) -> None:
        row = self.grid.item
        if row is not None and row.entry.is_changed:
            self._take(row, "")

    def _action_settings_editor(self) -> None:
        run_guarded(self, self._edit, group="settings")

    async def _edit(self) -> None:
        """Open the file in the editor; an empty one gets every setting first, commented out."""
        # An empty editor would not say which settings there are.
        if not read_text(self._file).strip():
            write_text(self._file, reference.template())
        external.edit_file(self.app, self._file)
        text = read_text(self._file)
        # First whether it is TOML at all: that error names the line.
        parsed(text)
        settings = parse_settings(text, where=str(self._file))
        check_keys(settings)
        self._hold(settings)

    def back(self) -> bool:
        """Close the search. Returns whether it was open."""
        if self._bar.display:
            self._bar.close()
            return True
        return False

    def is_available(self, command_id: str) -> bool:
        """Offer the default where the setting differs from it."""
        if command_id == "settings.default":
            return self.grid.item is not None and self.grid.item.entry.is_changed
        return super().is_available(command_id)

    def aside(self) -> Line:
        """Return how many settings differ from their default."""
        changed = sum(row.entry.is_changed for row in self.items)
        return (Span(f"{amount(changed, 'setting')} changed" if changed else "all at their defaults", Tone.DIM),)


class SettingHelp(ItemView[SettingRow]):
    """Draws what one setting means, which values it takes, and where it is written."""

    def __init__(self, file: str) -> None:
        super().__init__(id="meaning")
        self._file = file

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the lines that there is room for; the file is always the last."""
        row = self.item
        if row is None:
            return []
        entry = row.entry
        said: list[Line] = [(Span(f" {part}"),) for part in wrapped(sanitize(entry.meaning), columns - 2)]
        if entry.choices:
            said.append(self._choices(entry))
        when = "after a restart" if row.key in AT_THE_NEXT_START else "immediately"
        default = _bare(entry.default) or "not set"
        said.append((Span(f" default {sanitize(default)}  ·  a change takes effect {when}", Tone.DIM),))
        # The file name always has its line, since people look for it.
        return [*said[: rows - 1], (Span(f" {display_path(self._file)}", Tone.PALE),)]

    def _choices(self, entry: reference.SettingEntry) -> Line:
        """Return all values that a setting can have, the one in force on a ground of its own."""
        field = Field("", "", FieldKind.CHOICE, _bare(entry.value), tuple(map(_bare, entry.choices)))
        return (*text_with_keys(self, " {list.open} next: "), *field_line(field, 200, plain=painter_of(self).plain))


def rows(settings: Settings) -> tuple[SettingRow, ...]:
    """Return every setting as a row; in place of the table of keys, a row for each command."""
    made = [SettingRow(entry, entry.path) for entry in reference.entries(settings) if entry.key != "keys"]
    for command in COMMANDS:
        own = settings.keys.get(command.id)
        # A keymap lists every command, also those without an entry in the file.
        usual = ",".join(command.keys)
        meaning = f"{command.help.rstrip('.')} ({command.scope})."
        made.append(
            SettingRow(
                reference.SettingEntry("keys", command.id, usual if own is None else own, usual, meaning),
                ("keys", command.id),
            )
        )
    return tuple(made)


def check_keys(settings: Settings) -> None:
    """Check a person's own keys.

    Raises:
        UsageError: an unknown command or key, or one key for two things.
    """
    keymap.merge_keymap(settings.keys)


def paint(item: SettingRow, column: Column, width: int, *, plain: bool) -> Line:
    """Return one cell."""
    entry = item.entry
    if column.id == "key":
        return (Span(sanitize(item.key), Tone.STRONG if entry.is_changed else Tone.TEXT),)
    if column.id == "value":
        sign = Span("• " if entry.is_changed else "  ", Tone.ACCENT)
        return (sign, *_field(entry, width - MARK, plain=plain))
    return (Span(sanitize(entry.meaning), Tone.DIM),)


def _field(entry: reference.SettingEntry, room: int, *, plain: bool) -> Line:
    """Return a setting as a field: a box that is checked, one choice of several, or a box to type in."""
    said = _bare(entry.shown)
    if entry.choices == SWITCH:
        return field_line(Field("", "", FieldKind.SWITCH, said, is_on=said == "true"), room, plain=plain)
    if entry.choices:
        left, right = ARROWS_PLAIN if plain else ARROWS
        return (Span(f"{left} ", Tone.DIM), Span(one_line(said), Tone.TEXT), Span(f" {right}", Tone.DIM))
    return text_box(said, room - 2 * len(OPEN_BOX), "not set")


def _bare(value: str) -> str:
    """Return a TOML value without its quotation marks, where nothing in it needs them."""
    inside = value[1:-1]
    return inside if len(value) > 1 and value[0] == value[-1] == '"' and not set(inside) & set('"\\') else value
