"""Make legal and unique custom_ids of the values of a column, in a few bytes of memory a row: `CustomIdFactory`."""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING, Any

from batchtui.domain.limits import CUSTOM_ID_PATTERN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# `$` also matches before a newline at the end, which an id may not have.
_is_legal = re.compile(CUSTOM_ID_PATTERN.removesuffix("$") + r"\Z").match
_ILLEGAL = re.compile(r"[^a-zA-Z0-9_-]+")
_LONGEST = 64
_LEAST = 1 << 8
_TABLE_BITS = 4
_MASK = (1 << 64) - 1
_SHIFT = 64 - _TABLE_BITS
_GIVEN = 1
"""The bit of a hash that tells ids that were given from those that are reserved."""


class CustomIdFactory:
    """Makes the custom_id of each row: a legal name keeps itself, any other is made legal and unique.

    A made id is never one that another row has by itself, also a later one: results are joined by custom_id, and would
    be those of the wrong row. Equal rows in equal order get equal ids in every run.
    """

    def __init__(self, names: Callable[[], Iterable[Any]] | None = None) -> None:
        """`names` yields what all rows are called; it is asked when the first id has to be made."""
        self._seen = SeenIds()
        self._names = names
        self.made = 0
        """Rows that had no name of their own."""
        self.changed = 0
        """Ids that are not what the column says."""
        self.repeated = 0
        """Of those, the ones that are not unique, or would be another row's."""

    def make(self, original: Any, number: int) -> str:
        """Return the custom_id for a row; None or blank gets one made of its number."""
        text = original if type(original) is str else "" if original is None else str(original)
        if _is_legal(text) and self._seen.give(text):
            return text
        # Only now: where all names are legal and unique, the table need not be read a second time.
        if self._names is not None:
            self._reserve(self._names())
        bare = text.strip()
        if not bare:
            self.made += 1
            return self._unique(f"row-{number}", number)
        self.changed += 1
        wanted = _ILLEGAL.sub("_", bare)[:_LONGEST].strip("_") or f"row-{number}"
        if self._seen.take(wanted):
            return wanted
        self.repeated += 1
        return self._unique(_suffixed(wanted, f"-row{number}"), number)

    def _reserve(self, names: Iterable[Any]) -> None:
        """Keep the legal names of all rows from being made for another row."""
        self._names = None
        for name in names:
            text = name if type(name) is str else str(name)
            if _is_legal(text):
                self._seen.reserve(text)

    def _unique(self, wanted: str, number: int) -> str:
        made, count = wanted, 1
        while not self._seen.take(made):
            count += 1
            made = _suffixed(wanted, f"-{number}-{count}")
        return made


class SeenIds:
    """Which ids were given or are reserved, in 13 to 27 bytes each: 62 bits of a hash and a bit for given.

    Once in many millions of millions of pairs two texts have one hash; then the second is called seen, which costs it
    a suffix that it would not have needed, and nothing else.
    """

    def __init__(self) -> None:
        # Many small tables: one large one would need half as much again while it grows.
        self._tables = [_HashTable() for _ in range(1 << _TABLE_BITS)]

    def give(self, text: str) -> bool:
        """Give an id to the row that has it by itself; False where it was given before."""
        return not self._note(text, _GIVEN, replaces=True) & _GIVEN

    def take(self, text: str) -> bool:
        """Give an id that was made; False where it was given or reserved before."""
        return not self._note(text, _GIVEN)

    def reserve(self, text: str) -> None:
        """Keep an id for the row that has it by itself."""
        self._note(text, 0)

    def _note(self, text: str, mark: int, *, replaces: bool = False) -> int:
        """Return what was noted of an id, 0 where that is nothing; note it then, and where `replaces` in any case.

        All in one function: this runs for every row, and calls would take twice as long as what they do.
        """
        value = hash(text) & _MASK | 2 | _GIVEN
        table = self._tables[value >> _SHIFT]
        slots, last = table.slots, table.last
        here = value >> 2 & last
        while (found := slots[here]) and found | _GIVEN != value:
            here = here + 1 & last
        if not found:
            slots[here] = value ^ _GIVEN ^ mark
            table.count += 1
            # Fuller than this, searches become long.
            if table.count * 10 > last * 6:
                table.grow()
        elif replaces:
            slots[here] = value ^ _GIVEN ^ mark
        return found


class _HashTable:
    """Open addressing with linear probing over an array of hashes: bit 1 is always set, bit 0 where it was given."""

    __slots__ = ("count", "last", "slots")

    def __init__(self) -> None:
        self.slots = array("Q", [0]) * _LEAST
        self.last = _LEAST - 1
        self.count = 0

    def grow(self) -> None:
        """Double the slots."""
        before, last = self.slots, 2 * len(self.slots) - 1
        slots = array("Q", [0]) * (last + 1)
        for value in filter(None, before):
            here = value >> 2 & last
            while slots[here]:
                here = here + 1 & last
            slots[here] = value
        self.slots, self.last = slots, last


def _suffixed(text: str, suffix: str) -> str:
    return text[: _LONGEST - len(suffix)] + suffix
