"""`Span` is sanitised text with a tone; all pictures of the dashboard are lines of spans, cut and broken here.

Widths are those of the terminal: counted by the tables that Textual's compositor uses, so that both agree on wide
characters.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, chop_cells, set_cell_size

from batchtui.text.layout.widths import normalize_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.style import Style


class Tone(StrEnum):
    """What a span means. A theme gives it a colour, and a glyph or a word beside it always says the same."""

    TEXT = "text"
    STRONG = "strong"
    EMPHASIS = "emphasis"
    DIM = "dim"
    PALE = "pale"
    """Words of the least importance: what is not set, what is as usual."""
    FAINT = "faint"
    """Rules and empty parts of bars; too faint for words."""
    ACCENT = "accent"
    HEADING = "heading"
    RUNNING = "running"
    WAITING = "waiting"
    GOOD = "good"
    BAD = "bad"
    WARN = "warn"
    TRUNCATED = "truncated"
    """Answers that end at a limit of tokens: neither good nor bad, and the most common of those that need a look."""
    REMOVED = "removed"
    """In the first of two texts and not in the second."""
    ADDED = "added"
    CHIP = "chip"
    """On a ground of its own: a filter, a choice that is in force."""
    HIT = "hit"
    """What a search has found."""
    RED_PLACE = "red"
    YELLOW_PLACE = "yellow"
    GREEN_PLACE = "green"
    CYAN_PLACE = "cyan"
    BLUE_PLACE = "blue"
    MAGENTA_PLACE = "magenta"
    """These six are grounds that tell one profile or workspace from another."""


class Span(NamedTuple):
    """Sanitised text with a semantic tone. Never markup."""

    text: str
    tone: Tone = Tone.TEXT


Line = tuple[Span, ...]
"""Spans beside each other: a cell of a grid, or a whole line."""
Tones = dict[Tone, "Style"]

NOTHING: Line = ()
_WORDS = re.compile(r" +|[^ ]+")
GAP = Span("  ")


def line(*parts: Span | str) -> Line:
    """Return a line of spans; a string becomes a span in the tone of text."""
    return tuple(part if isinstance(part, Span) else Span(part) for part in parts)


def width(pieces: Iterable[Span]) -> int:
    """Return how many columns these spans take, by the compositor's tables."""
    return sum(cell_len(normalize_width(piece.text)) for piece in pieces)


def plain(pieces: Iterable[Span]) -> str:
    """Return the text of the spans without their tones."""
    return "".join(piece.text for piece in pieces)


def joined(groups: Iterable[Sequence[Span]], gap: str = "  ") -> Line:
    """Return groups of spans as one line with a gap between them; empty groups are left out with their gap."""
    pieces: list[Span] = []
    for group in groups:
        if group:
            pieces += [Span(gap), *group] if pieces else group
    return tuple(pieces)


def fit(pieces: Sequence[Span], columns: int, *, right: bool = False) -> Line:
    """Return the spans cut or filled to exactly so many columns; what is cut ends in `…`."""
    pieces = [piece if piece.text.isascii() else Span(normalize_width(piece.text), piece.tone) for piece in pieces]
    excess = sum(cell_len(piece.text) for piece in pieces) - columns
    if excess <= 0:
        space = (Span(" " * -excess),) if excess else ()
        return (*space, *pieces) if right else (*pieces, *space)
    return _cut(pieces, columns)


def shorten(pieces: Sequence[Span], columns: int) -> Sequence[Span]:
    """Return the pieces, cut as `fit` does where they take more columns than there are, and never filled."""
    return fit(pieces, columns) if width(pieces) > columns else pieces


def _cut(pieces: Sequence[Span], columns: int) -> Line:
    kept: list[Span] = []
    room = columns - 1
    for piece in pieces:
        taken = cell_len(piece.text)
        if taken > room:
            kept.append(Span(set_cell_size(piece.text, room) + "…" if room >= 0 else "", piece.tone))
            break
        kept.append(piece)
        room -= taken
    return tuple(kept) if columns > 0 else ()


