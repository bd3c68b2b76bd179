"""The one place where a failure is shown: what went wrong, in a sentence, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.safe import sanitize, sanitize_block
from batchtui.tui.dialogs.message_box import MessageBox
from batchtui.tui.rendering.spans import Line, Span, Tone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.domain.errors import BatchtuiError


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
