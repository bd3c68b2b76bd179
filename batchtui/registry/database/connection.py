"""The connections to the registry's file: one that writes, one that reads, and transactions: `Database`."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import aiosqlite

from batchtui.domain.errors import RegistryDamaged, RegistryReplaced, StorageError
from batchtui.registry.database.backup import backup_path
from batchtui.registry.database.codecs import encode_time
from batchtui.registry.database.migrations import LATEST, migrate, refuse_newer, schema_version
from batchtui.registry.database.open_lock import OpenLock
from batchtui.registry.database.storage_hints import storage_hint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from pathlib import Path

    from batchtui.domain.clock import Clock

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
BUSY_SECONDS = 30.0
"""How long a statement waits for another process's transaction. Ours last milliseconds."""


class Database:
    """The registry's file: a connection that reads, opened at once, and one that writes, opened with the first write.

    Reads go through a read-only connection and never wait for a writer (WAL). Writes of this process queue on one
    lock, those of several processes on SQLite's own, with a busy timeout.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._reader: aiosqlite.Connection | None = None
        self._writer: aiosqlite.Connection | None = None
        self._write_lock = asyncio.Lock()
        self._opening: asyncio.Future[aiosqlite.Connection] | None = None
        self._is_closed = False
        self._identity: tuple[int, int] | None = None
        """Device and inode of the file that is open."""
        self._log_identity: tuple[int, int] | None = None
        """Those of its write-ahead log when it was last seen beside it."""
        self._listeners: list[Callable[[], None]] = []
        self._open_lock = OpenLock(path)

    async def open(self) -> None:
        """Open the file; create or migrate it where needed.

        Raises:
            SchemaTooNew: a newer batchtui wrote it.
            RegistryDamaged: it is no database, or a damaged one.
            StorageError: it cannot be read or written.
        """
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._open_lock.share()
            self._prepare()
            self._identity = identity(self.path)
            # A file that is current is only read: opening it must not wait for another process's write.
            if not await self._is_current():
                await self._opened_writer()
            if self._reader is None:
                self._reader = await self._open_reader()
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            await self._close()
            raise self._said(error, f"The registry {self.path} cannot be opened: {error}.") from error
        except BaseException:
            await self._close()
            raise

    def _prepare(self) -> None:
        """Make the file where there is none; refuse an empty one, which something has emptied.

        It appears under its name at once with its first page, so that an empty file is never one in the making.
        """
        if self.path.exists():
            if self.path.stat().st_size == 0:
                raise RegistryDamaged.at(self.path, "it is empty (0 bytes)")
            return
        if backup_path(self.path).exists():
            raise RegistryDamaged.at(self.path, "it is missing, and only its backup exists")
        new = self.path.with_name(f"{self.path.name}.{os.getpid()}.{os.urandom(4).hex()}.new")
        try:
            os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            connection = sqlite3.connect(new, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.close()
            _give_name(new, self.path)
        finally:
            new.unlink(missing_ok=True)

    def _said(self, error: Exception, message: str) -> StorageError:
        """Return what SQLite says as an error with a sentence: damage, a full disk and a lock are different errors."""
        if isinstance(error, RegistryDamaged):
            return error
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        is_damage = code in _DAMAGE or isinstance(error, UnicodeDecodeError) or "decode" in str(error)
        return (
            RegistryDamaged.at(self.path, str(error)) if is_damage else StorageError(message, hint=storage_hint(error))
        )

    def refuse_if_replaced(self) -> None:
        """Refuse to go on with a file that is no longer the registry: what is written to it is on no disk.

        Raises:
            RegistryReplaced: the file was deleted, or another one has its name.
        """
        now = identity(self.path)
        if self._identity is not None and now != self._identity:
            what = "deleted" if now is None else "replaced by another file"
            raise RegistryReplaced(
                f"The registry {self.path} was {what} while batchtui was running. Nothing is sent or saved any more.",
                hint="Restore the file if it was deleted by mistake. Then press r in the dashboard, which opens the"
                " file that is there; `watch` opens it by itself. Run any other command again.",
            )
        self._log_identity = identity(self._log_path)

    @property
    def _log_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}-wal")

    def _move_log_aside(self) -> None:
        """Take our write-ahead log away from a file that has taken the registry's place.

        SQLite would replay it into that file, whose pages it knows nothing of (sqlite.org/howtocorrupt.html, 1.4).
        """
        if self._log_identity is not None and identity(self._log_path) == self._log_identity:
            for path in (self._log_path, self.path.with_name(f"{self.path.name}-shm")):
                with suppress(FileNotFoundError):
                    path.rename(path.with_name(f"{path.name}.replaced"))

    @property
    def file_identity(self) -> tuple[int, int] | None:
        """Which file is open: another one after `reopen`."""
        return self._identity

    @property
    def is_replaced(self) -> bool:
        """Whether the file was deleted, or another one has its name, since it was opened."""
        return self._identity is not None and identity(self.path) != self._identity

    async def reopen(self) -> None:
        """Go on with the file that has the registry's name now, after the one that was open was replaced.

        Raises:
            RegistryReplaced: there is no such file.
            SchemaTooNew, RegistryDamaged, StorageError: as `open`; the old file stays open.
        """
        async with self._write_lock:
            self._refuse_if_closed()
            new = identity(self.path)
            if new is None:
                self.refuse_if_replaced()
            self._move_log_aside()
            old_reader, old_writer, old_identity = self._reader, self._writer, self._identity
            self._reader = self._writer = None
            try:
                self._identity = new
                if not await self._is_current():
                    await self._opened_writer()
                if self._reader is None:
                    self._reader = await self._open_reader()
            except BaseException as error:
                self._reader, self._writer, self._identity = old_reader, old_writer, old_identity
                if isinstance(error, (sqlite3.Error, OSError, UnicodeDecodeError)):
                    message = f"The registry {self.path} cannot be opened: {error}."
                    raise self._said(error, message) from error
                raise
            # The reader last: see `_close`.
            for connection in (old_writer, old_reader):
                if connection is not None:
                    await connection.close()
        for listener in self._listeners:
            listener()

    async def close(self) -> None:
        """Close both connections; a write that was begun is finished first, and none begins afterwards."""
        # Before the lock is awaited: writes that queue behind it are refused, and do not open the file again.
        self._is_closed = True
        async with self._write_lock:
            await self._close()

    async def _close(self) -> None:
        self._open_lock.release()
        if self._opening is not None:
            with suppress(sqlite3.Error, OSError, StorageError):
                self._writer = await self._opening
            self._opening = None
        connections = [self._reader, self._writer]
        self._reader = self._writer = None
        # The writer last: the last connection to close writes the log back and removes it, which one that only reads
        # cannot do (sqlite.org/wal.html). It removes it by its name, so where another file has the name of the
        # registry now the reader is last.
        if identity(self.path) != self._identity:
            connections.reverse()
        for connection in connections:
            if connection is not None:
                await connection.close()

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after each transaction of this process; it must be quick and must not raise."""
        self._listeners.append(listener)

    @property
    def reader(self) -> aiosqlite.Connection:
        """The read-only connection."""
        if self._reader is None:
            raise StorageError(f"The registry {self.path} is not open.")
        return self._reader

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise StorageError(f"The registry {self.path} is closed.")

    async def all(self, sql: str, values: Iterable[Any] = ()) -> list[sqlite3.Row]:
        """Return all rows of a query.

        Raises:
            StorageError: SQLite cannot read the file.
        """
        # Never with a cursor that stays open over an await: it would hold its snapshot, and every other read of this
        # connection would see that old state.
        try:
            return list(await self.reader.execute_fetchall(sql, tuple(values)))
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise self._said(error, f"The registry {self.path} cannot be read: {error}.") from error

    async def one(self, sql: str, values: Iterable[Any] = ()) -> sqlite3.Row | None:
        """Return the first row of a query that finds few; None where it finds none."""
        rows = await self.all(sql, values)
        return rows[0] if rows else None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[aiosqlite.Connection]:
        """Run the block in one transaction; call the listeners after its commit.

        Raises:
            RegistryReplaced: the file was deleted or replaced; nothing was written.
            StorageError: SQLite refused; nothing was written.
        """
        try:
            async with self._write_lock:
                self._refuse_if_closed()
                self.refuse_if_replaced()
                writer = await self._opened_writer()
                try:
                    # IMMEDIATE: a transaction that read first and then had to wait for another's write could not go on.
                    await writer.execute("BEGIN IMMEDIATE")
                    yield writer
                except BaseException:
                    # Also where beginning was canceled: it goes on in its thread, and this comes after it.
                    await asyncio.shield(writer.rollback())
                    raise
                # Finish a commit that has begun: a task that is canceled here must know whether it was made.
                await asyncio.shield(writer.commit())
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise self._said(error, f"The registry {self.path} cannot be written: {error}.") from error
        # Only after a commit: a transaction that was rolled back must wake nobody.
        for listener in self._listeners:
            listener()

    async def unused_bytes(self) -> int:
        """Return how many bytes of the file hold nothing any more, which `vacuum` gives back."""
        free, size = await self.one("PRAGMA freelist_count"), await self.one("PRAGMA page_size")
        return int(free[0]) * int(size[0]) if free and size else 0

    async def vacuum(self) -> None:
        """Rebuild the file without the pages that hold nothing any more.

        Raises:
            StorageError: SQLite refused; the file is as it was. It needs as much room again while it is at work.
        """
        try:
            async with self._write_lock:
                self._refuse_if_closed()
                self.refuse_if_replaced()
                writer = await self._opened_writer()
                await asyncio.shield(writer.execute("VACUUM"))
                # What was rebuilt lies in the log until then, and the file is as long as before.
                await writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise self._said(error, f"The registry {self.path} cannot be made smaller: {error}.") from error

    async def _is_current(self) -> bool:
        reader = await self._open_reader()
        try:
            version = await schema_version(reader)
            refuse_newer(version, self.path)
        except BaseException:
            await reader.close()
            raise
        if version == LATEST:
            self._reader = reader
            return True
        await reader.close()
        return False

    async def _open_reader(self) -> aiosqlite.Connection:
        connection = await aiosqlite.connect(
            # as_uri quotes what SQLite would take for a query: a folder may be called `a?b`. isolation_level None: else
            # the module begins transactions by itself, and never IMMEDIATE ones.
            f"{self.path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
        )
        connection.row_factory = sqlite3.Row
        return connection

    async def _opened_writer(self) -> aiosqlite.Connection:
        """Return the connection that writes. Where the first user is canceled, opening goes on for the next."""
        if self._writer is None:
            self._opening = self._opening or asyncio.ensure_future(self._open_writer())
            opening = self._opening
            try:
                self._writer = await asyncio.shield(opening)
            finally:
                if opening.done():
                    self._opening = None
        return self._writer

    async def _open_writer(self) -> aiosqlite.Connection:
        # Never a new file: `_prepare` has made it. No descriptor of it is opened and closed here: that would drop this
        # process's locks on it, those of the open reader too, and without them another process takes the WAL away
        # under our writes (sqlite.org/howtocorrupt.html, 2.2).
        address = f"{self.path.absolute().as_uri()}?mode=rw"
        connection = await aiosqlite.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            await _into_wal(connection)
            # FULL: an intent that was committed must outlive a power cut, or a lost answer could be sent again.
            await connection.execute("PRAGMA synchronous = FULL")
            # Off by default and to be set on every connection (sqlite.org/foreignkeys.html, 2).
            await connection.execute("PRAGMA foreign_keys = ON")
            await migrate(connection, self.path, lambda: encode_time(self._clock.now()))
        except BaseException:
            await connection.close()
            raise
        return connection


def _give_name(new: Path, path: Path) -> None:
    """Give a file a name that another process may have given to its own meanwhile: that one stays."""
    try:
        os.link(new, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        if not path.exists():
            new.rename(path)


def identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode of a file; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


async def _into_wal(connection: aiosqlite.Connection) -> None:
    """Switch to write-ahead logging, which is remembered in the file.

    The switch needs the file alone for a moment and SQLite refuses it at once, without the busy timeout, when another
    process is at the same switch: so ask again for a while.
    """
    for attempt in range(100):
        try:
            await connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if attempt == 99:
                raise
            await asyncio.sleep(0.05)
        else:
            return