def marked(pieces: Sequence[Span], ranges: Sequence[tuple[int, int]], tone: Tone = Tone.HIT) -> Line:
    """Return the spans with these ranges of characters in another tone; ranges are in order and do not overlap."""
    kept: list[Span] = []
    start = 0
    for piece in pieces:
        end = start + len(piece.text)
        at = start
        for first, last in ranges:
            if last <= at or first >= end:
                continue
            begin, stop = max(first, at), min(last, end)
            kept += [Span(piece.text[at - start : begin - start], piece.tone)] if begin > at else []
            kept.append(Span(piece.text[begin - start : stop - start], tone))
            at = stop
        kept += [Span(piece.text[at - start :], piece.tone)] if at < end or not piece.text else []
        start = end
    return tuple(kept)


def elide_middle(text: str, columns: int) -> str:
    """Return a text cut in its middle: names that are counted through differ at their ends."""
    if cell_len(text) <= columns or columns < 5:
        return text
    # A little more of the end than of the beginning.
    tail = (columns - 1) * 3 // 5
    end = text[-tail:]
    # Wide characters take two columns.
    while cell_len(end) > tail:
        end = end[1:]
    return set_cell_size(text, columns - 1 - cell_len(end)).rstrip() + "…" + end


def wrapped(text: str, columns: int) -> list[str]:
    """Return a text without line ends in lines of at most so many columns, broken at spaces where there are any."""
    columns = max(2, columns)
    # In ASCII a character is a column, which makes most texts cheap.
    if not text.isascii():
        return _wrapped_wide(normalize_width(text), columns)
    lines: list[str] = []
    start = 0
    while len(text) - start > columns:
        space = text.rfind(" ", start + 1, start + columns + 1)
        end = space if space > start else start + columns
        lines.append(text[start:end])
        start = end + 1 if end == space else end
    lines.append(text[start:])
    return lines


def _wrapped_wide(text: str, columns: int) -> list[str]:
    """Break a text of characters that may be wide.

    It measures no more at once than a line can hold: measuring the rest for each line would take the square of a long
    text.
    """
    lines: list[str] = []
    start, reach = 0, columns * 4
    while len(text) - start > reach or cell_len(text[start:]) > columns:
        window = text[start : start + reach]
        # Signs without a width may fill the window before it fills the line.
        head = chop_cells(window, columns)[0] if cell_len(window) > columns else window
        end = start + len(head)
        space = end if text[end : end + 1] == " " else text.rfind(" ", start + 1, end)
        lines.append(text[start : space if space > start else end])
        start = space + 1 if space > start else end
    lines.append(text[start:])
    return lines


def flow(pieces: Iterable[Span], columns: int) -> list[Line]:
    """Return spans broken into lines of at most so many columns, at spaces where there are any; tones stay."""
    lines: list[Line] = []
    kept: list[Span] = []
    room = columns = max(2, columns)
    for word in _words(pieces, columns):
        taken, is_space = width(word), word[0].text[:1] == " "
        # A run of spaces wider than the line would never fit.
        if is_space:
            taken = min(taken, room)
            word = [Span(word[0].text[:room], word[0].tone)]
        elif taken > room and kept:
            lines.append(_without_end(kept))
            kept, room = [], columns
        if not is_space or kept or not lines:
            kept += word
            room -= taken
    return [*lines, _without_end(kept)]


def _words(pieces: Iterable[Span], columns: int) -> Iterator[list[Span]]:
    """Yield runs of spaces, and the words between them across tones; nothing wider than so many columns."""
    word: list[Span] = []
    for piece in pieces:
        for text in _WORDS.findall(piece.text):
            if text[0] != " ":
                word.append(Span(text, piece.tone))
                continue
            yield from _cut_to(word, columns)
            word = []
            yield [Span(text, piece.tone)]
    yield from _cut_to(word, columns)


def _cut_to(word: list[Span], columns: int) -> Iterator[list[Span]]:
    if not word:
        return
    if width(word) <= columns:
        yield word
    else:
        yield from ([Span(part, piece.tone)] for piece in word for part in wrapped(piece.text, columns))


def _without_end(pieces: list[Span]) -> Line:
    while pieces and pieces[-1].text.isspace():
        pieces.pop()
    return tuple(pieces)
