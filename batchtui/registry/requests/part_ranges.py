"""Say where in the input the requests of each part are: `part_ranges`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3


class PartRange(NamedTuple):
    """The places in the input that the requests of one part have."""

    part: int
    first: int
    last: int
    is_alone: bool = False
    """Whether all requests between the first and the last are of this part."""


def part_ranges(index: sqlite3.Connection, schema: str = "") -> list[PartRange]:
    """Return the parts of an index of requests, in order, with the places of their requests.

    Args:
        index: the connection that has it.
        schema: its name there, with a dot.
    """
    rows = index.execute(
        f"SELECT part, min(seq), max(seq), count(*) FROM {schema}requests GROUP BY part ORDER BY part"
    ).fetchall()
    return [PartRange(part, first, last, last - first + 1 == count) for part, first, last, count in rows]
