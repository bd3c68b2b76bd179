"""Count the values of the fields of structured answers: `ValueCounter`.

Memory does not grow with the number of answers: a field with too many values is counted in ranges where they are
numbers, and no further where they are words.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from batchtui.domain.results.statistics import FieldValues

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_FIELDS = 40
"""Fields that are counted; an answer with a thousand keys is a map, and its keys are no fields."""
MOST_VALUES = 200
"""Values of one field that are kept apart."""
LONGEST_VALUE = 60
"""Characters of a value; longer ones are prose, of which no two are equal."""
NAMED = 12
"""Values of one field that are named at the end."""
RANGES = 12
"""Ranges that numbers are counted in at least, once they have too many values; up to twice as many while counting."""
_WHOLE_UP_TO = 1e15


class ValueCounter:
    """Takes structured answers one after the other, and says at the end which values their fields have."""

    def __init__(self) -> None:
        self.answers = 0
        """Answers taken."""
        self._fields: dict[str, _Field] = {}

    def add(self, answer: Mapping[str, object]) -> None:
        """Count one answer: its fields, those of objects in it as `outer.inner`, and of a list each item."""
        self.answers += 1
        for name, value in _leaves(answer):
            field = self._fields.get(name)
            if field is None:
                if len(self._fields) >= MOST_FIELDS:
                    continue
                field = self._fields[name] = _Field()
            field.add(value)

    def fields(self) -> tuple[FieldValues, ...]:
        """Return the fields in the order in which they first occurred, without those of which nothing can be said."""
        return tuple(
            found for name, field in self._fields.items() if (found := field.result(name)) is not None and found.values
        )


def _leaves(answer: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in answer.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}", leaf) for inner, leaf in value.items() if not isinstance(leaf, dict))
        else:
            yield str(name), value


class _Field:
    """The values of one field: kept apart while they are few, then as ranges of numbers, or not at all."""

    def __init__(self) -> None:
        self._present = 0
        self._words: Counter[str] = Counter()
        self._numbers: Counter[float] = Counter()
        self._ranges: _Ranges | None = None
        self._is_prose = False

    def add(self, value: object) -> None:
        self._present += 1
        # Of a list the items are counted, each once an answer: "how many answers name it".
        for one in _unique(value) if isinstance(value, list) else (value,):
            self._take(one)

    def _take(self, value: object) -> None:
        # A bool is an int to Python, and a word to whoever reads JSON.
        if isinstance(value, int | float) and not isinstance(value, bool):
            self._take_number(value)
        elif not self._is_prose and not isinstance(value, dict | list):
            word = value if isinstance(value, str) else _json_word(value)
            is_new = word not in self._words
            self._is_prose = len(word) > LONGEST_VALUE or (is_new and len(self._words) >= MOST_VALUES)
            self._words[word] += 1
            if self._is_prose:
                self._words.clear()

    def _take_number(self, value: float) -> None:
        try:
            number = float(value)
        except OverflowError:  # an integer of hundreds of digits
            return
        if not math.isfinite(number):
            return
        if self._ranges is not None:
            self._ranges.add(number)
            return
        self._numbers[number] += 1
        if len(self._numbers) > MOST_VALUES:
            self._ranges = _Ranges(self._numbers)
            self._numbers.clear()

    def result(self, name: str) -> FieldValues | None:
        if self._ranges is not None:
            return FieldValues(name, self._present, self._ranges.result(), 0, None)
        if self._is_prose:
            return None
        if len(self._numbers) > NAMED and not self._words:
            return FieldValues(name, self._present, _Ranges(self._numbers).result(), 0, len(self._numbers))
        counts: list[tuple[str, int]] = [(number_words(number), times) for number, times in self._numbers.items()]
        counts += self._words.items()
        # Equal numbers by name, so that the same answers in another order make the same picture.
        counts.sort(key=lambda entry: (-entry[1], entry[0]))
        # Every value another: an id, or a name.
        if len(counts) > NAMED and counts[0][1] == 1:
            return None
        others = sum(times for _, times in counts[NAMED:])
        return FieldValues(name, self._present, tuple(counts[:NAMED]), others, len(counts))


def _json_word(value: object) -> str:
    return "null" if value is None else "true" if value is True else "false"


def _unique(items: list[object]) -> list[object]:
    kept: list[object] = []
    for item in items[:MOST_VALUES]:
        if not isinstance(item, dict | list) and item not in kept:
            kept.append(item)
    return kept


class _Ranges:
    """Numbers counted in ranges of one width, which doubles as often as a number lies outside."""

    def __init__(self, numbers: Mapping[float, int]) -> None:
        low, high = min(numbers), max(numbers)
        self._is_whole = all(number.is_integer() for number in numbers)
        width = (high - low) / RANGES
        # Whole numbers in ranges of a whole width: "3.5 to 4.2 stars" means nothing.
        self._width = max(1.0, float(math.ceil(width))) if self._is_whole else width or 1.0
        self._first = math.floor(low / self._width)
        self._counts: Counter[int] = Counter()
        for number, times in numbers.items():
            self.add(number, times)

    def add(self, number: float, times: int = 1) -> None:
        self._is_whole = self._is_whole and number.is_integer()
        at = math.floor(number / self._width)
        keys = [*self._counts, at]
        while max(keys) - min(keys) >= 2 * RANGES:
            # A range and its neighbour become one; the width stays finite, since numbers are.
            self._width *= 2
            merged: Counter[int] = Counter()
            for key, count in self._counts.items():
                merged[key // 2] += count
            self._counts = merged
            at = math.floor(number / self._width)
            keys = [*self._counts, at]
        self._counts[at] += times

    def result(self) -> tuple[tuple[str, int], ...]:
        first, last = min(self._counts), max(self._counts)
        return tuple((self._words(at), self._counts[at]) for at in range(first, last + 1))

    def _words(self, at: int) -> str:
        low, high = at * self._width, (at + 1) * self._width
        if self._is_whole:
            return number_words(low) if high - low <= 1 else f"{number_words(low)} to {number_words(high - 1)}"
        return f"{number_words(low)} to {number_words(high)}"


def number_words(number: float) -> str:
    """Write a number shortly: `3`, `0.25`, `1,200`, `1.3e+20`."""
    if number.is_integer() and abs(number) < _WHOLE_UP_TO:
        return f"{int(number):,}"
    return f"{number:.4g}"
