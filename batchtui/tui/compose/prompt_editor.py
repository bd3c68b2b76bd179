"""A text that is being written: a prompt, a system prompt, the fields of an answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.message import Message
from textual.widgets import TextArea

from batchtui.text.safe import sanitize_char
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.terminal.textual_fixes import require

if TYPE_CHECKING:
    from collections.abc import Sequence

require(TextArea, "get_line")  # what is painted would not be made safe any more
_GAP = re.compile(r"\{\{\s*(\w*)$")
LONGEST = 200_000
"""Characters that are written here; what is longer is for $EDITOR, and only its beginning is shown."""


class PromptEditor(TextArea):
    """Shows one text and hears what is typed. It knows nothing of what the text is for.

    What would drive a terminal is shown as a sign of one column and stays what it is in the text.
    """

    DEFAULT_CSS: ClassVar[str] = """
    PromptEditor, PromptEditor:focus {
        border: none; padding: 0 1; background: $background; background-tint: transparent 0%;
    }
    PromptEditor { scrollbar-size: 0 1; }
    PromptEditor .text-area--suggestion { text-style: dim italic; }
    """

    class Edited(Message):
        """Another text stands there, by hand."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__(compact=True, highlight_cursor_line=False, max_checkpoints=200)
        self.cursor_blink = False  # a blinking cursor sends 2 KB a second
        self._shown = ""
        self.names: Sequence[str] = ()
        """What can stand in a gap; the rest of a name is offered while one types, the arrow to the right takes it."""

    def show(self, text: str) -> None:
        """Show another text; nothing happens where it stands there already."""
        if text == self._shown:
            return
        self._shown = text
        self.read_only = len(text) > LONGEST
        self.load_text(text[:LONGEST])

    def take_keys(self) -> None:
        """Go on writing where the text ends."""
        self.move_cursor(self.document.end)
        self.focus()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Tell what is typed, and nothing that was only shown."""
        event.stop()
        if not self.read_only and self.text != self._shown:
            self._shown = self.text
            self.post_message(self.Edited(self.text))

    def update_suggestion(self) -> None:
        """Offer the rest of a name in a gap."""
        row, column = self.cursor_location
        line = self.document.get_line(row)
        begun = _GAP.search(line[:column])
        is_open = begun is not None and begun[1] and not line[column:].strip()
        self.suggestion = _rest(begun[1], self.names) if begun and is_open else ""

    def get_line(self, line_index: int) -> Text:
        """Return a line as it is painted: as wide as it is, and safe."""
        line = "\t".join(map(sanitize_char, self.document.get_line(line_index).split("\t")))
        return Text(line.encode("ascii", "replace").decode() if painter_of(self).plain else line, end="", no_wrap=True)


def _rest(begun: str, names: Sequence[str]) -> str:
    """Return what is missing of the first name that begins so, with the end of the gap."""
    found = next((name for name in names if name.startswith(begun)), None)
    return f"{found[len(begun) :]} }}}}" if found else ""
