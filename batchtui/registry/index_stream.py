"""The index of an attempt's requests on its way to the disk: rows that another thread writes, many at a time."""

from __future__ import annotations

import sqlite3
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

INDEX_SCHEMA = """
CREATE TABLE requests (
    seq INTEGER PRIMARY KEY, custom_id TEXT NOT NULL, part INTEGER NOT NULL, offset INTEGER NOT NULL,
    length INTEGER NOT NULL, file INTEGER NOT NULL, line INTEGER, model TEXT, max_tokens INTEGER
) STRICT;
CREATE TABLE files (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
"""
_ALL_AT_ONCE = "PRAGMA page_size = 16384; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
"""The index is made in one go, in few long steps, and thrown away on any failure: it needs no journal of its own."""
_ROW = "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
COLUMNS = _ROW.count("?")
ROWS = 256
"""Rows that go into the index with one statement: with one each, they take half as long again."""
ROWS_AHEAD = 8
"""How many such statements may wait: memory stays flat, and checking and writing overlap."""


class IndexStream:
    """Writes rows in the order in which they come. It belongs to one thread, which calls `add`, then `finish`.

    SQLite works without the interpreter, so whoever calls goes on meanwhile. Its errors (sqlite3.Error) come with a
    later call at the latest.
    """

    def __init__(self, path: Path) -> None:
        """Begin a file that is not there yet."""
        self._index = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        self._index.executescript(_ALL_AT_ONCE + INDEX_SCHEMA)
        self._index.execute("BEGIN")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="index-stream")
        self._pending: deque[Future[None]] = deque()
        self._values: list[Any] = []
        """Of the latest rows, one after the other: too few yet for a statement."""

    def add(self, values: list[Any]) -> None:
        """Write whole rows, the values of one after those of the other."""
        self._values += values
        while len(self._values) >= ROWS * COLUMNS:
            while len(self._pending) >= ROWS_AHEAD:
                self._pending.popleft().result()
            self._pending.append(self._thread.submit(self._insert, self._values[: ROWS * COLUMNS]))
            del self._values[: ROWS * COLUMNS]

    def finish(self, files: dict[str, int]) -> bool:
        """Close the file, with the names of the files that rows speak of. Returns whether a custom_id stands twice."""
        while self._pending:
            self._pending.popleft().result()
        self._insert(self._values)
        self._index.executemany("INSERT INTO files VALUES (?, ?)", [(number, name) for name, number in files.items()])
        # Not a unique index: failing to build one would leave this file, which has no journal, in pieces.
        self._index.execute("CREATE INDEX requests_by_custom_id ON requests(custom_id)")
        (has_duplicates,) = self._index.execute("SELECT count(*) > count(DISTINCT custom_id) FROM requests").fetchone()
        self._index.execute("COMMIT")
        self.discard()
        return bool(has_duplicates)

    def discard(self) -> None:
        """Leave the file as it is. Safe to call again."""
        self._thread.shutdown(cancel_futures=True)
        self._index.close()

    def _insert(self, values: list[Any]) -> None:
        if values:
            rows = ", ".join([_ROW] * (len(values) // COLUMNS))
            self._index.execute(f"INSERT INTO requests VALUES {rows}", values)
