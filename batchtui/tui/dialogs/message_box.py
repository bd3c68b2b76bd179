"""A box with something to read in it, over whatever is behind it."""

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
    """The style class of its frame."""

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
        """Close on enter too: there is nothing to decide here."""
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
    """Shows one failure until a key is pressed."""

    LOOK = "-error"

    def __init__(self, error: BatchtuiError) -> None:
        super().__init__(error_lines(error))
        self.error = error


def error_lines(error: BatchtuiError) -> Iterator[Line]:
    """Yield what a failure says."""
    yield (Span(sanitize(error.heading), Tone.BAD),)
    yield ()
    for part in sanitize_block(error.message).expandtabs(4).split("\n"):
        yield (Span(part),)
    if error.hint:
        yield ()
        yield (Span(sanitize(error.hint), Tone.DIM),)
    request_id = getattr(error, "request_id", None)
    if request_id:
        yield ()
        yield (Span(f"request id {sanitize(str(request_id))}", Tone.DIM),)
