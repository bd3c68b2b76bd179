"""`MessageLog` keeps what was said to the person in this session, and `MessageLine` shows the latest of it on one line.

A line of its own above the footer covers nothing, where toasts cover what one reads. The activity screen shows the log.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, cast

from batchtui.tui.commands.key_text import text_with_keys
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, fit, flow, shorten, width
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from textual.dom import DOMNode

MOST_KEPT = 500
"""Messages of one session that are kept."""
SHOWN_SECONDS = 60.0
"""Seconds after which a message that needs nothing of the person leaves the line; an error stays until esc."""
COUNTED_SECONDS = 600.0
"""Seconds within which an equal message counts as the same one again."""
MOST_LINES = 2
"""Lines that a message takes at most; the activity screen shows all of it."""
LOW = 20
"""Rows of a terminal below which a message takes one line only."""
_SIGNS = {Tone.BAD: ("✗ ", "x "), Tone.WARN: ("! ", "! "), Tone.GOOD: ("✓ ", "+ ")}


@dataclass(frozen=True, slots=True)
class Message:
    """One sentence that was said. All strings in it are sanitised."""

    number: int
    """From 1, in the order in which they were first said."""
    at: datetime
    """When it was said last."""
    text: str
    tone: Tone
    kind: str
    """Messages of one kind are one message that is said again; the text itself where no kind was given."""
    times: int = 1

    @property
    def is_error(self) -> bool:
        """Whether it stays until the person dismisses it."""
        return self.tone in (Tone.BAD, Tone.WARN)

    @property
    def said(self) -> str:
        """The text, and how often it was said."""
        return self.text if self.times == 1 else f"{self.text} ({self.times} times)"


class MessageLog:
    """The messages of one session, and which of them is on the line."""

    def __init__(self) -> None:
        self._entries: deque[Message] = deque(maxlen=MOST_KEPT)
        self._number = 0
        self.shown: Message | None = None
        """What stands on the line; None for nothing."""

    def say(self, text: str, at: datetime, tone: Tone = Tone.TEXT, *, kind: str = "") -> Message:
        """Put a message on the line. One of the same kind that was said shortly before is counted, not repeated."""
        kind = kind or text
        earlier = next((one for one in self._entries if one.kind == kind and _is_recent(one, at)), None)
        if earlier is None:
            self._number += 1
            said = Message(self._number, at, text, tone, kind)
        else:
            self._entries.remove(earlier)
            said = replace(earlier, at=at, text=text, tone=tone, times=earlier.times + 1)
        self._entries.append(said)
        self.shown = said
        return said

    def dismiss(self) -> bool:
        """Take the message off the line; the log keeps it. Returns whether there was one."""
        was, self.shown = self.shown, None
        return was is not None

    def fade(self, now: datetime) -> bool:
        """Take a message off the line that has stood there long enough. Returns whether there was one."""
        if self.shown is None or self.shown.is_error or (now - self.shown.at).total_seconds() < SHOWN_SECONDS:
            return False
        return self.dismiss()

    def entries(self) -> list[Message]:
        """Return all messages, the latest first."""
        return list(reversed(self._entries))


def _is_recent(message: Message, now: datetime) -> bool:
    return (now - message.at).total_seconds() < COUNTED_SECONDS


class HasMessages(Protocol):
    """An app that has a message log."""

    messages: MessageLog


def messages_of(node: DOMNode) -> MessageLog:
    """Return the message log of the app that a widget belongs to."""
    return cast("HasMessages", node.app).messages


class MessageLine(LinesView):
    """Shows the latest message, on two lines where it needs them; a rule while there is none."""

    DEFAULT_CSS = "MessageLine { height: auto; }"

    def __init__(self, *, has_history: Callable[[], bool] = lambda: False) -> None:
        """`has_history`: whether the key of the activity screen, which shows all messages, works here now."""
        super().__init__()
        self._has_history = has_history

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the message with its time, and at the right end the keys for it."""
        message, plain = messages_of(self).shown, painter_of(self).plain
        if message is None:
            return [(Span(("-" if plain else "─") * columns, Tone.FAINT),)]
        sign = Span(_SIGNS.get(message.tone, ("", ""))[plain], message.tone)
        head = (Span(f" {message.at.astimezone():%H:%M}  ", Tone.DIM), sign)
        aside = self._aside(message, columns)
        text = Span(message.said, message.tone if message.is_error else Tone.TEXT)
        room = columns - width(head) - width(aside) - 1
        if width([text]) <= room:
            return [(*head, *fit([text], room), *aside, Span(" "))]
        return self._broken(head, text, columns, most=1 if self.screen.size.height < LOW else MOST_LINES)

    def _aside(self, message: Message, columns: int) -> Line:
        close = "  {app.back} dismiss" if message.is_error else ""
        history = "  {app.activity} history" if self._has_history() else ""
        return text_with_keys(self, close + history, named=Tone.STRONG) if columns >= 60 and close + history else ()

    @staticmethod
    def _broken(head: Line, text: Span, columns: int, *, most: int) -> Sequence[Line]:
        indent, room = width(head), max(8, columns - width(head) - 1)
        first, *rest = flow((text,), room)
        if most == 1:
            return [(*head, *fit((text,), room))]
        if not rest:
            return [(*head, *first)]
        # The last line ends in `…` where more was said than two lines hold.
        last = " ".join("".join(part.text for part in line) for line in rest)
        return [(*head, *first), (Span(" " * indent), *shorten((Span(last, text.tone),), room))]
