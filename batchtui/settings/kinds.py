"""What a value of the settings file may be: each kind takes what TOML gives, or raises with what it must be instead.

Written by hand, because every start reads the settings: a library for it takes longer to import than `batchtui list`
takes in all.
"""

from __future__ import annotations

import shlex
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

LIST_OF_WORDS = 'a list of words, as in ["program", "argument"]'
ADDRESS = "an address that begins with https://"


class Misfit(ValueError):
    """A value that cannot stand where it does; the message is what should stand there."""


def switch(value: Any) -> bool:
    """Take true or false, and not 1 or "yes"."""
    if not isinstance(value, bool):
        raise Misfit("true or false")
    return value


def text(value: Any) -> str:
    """Take any text."""
    if not isinstance(value, str):
        raise Misfit("text in quotes")
    return value


def some_text(value: Any) -> str:
    """Take a text that is not empty."""
    if not text(value):
        raise Misfit("some text")
    return text(value)


def number(
    *, above: int | None = None, least: int | None = None, below: int | None = None, most: int | None = None
) -> Callable[[Any], Decimal]:
    """Make a kind that takes numbers between these bounds, also in quotes; none of them is infinite."""

    def taken(value: Any) -> Decimal:
        exact = _exact(value)
        if above is not None and exact <= above:
            raise Misfit(f"greater than {above:,}")
        if least is not None and exact < least:
            raise Misfit(f"at least {least:,}")
        if below is not None and exact >= below:
            raise Misfit(f"less than {below:,}")
        if most is not None and exact > most:
            raise Misfit(f"at most {most:,}")
        return exact

    return taken


def _exact(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise Misfit("a number")
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        raise Misfit("a number") from None
    if not exact.is_finite():
        raise Misfit("a finite number")
    return exact


def seconds(*, above: int | None = None, least: int | None = None, most: int) -> Callable[[Any], float]:
    """Make a kind that takes so many seconds."""
    bounded = number(above=above, least=least, most=most)
    return lambda value: float(bounded(value))


def whole(*, least: int) -> Callable[[Any], int]:
    """Make a kind that takes whole numbers."""
    bounded = number(least=least)

    def taken(value: Any) -> int:
        if _exact(value) % 1:
            raise Misfit("a whole number")
        return int(bounded(value))

    return taken


def words(value: Any) -> tuple[str, ...]:
    """Take a list of words, or one line of them as a shell would split it."""
    if isinstance(value, str):
        try:
            value = shlex.split(value)
        except ValueError:
            raise Misfit("a list of words (a quotation mark is not closed)") from None
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise Misfit(LIST_OF_WORDS)
    return tuple(value)


def address(value: Any) -> str:
    """Take a web address or nothing; let nothing out unencrypted, as what is told names the user's work."""
    if not (given := text(value)):
        return given
    try:
        parts = urlsplit(given)
        is_near = parts.hostname in ("localhost", "127.0.0.1", "::1")
    except ValueError:
        raise Misfit(ADDRESS) from None
    if not parts.hostname or parts.scheme not in ("https", "http") or any(map(str.isspace, given)):
        raise Misfit(ADDRESS)
    if parts.scheme == "http" and not is_near:
        raise Misfit(f"{ADDRESS} (http:// is for this machine only)")
    return given
