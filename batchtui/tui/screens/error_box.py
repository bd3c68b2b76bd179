"""The one place where a failure is shown: what went wrong, in a sentence, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.screen import ModalScreen

from batchtui.text.safe import safe, safe_block
from batchtui.tui.bindings import bindings
from batchtui.tui.commands import Scope
from batchtui.tui.pieces import Line, Piece, Tone
from batchtui.tui.widgets.prose import Prose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from batchtui.domain.errors import BatchtuiError


class ErrorBox(ModalScreen[None]):
    """Shows one failure until a key is pressed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.DIALOG)

    def __init__(self, error: BatchtuiError) -> None:
        super().__init__()
        self.error = error
        self._is_closed = False

    def compose(self) -> ComposeResult:
        """Lay out the failure."""
        with Vertical(id="dialog", classes="-error"):
            yield Prose(list(error_lines(self.error)), id="dialog-body")

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


def error_lines(error: BatchtuiError) -> Iterator[Line]:
    """Yield what a failure says."""
    yield (Piece(safe(error.heading), Tone.BAD),)
    yield ()
    for part in safe_block(error.message).split("\n"):
        yield (Piece(part),)
    if error.hint:
        yield ()
        yield (Piece(safe(error.hint), Tone.DIM),)
    request_id = getattr(error, "request_id", None)
    if request_id:
        yield ()
        yield (Piece(f"request id {safe(str(request_id))}", Tone.DIM),)
    yield ()
    yield (Piece("esc", Tone.STRONG), Piece("  close", Tone.DIM))
