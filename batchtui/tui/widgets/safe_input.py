"""`SafeInput` is Textual's `Input` made safe: control characters are painted as signs and stay in the value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from batchtui.text.safe import sanitize_char
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.terminal.textual_fixes import PaintedInput

if TYPE_CHECKING:
    from textual.events import Paste

LONGEST_PASTE = 5_000
"""Characters that one line takes at once: every key repaints it, and a megabyte would take seconds each time."""


class SafeInput(PaintedInput):
    """One line that is typed in."""

    class PasteCut(Message):
        """Only the beginning of what was pasted is there; the app says so."""

    def __init__(self, text: str = "", *, placeholder: str = "", select_on_focus: bool = False) -> None:
        super().__init__(text, placeholder=placeholder, compact=True, select_on_focus=select_on_focus)
        self.cursor_blink = False  # a blinking cursor sends 2 KB a second

    def on_paste(self, event: Paste) -> None:
        """Cut what is too long for a line, before Textual inserts it."""
        line = next(iter(event.text.splitlines()), "")
        if len(line) > LONGEST_PASTE:
            event.text = line[:LONGEST_PASTE]
            self.post_message(self.PasteCut())

    def painted(self, text: str) -> str:
        """Return the text character by character as the terminal may have it; ASCII where only that is drawn."""
        shown = sanitize_char(text)
        return shown.encode("ascii", "replace").decode() if painter_of(self).plain else shown
