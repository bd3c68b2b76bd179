"""Read columns beside results from a table of the registry, for threads: `AnnotationTable`.

The registry's own connections belong to the event loop. An export or a query runs on a thread and reads a million rows,
so this opens a read-only connection of its own.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from batchtui.domain.results.annotation import AnnotationColumn

_AT_ONCE = 500
"""Rows read between two looks at anything else, and custom_ids asked for in one statement."""


class AnnotationTable:
    """The columns that a SELECT over the registry yields, by custom_id. Its methods block."""

    def __init__(
        self, registry: Path, columns: Sequence[AnnotationColumn], select: str, parameters: Sequence[object] = ()
    ) -> None:
        """Open the registry's file to read.

        Args:
            registry: the file (`Registry.path`).
            columns: what the SELECT yields after the custom_id, in this order.
            select: a SELECT whose first column is `custom_id`, each once. An index over that column is used.
            parameters: the values of its placeholders, such as the id of the job.

        Raises:
            StorageError: the file cannot be read.
        """
        self.columns = tuple(columns)
        self._select = select
        self._parameters = tuple(parameters)
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(
                f"{registry.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
            )
        except sqlite3.Error as error:
            raise StorageError(f"{registry} cannot be read: {error}.") from error

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    def read(self, custom_ids: Sequence[str]) -> dict[str, Sequence[Any]]:
        """Return the cells of these custom_ids, in the order of `columns`; ids without any are left out.

        Raises:
            StorageError: the file cannot be read.
        """
        found: dict[str, Sequence[Any]] = {}
        for start in range(0, len(custom_ids), _AT_ONCE):
            wanted = custom_ids[start : start + _AT_ONCE]
            sql = f"SELECT * FROM ({self._select}) WHERE custom_id IN ({','.join('?' * len(wanted))})"
            found.update((row[0], row[1:]) for row in self._rows(sql, (*self._parameters, *wanted)))
        return found

    def stream(self) -> Iterator[tuple[str, Sequence[Any]]]:
        """Yield every custom_id with its cells, sorted by custom_id; memory does not grow with their number.

        Raises:
            StorageError: the file cannot be read.
        """
        for row in self._rows(f"SELECT * FROM ({self._select}) ORDER BY custom_id", self._parameters):
            yield row[0], row[1:]

    def _rows(self, sql: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        try:
            with self._lock:
                cursor = self._connection.execute(sql, values)
            with closing(cursor):
                while True:
                    with self._lock:
                        rows = cursor.fetchmany(_AT_ONCE)
                    if not rows:
                        return
                    yield from rows
        except sqlite3.Error as error:
            raise StorageError(f"The registry cannot be read: {error}.") from error
