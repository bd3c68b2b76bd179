"""`aiosqlite` without its threads: the same calls, done at once, each followed by a turn of the loop.

A real connection does what it was asked to on its thread even where whoever asked is cancelled meanwhile; so here the
work comes first and the await after it. Where another process holds the lock, it is asked again in virtual time.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from typing import TYPE_CHECKING, Any

from tests.simulation.loop import current

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from types import TracebackType

BUSY_STEP = 0.02
"""Virtual seconds between two tries for a lock."""
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "ALTER")


class Disk:
    """The disk of one machine, which may be full; and who wants to know what is written."""

    def __init__(self) -> None:
        self.is_full = False
        self.on_commit: Callable[[str], None] | None = None
        """Told after each transaction that wrote to `batches` or `jobs`, with the path of the file."""


def disk_of(path: str) -> Disk:
    """The disk that a file lies on."""
    for root, disk in _disks.items():
        if path.startswith(root):
            return disk
    return Disk()


_disks: dict[str, Disk] = {}


def mount(root: str, disk: Disk) -> None:
    """Let all below a folder lie on a disk."""
    _disks[root] = disk


def unmount_all() -> None:
    """Forget all disks, and close what is open below them."""
    _disks.clear()
    forget("")


def forget(root: str) -> None:
    """Close the connections at rest below a folder: another file is going to have the name of theirs."""
    for address in [address for address in _at_rest if _path_of(address).startswith(root)]:
        for raw in _at_rest.pop(address):
            raw.close()


_at_rest: dict[str, list[sqlite3.Connection]] = {}
"""By address: connections that a process has closed, for the next one. To open one costs a reading of the schema."""


def _path_of(address: str) -> str:
    return address.removeprefix("file://").partition("?")[0]


def _lay_aside(address: str, raw: sqlite3.Connection) -> None:
    """Keep a connection for the next process: nothing of what this one did is left in it."""
    raw.rollback()
    raw.row_factory = None
    _at_rest.setdefault(address, []).append(raw)


class Cursor:
    """A result that was read whole already: an unread one would keep its connection at what the file was then."""

    def __init__(self, raw: sqlite3.Cursor) -> None:
        self._rows = deque(raw.fetchall())
        self.rowcount = raw.rowcount
        self.lastrowid = raw.lastrowid

    async def fetchone(self) -> Any:
        """The next row; None after the last."""
        return self._rows.popleft() if self._rows else None

    async def fetchall(self) -> list[Any]:
        """All rows that are left."""
        rows = list(self._rows)
        self._rows.clear()
        return rows

    async def close(self) -> None:
        """Let go of it."""
        self._rows.clear()

    def __aiter__(self) -> Cursor:
        return self

    async def __anext__(self) -> Any:
        if not self._rows:
            raise StopAsyncIteration
        return self._rows.popleft()


class _Call:
    """What `execute` gives: to be awaited, or entered."""

    def __init__(self, connection: Connection, work: Callable[[], sqlite3.Cursor]) -> None:
        self._connection, self._work = connection, work
        self._cursor: Cursor | None = None

    def __await__(self) -> Generator[Any, None, Cursor]:
        return self._run().__await__()

    async def _run(self) -> Cursor:
        cursor: Cursor = await self._connection.do(lambda: Cursor(self._work()))
        return cursor

    async def __aenter__(self) -> Cursor:
        self._cursor = await self._run()
        return self._cursor

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._cursor is not None:
            await self._cursor.close()


class Connection:
    """A connection of one process. What it had not committed goes when the process dies."""

    def __init__(self, address: str, timeout: float, raw: sqlite3.Connection) -> None:
        self._address = address
        self._path = _path_of(address)
        self._disk = disk_of(self._path)
        self._timeout = timeout
        self._raw = raw
        self._wrote = False
        self._process = current()
        self._process.belongings.append(self._give_back)
        self._is_open = True

    @property
    def row_factory(self) -> Any:
        """See sqlite3."""
        return self._raw.row_factory

    @row_factory.setter
    def row_factory(self, factory: Any) -> None:
        self._raw.row_factory = factory

    @property
    def in_transaction(self) -> bool:
        """See sqlite3."""
        return self._raw.in_transaction

    @property
    def total_changes(self) -> int:
        """See sqlite3."""
        return self._raw.total_changes

    def execute(self, sql: str, values: Iterable[Any] = ()) -> _Call:
        """Run a statement."""
        return _Call(self, lambda: self._execute(sql, tuple(values)))

    def executemany(self, sql: str, values: Iterable[Iterable[Any]]) -> _Call:
        """Run a statement for each of these."""
        rows = [tuple(row) for row in values]

        def work() -> sqlite3.Cursor:
            self._check(sql)
            return self._raw.executemany(sql, rows)

        return _Call(self, work)

    def executescript(self, sql: str) -> _Call:
        """Run several statements."""
        return _Call(self, lambda: self._raw.executescript(sql))

    async def execute_fetchall(self, sql: str, values: Iterable[Any] = ()) -> list[Any]:
        """Run a query and read all of it."""
        rows: list[Any] = await self.do(lambda: self._execute(sql, tuple(values)).fetchall())
        return rows

    async def commit(self) -> None:
        """End the transaction."""
        await self.do(self._commit)

    async def rollback(self) -> None:
        """Undo the transaction."""
        self._wrote = False
        await self.do(self._raw.rollback)

    async def close(self) -> None:
        """Close it."""
        if self._is_open:
            self._is_open = False
            _lay_aside(self._address, self._raw)
            if self._give_back in self._process.belongings:
                self._process.belongings.remove(self._give_back)
        await asyncio.sleep(0)

    async def do(self, work: Callable[[], Any]) -> Any:
        """Do one piece of work, then let others have a turn."""
        self._process.refuse_if_dead()
        waited = 0.0
        while True:
            try:
                result = work()
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or waited >= self._timeout:
                    raise
            else:
                break
            await asyncio.sleep(BUSY_STEP)
            self._process.refuse_if_dead()
            waited += BUSY_STEP
        await asyncio.sleep(0)
        return result

    def _commit(self) -> None:
        self._raw.commit()
        wrote, self._wrote = self._wrote, False
        if wrote and self._disk.on_commit:
            self._disk.on_commit(self._path)

    def _execute(self, sql: str, values: tuple[Any, ...]) -> sqlite3.Cursor:
        self._check(sql)
        if sql.startswith("PRAGMA synchronous"):
            sql = "PRAGMA synchronous = OFF"
        return self._raw.execute(sql, values)

    def _check(self, sql: str) -> None:
        if not sql.lstrip().upper().startswith(WRITES):
            return
        if self._disk.is_full:
            raise sqlite3.OperationalError("database or disk is full")
        self._wrote = self._wrote or "batches" in sql or "jobs" in sql or "sends" in sql

    def _give_back(self) -> None:
        if self._is_open:
            self._is_open = False
            _lay_aside(self._address, self._raw)


async def connect(
    database: Any, *, timeout: float = 5.0, isolation_level: Any = None, uri: bool = False, **others: Any
) -> Connection:
    """Open a connection, as `aiosqlite.connect` does."""
    address = str(database)
    resting = _at_rest.get(address)
    if resting:
        raw = resting.pop()
    else:
        raw = sqlite3.connect(address, timeout=0.0, isolation_level=isolation_level, uri=uri, **others)
    await asyncio.sleep(0)
    return Connection(address, timeout, raw)
