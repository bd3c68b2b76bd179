"""One line to be typed: a name, a number, a file. What cannot be meant is said while it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.screen import ModalScreen

from batchtui.tui.commands.key_text import text_with_keys
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering.spans import Line, Span, Tone
from batchtui.tui.widgets.lines_view import LinesView
from batchtui.tui.widgets.safe_input import SafeInput

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widgets import Input

    Check = Callable[[str], str]
    """Says what is wrong with a text; empty where nothing is."""


class TextPrompt(ModalScreen["str | None"]):
    """Returns what was typed; None where it was left. It never closes on a text that its check does not take."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.FIELD)

    def __init__(self, title: str, text: str = "", *, check: Check | None = None, placeholder: str = "") -> None:
        super().__init__()
        self._title = title
        self._check = check or _anything
        self._field = SafeInput(text, placeholder=placeholder, select_on_focus=True)
        self._said = _Said(self)
        self._is_closed = False

    def compose(self) -> ComposeResult:
        """Lay out the title, the field, and what is to be said of it."""
        with Vertical(id="dialog", classes="-line"):
            yield _Title(self._title)
            yield self._field
            yield self._said

    @property
    def complaint(self) -> str:
        """What is wrong with what is typed."""
        return self._check(self._field.value.strip())

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what is wrong with it."""
        event.stop()
        self._said.redraw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take it."""
        event.stop()
        if not self.complaint:
            self._close(event.value.strip())

    def _action_field_close(self) -> None:
        self._close(None)

    def _close(self, text: str | None) -> None:
        if not self._is_closed:
            self._is_closed = True
            self.dismiss(text)


class _Title(LinesView):
    DEFAULT_CSS = "_Title { height: 1; }"

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Draw the title."""
        return [(Span(self._title, Tone.STRONG),)]


class _Said(LinesView):
    DEFAULT_CSS = "_Said { height: 1; }"

    def __init__(self, dialog: TextPrompt) -> None:
        super().__init__()
        self._dialog = dialog

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Draw the complaint, else what the keys do."""
        if complaint := self._dialog.complaint:
            return [(Span(complaint, Tone.WARN),)]
        return [text_with_keys(self, "`enter`  takes it   {field.close}  leaves it", named=Tone.STRONG)]


def token_complaint(text: str) -> str:
    """Return what is wrong with a number of tokens as it is typed, `8,000` say; empty where nothing is, or no text."""
    digits = text.replace(",", "")
    return "" if not text or (digits.isdecimal() and int(digits) > 0) else "a number of tokens, such as 8,000"


def parse_tokens(text: str) -> int | None:
    """Return the number of tokens that was typed; None for no text. Raises ValueError where there is a complaint."""
    return int(text.replace(",", "")) if text else None


def _anything(_: str) -> str:
    return ""
