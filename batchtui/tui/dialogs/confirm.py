"""`Confirm` asks before anything that cannot be undone: it shows exactly what would happen, and enter is never yes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.screen import ModalScreen

from batchtui.tui.commands.key_text import text_with_keys
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering.spans import Line, Span, Tone, width
from batchtui.tui.widgets.lines_view import LinesView
from batchtui.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

DEAF_SECONDS = 0.3
"""Seconds in which a new question takes no answer: a key typed for the list must not be one."""


@dataclass(frozen=True, slots=True)
class Group:
    """Things to which the same would happen. All strings in it are sanitised."""

    words: str
    things: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked. It is frozen: what was shown is what is done."""

    title: str
    groups: tuple[Group, ...]
    skipped: tuple[str, ...] = ()
    """What is left alone, and why."""
    remark: str = ""
    yes: str = "yes"
    """What yes does, in one word."""
    typed: str = ""
    """What has to be typed before yes is taken; empty for nothing."""


class Confirm(ModalScreen[bool]):
    """Asks a question and returns the answer. It does nothing itself."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.DIALOG)

    def __init__(self, question: Question, monotonic: Callable[[], float]) -> None:
        super().__init__()
        self.question = question
        self._monotonic = monotonic
        self._heard_from = monotonic() + DEAF_SECONDS
        self._typed = ""
        self._is_answered = False

    def compose(self) -> ComposeResult:
        """Lay out the question, which can be scrolled, and the answers, which always stay in sight."""
        prose = TextView(list(_lines(self.question)), id="dialog-body")
        answer = AnswerLine(self)

        with Vertical(id="dialog"):
            yield prose
            yield answer

    @property
    def is_typed(self) -> bool:
        """Whether yes would be taken."""
        return self._typed == self.question.typed

    @property
    def typed(self) -> str:
        """What has been typed so far."""
        return self._typed

    def on_key(self, event: events.Key) -> None:
        """Take digits where a number is asked for; enter is no."""
        # Enter is typed by habit, so it is the answer that does nothing.
        if event.key == "enter":
            event.stop()
            self.answer(False)
        elif self.question.typed and (event.key.isdigit() or event.key == "backspace"):
            event.stop()
            # Nine digits are more than any number that is asked for.
            self._typed = self._typed[:-1] if event.key == "backspace" else (self._typed + event.key)[-9:]
            self.query_one(AnswerLine).redraw()

    def answer(self, yes: bool) -> None:
        """Close with this answer, unless it comes too early to be meant."""
        # Type-ahead was meant for the screen below; a second answer would close the screen behind this one.
        if self._monotonic() < self._heard_from or self._is_answered or (yes and not self.is_typed):
            return
        self._is_answered = True
        self.dismiss(yes)

    def _action_dialog_yes(self) -> None:
        self.answer(True)

    def _action_dialog_no(self) -> None:
        self.answer(False)


class AnswerLine(LinesView):
    """The two answers; no stands out."""

    DEFAULT_CSS = "AnswerLine { height: 2; }"

    def __init__(self, dialog: Confirm) -> None:
        super().__init__()
        self._dialog = dialog
        self._yes_from = 0

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return an empty line and the answers."""
        question = self._dialog.question
        asked = question.typed and not self._dialog.is_typed
        no = (*text_with_keys(self, " {dialog.no}  no ", Tone.CHIP, Tone.CHIP), Span("   "))
        self._yes_from = width(no)
        if asked:
            typed = self._dialog.typed or "…"
            return [(), (*no, Span(f"type {question.typed} to {question.yes}: ", Tone.DIM), Span(typed, Tone.STRONG))]
        return [
            (),
            (*no, *text_with_keys(self, "{dialog.yes}  yes, ", named=Tone.STRONG), Span(question.yes, Tone.DIM)),
        ]

    def on_click(self, event: events.Click) -> None:
        """Answer with the mouse."""
        if event.y == 1:
            self._dialog.answer(event.x >= self._yes_from)


def _indented(thing: str) -> Line:
    """Return a line below its group; where it is wrapped, it continues at its own indent."""
    words = thing.lstrip(" ")
    return (Span(" " * (2 + len(thing) - len(words))), Span(words))


def _lines(question: Question) -> Sequence[Line]:
    lines: list[Line] = [(Span(question.title, Tone.STRONG),)]
    for group in question.groups:
        lines += [(), (Span(group.words, Tone.DIM),)]
        lines += [_indented(thing) for thing in group.things]
    if question.skipped:
        lines += [(), (Span("Left alone", Tone.DIM),)]
        lines += [(Span("  "), Span(thing, Tone.DIM)) for thing in question.skipped]
    if question.remark:
        lines += [(), (Span(question.remark, Tone.WARN),)]
    return lines
