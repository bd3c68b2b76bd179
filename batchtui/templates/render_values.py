"""Encode the values of a row as JSON for the process that renders it, and decode them there: `encode_values`.

JSON and not pickle: what a process reads can then never be code, wherever it came from. Values that JSON cannot write
(dates and decimals of a Parquet file, bytes, keys that are no text) are written as an object with one tagged entry.
"""

from __future__ import annotations

import base64
import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable

_READERS: dict[str, Callable[[Any], Any]] = {
    "dict": lambda pairs: {_revive(key): _revive(value) for key, value in pairs},
    "tuple": lambda items: tuple(_revive(item) for item in items),
    "set": lambda items: {_revive(item) for item in items},
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": lambda parts: timedelta(*parts),
    "decimal": Decimal,
    "uuid": UUID,
    "bytes": base64.b64decode,
}


def encode_values(values: Any) -> bytes:
    """Return nested values as ASCII JSON; what is of no known type is written as its text."""
    return json.dumps(_plain(values)).encode("ascii")


def decode_values(content: bytes) -> Any:
    """Return what `encode_values` was given."""
    return _revive(json.loads(content))


def _plain(value: Any) -> Any:
    kind = type(value)
    if value is None or kind in (str, bool, int, float):
        return value
    if kind is list:
        return [_plain(item) for item in value]
    return _tagged(value)


def _tagged(value: Any) -> Any:
    if isinstance(value, dict):
        return {"dict": [[_plain(key), _plain(item)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [_plain(item) for item in value]}
    if isinstance(value, (set, frozenset)):
        return {"set": [_plain(item) for item in value]}
    # A datetime is a date as well, so it comes first.
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, (date, time)):
        return {"date" if isinstance(value, date) else "time": value.isoformat()}
    if isinstance(value, timedelta):
        return {"timedelta": [value.days, value.seconds, value.microseconds]}
    if isinstance(value, (Decimal, UUID)):
        return {"decimal" if isinstance(value, Decimal) else "uuid": str(value)}
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"bytes": base64.b64encode(value).decode("ascii")}
    return str(value)


def _revive(value: Any) -> Any:
    if isinstance(value, list):
        return [_revive(item) for item in value]
    if isinstance(value, dict):
        [(tag, content)] = value.items()
        return _READERS[tag](content)
    return value
