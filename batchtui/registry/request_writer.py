"""Writing the requests of one attempt: bodies exactly as they will be sent, and an index over them, staged aside."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from batchtui.domain.errors import StorageError
from batchtui.domain.job import PartPlan
from batchtui.registry.straight_file import StraightFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

HEAD, BETWEEN, TAIL = b'{"requests":[', b",", b"]}"
"""What stands around the requests in a body."""
STEP = 1 << 21
"""Bytes that the disk is given at once: each time costs both threads a wait for the interpreter."""
STEPS_AHEAD = 2
"""How many steps may wait for the disk: memory stays flat, and checking and writing overlap."""

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
    requests: int = 0
    bytes: int = len(HEAD)
    """Length of its body so far, as it will be when all that waits for the disk is written."""
    handed: int = len(HEAD)
    """How many of its bytes the disk was given."""


class RequestWriter:
    """Writes requests into the bodies of their parts, in order, and rows about them into an index.

    It belongs to one thread that calls `add`, then `finish` or `discard`. The bodies are written and hashed on a
    thread of their own, which takes long steps that need no interpreter; the index takes many short ones, so it is
    written where `add` is called. It decides nothing about parts: the caller says which part each request goes to, in
    growing order.
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
        self._gathered: list[bytes] = []
        """The latest payloads of the open part, until there are enough of them for the disk."""
        self._body: StraightFile | None = None
        """The body of the open part; touched by the thread of the disk only."""
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
            StorageError: where the disk refused these or earlier ones.
        """
        target = self._open
        if target is None or target.part != part:
            target = self._turn_to(part)
        with _storage_errors():
            self._note(target, requests)
        target.requests += len(requests)
        self._gathered += [request.payload for request in requests]
        if target.bytes - target.handed >= STEP:
            self._hand_over(target)

    def finish(self) -> StagedRequests:
        """Close the bodies, build the index and bring all of it to the disk.

        Raises:
            StorageError: where the disk refused; everything staged is gone then.
        """
        try:
            self._close_part()
            # The disk is still busy with the last bodies: the index is built beside it.
            with _storage_errors():
                has_duplicates = self._build_index()
            while self._pending:
                self._settle()
        except BaseException:
            self.discard()
            raise
        self._disk.shutdown()
        return StagedRequests(
            self.folder,
            self.attempt,
            tuple(self._parts),
            sum(part.requests for part in self._parts),
            sum(part.bytes for part in self._parts),
            self._hash.hexdigest(),
            has_duplicates,
        )

    def discard(self) -> None:
        """Throw away everything staged."""
        self._disk.shutdown(cancel_futures=True)
        if self._body is not None:
            self._body.close()
            self._body = None
        self._index.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _note(self, target: _OpenPart, requests: Sequence[WritableRequest]) -> None:
        """Write the rows of requests that go to the end of a part."""
        position, gap = target.bytes, len(BETWEEN) if target.requests else 0
        rows = []
        for request in requests:
            length = len(request.payload)
            position += gap
            gap = len(BETWEEN)
            file = self._files.setdefault(request.file, len(self._files) + 1)
            rows.append(
                (request.seq, request.custom_id, target.part, position, length, file, request.line, request.model,
                 request.max_tokens)
            )  # fmt: skip
            position += length
        target.bytes = position
        self._index.executemany("INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def _turn_to(self, part: int) -> _OpenPart:
        self._close_part()
        self._later(self._open_body, body_name(self.attempt, part))
        self._open = _OpenPart(part)
        return self._open

    def _close_part(self) -> None:
        if self._open is None:
            return
        part, self._open = self._open, None
        self._hand_over(part)
        self._later(self._close_body)
        self._parts.append(
            PartPlan(part.part, part.requests, part.bytes + len(TAIL), body_name(self.attempt, part.part))
        )

    def _hand_over(self, target: _OpenPart) -> None:
        """Give the disk what was gathered."""
        if self._gathered:
            self._later(self._write, BETWEEN.join(self._gathered), is_first=target.handed == len(HEAD))
            self._gathered.clear()
            target.handed = target.bytes

    def _build_index(self) -> bool:
        """Finish the index. Returns whether a custom_id stands in it twice."""
        self._index.executemany("INSERT INTO files VALUES (?, ?)", [(i, name) for name, i in self._files.items()])
        # Not a unique index: failing to build one would leave this file, which has no journal, in pieces.
        self._index.execute("CREATE INDEX requests_by_custom_id ON requests(custom_id)")
        has_duplicates = self._index.execute(f"{_REPEATED} LIMIT 1").fetchone() is not None
        self._index.execute("COMMIT")
        self._index.close()
        return has_duplicates

    def _later(self, step: Callable[..., None], *arguments: Any, **named: Any) -> None:
        """Have a step taken by the thread of the disk, once there is room in its queue."""
        while len(self._pending) >= STEPS_AHEAD:
            self._settle()
        self._pending.append(self._disk.submit(step, *arguments, **named))

    def _settle(self) -> None:
        with _storage_errors():
            self._pending.pop(0).result()

    def _open_body(self, name: str) -> None:
        self._body = StraightFile.create(self.folder / name)
        self._body.write(HEAD)

    def _write(self, text: bytes, *, is_first: bool) -> None:
        assert self._body is not None
        if not is_first:
            self._body.write(BETWEEN)
        self._body.write(text)
        # The same for the same requests, however they are cut into parts and steps.
        self._hash.update(BETWEEN)
        self._hash.update(text)

    def _close_body(self) -> None:
        assert self._body is not None
        self._body.write(TAIL)
        self._body.sync()
        self._body.close()
        self._body = None


def body_name(attempt: int, part: int) -> str:
    """Name of a body file within its job's folder."""
    return f"{attempt}-{part:04}.json"


def index_name(attempt: int) -> str:
    """Name of an attempt's index within its job's folder."""
    return f"{attempt}.db"


@contextmanager
def _storage_errors() -> Iterator[None]:
    """Word what the disk refuses."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise StorageError(
            f"The requests could not be stored: {error}.", hint="Nothing was sent. Make room on the disk and try again."
        ) from error
