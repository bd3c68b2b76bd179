"""`MessageBox` shows lines over a screen until a key is pressed, and `ErrorBox` an error: message, hint, request id."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from batchtui.text.safe import sanitize, sanitize_block
from batchtui.tui.commands.command_hints import hint_with_keys
from batchtui.tui.commands.key_text import text_with_keys
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.dialogs.dialog import Dialog
from batchtui.tui.rendering.spans import Line, Span, Tone
from batchtui.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from textual import events
    from textual.binding import BindingType
    from textual.dom import DOMNode
    from textual.widget import Widget

    from batchtui.domain.errors import BatchtuiError


class MessageBox(Dialog[None]):
    """Shows lines until a key is pressed. It asks nothing."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.DIALOG)
    IS_EFFECT = False
    KEYS = "{dialog.no|esc} close   {text.down} {text.up} scroll"

    def __init__(self, lines: Iterable[Line]) -> None:
        super().__init__()
        self._lines = list(lines)

    def box(self) -> Iterator[Widget]:
        """Yield a text view, so that long messages scroll."""
        yield TextView(self._lines, id="dialog-body")

    def on_key(self, event: events.Key) -> None:
        """Close on enter and space, too."""
        if event.key in ("enter", "space"):
            event.stop()
            self._action_dialog_no()

    def _action_dialog_yes(self) -> None:
        self._action_dialog_no()

    def _action_dialog_no(self) -> None:
        self.close(None)


class ErrorBox(MessageBox):
    """Shows one error until a key is pressed."""

    LOOK = "-error"

    def __init__(self, error: BatchtuiError) -> None:
        super().__init__(())
        self.error = error

    def box(self) -> Iterator[Widget]:
        """Yield the lines, which are written here: before it is shown the box knows no keys."""
        yield TextView(list(error_lines(self, self.error)), id="dialog-body")


def error_lines(node: DOMNode, error: BatchtuiError) -> Iterator[Line]:
    """Yield heading, message, hint and request id of an error; the hint names the keys of the node's app."""
    yield (Span(sanitize(error.heading), Tone.BAD),)
    yield ()
    for part in sanitize_block(error.message).expandtabs(4).split("\n"):
        yield (Span(part),)
    if error.hint:
        yield ()
        yield text_with_keys(node, hint_with_keys(sanitize(error.hint)), Tone.DIM, Tone.STRONG)
    # Only errors of the API have one; support asks for it.
    request_id = getattr(error, "request_id", None)
    if request_id:
        yield ()
        yield (Span(f"request id {sanitize(str(request_id))}", Tone.DIM),)
