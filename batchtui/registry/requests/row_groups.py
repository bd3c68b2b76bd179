"""Gather rows by a value on the disk, for tables of any length: `RowGroups`.

A million rows of ten thousand groups come in any order; held in memory they would not fit. SQLite sorts them in a file
that is gone when it is closed.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from batchtui.domain.errors import StorageError
from batchtui.registry.database.storage_hints import storage_hint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_SCHEMA = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384;
CREATE TABLE groups (id INTEGER PRIMARY KEY, value TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE members (
    group_id INTEGER NOT NULL, seq INTEGER NOT NULL, data BLOB NOT NULL, parents TEXT NOT NULL,
    PRIMARY KEY (group_id, seq)
) STRICT, WITHOUT ROWID;
"""
"""The cache is bounded: what does not fit waits on the disk."""
_AT_ONCE = 200


class GroupedRow(NamedTuple):
    """One row of a group."""

    seq: int
    """Its place among all rows, from 1."""
    data: bytes
    """As it was given."""
    parents: tuple[tuple[str, str], ...]


class RowGroups:
    """Rows by the value of one column. Its methods block and belong to one thread."""

    def __init__(self) -> None:
        """Open a file of its own. Raises `StorageError`."""
        self._folder = tempfile.TemporaryDirectory(prefix="batchtui-")
        self._ids: dict[str, int] = {}
        try:
            self._connection = sqlite3.connect(
                Path(self._folder.name) / "groups.db", isolation_level=None, check_same_thread=False
            )
            self._connection.executescript(_SCHEMA)
            self._connection.execute("BEGIN")
        except sqlite3.Error as error:
            self._folder.cleanup()
            raise _refused(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._connection.close()
        self._folder.cleanup()

    def add(self, rows: Iterable[tuple[str, int, bytes, Sequence[tuple[str, str]]]]) -> None:
        """Note rows: the value that groups them, their place, their data and their parents.

        Raises:
            StorageError: the disk refuses.
        """
        try:
            self._connection.executemany(
                "INSERT INTO members VALUES (?, ?, ?, ?)",
                (
                    (self._group(value), seq, data, json.dumps(parents) if parents else "")
                    for value, seq, data, parents in rows
                ),
            )
        except sqlite3.Error as error:
            raise _refused(error) from error

    def _group(self, value: str) -> int:
        """Return the number of a group; groups are numbered as they appear first."""
        found = self._ids.get(value)
        if found is None:
            self._connection.execute("INSERT OR IGNORE INTO groups (value) VALUES (?)", (value,))
            (found,) = self._connection.execute("SELECT id FROM groups WHERE value = ?", (value,)).fetchone()
            # A column in which every value is another one must not fill the memory.
            if len(self._ids) >= MOST_REMEMBERED:
                self._ids.clear()
            self._ids[value] = int(found)
        return int(found)

    def groups(self) -> Iterator[tuple[str, Iterator[GroupedRow]]]:
        """Yield each value with its rows in their order; values as they appeared first. Read a group to its end first.

        Raises:
            StorageError: the disk refuses.
        """
        try:
            with closing(self._connection.cursor()) as cursor:
                for group_id, value in cursor.execute("SELECT id, value FROM groups ORDER BY id"):
                    yield value, self._members(group_id)
        except sqlite3.Error as error:
            raise _refused(error) from error

    def members_of(self, value: str) -> Iterator[GroupedRow]:
        """Yield the rows of one group in their order."""
        return self._members(self._group(value))

    def _members(self, group_id: int) -> Iterator[GroupedRow]:
        sql = "SELECT seq, data, parents FROM members WHERE group_id = ? ORDER BY seq"
        with closing(self._connection.execute(sql, (group_id,))) as rows:
            while block := rows.fetchmany(_AT_ONCE):
                for seq, data, parents in block:
                    yield GroupedRow(seq, data, tuple(map(tuple, json.loads(parents))) if parents else ())


MOST_REMEMBERED = 50_000
"""Values whose numbers are held in memory."""


def _refused(error: Exception) -> StorageError:
    return StorageError(f"The rows could not be grouped: {error}.", hint=storage_hint(error))
