"""`plain_parts` lays out parts as text, character by character; `MarkdownText` marks words that may also be rendered.

Parts are what `answer`, `request` and others yield before a width is known: a finished line of ours, or words from
outside.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.text.numbers import size
from batchtui.text.safe import sanitize_block
from batchtui.tui.rendering.spans import Line, Span, Tone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MOST_SHOWN = 400_000
"""Characters that are laid out; the rest is left to the pager."""
_HEADING = re.compile(r"#{1,6} ")
_BULLET = re.compile(r"(\s*(?:[-*+]|\d+[.)]) )(.*)")
_KEY = re.compile(r'(\s*)("(?:[^"\\]|\\.)*")(: ?)(.*)')


@dataclass(frozen=True, slots=True)
class MarkdownText:
    """Words of a person or a model, shown as they are or rendered as Markdown. Not sanitised yet."""

    text: str


Part = Line | MarkdownText
"""A line of our own, sanitised already, or words from outside."""


def plain_parts(parts: Iterable[Part], most: int | None = MOST_SHOWN) -> Iterator[Line]:
    """Yield the parts as lines that hold every character of a passage; `most` of all together, None for all."""
    # One allowance for all passages together, else many short blocks would add up to a long wait.
    room = most
    for part in parts:
        if isinstance(part, MarkdownText):
            yield from marked_lines(part.text, room)
            room = None if room is None else room - len(part.text)
        else:
            yield part
            room = None if room is None else room - sum(len(piece.text) for piece in part)
        if room is not None and room < 0:
            yield (Span("What comes after this is not shown; the pager shows all of it.", Tone.DIM),)
            return


def plain_lines(text: str, most: int | None = MOST_SHOWN, tone: Tone = Tone.TEXT) -> Iterator[Line]:
    """Return the lines of a text in one tone; `most` characters, None for all."""
    return ((Span(part, tone),) for part in _texts(text, most))


def marked_lines(text: str, most: int | None = MOST_SHOWN) -> Iterator[Line]:
    """Yield a text with its headings, lists and code coloured; no character is dropped."""
    in_code = False
    for part in _texts(text, most):
        if part.lstrip().startswith("```"):
            in_code = not in_code
            yield (Span(part, Tone.PALE),)
        elif in_code:
            yield (Span(part, Tone.RUNNING),)
        elif _HEADING.match(part):
            yield (Span(part, Tone.STRONG),)
        elif part.startswith(">"):
            yield (Span(part, Tone.DIM),)
        elif bullet := _BULLET.fullmatch(part):
            yield (Span(bullet[1], Tone.ACCENT), Span(bullet[2]))
        else:
            yield (Span(part),)


def json_lines(text: str, most: int | None = MOST_SHOWN) -> Iterator[Line]:
    """Yield JSON that is indented already, with its keys coloured."""
    for part in _texts(text, most):
        if found := _KEY.fullmatch(part):
            yield (Span(found[1]), Span(found[2], Tone.RUNNING), Span(found[3], Tone.PALE), Span(found[4]))
        else:
            yield (Span(part),)


def pretty_json(raw: bytes) -> str:
    """Return JSON indented; as it came where it cannot be read or is nested too deeply for Python."""
    try:
        return json.dumps(json.loads(raw), ensure_ascii=False, indent=2)
    # Python parses JSON nested about a thousand deep; beyond that it is shown as it came.
    except (ValueError, RecursionError):
        return raw.decode("utf-8", "replace")


def _texts(text: str, most: int | None) -> Sequence[str]:
    most = None if most is None else max(0, most)
    shown = sanitize_block(text[:most]).expandtabs(4).split("\n")
    if most is not None and len(text) > most:
        shown += ["", f"… {size(len(text) - most)} more; the pager shows all of it."]
    return shown
