"""`Confirm` asks before anything that cannot be undone: it shows exactly what would happen, and enter is never yes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from batchtui.text.numbers import count
from batchtui.tui.commands.key_text import text_with_keys
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.dialogs.dialog import Dialog
from batchtui.tui.rendering.spans import Line, Span, Tone, flow, width
from batchtui.tui.widgets.lines_view import LinesView
from batchtui.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from textual import events
    from textual.binding import BindingType
    from textual.widget import Widget

DEAF_SECONDS = 0.3
"""Seconds in which a new question takes no answer: a key typed for the list must not be one."""
WIDTH = 76
"""Columns of a dialog, its frame included, where the terminal has them (`app.tcss`)."""
LISTED = 12
"""Things of a group that are listed; of more the rest is counted."""


@dataclass(frozen=True, slots=True)
class Group:
    """Things to which the same would happen. All strings in it are sanitised."""

    words: str
    things: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OtherAnswer:
    """An answer besides yes and no."""

    command: str
    """The id of the command that gives it."""
    word: str
    """What the footer says: `try first`."""
    words: str
    """What the question says: `Try 2 requests in real time first, at most $0.01`."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked. It is frozen: what was shown is what is done."""

    title: str
    """The act with its figures: `Submit 1,500 requests, about $0.03?`"""
    groups: tuple[Group, ...]
    skipped: tuple[str, ...] = ()
    """What is not touched, and why."""
    remark: str = ""
    yes: str = "yes"
    """What yes does, in one or two words."""
    typed: str = ""
    """What has to be typed before yes is taken; empty for nothing."""
    others: tuple[OtherAnswer, ...] = ()
    """What else can be done."""
    destroys: bool = False
    """Whether something is lost with a yes: it is drawn in red then, and in the accent otherwise."""


class Confirm(Dialog["bool | str"]):
    """Asks a question and returns yes, no, or the id of another command that was offered. It does nothing itself."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.DIALOG)
    LOOK = "-question"

    def __init__(self, question: Question, monotonic: Callable[[], float]) -> None:
        super().__init__()
        self.question = question
        self._monotonic = monotonic
        self._heard_from = monotonic() + DEAF_SECONDS
        self._typed = ""

    def box(self) -> Iterator[Widget]:
        """Yield title, remark and answers, which always stay in sight, and between them the list, which scrolls."""
        yield FixedLines((Span(self.question.title, Tone.STRONG),), id="question-title")
        yield TextView(list(_lines(self.question)), id="dialog-body")
        if self.question.remark:
            yield FixedLines((), (Span(self.question.remark, Tone.WARN),), id="question-remark")
        yield AnswerLine(self)

    def on_resize(self) -> None:
        """Give the list the rows that the lines around it leave."""
        # Of the terminal's rows the frame takes two, and message and keys below the dialog up to three.
        columns = min(WIDTH, self.size.width * 96 // 100) - 4
        taken = sum(len(lines.draw(columns, 0)) for lines in self.query(FixedLines))
        taken += 3 if self.question.others else 2
        body = self.query_one("#dialog-body")
        body.styles.max_height = max(3, self.size.height - 5 - taken)

    def keys(self) -> str:
        """Return what the footer says: how to answer."""
        scroll = "   {text.down} {text.up} scroll"
        scroll = "".join(f"   {{{other.command}}} {other.word}" for other in self.question.others) + scroll
        if self.question.typed:
            return f"type {self.question.typed}, then {{dialog.yes}} yes   {{dialog.no}} `enter` no{scroll}"
        return f"{{dialog.yes}} yes   {{dialog.no}} `enter` no{scroll}"

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
        # Type-ahead was meant for the screen below.
        if self._monotonic() >= self._heard_from and (self.is_typed or not yes):
            self.close(yes)

    def take(self, command: str) -> None:
        """Close with another command, where it is offered and not pressed too early to be meant."""
        if self._monotonic() >= self._heard_from and command in (other.command for other in self.question.others):
            self.close(command)

    def _action_dialog_try(self) -> None:
        self.take("dialog.try")

    def _action_dialog_reuse(self) -> None:
        self.take("dialog.reuse")

    def _action_dialog_pilot(self) -> None:
        self.take("dialog.pilot")

    def _action_dialog_yes(self) -> None:
        self.answer(True)

    def _action_dialog_no(self) -> None:
        self.answer(False)


class FixedLines(LinesView):
    """A few lines that never change, broken to the width there is."""

    DEFAULT_CSS = "FixedLines { height: auto; }"

    def __init__(self, *lines: Line, id: str) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._said = lines

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the lines, broken at this width."""
        return [part for line in self._said for part in flow(line, columns)]


