"""`MessageBox` shows lines over a screen until a key is pressed, and `ErrorBox` an error: message, hint, request id."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.screen import ModalScreen

from batchtui.text.safe import sanitize, sanitize_block
from batchtui.tui.commands.key_text import text_with_keys
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering.spans import Line, Span, Tone
from batchtui.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from batchtui.domain.errors import BatchtuiError


class MessageBox(ModalScreen[None]):
    """Shows lines until a key is pressed. It asks nothing."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.DIALOG)
    LOOK: ClassVar[str] = ""
    """The CSS class of its frame."""

    def __init__(self, lines: Iterable[Line]) -> None:
        super().__init__()
        self._lines = list(lines)
        self._is_closed = False

    def compose(self) -> ComposeResult:
        """Lay out the lines."""
        with Vertical(id="dialog", classes=self.LOOK):
            close = text_with_keys(self, "{dialog.no|esc}  close", named=Tone.STRONG)
            yield TextView([*self._lines, (), close], id="dialog-body")

    def on_key(self, event: events.Key) -> None:
        """Close on enter and space, too."""
        if event.key in ("enter", "space"):
            event.stop()
            self._action_dialog_no()

    def _action_dialog_yes(self) -> None:
        self._action_dialog_no()

    def _action_dialog_no(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self.dismiss(None)


class ErrorBox(MessageBox):
    """Shows one error until a key is pressed."""

    LOOK = "-error"

    def __init__(self, error: BatchtuiError) -> None:
        super().__init__(error_lines(error))
        self.error = error


def error_lines(error: BatchtuiError) -> Iterator[Line]:
    """Yield heading, message, hint and request id of an error."""
    yield (Span(sanitize(error.heading), Tone.BAD),)
    yield ()
    for part in sanitize_block(error.message).expandtabs(4).split("\n"):
        yield (Span(part),)
    if error.hint:
        yield ()
        yield (Span(sanitize(error.hint), Tone.DIM),)
    # Only errors of the API have one; support asks for it.
    request_id = getattr(error, "request_id", None)
    if request_id:
        yield ()
        yield (Span(f"request id {sanitize(str(request_id))}", Tone.DIM),)
