"""`find_hits` finds a text in lines as they are shown, also where it was broken over two of them."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from batchtui.tui.rendering.spans import Line, marked, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST_NEEDLE = 200
"""Characters that are looked for: each may be followed by the end of a line."""
MOST_HITS = 10_000
"""Hits that are counted in one text; nobody steps through more."""
_BREAK = r"(?:\n *)?"


class Hits(NamedTuple):
    """Where a text was found."""

    lines: Mapping[int, Sequence[tuple[int, int]]]
    """By line the ranges of characters that belong to a hit."""
    starts: Sequence[int]
    """The line in which each hit begins, in order."""


NO_HITS = Hits({}, ())


def find_hits(lines: Sequence[Line], text: str) -> Hits:
    """Return where a text stands in lines, whatever its case; a line break may stand for a space, or within a word."""
    pattern = needle(text)
    if pattern is None:
        return NO_HITS
    said = [plain(line) for line in lines]
    ends: list[int] = []
    total = 0
    for one in said:
        ends.append(total)
        total += len(one) + 1
    ranges: dict[int, list[tuple[int, int]]] = {}
    starts: list[int] = []
    for found in pattern.finditer("\n".join(said)):
        first = bisect_right(ends, found.start()) - 1
        starts.append(first)
        at = first
        while at < len(ends) and ends[at] < found.end():
            begin = max(0, found.start() - ends[at])
            # The indent of a line that goes on is no part of what was found.
            begin = begin if at == first else len(said[at]) - len(said[at].lstrip(" "))
            stop = min(len(said[at]), found.end() - ends[at])
            if begin < stop:
                ranges.setdefault(at, []).append((begin, stop))
            at += 1
        if len(starts) >= MOST_HITS:
            break
    return Hits(ranges, starts)


def needle(text: str) -> re.Pattern[str] | None:
    """Return a pattern for a text that may be broken over lines; None for an empty one."""
    text = " ".join(text[:LONGEST_NEEDLE].split())
    if not text:
        return None
    signs = [r"(?: |\n) *" if sign == " " else re.escape(sign) for sign in text]
    return re.compile(_BREAK.join(signs), re.IGNORECASE)


def mark_hits(line: Line, text: str) -> Line:
    """Return one line with every place marked where it says a text."""
    if not text.strip():
        return line
    return marked(line, find_hits([line], text).lines.get(0, ()))
