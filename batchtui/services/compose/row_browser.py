"""Read the rows of a table by number, for display, and keep those around the last one: `RowBrowser`."""

from __future__ import annotations

import threading
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.compose import Row, Table

KEPT = 2000
"""Rows that are kept behind the one that was read last."""
KEPT_FILES = 64
"""So many, where a row is a file: a picture takes some megabytes."""


class RowBrowser:
    """A place in a table that can be moved. Going far back reads the table anew.

    Its methods block, and may be called on several threads.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.is_whole = False
        """Whether the end was seen, so that `read` is the number of all rows."""
        self.read = 0
        """The furthest row that was ever read."""
        self._rows: Iterator[Row] = iter(())
        # Rows of a folder hold whole files.
        self.most = KEPT_FILES if table.has_blocks else KEPT
        """Rows that can be read without delay."""
        self._kept: deque[Row] = deque(maxlen=self.most)
        self._next = 0
        """The number of the row that comes next; 0 before the first reading."""
        # Reentrant: `page` holds it over its calls of `at`, so that two pages do not move each other's place.
        self._lock = threading.RLock()

    def at(self, number: int) -> Row | None:
        """Return a row, from 1; None past the end.

        Raises:
            InputError: the table cannot be read, or not again.
        """
        with self._lock:
            if number < 1:
                return None
            # A table is read forwards only: for a row before the kept ones it is read from its beginning.
            if self._next == 0 or number < self._next - len(self._kept):
                self._rewind()
            while self._next <= number:
                if not self._step():
                    return None
            return self._kept[number - self._next]

    def page(self, first: int, count: int) -> list[Row]:
        """Return some rows that follow one another, as many as there are and `most` at most."""
        rows: list[Row] = []
        with self._lock:
            for number in range(first, first + min(count, self.most)):
                row = self.at(number)
                if row is None:
                    break
                rows.append(row)
        return rows

    def find(self, line: int, file: str | None = None) -> int | None:
        """Return the number of the row that a problem names by its line, or by its file where rows are files."""
        with self._lock:
            self._rewind()
            while self._step():
                row = self._kept[-1]
                if row.line >= line and (row.file is None or row.file == file):
                    return self._next - 1
        return None

    def _rewind(self) -> None:
        self._rows = (row for block in self.table.rows() for row in block)
        self._kept.clear()
        self._next = 1

    def _step(self) -> bool:
        """Read one row."""
        for row in islice(self._rows, 1):
            self._kept.append(row)
            self.read = max(self.read, self._next)
            self._next += 1
            return True
        self.is_whole = True
        return False
