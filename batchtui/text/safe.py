"""Make text from outside safe to print on a terminal: `sanitize`.

Whatever a terminal would obey, or hide, becomes visible: a file name or an answer must not be able to drive somebody's
terminal.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from re import Match

_INVISIBLE = (
    "\x7f-\x9f"  # DEL and C1: some terminals obey 0x9b as they obey ESC [
    "\u00ad\u180e\u200b\u2060-\u2065\ufeff\ufff9-\ufffb"  # nothing to see, but there
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # bidi marks: they reorder what stands around them
    "\u2028\u2029"  # line ends to some, characters to others
    "\ud800-\udfff"  # lone surrogates: no terminal can be sent one
    "\U000e0000-\U000e007f"  # tags: a second, invisible alphabet
)
_IN_A_LINE = re.compile(f"[\x00-\x1f{_INVISIBLE}]")
_IN_A_BLOCK = re.compile(f"[\x00-\x08\x0b-\x1f{_INVISIBLE}]")
_IN_JSON = re.compile(f"[{_INVISIBLE}]")
_SPACES = re.compile(r"[ \t\r\n]+")


def sanitize(text: str) -> str:
    """Return `text` as one line without a character that a terminal would obey; line ends and tabs become visible."""
    # All that a terminal would obey or hide is not printable: asking is ten times as fast as looking for it.
    return text if text.isprintable() else _IN_A_LINE.sub(_visible, text)


def sanitize_block(text: str) -> str:
    """Return `text` with its line ends and tabs kept and everything else that a terminal would obey made visible."""
    return _IN_A_BLOCK.sub(_visible, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """Return `text` as one safe line in which every run of spaces, tabs and line ends is one space."""
    return sanitize(_SPACES.sub(" ", text).strip())


def escaped_json(document: str) -> str:
    """Return a JSON document with every sign that a terminal would obey as its escape, which a parser undoes."""
    # All of them are unprintable, and looking for those takes a sixth of the time of the pattern.
    if document.isprintable():
        return document
    return _IN_JSON.sub(_json_escape, document)


def sanitize_char(text: str) -> str:
    """Return `text` as one safe line with exactly one character for each: for what is edited where it is shown."""
    return text if text.isprintable() else "".join(map(_one_sign, text))


def _one_sign(sign: str) -> str:
    shown = sanitize(sign)
    return shown if len(shown) == 1 else "\ufffd"


def _visible(found: Match[str]) -> str:
    code = ord(found.group())
    # U+2400 on are the pictures of the control characters, in the same order.
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"<U+{code:04X}>"


def display_path(path: str | Path) -> str:
    """Format a path for display: `~/work/tickets.jsonl`; a relative path stays as it is."""
    home, place = Path.home(), Path(path)
    return one_line(f"~/{place.relative_to(home)}" if place != home and place.is_relative_to(home) else str(path))


def _json_escape(found: Match[str]) -> str:
    # As UTF-16, which JSON's escapes are: a sign beyond the first plane takes two.
    units = found.group().encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
