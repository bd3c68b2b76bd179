"""The line in which a filter is typed, and which says what it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from batchtui.tui.pieces import Line, Piece, Tone
from batchtui.tui.widgets.picture import Picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult


class FilterBar(Horizontal):
    """Open while a filter is typed or in force. It knows text, and nothing of what is filtered."""

    class Changed(Message):
        """Another text is to be filtered by."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """The typing is over: keys belong to the list again."""

    def __init__(self, placeholder: str) -> None:
        super().__init__()
        self._field = Input(placeholder=placeholder, compact=True, select_on_focus=False)
        self._field.cursor_blink = False  # a blinking cursor sends 2 KB a second
        self._said = _Said(id="filter-said")
        self.display = False

    def compose(self) -> ComposeResult:
        """Lay out the sign, the field and what it leaves."""
        yield _Said(Piece(" / ", Tone.ACCENT), id="filter-sign")
        yield self._field
        yield self._said

    @property
    def text(self) -> str:
        """What is typed."""
        return self._field.value

    def open(self, text: str | None = None) -> None:
        """Take the keys; with a text, show that as typed."""
        self.display = True
        if text is not None:
            self._field.value = text
        else:
            self._field.focus()

    def close(self) -> None:
        """Clear the text and go."""
        self._field.value = ""
        self.display = False
        self.post_message(self.Left())

    def say(self, *pieces: Piece) -> None:
        """Say at the end of the line what the filter leaves."""
        self._said.say(*pieces)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while typing."""
        event.stop()
        self.post_message(self.Changed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter and go back to the list."""
        event.stop()
        if not event.value.strip():
            self.display = False
        self.post_message(self.Left())


class _Said(Picture):
    """A few words on one line."""

    def __init__(self, *pieces: Piece, id: str) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._pieces = pieces

    def say(self, *pieces: Piece) -> None:
        self._pieces = pieces
        self.styles.width = sum(len(piece.text) for piece in pieces)
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        return [self._pieces]
