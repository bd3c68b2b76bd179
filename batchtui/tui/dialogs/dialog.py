"""`Dialog` is what every box over a screen inherits: below the box the latest message and the keys that work in it.

The footer of the screen behind goes on showing its own keys, which do nothing while a dialog is open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.containers import Vertical
from textual.screen import ModalScreen

from batchtui.tui.commands.key_text import text_with_keys
from batchtui.tui.messages import ScreenShown
from batchtui.tui.rendering.spans import Line, Span, Tone
from batchtui.tui.widgets.lines_view import LinesView
from batchtui.tui.widgets.message_line import MessageLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.app import ComposeResult
    from textual.widget import Widget

Result = TypeVar("Result")


class Dialog(ModalScreen[Result]):
    """A box over a screen. It closes once, however many keys ask for it."""

    KEYS: ClassVar[str] = ""
    """What the footer says; `{dialog.yes}` becomes the key of that command, other keys stand in backticks."""
    IS_EFFECT: ClassVar[bool] = True
    """Whether it shows that the last command has had its effect; an error does not."""
    LOOK: ClassVar[str] = ""
    """The CSS class of its frame."""

    def __init__(self) -> None:
        super().__init__()
        self._is_closed = False

    def compose(self) -> ComposeResult:
        """Lay out the box, and the lines at the bottom of the screen."""
        with Vertical(id="dialog", classes=self.LOOK):
            yield from self.box()
        with Vertical(id="dialog-frame"):
            yield MessageLine()
            yield DialogFooter(self)

    def on_screen_resume(self) -> None:
        """Tell the app that something has come of the last key."""
        if self.IS_EFFECT:
            self.app.post_message(ScreenShown())

    def box(self) -> Iterator[Widget]:
        """Yield what the box holds."""
        raise NotImplementedError

    def keys(self) -> str:
        """Return what the footer says now."""
        return self.KEYS

    def close(self, result: Result | None) -> None:
        """Close with this result; a second call, by the next key of a burst, does nothing."""
        if not self._is_closed:
            self._is_closed = True
            self.dismiss(result)


class DialogFooter(LinesView):
    """The keys that work in a dialog."""

    DEFAULT_CSS = "DialogFooter { height: 1; }"

    def __init__(self, dialog: Dialog[Result]) -> None:
        super().__init__()
        self._says = dialog.keys

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the keys of the dialog as the person has them."""
        return [(Span(" "), *text_with_keys(self, self._says(), Tone.DIM, Tone.STRONG))]
