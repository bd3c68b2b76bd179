"""`side_by_side` and `unified` show where two texts differ: by lines, and within changed lines by words."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from batchtui.text.safe import sanitize_block
from batchtui.tui.rendering.spans import Line, Span, Tone, fit, flow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GUTTER = 3
"""Columns between both sides: a sign that says how they differ, with a space on either side."""
MOST = 500_000
"""Lines of both texts, or words of both lines, multiplied: beyond this only beginning and end are compared, since
difflib takes the square of the length.
"""
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_ALIKE = 0.3
"""The share of words that two lines must have in common to be one line that has changed."""

Opcode = tuple[str, int, int, int, int]


class DiffRow(NamedTuple):
    """A line of the first text beside its counterpart in the second; None where there is none."""

    first: Line | None
    second: Line | None
    is_same: bool = False


def rows(first: str, second: str) -> Iterator[DiffRow]:
    """Yield both texts line by line, sanitised, with what only one of them has set off."""
    lines, others = (sanitize_block(text).expandtabs(4).split("\n") for text in (first, second))
    for kind, start, end, other_start, other_end in opcodes(lines, others):
        if kind == "equal":
            yield from (DiffRow((Span(line),), (Span(line),), is_same=True) for line in lines[start:end])
            continue
        for line, other in zip_longest(lines[start:end], others[other_start:other_end]):
            yield _row(line, other)


def _row(line: str | None, other: str | None) -> DiffRow:
    if line is not None and other is not None:
        # Spaces are tokens as well, so that joining them gives the line again.
        words, others = _WORDS.findall(line), _WORDS.findall(other)
        codes = list(opcodes(words, others))
        shared = sum(_weight(words[start:end]) for kind, start, end, _, _ in codes if kind == "equal")
        # Marking single words in two unrelated sentences would only confuse.
        if 2 * shared >= _ALIKE * (_weight(words) + _weight(others)):
            return DiffRow(
                _marked(words, [(kind, start, end) for kind, start, end, _, _ in codes], Tone.REMOVED),
                _marked(others, [(kind, start, end) for kind, _, _, start, end in codes], Tone.ADDED),
            )
    return DiffRow(
        None if line is None else (Span(line, Tone.BAD),), None if other is None else (Span(other, Tone.GOOD),)
    )


def _weight(words: Sequence[str]) -> int:
    """Return the number of words; spaces make no lines alike."""
    return sum(1 for word in words if not word.isspace())


def _marked(words: Sequence[str], spans: Sequence[tuple[str, int, int]], tone: Tone) -> Line:
    return tuple(
        Span("".join(words[start:end]), Tone.TEXT if kind == "equal" else tone)
        for kind, start, end in spans
        if end > start
    )


def opcodes(one: Sequence[str], other: Sequence[str]) -> Iterator[Opcode]:
    """Yield how one list becomes the other, as difflib does; what is too long to compare is replaced as a whole."""
    shorter = min(len(one), len(other))
    # Equal beginnings and ends are taken off first: most texts differ in the middle, and difflib gets little to do.
    head = next((at for at in range(shorter) if one[at] != other[at]), shorter)
    most = shorter - head
    tail = next((at for at in range(most) if one[-1 - at] != other[-1 - at]), most)
    if head:
        yield ("equal", 0, head, 0, head)
    end, other_end = len(one) - tail, len(other) - tail
    if (end - head) * (other_end - head) > MOST:
        yield ("replace", head, end, head, other_end)
    else:
        for kind, a, b, c, d in SequenceMatcher(None, one[head:end], other[head:other_end]).get_opcodes():
            yield (kind, a + head, b + head, c + head, d + head)
    if tail:
        yield ("equal", end, len(one), other_end, len(other))


def side_by_side(first: str, second: str, columns: int) -> Iterator[Line]:
    """Yield both texts side by side."""
    room = side_room(columns)
    for row in rows(first, second):
        left, right = (flow(line, room) if line is not None else [] for line in (row.first, row.second))
        sign = _sign(row)
        for one, other in zip_longest(left, right, fillvalue=()):
            yield (*fit(one, room), sign, *other)


def side_room(columns: int) -> int:
    """Return how many columns each side has."""
    return max(8, (columns - GUTTER) // 2)


def _sign(row: DiffRow) -> Span:
    if row.is_same:
        return Span(" │ ", Tone.FAINT)
    if row.first is None:
        return Span(" > ", Tone.GOOD)
    return Span(" < ", Tone.BAD) if row.second is None else Span(" ≠ ", Tone.WARN)


def unified(first: str, second: str, columns: int) -> Iterator[Line]:
    """Yield both texts as one for a narrow screen: `-` marks lines of the first, `+` of the second."""
    for row in rows(first, second):
        if row.is_same:
            yield from _with_sign(Span("  "), row.first, columns)
        else:
            yield from _with_sign(Span("- ", Tone.BAD), row.first, columns)
            yield from _with_sign(Span("+ ", Tone.GOOD), row.second, columns)


def _with_sign(sign: Span, line: Line | None, columns: int) -> Iterator[Line]:
    return ((sign, *part) for part in (flow(line, columns - 2) if line is not None else []))
