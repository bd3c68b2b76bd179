"""`PromptEditor` is the editor of a text of a draft: the prompt, the system prompt, the fields of an answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.message import Message
from textual.widgets import TextArea

from batchtui.text.safe import sanitize_char
from batchtui.tui.host import host_of
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.terminal.textual_fixes import require

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Paste

require(TextArea, "get_line")  # what is painted would not be made safe any more
_GAP = re.compile(r"\{\{\s*(\w*)$")
LONGEST = 200_000
"""Characters that are edited here; of a longer text only the beginning is shown, and $EDITOR takes it."""


class PromptEditor(TextArea):
    """Edits one text, and does not know what it is for.

    Control characters are painted as signs of one column and stay in the text.
    """

    DEFAULT_CSS: ClassVar[str] = """
    PromptEditor, PromptEditor:focus {
        border: none; padding: 0 1; background: $background; background-tint: transparent 0%;
    }
    PromptEditor { scrollbar-size: 0 1; }
    PromptEditor .text-area--suggestion { text-style: dim italic; }
    """

    class Edited(Message):
        """A person has changed the text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__(compact=True, highlight_cursor_line=False, max_checkpoints=200)
        self.cursor_blink = False  # a blinking cursor sends 2 KB a second
        self._shown = ""
        self.names: Sequence[str] = ()
        """Names of columns, offered while a placeholder is typed; the right arrow takes one."""

    def show(self, text: str) -> None:
        """Show another text; does nothing where it is shown already, so that the cursor stays."""
        if text == self._shown:
            return
        self._shown = text
        self.read_only = len(text) > LONGEST
        self.load_text(text[:LONGEST])

    def take_keys(self) -> None:
        """Take the focus, with the cursor at the end of the text."""
        self.move_cursor(self.document.end)
        self.focus()

    def on_paste(self, event: Paste) -> None:
        """Cut what is too long to be written here, before Textual inserts it."""
        room = max(0, LONGEST - len(self.text))
        if len(event.text) > room:
            event.text = event.text[:room]
            host_of(self).say(f"Only the first {room:,} characters were pasted; open longer texts in the editor.")

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Post what was typed, and nothing that was only shown."""
        event.stop()
        if not self.read_only and self.text != self._shown:
            self._shown = self.text
            self.post_message(self.Edited(self.text))

    def update_suggestion(self) -> None:
        """Offer the rest of a name in a placeholder."""
        row, column = self.cursor_location
        line = self.document.get_line(row)
        begun = _GAP.search(line[:column])
        is_open = begun is not None and begun[1] and not line[column:].strip()
        self.suggestion = _rest(begun[1], self.names) if begun and is_open else ""

    def get_line(self, line_index: int) -> Text:
        """Return a line as it is painted: as wide as it is, and sanitised."""
        line = "\t".join(map(sanitize_char, self.document.get_line(line_index).split("\t")))
        return Text(line.encode("ascii", "replace").decode() if painter_of(self).plain else line, end="", no_wrap=True)


def _rest(begun: str, names: Sequence[str]) -> str:
    """Return what is missing of the first name that begins so, with the braces that close the placeholder."""
    found = next((name for name in names if name.startswith(begun)), None)
    return f"{found[len(begun) :]} }}}}" if found else ""
