"""Read the arguments of the public API: each function returns the value, or raises `UsageError` with the name of it.

Programs pass a word where several are taken, a number as text, NaN. A wrong value is reported where it was passed,
with its name, and not by an error of a library far below.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from batchtui.domain.errors import UsageError

if TYPE_CHECKING:
    from batchtui.domain.costs.known_requests import ReusePolicy
    from batchtui.domain.results.result import Outcome

T = TypeVar("T")

MOST_SECONDS = 100 * 366 * 86_400
"""A century: a date beyond year 9999 cannot be calculated with."""
MOST_DOLLARS = Decimal(10) ** 12
_LARGEST_INT = 2**53
"""The largest whole number that JSON and SQLite both keep."""


def text(name: str, value: Any) -> str:
    """Return a string that can be encoded."""
    if not isinstance(value, str):
        raise wrong(name, value, "a string")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise wrong(name, value, "valid Unicode") from None
    return str(value)


def text_or_none(name: str, value: Any) -> str | None:
    """Return a string; None stays None."""
    return None if value is None else text(name, value)


def texts(name: str, value: Any) -> tuple[str, ...]:
    """Return several strings; a single one is one of them, and None none."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (text(name, value),)
    if not isinstance(value, Iterable) or isinstance(value, bytes | bytearray | Mapping):
        raise wrong(name, value, "a string, or several in a list")
    return tuple(text(f"{name}[{number}]", each) for number, each in enumerate(value))


def outcomes(name: str, value: Any) -> frozenset[Outcome]:
    """Return outcomes, named or as they are."""
    from batchtui.domain.results.result import Outcome

    found = texts(name, value)
    for each in found:
        choice(name, each, tuple(Outcome))
    return frozenset(map(Outcome, found))


def choice(name: str, value: Any, allowed: Iterable[T]) -> T:
    """Return one of the allowed values."""
    every = list(allowed)
    try:
        return every[every.index(value)]
    except ValueError:
        raise wrong(name, value, f"one of {', '.join(map(str, every))}") from None


def whole(name: str, value: Any, least: int = 0, most: int = _LARGEST_INT) -> int:
    """Return a whole number within bounds."""
    # In Python True is an int: `max_tokens=True` would be one token.
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        bounds = f"from {least} to {most:,}" if most < _LARGEST_INT else f"of at least {least}"
        raise wrong(name, value, f"a whole number {bounds}")
    return int(value)


def whole_or_none(name: str, value: Any, least: int = 0) -> int | None:
    """Return a whole number within bounds; None stays None."""
    return None if value is None else whole(name, value, least)


def seconds(name: str, value: Any, *, may_be_0: bool = False) -> float | None:
    """Return seconds above 0, or with `may_be_0` at least 0; None stays None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise wrong(name, value, "a number of seconds")
    # Compared before it is converted: float() of a huge int raises, and NaN fails each comparison.
    if (isinstance(value, Decimal) and not value.is_finite()) or not 0 <= value <= MOST_SECONDS:
        raise wrong(name, value, "a number of seconds, at most a century")
    if value == 0 and not may_be_0:
        raise wrong(name, value, "more than 0 seconds")
    return float(value)


def age_or_none(name: str, value: Any) -> timedelta | None:
    """Read a span of time in seconds or as a timedelta; None stays None."""
    if isinstance(value, timedelta):
        value = value.total_seconds()
    span = seconds(name, value)
    return None if span is None else timedelta(seconds=span)


def dollars(name: str, value: Any) -> Decimal | None:
    """Return an amount in USD, at least 0; None stays None."""
    if value is None:
        return None
    hint = "an amount in USD, such as 12.50"
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise wrong(name, value, hint)
    if isinstance(value, float) and not math.isfinite(value):
        raise wrong(name, value, hint)
    try:
        # A float by way of its text: Decimal(0.1) would have 55 digits.
        amount = value if isinstance(value, int | Decimal) else Decimal(str(value).strip())
        if isinstance(amount, Decimal) and not amount.is_finite():
            raise wrong(name, value, hint)
        if not 0 <= amount <= MOST_DOLLARS:
            raise wrong(name, value, hint)
    except InvalidOperation:
        raise wrong(name, value, hint) from None
    return Decimal(amount)


def reuse(name: str, value: Any) -> ReusePolicy | None:
    """Return which answers are reused: True for all, a text as `--reuse` takes it; None for False."""
    from batchtui.domain.costs.known_requests import EXPECTED, ReusePolicy

    if isinstance(value, bool):
        return ReusePolicy() if value else None
    expected = f"True, False, or {EXPECTED}"
    if not isinstance(value, str):
        raise wrong(name, value, expected)
    try:
        return ReusePolicy.parse(value)
    except ValueError:
        raise wrong(name, value, expected) from None


def flag(name: str, value: Any) -> bool:
    """Return True or False."""
    if not isinstance(value, bool):
        raise wrong(name, value, "True or False")
    return value


def function_or_none(name: str, value: T) -> T:
    """Return something that can be called, or None."""
    if value is not None and not callable(value):
        raise wrong(name, value, "a function")
    return value


def path_of(name: str, value: Any) -> Path:
    """Return an argument as a path. Raises `UsageError` for what cannot be one."""
    if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
        raise wrong(name, value, "a path")
    return Path(text(name, str(value)))


def known_names(keywords: Mapping[str, Any], allowed: Iterable[str]) -> None:
    """Refuse a keyword argument that does not exist."""
    every = sorted(allowed)
    for name in keywords:
        if name not in every:
            raise UsageError(f"There is no argument {name}.", hint=f"The arguments are {', '.join(every)}.")


def wrong(name: str, value: object, wanted: str) -> UsageError:
    """Return the error for a value that is not what is wanted."""
    try:
        # ascii, as the message may go to a terminal or a log that cannot show the value.
        shown = ascii(value)
    except Exception:  # noqa: BLE001 (anybody's __repr__, and a number too long to be printed)
        shown = f"a value of type {type(value).__name__}"
    shown = shown if len(shown) <= 60 else f"{shown[:59]}…"
    return UsageError(f"{name} must be {wanted}, not {shown}.", title="Wrong value")