class AnswerLine(LinesView):
    """The two answers, at the right, and above them what else is offered. Yes is red where something would be lost."""

    DEFAULT_CSS = "AnswerLine { height: auto; }"

    def __init__(self, dialog: Confirm) -> None:
        super().__init__()
        self._dialog = dialog
        self._no_from = self._yes_from = 0
        self._others: list[tuple[int, int, str]] = []
        """First column, end column and command of what else is offered."""

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return a line of what else is offered, and the answers."""
        question = self._dialog.question
        offered, self._others = self._offered(question)
        no = (*text_with_keys(self, " {dialog.no}  No ", Tone.STRONG, Tone.ACCENT), Span("   "))
        if question.typed and not self._dialog.is_typed:
            typed = self._dialog.typed or "…"
            yes: Line = (Span(f"type {question.typed} to {question.yes}: ", Tone.DIM), Span(typed, Tone.STRONG))
        else:
            tone = Tone.RED_PLACE if question.destroys else Tone.CHIP
            word = question.yes[:1].upper() + question.yes[1:]
            yes = text_with_keys(self, f" {{dialog.yes}}  {word} ", tone, tone)
        self._no_from = max(0, columns - width(no) - width(yes))
        self._yes_from = self._no_from + width(no)
        answers: Line = (Span(" " * self._no_from), *no, *yes)
        return [(), offered, answers] if offered else [(), answers]

    def _offered(self, question: Question) -> tuple[Line, list[tuple[int, int, str]]]:
        """Return what else is offered, and where on the line each of it stands."""
        pieces: list[Span] = []
        places: list[tuple[int, int, str]] = []
        for other in question.others:
            start = width(pieces)
            pieces += text_with_keys(self, f"{{{other.command}}}  {other.words}", Tone.TEXT, Tone.ACCENT)
            places.append((start, width(pieces), other.command))
            pieces.append(Span("   "))
        return tuple(pieces), places

    def on_click(self, event: events.Click) -> None:
        """Answer with the mouse."""
        for start, end, command in self._others:
            if event.y == 1 and start <= event.x < end:
                self._dialog.take(command)
        if event.y == 1 + bool(self._others) and event.x >= self._no_from:
            self._dialog.answer(event.x >= self._yes_from)


def _indented(thing: str) -> Line:
    """Return a line below its group; where it is wrapped, it continues at its own indent."""
    words = thing.lstrip(" ")
    return (Span(" " * (2 + len(thing) - len(words))), Span(words))


def _lines(question: Question) -> Iterator[Line]:
    for group in question.groups:
        yield ()
        yield (Span(group.words, Tone.DIM),)
        yield from (_indented(thing) for thing in _listed(group.things))
    if question.skipped:
        yield ()
        yield (Span("Not changed", Tone.DIM),)
        yield from ((Span("  "), Span(thing, Tone.DIM)) for thing in _listed(question.skipped))


def _listed(things: Sequence[str]) -> tuple[str, ...]:
    """Return the first things, and how many more there are."""
    # One more line would take as much room as the sentence that counts it.
    if len(things) <= LISTED + 1:
        return tuple(things)
    return (*things[:LISTED], f"and {count(len(things) - LISTED)} more")
