"""custom_ids that are legal and unique, from whatever a column holds; in a few bytes a row."""

from __future__ import annotations

import re
from array import array
from typing import Any

from batchtui.domain.limits import CUSTOM_ID_PATTERN

_LEGAL = re.compile(CUSTOM_ID_PATTERN)
_ILLEGAL = re.compile(r"[^a-zA-Z0-9_-]+")
_LONGEST = 64
_LEAST = 1 << 12
_MASK = (1 << 64) - 1


class CustomIdFactory:
    """Makes a custom_id of what a row is called. Equal rows in equal order get equal ids in every run."""

    def __init__(self) -> None:
        self._seen = SeenIds()
        self.made = 0
        """Rows that had no name of their own."""
        self.changed = 0
        """Ids that are not what the column says."""
        self.repeated = 0
        """Of those, the ones that stood there before."""

    def make(self, original: Any, line: int) -> str:
        """Return the custom_id for a row; None or blank gets one made of its line."""
        text = original if type(original) is str else "" if original is None else str(original)
        if _LEGAL.match(text) and text[-1] != "\n" and self._seen.add(text):
            return text
        if not text.strip():
            self.made += 1
            return self._unique(f"row-{line}", line)
        self.changed += 1
        wanted = _ILLEGAL.sub("_", text.strip())[:_LONGEST].strip("_") or f"row-{line}"
        if self._seen.add(wanted):
            return wanted
        self.repeated += 1
        return self._unique(_suffixed(wanted, f"-row{line}"), line)

    def _unique(self, wanted: str, line: int) -> str:
        made, number = wanted, 1
        while not self._seen.add(made):
            number += 1
            made = _suffixed(wanted, f"-{line}-{number}")
        return made


class SeenIds:
    """Which texts were there before, in 13 to 27 bytes each: hashes of 64 bits in one array.

    Once in many millions of millions of pairs two texts have one hash; then the second is called seen, which costs it
    a suffix that it would not have needed, and nothing else.
    """

    def __init__(self) -> None:
        self._slots = array("Q", [0]) * _LEAST
        self._size = _LEAST
        self._count = 0

    def add(self, text: str) -> bool:
        """Note a text; False where it was there before."""
        if self._count * 10 > self._size * 6:
            self._grow()
        value = (hash(text) & _MASK) or 1
        slots, last = self._slots, self._size - 1
        here = value & last
        while found := slots[here]:
            if found == value:
                return False
            here = (here + 1) & last
        slots[here] = value
        self._count += 1
        return True

    def _grow(self) -> None:
        before = self._slots
        self._size *= 2
        last = self._size - 1
        slots = self._slots = array("Q", [0]) * self._size
        for value in before:
            if value:
                here = value & last
                while slots[here]:
                    here = (here + 1) & last
                slots[here] = value


def _suffixed(text: str, suffix: str) -> str:
    return text[: _LONGEST - len(suffix)] + suffix
