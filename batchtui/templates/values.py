"""Write values of a row into a prompt: as text, or as JSON that strict readers take.

Tables bring more than text: numbers, dates, lists and NaN from Parquet, objects from JSON. What has no sensible text,
such as a method or a generator, is refused instead of being sent as `<built-in method …>`.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator, KeysView, Mapping, ValuesView
from decimal import Decimal
from typing import Any

MAX_TEXT = 50_000_000
"""Characters that one text may have: ten times what the longest context holds."""
TOO_LONG = "the text is too long"
_ESCAPED_BYTE = re.compile(r"\\udc[89a-f]")


def as_text(value: Any) -> Any:
    """Return what a placeholder writes for a value: nothing for null and NaN, and JSON for what JSON has words for.

    Raises:
        TypeError: the value is a function, a generator or a part of the template language.
    """
    if isinstance(value, str):
        return value
    if value is None or is_nan(value):
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, KeysView | ValuesView):
        value = list(value)
    if isinstance(value, bool | dict | list):
        return as_json(value)
    if not _is_undefined(value) and (callable(value) or isinstance(value, Iterator) or _is_of_the_language(value)):
        raise TypeError(_no_text(value))
    return str(value)  # of an undefined value this raises jinja2's own error, which names it


def as_json(value: Any, indent: int | None = None, *, sort_keys: bool = False, ensure_ascii: bool = False) -> str:
    """Return JSON in which NaN and the infinities are null, and other values that JSON does not know are text.

    Bytes are their text, or base64 where they are none.

    Raises:
        ValueError: with `ensure_ascii`, where a text has a byte that is none (see `compose.tables.encoding`); otherwise
            it stays in the JSON, which no request can hold.
    """
    options: dict[str, Any] = {"ensure_ascii": ensure_ascii, "indent": indent, "default": _plain, "allow_nan": False}
    try:
        text = json.dumps(value, sort_keys=sort_keys, **options)
    except (ValueError, TypeError):
        text = json.dumps(_clean(value), sort_keys=sort_keys, **options)
    if ensure_ascii and _ESCAPED_BYTE.search(text):
        # Written as \\udce9, a byte that is no text would pass for text; this raises where it is one.
        as_json(value, sort_keys=sort_keys).encode()
    return text


def is_nan(value: Any) -> bool:
    """Return whether a value is NaN, which Parquet and pandas write for a missing number."""
    return (isinstance(value, float) and value != value) or (isinstance(value, Decimal) and value.is_nan())


def is_blank(value: Any) -> bool:
    """Return whether a value renders as white space only."""
    return value is None or is_nan(value) or (isinstance(value, str) and not value.strip())


def _plain(value: Any) -> str:
    """Return the text of a value that JSON cannot represent."""
    if not isinstance(value, bytes | bytearray):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return b64encode(value).decode()  # as JSON usually holds bytes; a replacement sign would lose them


def _clean(value: Any) -> Any:
    """Return a copy without numbers and keys that JSON does not have."""
    if isinstance(value, float):
        return value if value - value == 0 else None  # NaN and infinity minus themselves are NaN
    if isinstance(value, Mapping):
        return {key if isinstance(key, str | int) else str(key): _clean(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(each) for each in value]
    return value


def _is_undefined(value: Any) -> bool:
    return type(value).__module__ == "jinja2.runtime" and type(value).__name__.endswith("Undefined")


def _is_of_the_language(value: Any) -> bool:
    return type(value).__module__.startswith("jinja2.")


def _no_text(value: Any) -> str:
    name = getattr(value, "__name__", "")
    if isinstance(value, Iterator):
        return "this is a sequence, not text; add | list or | join(', ')"
    return f'"{name}" is a function here, not a value of the row' if name else "this is no value of the row"
