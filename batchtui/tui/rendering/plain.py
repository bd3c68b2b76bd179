"""What there is to read, before it has a width: lines that are finished, and passages that may be rendered."""

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
"""Characters that are laid out; what is longer is for the pager."""
_HEADING = re.compile(r"#{1,6} ")
_BULLET = re.compile(r"(\s*(?:[-*+]|\d+[.)]) )(.*)")
_KEY = re.compile(r'(\s*)("(?:[^"\\]|\\.)*")(: ?)(.*)')


@dataclass(frozen=True, slots=True)
class MarkdownText:
    """Words of a person or a model as they came: shown as they stand, or rendered as Markdown."""

    text: str


Part = Line | MarkdownText
"""A line of our own, safe already, or words from outside."""


def plain_parts(parts: Iterable[Part], most: int | None = MOST_SHOWN) -> Iterator[Line]:
    """Yield the parts as lines in which every character of a passage stands; `most` of all together, None for all."""
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
    """Yield a text as it stands."""
    return ((Span(part, tone),) for part in _texts(text, most))


def marked_lines(text: str, most: int | None = MOST_SHOWN) -> Iterator[Line]:
    """Yield a text with its headings, lists and code set off; every character of it stays."""
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
    """Yield JSON that is laid out already, with its keys set off."""
    for part in _texts(text, most):
        if found := _KEY.fullmatch(part):
            yield (Span(found[1]), Span(found[2], Tone.RUNNING), Span(found[3], Tone.PALE), Span(found[4]))
        else:
            yield (Span(part),)


def pretty_json(raw: bytes) -> str:
    """Return JSON indented; as it came where it cannot be read, or is nested too deeply."""
    try:
        return json.dumps(json.loads(raw), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return raw.decode("utf-8", "replace")


def _texts(text: str, most: int | None) -> Sequence[str]:
    most = None if most is None else max(0, most)
    shown = sanitize_block(text[:most]).expandtabs(4).split("\n")
    if most is not None and len(text) > most:
        shown += ["", f"… {size(len(text) - most)} more; the pager shows all of it."]
    return shown
