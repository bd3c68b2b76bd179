"""`TextPrompt` asks for one line: a name, a number, a file. What is wrong with it is said while it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.dialogs.dialog import Dialog
from batchtui.tui.rendering.spans import Line, Span, Tone
from batchtui.tui.widgets.lines_view import LinesView
from batchtui.tui.widgets.safe_input import SafeInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget
    from textual.widgets import Input

    Check = Callable[[str], str]
    """Says what is wrong with a text; empty where nothing is."""


class TextPrompt(Dialog["str | None"]):
    """Returns what was typed, None where it was left. It closes on no text that its check refuses."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.FIELD)
    KEYS = "`enter` save   {field.close} cancel"
    LOOK = "-line"

    def __init__(self, title: str, text: str = "", *, check: Check | None = None, placeholder: str = "") -> None:
        super().__init__()
        self._title = title
        self._check = check or _anything
        self._field = SafeInput(text, placeholder=placeholder, select_on_focus=True)
        self._said = _Said(self)

    def box(self) -> Iterator[Widget]:
        """Yield the title, the field, and what is said about it."""
        yield _Title(self._title)
        yield self._field
        yield self._said

    @property
    def complaint(self) -> str:
        """What is wrong with the typed text; empty for nothing."""
        return self._check(self._field.value.strip())

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what is wrong with it."""
        event.stop()
        self._said.redraw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close with the text, if it passes the check."""
        event.stop()
        # Checked again: enter may come before the message of the last change.
        if not self.complaint:
            self.close(event.value.strip())

    def _action_field_close(self) -> None:
        self.close(None)


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
        """Draw the complaint, where there is one."""
        complaint = self._dialog.complaint
        return [(Span(complaint, Tone.WARN),)] if complaint else [()]


def token_complaint(text: str) -> str:
    """Return what is wrong with a number of tokens as it is typed, `8,000` say; empty where nothing is, or no text."""
    digits = text.replace(",", "")
    return "" if not text or (digits.isdecimal() and int(digits) > 0) else "a number of tokens, such as 8,000"


def parse_tokens(text: str) -> int | None:
    """Return the number of tokens that was typed; None for no text. Raises ValueError where there is a complaint."""
    return int(text.replace(",", "")) if text else None


def _anything(_: str) -> str:
    return ""
