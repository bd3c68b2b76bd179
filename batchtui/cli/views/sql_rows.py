"""Print the rows of a query: as a table, CSV or JSON: `cell_text`, `json_value`."""

from __future__ import annotations

import json
import math
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_CELL = 2_000
"""Characters of a cell that a table in the terminal is made of."""


def json_value(value: Any) -> Any:
    """Return a value of DuckDB as JSON has it: exact numbers, times in ISO form, null for what is no number."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        # JSON's numbers are decimal, too: sums of money stay exact.
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): json_value(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(each) for each in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value)  # an interval, a UUID


def cell_text(value: Any) -> str:
    """Return a value as a cell of CSV or of a table: nothing for null, JSON for lists and objects."""
    plain = json_value(value)
    if plain is None:
        return ""
    if isinstance(plain, str):
        return plain
    if isinstance(plain, bool):
        return "true" if plain else "false"
    return str(plain) if isinstance(plain, int | float) else json.dumps(plain, ensure_ascii=False)


def is_number(kind: str) -> bool:
    """Whether a type of DuckDB is a number, which stands at the right."""
    return kind.startswith(("INT", "UINT", "BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT", "SMALLINT", "TINYINT", "DOUBLE",
                            "FLOAT", "DECIMAL"))  # fmt: skip


def record_of(names: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    """Return a row as an object."""
    return {name: json_value(value) for name, value in zip(names, row, strict=True)}
