"""`FilePicker` chooses a file or a folder by typing its path, completed from the folder it is in."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from batchtui.settings.user_paths import is_folder, is_there, path_of
from batchtui.text.numbers import size
from batchtui.text.safe import one_line
from batchtui.tui.dialogs.picker import Picker
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.spans import Line, Span, Tone

if TYPE_CHECKING:
    from textual.widgets import Input

    from batchtui.tui.widgets.grid.grid import Grid

SUFFIXES = (".jsonl", ".ndjson", ".json", ".gz")
"""Suffixes of files of requests; others can be typed."""
MOST = 2_000
"""Entries of a folder that are looked at."""
COLUMNS = (Column("name", "FILE", 20, 60, 100), Column("size", "SIZE", 8, 10, 90, right=True))


class FileEntry(NamedTuple):
    """A file that can be chosen, or a folder that can be entered."""

    path: Path
    is_folder: bool
    bytes: int


class FilePicker(Picker[FileEntry, Path]):
    """Returns the chosen path, None for none. It reads no file."""

    def __init__(
        self,
        folder: Path,
        suffixes: tuple[str, ...] = SUFFIXES,
        what: str = "a file, or a folder of parts",
        first: tuple[str, ...] = (),
    ) -> None:
        """Offer what lies in a folder.

        Args:
            folder: where to begin.
            suffixes: of files that are offered; others can be typed.
            what: stands in the field while it is empty.
            first: of these files, those that are listed before the others.
        """
        super().__init__(what, COLUMNS, empty="no matching file here")
        self._folder = folder
        self._suffixes = suffixes
        self._first = first

    def _show(self, typed: str) -> None:
        """Show what the path could become."""
        found = entries(self._folder, typed, self._suffixes)
        self._list(sorted(found, key=lambda entry: not entry.path.name.lower().endswith(self._first or ("",))))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Choose the typed path where it exists, else what the cursor is on."""
        event.stop()
        typed = resolved(self._folder, event.value) if event.value.strip() else None
        if typed is not None and is_there(typed):
            self.close(typed)
        elif self.grid.item is not None:
            self._take(self.grid.item)

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Choose with the mouse."""
        self._take(self._shown[event.key])

    def _take(self, entry: FileEntry) -> None:
        if entry.is_folder:
            self._type(self._completed(entry))
        else:
            self.close(entry.path)

    def _completed(self, item: FileEntry) -> str:
        return _written(self._folder, item)

    def _paint(self, item: FileEntry, column: Column, width: int) -> Line:
        if column.id == "size":
            return () if item.is_folder else (Span(size(item.bytes), Tone.DIM),)
        name = one_line(item.path.name)
        return (Span(f"{name}/", Tone.DIM),) if item.is_folder else (Span(name, Tone.STRONG),)


def resolved(folder: Path, typed: str) -> Path:
    """Return a typed path, relative to a folder."""
    return folder / path_of(typed.strip())


def entries(folder: Path, typed: str, suffixes: tuple[str, ...] = SUFFIXES) -> list[FileEntry]:
    """Return what a typed path could become: folders, and files with these suffixes, whose names begin so."""
    path = resolved(folder, typed)
    inside, begins = (path, "") if not typed or typed.endswith("/") else (path.parent, path.name)
    found: list[FileEntry] = []
    try:
        # A folder of a million files must not stop the keys.
        children = sorted(inside.iterdir())[:MOST]
    except (OSError, ValueError):
        # A folder that is not there or not ours has nothing to offer; what is typed may still be right.
        return found
    for child in children:
        # Hidden entries are offered only once a dot was typed.
        if not child.name.startswith(begins) or (child.name.startswith(".") and not begins):
            continue
        if is_folder(child):
            found.append(FileEntry(child, True, 0))
        elif child.name.lower().endswith(suffixes) or child.name == begins:
            with suppress(OSError):  # a link to nowhere
                found.append(FileEntry(child, False, child.stat().st_size))
    return sorted(found, key=lambda entry: (entry.is_folder, entry.path.name))


def _written(folder: Path, entry: FileEntry) -> str:
    path = entry.path.relative_to(folder) if entry.path.is_relative_to(folder) else entry.path
    return f"{path}/" if entry.is_folder else str(path)
