"""`TextPrompt` asks for one line: a name, a number, a file. What is wrong with it is said while it is typed.

In a form it lies over the field itself, so that one types where the value stands. It is a dialog there, too: the keys
of the list below must not be heard while one types, and the footer names those that are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.dialogs.dialog import Dialog
from batchtui.tui.rendering.spans import Line, Span, Tone, wrapped
from batchtui.tui.widgets.lines_view import LinesView
from batchtui.tui.widgets.safe_input import SafeInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from textual.binding import BindingType
    from textual.geometry import Region
    from textual.widget import Widget
    from textual.widgets import Input

    Check = Callable[[str], str]
    """Says what is wrong with a text; empty where nothing is."""
    Place = Callable[[], Region]
    """Says where a field is on the screen: another place once the terminal has another size."""

LEAST_ROOM = 24
"""Columns of a field, at least: what is typed has to be read."""


class TextPrompt(Dialog["str | None"]):
    """Returns what was typed, None where it was left. It closes on no text that its check refuses."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.FIELD)
    KEYS = "`enter` save   {field.close} cancel"
    LOOK = "-line"

    def __init__(
        self,
        title: str,
        text: str = "",
        *,
        check: Check | None = None,
        placeholder: str = "",
        over: Place | None = None,
    ) -> None:
        """Build it.

        Args:
            title: what is asked for.
            text: what stands in the field at first.
            check: says what is wrong with what is typed.
            placeholder: an example, shown while nothing is typed.
            over: the place of the field that it is typed in; None for a box in the middle of the screen.
        """
        super().__init__()
        self._title = title
        self._check = check or _anything
        self._over = over
        self._field = SafeInput(text, placeholder=placeholder, select_on_focus=True)
        self._said = _Said(self, title if over else "")

    def box(self) -> Iterator[Widget]:
        """Yield the title, the field, and what is said about it; over a field the title stands below it."""
        if self._over is None:
            yield _Title(self._title)
        yield self._field
        yield self._said

    def on_mount(self) -> None:
        """Lie over the field, where it has a place."""
        self.set_class(self._over is not None, "-in-place")
        self._place()

    def on_resize(self) -> None:
        """Follow the field to where it is now."""
        # The screen below is laid out anew first.
        self.call_after_refresh(self._place)

    def _place(self) -> None:
        if self._over is None:
            return
        region, box = self._over(), self.query_one("#dialog")
        box.styles.width = max(region.width, min(LEAST_ROOM, self.size.width - region.x))
        box.styles.offset = (region.x, region.y)

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
    DEFAULT_CSS = "_Said { height: auto; }"

    def __init__(self, dialog: TextPrompt, otherwise: str) -> None:
        super().__init__()
        self._dialog = dialog
        self._otherwise = otherwise

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Draw the complaint; what is asked for, where there is none and it does not stand above."""
        complaint = self._dialog.complaint
        words, tone = (complaint, Tone.WARN) if complaint else (self._otherwise, Tone.DIM)
        return [(Span(part, tone),) for part in wrapped(words, columns)] or [()]


def token_complaint(text: str) -> str:
    """Return what is wrong with a number of tokens as it is typed, `8,000` say; empty where nothing is, or no text."""
    digits = text.replace(",", "")
    return "" if not text or (digits.isdecimal() and int(digits) > 0) else "a number of tokens, such as 8,000"


def parse_tokens(text: str) -> int | None:
    """Return the number of tokens that was typed; None for no text. Raises ValueError where there is a complaint."""
    return int(text.replace(",", "")) if text else None


def _anything(_: str) -> str:
    return ""
