"""Writing the requests of one attempt: bodies exactly as they will be sent, and an index over them, staged aside."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Protocol, TypeVar

from batchtui.domain.errors import StorageError
from batchtui.domain.job import PartPlan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

T = TypeVar("T")

HEAD, BETWEEN, TAIL = b'{"requests":[', b",", b"]}"
"""What stands around the requests in a body."""
BLOCKS_AHEAD = 4
"""How many blocks may wait for the disk: memory stays flat, and checking and writing overlap."""

INDEX_SCHEMA = """
CREATE TABLE requests (
    seq INTEGER PRIMARY KEY, custom_id TEXT NOT NULL, part INTEGER NOT NULL, offset INTEGER NOT NULL,
    length INTEGER NOT NULL, file INTEGER NOT NULL, line INTEGER, model TEXT, max_tokens INTEGER
) STRICT;
CREATE TABLE files (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
"""


_REPEATED = "SELECT custom_id, min(seq) FROM requests GROUP BY custom_id HAVING count(*) > 1"


class WritableRequest(Protocol):
    """What the store needs to know of a request; intake's checked requests are such."""

    @property
    def seq(self) -> int: ...  # noqa: D102
    @property
    def custom_id(self) -> str: ...  # noqa: D102
    @property
    def payload(self) -> bytes: ...  # noqa: D102
    @property
    def file(self) -> str: ...  # noqa: D102
    @property
    def line(self) -> int | None: ...  # noqa: D102
    @property
    def model(self) -> str | None: ...  # noqa: D102
    @property
    def max_tokens(self) -> int | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class StagedRequests:
    """What a finished writer has laid aside: nothing of it counts until it is committed."""

    folder: Path
    attempt: int
    parts: tuple[PartPlan, ...]
    requests: int
    bytes: int
    fingerprint: str
    """SHA-256 (hex) over the requests in order, each with a comma before it."""
    has_duplicates: bool
    """Whether a custom_id stands more than once: `duplicates` says which."""

    def duplicates(self) -> Iterator[tuple[str, list[int]]]:
        """Each custom_id that stands more than once, with the places of its requests, in order of the first of them."""
        with closing(sqlite3.connect(self.folder / index_name(self.attempt))) as index:
            for custom_id, _ in index.execute(f"{_REPEATED} ORDER BY 2"):
                rows = index.execute("SELECT seq FROM requests WHERE custom_id = ? ORDER BY seq", (custom_id,))
                yield custom_id, [row[0] for row in rows]


@dataclass(slots=True)
class _OpenPart:
    part: int
    body: str
    file: IO[bytes]
    requests: int = 0
    position: int = len(HEAD)


class RequestWriter:
    """Writes requests into the bodies of their parts, in order, on a thread of its own.

    It belongs to one thread that calls `add`, then `finish` or `discard`. It decides nothing about parts: the caller
    says which part each request goes to, in growing order.
    """

    def __init__(self, folder: Path, attempt: int = 1) -> None:
        self.folder = folder
        self.attempt = attempt
        self._parts: list[PartPlan] = []
        self._files: dict[str, int] = {}
        self.folder.mkdir(mode=0o700, parents=True)
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="request-writer")
        self._pending: list[Future[None]] = []
        self._hash = hashlib.sha256()
        self._open: _OpenPart | None = None
        self._index = sqlite3.connect(
            self.folder / index_name(self.attempt), isolation_level=None, check_same_thread=False
        )
        (self.folder / index_name(self.attempt)).chmod(0o600)
        # The index is made in one go and thrown away on any failure: it needs no journal of its own.
        self._index.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + INDEX_SCHEMA)
        self._index.execute("BEGIN")

    def add(self, part: int, requests: Sequence[WritableRequest]) -> None:
        """Write requests that all go to this part.

        Raises:
            StorageError: where the disk refused an earlier block.
        """
        self._pending.append(self._disk.submit(self._write, part, requests))
        while len(self._pending) > BLOCKS_AHEAD:
            _settled(self._pending.pop(0))

    def finish(self) -> StagedRequests:
        """Close the bodies, build the index and bring all of it to the disk.

        Raises:
            StorageError: where the disk refused; everything staged is gone then.
        """
        try:
            while self._pending:
                _settled(self._pending.pop(0))
            return _settled(self._disk.submit(self._finish))
        except BaseException:
            self.discard()
            raise
        finally:
            self._disk.shutdown()

    def discard(self) -> None:
        """Throw away everything staged."""
        self._disk.shutdown(cancel_futures=True)
        if self._open is not None:
            self._open.file.close()
            self._open = None
        self._index.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self, part: int, requests: Sequence[WritableRequest]) -> None:
        target = self._open
        if target is None or target.part != part:
            target = self._turn_to(part)
        position = target.position
        first = target.requests == 0
        rows = []
        for request in requests:
            length = len(request.payload)
            position += 0 if first else len(BETWEEN)
            first = False
            file = self._files.setdefault(request.file, len(self._files) + 1)
            rows.append(
                (request.seq, request.custom_id, part, position, length, file, request.line, request.model,
                 request.max_tokens)
            )  # fmt: skip
            position += length
        payloads = BETWEEN.join([request.payload for request in requests])
        if target.requests:
            target.file.write(BETWEEN)
        target.file.write(payloads)
        # The same for the same requests, however they are cut into parts and blocks.
        self._hash.update(BETWEEN)
        self._hash.update(payloads)
        target.requests += len(requests)
        target.position = position
        self._index.executemany("INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def _turn_to(self, part: int) -> _OpenPart:
        self._close_part()
        body = body_name(self.attempt, part)
        path = self.folder / body
        file = os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
        file.write(HEAD)
        self._open = _OpenPart(part, body, file)
        return self._open

    def _close_part(self) -> None:
        if self._open is None:
            return
        part, self._open = self._open, None
        with part.file:
            part.file.write(TAIL)
            os.fsync(part.file.fileno())
        self._parts.append(PartPlan(part.part, part.requests, part.position + len(TAIL), part.body))

    def _finish(self) -> StagedRequests:
        self._close_part()
        self._index.executemany("INSERT INTO files VALUES (?, ?)", [(i, name) for name, i in self._files.items()])
        # Not a unique index: failing to build one would leave this file, which has no journal, in pieces.
        self._index.execute("CREATE INDEX requests_by_custom_id ON requests(custom_id)")
        has_duplicates = self._index.execute(f"{_REPEATED} LIMIT 1").fetchone() is not None
        self._index.execute("COMMIT")
        self._index.close()
        return StagedRequests(
            self.folder,
            self.attempt,
            tuple(self._parts),
            sum(part.requests for part in self._parts),
            sum(part.bytes for part in self._parts),
            self._hash.hexdigest(),
            has_duplicates,
        )


def body_name(attempt: int, part: int) -> str:
    """Name of a body file within its job's folder."""
    return f"{attempt}-{part:04}.json"


def index_name(attempt: int) -> str:
    """Name of an attempt's index within its job's folder."""
    return f"{attempt}.db"


def _settled(future: Future[T]) -> T:
    try:
        return future.result()
    except (OSError, sqlite3.Error) as error:
        raise StorageError(
            f"The requests could not be stored: {error}.", hint="Nothing was sent. Make room on the disk and try again."
        ) from error
