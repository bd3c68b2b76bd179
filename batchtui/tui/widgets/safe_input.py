"""`SafeInput` is Textual's `Input` made safe: control characters are painted as signs and stay in the value."""

from __future__ import annotations

from batchtui.text.safe import sanitize_char
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.terminal.textual_fixes import PaintedInput


class SafeInput(PaintedInput):
    """One line that is typed in."""

    def __init__(self, text: str = "", *, placeholder: str = "", select_on_focus: bool = False) -> None:
        super().__init__(text, placeholder=placeholder, compact=True, select_on_focus=select_on_focus)
        self.cursor_blink = False  # a blinking cursor sends 2 KB a second

    def painted(self, text: str) -> str:
        """Return the text character by character as the terminal may have it; ASCII where only that is drawn."""
        shown = sanitize_char(text)
        return shown.encode("ascii", "replace").decode() if painter_of(self).plain else shown
