"""Read Parquet, and the rows of a SELECT over files, with DuckDB, which is imported only then: `DuckdbTable`."""

from __future__ import annotations

import math
import struct
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from batchtui.compose.tables.arrow_schema import duration_units, iso_duration
from batchtui.compose.tables.base import BLOCK_ROWS, Readable, Row
from batchtui.compose.tables.delimited.header import column_names
from batchtui.sql.connection import connect, duckdb_errors, refuse_all_but_select

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LARGEST_SINGLE = 3.4028e38
"""Below the largest number of single precision: a longer one has no bytes."""
_BLOBS = ("BLOB", "BINARY")
"""Types of columns with bytes, by the names that versions of DuckDB give them."""
_UNREADABLE = "The data cannot be read"


class DuckdbTable(Readable):
    """The rows of one SELECT. It reads files and changes none; nothing is fetched from a network."""

    id_column = None
    has_blocks = False
    progress: tuple[int, int | None] = (0, None)

    def __init__(self, name: str, sql: str, parameters: tuple[Any, ...] = (), kind: str = "SQL") -> None:
        """Ask for the columns.

        Raises:
            UsageError: DuckDB is not installed, or it is no SELECT.
            InputError: the query is wrong, or a file cannot be read.
        """
        self.name = name
        self.kind = kind
        self._sql = sql
        self._parameters = parameters
        self._twice: list[str] = []
        self.units: Mapping[str, int] = {}
        """How many of its whole numbers make a second, by the name of each column that is a length of time."""
        self._connection = connect("Parquet and SQL need", threads=1)
        refuse_all_but_select(self._connection, sql, "select id, text from 'tickets.parquet'")
        self.columns = self._columns()

    @property
    def facts(self) -> Mapping[str, str]:
        """What a person is told of the table: that DuckDB reads it, and which columns have a name twice."""
        facts = {"read by": "DuckDB"}
        return {**facts, "named twice": ", ".join(self._twice)} if self._twice else facts

    def rows(self) -> Iterator[list[Row]]:
        """Yield the rows in blocks, as the query finds them."""
        names, number = self.columns, 0
        found = self._ask(self._sql)
        # Many programs write text as bytes; what is no text stays bytes, which the composer names.
        blobs = [name for name, column in zip(names, found.description, strict=True) if str(column[1]) in _BLOBS]
        singles = [name for name, column in zip(names, found.description, strict=True) if str(column[1]) == "FLOAT"]
        spans = [name for name, column in zip(names, found.description, strict=True) if str(column[1]) == "INTERVAL"]
        units = {name: unit for name, unit in self.units.items() if name in names}
        while rows := self._fetch(found):
            values = [dict(zip(names, row, strict=True)) for row in rows]
            for row in values if blobs or singles or spans or units else ():
                row |= {name: _length(row[name], unit) for name, unit in units.items()}
                row |= {name: None if row[name] is None else iso_duration(row[name]) for name in spans}
                row |= {name: _text(row[name]) for name in blobs}
                row |= {name: _shortest(row[name]) for name in singles}
            yield [Row(number + place, row) for place, row in enumerate(values, 1)]
            number += len(rows)

    def rename(self, columns: tuple[str, ...]) -> None:
        """Call the columns otherwise, where there are as many names; those that stand there twice get a number."""
        if len(columns) == len(self.columns):
            names, self._twice = column_names(list(columns))
            self.columns = tuple(names)

    def ask(self, sql: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """Return all rows of a query of ours.

        Raises:
            InputError: a file cannot be read.
        """
        with duckdb_errors(_UNREADABLE):
            rows: list[tuple[Any, ...]] = self._connection.cursor().execute(sql, parameters).fetchall()
        return rows

    def _columns(self) -> tuple[str, ...]:
        # LIMIT 0: the columns without running the query.
        described = self._ask(f"SELECT * FROM ({self._sql.strip().rstrip(';')}) LIMIT 0").description  # noqa: S608
        return tuple(column[0] for column in described)

    def _ask(self, sql: str) -> Any:
        with duckdb_errors(_UNREADABLE):
            return self._connection.cursor().execute(sql, self._parameters)

    def _fetch(self, found: Any) -> list[tuple[Any, ...]]:
        with duckdb_errors(_UNREADABLE):
            rows: list[tuple[Any, ...]] = found.fetchmany(BLOCK_ROWS)
        return rows


def _text(value: bytes | None) -> str | bytes | None:
    """Return the text that bytes are; the bytes themselves where they are none."""
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return value


def _length(value: Any, unit: int) -> Any:
    """Return a number of units of time as ISO 8601 has it; a fraction below a microsecond is cut off."""
    if not isinstance(value, int):
        return value
    sign = -1 if value < 0 else 1
    try:
        return iso_duration(sign * timedelta(microseconds=abs(value) * 1_000_000 // unit))
    except OverflowError:  # more days than Python knows: the number says more than nothing
        return value


def _shortest(value: float | None) -> float | None:
    """Return a number of single precision as the shortest one that is the same: 0.1, and not 0.10000000149011612."""
    for digits in range(6, 10):
        if value is None or not math.isfinite(value):
            break
        short = float(f"{value:.{digits}g}")
        if abs(short) < _LARGEST_SINGLE and struct.unpack("f", struct.pack("f", short))[0] == value:
            return short
    return value


def parquet_table(name: str) -> DuckdbTable:
    """Open a Parquet file, with the names of its columns as they stand in it: DuckDB calls `A` beside `a` `A_1`.

    Raises:
        UsageError, InputError: as the SELECT of a query.
    """
    table = DuckdbTable(name, "SELECT * FROM read_parquet(?)", (name,), "Parquet")
    table.rename(_names_in(table, name))
    for (schema,) in table.ask("SELECT value FROM parquet_kv_metadata(?) WHERE key = 'ARROW:schema'", (name,)):
        table.units = duration_units(schema)
    return table


def _names_in(table: DuckdbTable, name: str) -> tuple[str, ...]:
    """Return the names of the columns of a Parquet file, those of nested fields left out."""
    # parquet_schema yields the tree of the schema in depth-first order: the root, then each column and its fields.
    schema = table.ask("SELECT name, coalesce(num_children, 0) FROM parquet_schema(?)", (name,))
    names, inner = list[str](), 0
    for field, children in schema[1:]:
        if not inner:
            names.append(field)
        inner = max(inner - 1, 0) + children
    return tuple(names)
