"""Tell whether anything was committed to the registry's file since the last look: `DataVersion`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batchtui.registry.database.connection import Database

SETTLED = 2_000_000_000
"""Nanoseconds after which the time of a file tells of every write: two right after each other may leave the same."""


class DataVersion:
    """Reads `PRAGMA data_version`, but only if the write-ahead log has changed since the last look.

    A dashboard looks twice a second as long as it is open. Every commit writes to the log, and a `stat` of it is cheap,
    whereas the PRAGMA needs the thread of a connection.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._log: tuple[int, int] | None = None
        self._version = 0

    async def read(self) -> int:
        """Return a number that changes with every commit to the file, also one of another process."""
        log = self._log_now()  # before SQLite is asked: what is written meanwhile shows with the next look
        if log is None or log != self._log:
            row = await self._database.one("PRAGMA data_version")
            self._version = int(row[0]) if row else 0
            self._log = log
        return self._version

    def _log_now(self) -> tuple[int, int] | None:
        """Return modification time and size of the log; None where they do not tell of every write."""
        try:
            log = self._database.path.with_name(f"{self._database.path.name}-wal").stat()
        except OSError:
            return None
        return None if time.time_ns() - log.st_mtime_ns < SETTLED else (log.st_mtime_ns, log.st_size)
