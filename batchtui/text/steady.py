"""Signs that take one column in some terminals and two in others, shown so that what follows stays in line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from re import Match

_PICTURES = "\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
_UNSTEADY = re.compile(
    f"(?<=[{_PICTURES}])\ufe0f?[\U0001f3fb-\U0001f3ff]"  # a colour of skin: none, or two of its own
    "|[\ufe0e\ufe0f\u20e3]"  # text or picture, and the frame of a key: the sign before them is one column or two
    f"|\u200d(?=[{_PICTURES}])"  # pictures joined to one: two columns, or two for each of them
    "|[\U0001f1e6-\U0001f1ff]"  # the two letters of a flag: two columns, or four
)


def steady(text: str) -> str:
    """Return `text` without what would shift all that stands to the right of it in some terminals.

    Joined pictures stand beside each other, colours of skin are left out, flags are their two letters. What is copied,
    exported or read in a pager stays as it was.
    """
    return text if text.isascii() else _UNSTEADY.sub(_parted, text)


def _parted(found: Match[str]) -> str:
    code = ord(found.group()[0])
    return chr(code - 0x1F1E6 + ord("A")) if 0x1F1E6 <= code <= 0x1F1FF else ""
