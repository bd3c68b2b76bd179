"""Read and write JSON that every other program reads too: no NaN, no Infinity, no number that a parser refuses.

Python's json module writes `Infinity` and `NaN`, which RFC 8259 does not know, and refuses whole numbers of more than
4,300 digits. A model may answer with either.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

_COMPACT = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
MAX_DEPTH = 100
"""Containers nested deeper than this are left out of what is read (the bytes on the disk keep them)."""


def encode_json(value: object, *, indent: int | None = None) -> str:
    """Return the value as JSON, compact unless indented.

    Numbers that JSON cannot say (NaN, Infinity) become null, and so does what is nested deeper than `MAX_DEPTH` where
    the encoder cannot follow.
    """
    encoder = _COMPACT if indent is None else json.JSONEncoder(ensure_ascii=False, allow_nan=False, indent=indent)
    try:
        return encoder.encode(value)
    except (ValueError, RecursionError):
        return encoder.encode(_finite(value))


def decode_json(text: str) -> Any:
    """Return the value of a JSON text, free of lone surrogates.

    Numbers that Python cannot hold exactly enough (`1e400`, 5,000 digits) become the text they were written as; NaN
    and Infinity, which are no JSON but are written by many programs, become None.

    Raises:
        ValueError: it is no JSON.
        RecursionError: it is nested too deeply.
    """
    value = json.loads(text, parse_float=_number, parse_int=_integer, parse_constant=lambda _: None)
    # Only an escape can bring a lone surrogate in: the text itself has been decoded.
    return without_surrogates(value) if "\\u" in text or not text.isascii() else value


def join_text(text: str) -> str:
    """Return the text with every lone surrogate replaced by U+FFFD, so that it can be encoded and stored."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        # By way of UTF-16, where a pair of surrogates that arrived as two escapes becomes its one character again.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def without_surrogates(value: Any, level: int = 0) -> Any:
    """Return the value with every text in it made whole; what is nested deeper than `MAX_DEPTH` becomes None."""
    if isinstance(value, str):
        return join_text(value)
    if level > MAX_DEPTH:
        return None
    if isinstance(value, list):
        return [without_surrogates(item, level + 1) for item in value]
    if isinstance(value, dict):
        return {join_text(key): without_surrogates(item, level + 1) for key, item in value.items()}
    return value


def _number(digits: str) -> float | str:
    number = float(digits)
    return number if isfinite(number) else digits


def _integer(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:  # more digits than sys.get_int_max_str_digits() allows
        return digits


def _finite(value: object, level: int = 0) -> object:
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict | list | tuple):
        if level > MAX_DEPTH:
            return None
        if isinstance(value, dict):
            return {key: _finite(item, level + 1) for key, item in value.items()}
        return [_finite(item, level + 1) for item in value]
    return value
