"""Parse filters such as `evals status:ended !tag:old errored:>0 age:<2d` into terms: `terms_of`.

A word is looked for in every text of a batch and its job. `field:value` is about one field: texts hold the value, tags
begin with it, `=` asks for the whole of it, commas stand between alternatives, `<`, `<=`, `>` and `>=` compare. `!`
before either turns it round, and quotation marks keep spaces, colons and commas together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING

from batchtui.domain.batches.query import NUMBERS, SPANS, FilterField, FilterTerm
from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import UsageError
from batchtui.text.glyphs import STATES
from batchtui.text.safe import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batchtui.domain.batches.query import Comparison, Value

OTHER_NAMES = {
    "state": FilterField.STATUS,
    "source": FilterField.FROM,
    "file": FilterField.FROM,
    "cancelled": FilterField.CANCELED,
}
"""What else a field may be called."""
STATE_WORDS: dict[str, tuple[str, ...]] = {
    **{state.value: (state.value,) for state in BatchState},
    **{sign.word.replace(" ", "_"): (state.value,) for state, sign in STATES.items()},
    "running": tuple(state.value for state in BatchState if state.is_running),
}
"""The states that each word stands for."""
RESULT_WORDS: dict[str, tuple[str, ...]] = {state.value: (state.value,) for state in ResultsState}
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
"""Seconds of each unit of time."""
_TOKEN = re.compile(r'(?:[^\s"]|"[^"]*"?)+')
_FIELD = re.compile(r"([A-Za-z_]+):(.*)", re.DOTALL)
_COMPARISON = re.compile(r"(<=|>=|<|>|=)?(.*)", re.DOTALL)
_NUMBER = re.compile(r"\$?(\d[\d_]*(?:\.\d+)?|\.\d+)([km]?)", re.IGNORECASE)
_SPAN = re.compile(r"(\d+(?:\.\d+)?)([smhdw])", re.IGNORECASE)
_MULTIPLES = {"": 1, "k": 1_000, "m": 1_000_000}


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a filter, and where it is."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it was understood."""

    terms: tuple[FilterTerm, ...] = ()
    shown: tuple[str, ...] = ()
    """What each term was read from, as it was typed."""
    complaints: tuple[str, ...] = ()
    """A sentence for each part that cannot be meant; it is left out of the terms."""
    unfinished: tuple[str, ...] = ()
    """Parts that say nothing yet, as `status:`: no fault while typing."""


class _NotUnderstood(Exception):
    """A part of the filter makes no sense; the message says why."""


def tokens(text: str) -> Iterator[Token]:
    """Split a text at the spaces outside quotation marks."""
    return (Token(found.group(), found.start()) for found in _TOKEN.finditer(text))


def read(text: str) -> Reading:
    """Read a filter. A part that is still being typed, such as `status:` or `age:<`, is ignored."""
    terms: list[FilterTerm] = []
    shown: list[str] = []
    complaints: list[str] = []
    unfinished: list[str] = []
    for token in tokens(text):
        try:
            term = _term(token.text)
        except _NotUnderstood as error:
            complaints.append(str(error))
            continue
        if term is None:
            unfinished.append(token.text)
        else:
            terms.append(term)
            shown.append(token.text)
    return Reading(tuple(terms), tuple(shown), tuple(complaints), tuple(unfinished))


def terms_of(text: str) -> tuple[FilterTerm, ...]:
    """Parse a complete filter.

    Raises:
        UsageError: a part of it makes no sense, or is incomplete.
    """
    reading = read(text)
    said = "; ".join((*reading.complaints, *(f"{part} is incomplete" for part in reading.unfinished)))
    if said:
        # Fields help who has named a wrong one; a wrong value names the values itself.
        fields = f"Fields: {', '.join(FilterField)}." if "there is no field" in said else ""
        raise UsageError(f"Invalid filter: {sanitize(said)}.", hint=fields)
    return reading.terms


def field_of(name: str) -> FilterField | None:
    """Return the field that is called so; None where there is none."""
    name = name.lower()
    return OTHER_NAMES.get(name) or next((field for field in FilterField if field.value == name), None)


def _term(token: str) -> FilterTerm | None:
    is_negated = token.startswith("!")
    said = token.removeprefix("!")
    fielded = _FIELD.fullmatch(said)
    if fielded is None:
        word = said.replace('"', "")
        return FilterTerm(None, (word,), is_negated=is_negated) if word else None
    field = field_of(fielded[1])
    if field is None:
        raise _NotUnderstood(f'there is no field "{fielded[1]}"{_guess(fielded[1])}')
    compared = _COMPARISON.fullmatch(fielded[2])
    assert compared is not None  # it takes any text
    comparison: Comparison = compared[1] or ""  # type: ignore[assignment]  # the pattern has no others
    if not compared[2]:
        return None
    values, comparison = _values(field, compared[2], comparison)
    return FilterTerm(field, values, comparison, is_negated) if values else None


def _values(field: FilterField, said: str, comparison: Comparison) -> tuple[tuple[Value, ...], Comparison]:
    if field in NUMBERS:
        return (_number(field, said),), comparison
    if field in SPANS:
        span = _span(field, said)
        return ((span,) if span is not None else ()), comparison
    if comparison not in ("", "="):
        raise _NotUnderstood(f"{field} cannot be compared with {comparison}")
    alternatives = [part.replace('"', "") for part in re.findall(r'(?:[^,"]|"[^"]*"?)+', said)]
    alternatives = [part for part in alternatives if part]
    if field in (FilterField.STATUS, FilterField.RESULTS):
        words = STATE_WORDS if field is FilterField.STATUS else RESULT_WORDS
        return tuple(dict.fromkeys(value for part in alternatives for value in _known(field, part, words))), "="
    return tuple(alternatives), comparison


def _known(field: FilterField, part: str, words: dict[str, tuple[str, ...]]) -> Sequence[str]:
    """Return what a word stands for; the beginning of the word is enough."""
    part = part.lower()
    if part in words:
        return words[part]
    found = [value for word, values in words.items() if word.startswith(part) for value in values]
    if not found:
        near = get_close_matches(part, words, 1)
        meant = f"; did you mean {near[0]}?" if near else ";"
        raise _NotUnderstood(f'no {field} begins with "{part}"{meant} It is one of {", ".join(words)}')
    return found


def _number(field: FilterField, said: str) -> Decimal:
    found = _NUMBER.fullmatch(said)
    if found is None:
        raise _NotUnderstood(f"{field} needs a number, such as {field}:>0")
    return Decimal(found[1].replace("_", "")) * _MULTIPLES[found[2].lower()]


def _span(field: FilterField, said: str) -> timedelta | None:
    if re.fullmatch(r"\d+\.?\d*", said):  # its unit is about to be typed
        return None
    found = _SPAN.fullmatch(said)
    if found is None:
        raise _NotUnderstood(f"{field} needs a time, such as {field}:<2d (s, m, h, d, w)")
    seconds = float(found[1]) * UNITS[found[2].lower()]
    # A century at most: dates end at the year 1, and subtracting more would raise OverflowError.
    return timedelta(seconds=min(seconds, 3e9))


def _guess(name: str) -> str:
    known = [*FilterField, *OTHER_NAMES]
    near = [field for field in known if field.startswith(name.lower())] or get_close_matches(name.lower(), known, 1)
    return f"; did you mean {near[0]}:?" if near else "; put it in quotation marks to search for it literally"
