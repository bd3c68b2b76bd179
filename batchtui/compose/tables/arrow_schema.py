"""Find the columns of a Parquet file that are lengths of time: `duration_units`.

Parquet has no such type. pandas, Polars and PyArrow write whole numbers, and say what they mean in a schema of Arrow's
beside them, which DuckDB does not read. It is a message of Arrow's IPC format, base64 of a FlatBuffer
(https://arrow.apache.org/docs/format/Columnar.html, format/Schema.fbs).
"""

from __future__ import annotations

import base64
import struct
from datetime import timedelta

_DURATION = 18
"""Of the union `Type`."""
_PER_SECOND = (1, 1_000, 1_000_000, 1_000_000_000)
"""Of the enum `TimeUnit`: seconds, milliseconds, microseconds, nanoseconds."""
_MILLISECONDS = 1
"""The unit of a duration that names none."""


def duration_units(encoded: bytes) -> dict[str, int]:
    """Return how many of its units make a second, by the name of each column of durations.

    Args:
        encoded: the value of `ARROW:schema`; empty is returned for what is no such schema.
    """
    try:
        message = base64.b64decode(encoded)
        # Since Arrow 0.15 the length follows four bytes of ones.
        start = 8 if message[:4] == b"\xff\xff\xff\xff" else 4
        schema = _Table(message[start:], 0).table(2)
        found: dict[str, int] = {}
        for field in schema.tables(1) if schema else ():
            kind = field.table(3)
            if field.byte(2) == _DURATION and kind is not None:
                found[field.text(0)] = _PER_SECOND[kind.short(0, _MILLISECONDS)]
    except (ValueError, struct.error, IndexError):  # what cannot be read says nothing; the numbers stay as they are
        return {}
    return found


def iso_duration(length: timedelta) -> str:
    """Return a length of time as ISO 8601 has it: `P1DT2H0.5S`, `-PT3S`."""
    sign, length = ("-", -length) if length < timedelta() else ("", length)
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{length.microseconds:06}".rstrip("0") if length.microseconds else ""
    time = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M")) if number)
    if seconds or fraction:
        time += f"{seconds}{fraction}S"
    date = f"{length.days}D" if length.days else ""
    return f"{sign}P{date}{'T' + time if time else ''}" if date or time else "PT0S"


class _Table:
    """A table of a FlatBuffer. Its methods take the number of a field, and raise struct.error for what is damaged."""

    def __init__(self, data: bytes, at: int, *, is_root: bool = True) -> None:
        self._data = data
        self._at = self._number("<I", at) if is_root else at
        self._fields = self._at - self._number("<i", self._at)

    def _number(self, form: str, at: int) -> int:
        if at < 0:
            raise struct.error
        value: int = struct.unpack_from(form, self._data, at)[0]
        return value

    def _place(self, field: int) -> int | None:
        entry = 4 + 2 * field
        if entry >= self._number("<H", self._fields):
            return None
        offset = self._number("<H", self._fields + entry)
        return self._at + offset if offset else None

    def _target(self, field: int) -> int | None:
        place = self._place(field)
        return None if place is None else place + self._number("<I", place)

    def byte(self, field: int) -> int:
        place = self._place(field)
        return 0 if place is None else self._number("<B", place)

    def short(self, field: int, default: int) -> int:
        place = self._place(field)
        return default if place is None else self._number("<h", place)

    def text(self, field: int) -> str:
        target = self._target(field)
        if target is None:
            return ""
        return self._data[target + 4 : target + 4 + self._number("<I", target)].decode()

    def table(self, field: int) -> _Table | None:
        target = self._target(field)
        return None if target is None else _Table(self._data, target, is_root=False)

    def tables(self, field: int) -> list[_Table]:
        target = self._target(field)
        if target is None:
            return []
        places = range(target + 4, target + 4 + 4 * self._number("<I", target), 4)
        return [_Table(self._data, place + self._number("<I", place), is_root=False) for place in places]
