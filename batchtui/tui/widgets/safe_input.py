"""A line that is typed in: what stands there is painted safely, whatever it is."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import Input

from batchtui.text.safe import sign_by_sign
from batchtui.tui.rendering.painter import look_of


class Field(Input):
    """Textual's field, quiet and safe: what would drive a terminal is shown as a sign, and stays what it is."""

    def __init__(self, text: str = "", *, placeholder: str = "", select_on_focus: bool = False) -> None:
        super().__init__(text, placeholder=placeholder, compact=True, select_on_focus=select_on_focus)
        self.cursor_blink = False  # a blinking cursor sends 2 KB a second

    def _painted(self, text: str) -> str:
        shown = sign_by_sign(text)
        return shown.encode("ascii", "replace").decode() if look_of(self).plain else shown

    @property
    def _value(self) -> Text:
        """What is painted for the text, sign by sign."""
        return Text(self._painted(self.value), no_wrap=True, overflow="ignore", end="")

    def _position_to_cell(self, position: int) -> int:
        return cell_len(self._painted(self.value[:position]))
