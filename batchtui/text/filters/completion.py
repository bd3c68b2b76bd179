"""Complete a filter while it is typed: fields, and values that occur: `continuations`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.batches.query import NUMBERS, SPANS, FilterField
from batchtui.text.filters.language import RESULT_WORDS, Token, field_of, tokens
from batchtui.text.glyphs import STATES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST = 30
"""Continuations that are offered at once."""
_NUMBERS = (">0", ">10", ">100", ">1k", "0")
_COSTS = (">1", ">5", ">10", ">100")
_SPANS = ("<1h", "<1d", "<2d", "<1w", ">1d", ">1w")


@dataclass(frozen=True, slots=True)
class Continuation:
    """One way to go on."""

    label: str
    """How it is offered."""
    text: str
    """The whole filter with it."""
    at: int
    """Where the cursor stands then."""


def continuations(text: str, at: int, known: Mapping[FilterField, Sequence[str]]) -> list[Continuation]:
    """Return how the word at the cursor may be continued; nothing where it is complete, or no field fits.

    Args:
        text: the filter as it stands.
        at: where the cursor is.
        known: values that there are, by field, the likeliest first.
    """
    token = next((token for token in tokens(text) if token.start <= at <= token.end), Token("", at))
    typed = token.text[: at - token.start]
    sign = "!" if typed.startswith("!") else ""
    name, colon, value = typed.removeprefix("!").partition(":")
    if not colon:
        words = [f"{field}:" for field in FilterField if field.startswith(name.lower())]
        return [_continued(text, token, f"{sign}{word}", word, is_done=False) for word in words]
    field = field_of(name)
    if field is None:
        return []
    before, comma, last = value.rpartition(",")
    words = [word for word in _values(field, known) if _begins(word, last) and word != last]
    head = f"{sign}{name}:{before}{comma}"
    return [_continued(text, token, head + quoted(word), word, is_done=True) for word in words[:MOST]]


def quoted(word: str) -> str:
    """Put a value in quotation marks where it has spaces or commas in it."""
    return f'"{word}"' if any(sign in word for sign in " ,\t") else word


def _continued(text: str, token: Token, whole: str, label: str, *, is_done: bool) -> Continuation:
    rest = text[token.end :]
    # After a field a value follows at once; after a value the next word does.
    gap = " " if is_done and not rest.startswith(" ") else ""
    return Continuation(label, text[: token.start] + whole + gap + rest, token.start + len(whole) + len(gap))


def _values(field: FilterField, known: Mapping[FilterField, Sequence[str]]) -> Sequence[str]:
    if field is FilterField.STATUS:
        return list(dict.fromkeys(["running", "ended", *(sign.word.replace(" ", "_") for sign in STATES.values())]))
    if field is FilterField.RESULTS:
        return list(RESULT_WORDS)
    if field is FilterField.COST:
        return _COSTS
    if field in NUMBERS:
        return _NUMBERS
    return _SPANS if field in SPANS else known.get(field, ())


def _begins(word: str, typed: str) -> bool:
    return word.lower().startswith(typed.lower().lstrip('"'))
