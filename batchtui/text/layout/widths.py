"""Measure, cut and pad text in terminal columns: `width`, `fit`, `pad`.

The rules are those of wcwidth, on the standard library's tables: importing wcwidth costs a `batchtui list` 20 ms.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from unicodedata import category, combining, east_asian_width

if TYPE_CHECKING:
    from re import Match

_JOINER = "\u200d"
_EMOJI_STYLE = "\ufe0f"


@lru_cache(maxsize=4096)
def _columns(char: str) -> int:
    code = ord(char)
    if combining(char) or category(char) in ("Mn", "Me", "Cf") or 0x1160 <= code <= 0x11FF:
        return 0
    if 0x1F3FB <= code <= 0x1F3FF:  # skin tones colour the sign before them
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def width(text: str) -> int:
    """Return the number of terminal columns that `text` takes; it should have gone through `safe` before."""
    return len(text) if text.isascii() else _measured(text)


@lru_cache(maxsize=4096)
def _measured(text: str) -> int:
    # Remembered: the same few signs, such as the dash of an unknown cost, stand in most rows.
    return sum(columns for _, columns in _cells(text))


def _cells(text: str) -> list[tuple[str, int]]:
    cells: list[tuple[str, int]] = []
    last = joined = ""
    for char in text:
        columns = _columns(char)
        if joined == _JOINER and columns == 2:  # a joined emoji is drawn over the one before
            columns = 0
        # The selector makes a picture of two columns of a sign that was one wide.
        elif char == _EMOJI_STYLE and last and _columns(last) == 1:
            columns = 1
        cells.append((char, columns))
        joined = char
        last = char if columns else last
    return cells


def fit(text: str, columns: int, *, ellipsis: str = "…") -> str:
    """Return `text` cut to at most `columns` columns, with `ellipsis` at the end where something was cut off."""
    if width(text) <= columns:
        return text
    room = columns - width(ellipsis)
    if room < 0:
        return ellipsis[:columns]
    kept: list[str] = []
    for char, taken in _cells(text):
        room -= taken
        if room < 0:
            break
        kept.append(char)
    return "".join(kept) + ellipsis


def pad(text: str, columns: int, *, right: bool = False, ellipsis: str = "…") -> str:
    """Return `text` cut or filled with spaces to exactly `columns` columns; `right` aligns it to the right edge."""
    # Most cells are ASCII and fit; measuring them closely takes three times as long.
    if text.isascii() and len(text) <= columns:
        return text.rjust(columns) if right else text.ljust(columns)
    text = fit(text, columns, ellipsis=ellipsis)
    space = " " * (columns - width(text))
    return space + text if right else text + space


_PICTURES = "\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
_UNSTEADY = re.compile(
    f"(?<=[{_PICTURES}])\ufe0f?[\U0001f3fb-\U0001f3ff]"  # a colour of skin: none, or two of its own
    "|[\ufe0e\ufe0f\u20e3]"  # text or picture, and the frame of a key: the sign before them is one column or two
    f"|\u200d(?=[{_PICTURES}])"  # pictures joined to one: two columns, or two for each of them
    "|[\U0001f1e6-\U0001f1ff]"  # the two letters of a flag: two columns, or four
)


def normalize_width(text: str) -> str:
    """Return `text` without characters whose width differs between terminals.

    Joined emoji become separate ones, skin tones are left out, flags become their two letters. What is copied,
    exported or read in a pager stays as it was.
    """
    return text if text.isascii() else _UNSTEADY.sub(_parted, text)


def _parted(found: Match[str]) -> str:
    code = ord(found.group()[0])
    return chr(code - 0x1F1E6 + ord("A")) if 0x1F1E6 <= code <= 0x1F1FF else ""
