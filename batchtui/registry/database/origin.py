"""Tell whether this registry is a copy, or an older one that was restored: `Origin`.

A copy holds parts that its twin may send, too, and neither file can see the other. So the file keeps on which machine
and under which inode it was written, and how many sends it has begun; a small file beside it keeps that number, too.
A copy has another inode or another machine; a backup that was restored knows fewer sends than the file beside it.
What this cannot see: a clone of the whole disk, and a backup that restored both files in place.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from batchtui.domain.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path
    from sqlite3 import Row

    import aiosqlite

SUFFIX = ".sends"
"""Ends the name of the file beside the registry."""


class Origin:
    """Knows where a registry was written. It changes nothing but its own row and its own file."""

    def __init__(self, path: Path, machine: str) -> None:
        self._path = path
        self._beside = path.with_name(path.name + SUFFIX)
        self._machine = machine

    def is_copied(self, row: Row | None) -> bool:
        """Whether the registry was copied or restored since `row`, the origin that it keeps, was written.

        Raises:
            StorageError: where the file is gone: what is written to it now reaches no disk.
        """
        if row is None:
            return False
        is_elsewhere = bool(row["machine"] and self._machine and row["machine"] != self._machine)
        return is_elsewhere or row["inode"] != self._inode() or row["sends"] < self._sends_beside()

    async def take(self, tx: aiosqlite.Connection) -> None:
        """Write down within a transaction that the registry lies here, and knows of all sends from now on."""
        await tx.execute(
            "INSERT INTO origin VALUES (1, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET machine = excluded.machine,"
            " inode = excluded.inode, sends = max(origin.sends, excluded.sends)",
            (self._machine, self._inode(), self._sends_beside()),
        )

    async def count_send(self, tx: aiosqlite.Connection) -> int:
        """Count one more send within a transaction. Returns how many there are now."""
        await tx.execute("UPDATE origin SET sends = sends + 1")
        async with tx.execute("SELECT sends FROM origin") as cursor:
            row = await cursor.fetchone()
        return int(row[0]) if row else 0

    def keep_beside(self, sends: int) -> None:
        """Write the number of sends beside the registry, after they were committed: it may lag, never lead."""
        if sends <= self._sends_beside():
            return
        with suppress(OSError):  # a send must not fail for it: a number that lags hides one restored backup at most
            temporary = self._beside.with_name(f"{self._beside.name}.{os.getpid()}")
            temporary.unlink(missing_ok=True)
            descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(f"{sends}\n")
            temporary.replace(self._beside)

    def _inode(self) -> int:
        try:
            return self._path.stat().st_ino
        except OSError as error:
            raise StorageError(
                f"The registry {self._path} is gone: {error.strerror}.",
                hint="Close batchtui everywhere and open it again. Nothing is sent until then.",
            ) from error

    def _sends_beside(self) -> int:
        try:
            return int(self._beside.read_text())
        except (OSError, ValueError):
            return 0
