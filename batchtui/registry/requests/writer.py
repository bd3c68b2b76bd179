"""Write the requests of one attempt aside: bodies exactly as they will be sent, and an index over them."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from batchtui.domain.batches.job import PartPlan
from batchtui.domain.errors import StorageError
from batchtui.domain.submission.ids_digest import IdsDigest
from batchtui.registry.database.storage_hints import storage_hint
from batchtui.registry.requests.body_writer import BETWEEN, HEAD, TAIL, BodyWriter
from batchtui.runtime.fsync import sync_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

INDEX_SCHEMA = """
CREATE TABLE requests (
    seq INTEGER PRIMARY KEY, custom_id TEXT NOT NULL, part INTEGER NOT NULL, offset INTEGER NOT NULL,
    length INTEGER NOT NULL, file INTEGER NOT NULL, line INTEGER, model TEXT, max_tokens INTEGER,
    shape INTEGER, digest BLOB
) STRICT;
CREATE TABLE files (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
"""
_ALL_AT_ONCE = "PRAGMA page_size = 16384; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
"""The index is made in one go, in few long steps, and thrown away on any failure: it needs no journal of its own."""
ROWS = 64
"""Rows that go into the index with one statement: with one each, they take half as long again."""
_ROW = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ENOUGH = ROWS * _ROW.count("?")


class DigestLog:
    """An index of requests that are not stored, of the columns that `DigestComparison` reads; closed, it is gone."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="batchtui-")
        self.path = Path(self._folder.name) / index_name(1)
        self._index = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        self._index.executescript(
            _ALL_AT_ONCE + "CREATE TABLE requests (seq INTEGER PRIMARY KEY, part INTEGER NOT NULL,"
            " length INTEGER NOT NULL, model TEXT, max_tokens INTEGER, shape INTEGER, digest BLOB) STRICT"
        )
        self._index.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._index.close()
        self._folder.cleanup()

    def add(self, requests: Sequence[WritableRequest]) -> None:
        """Note requests, all as of part 1."""
        rows = [(r.seq, len(r.payload), r.model, r.max_tokens, r.shape, r.digest or None) for r in requests]
        with _storage_errors():
            self._index.executemany("INSERT INTO requests VALUES (?, 1, ?, ?, ?, ?, ?)", rows)

    def finish(self) -> Path:
        """Return the index, which takes nothing more."""
        with _storage_errors():
            self._index.execute("COMMIT")
            self._index.close()
        return self.path


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
    @property
    def shape(self) -> int: ...  # noqa: D102
    @property
    def digest(self) -> bytes: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class StagedRequests:
    """The result of a finished writer: staged files, which belong to no job until they are committed."""

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
            repeated = "SELECT custom_id, min(seq) FROM requests GROUP BY custom_id HAVING count(*) > 1 ORDER BY 2"
            for custom_id, _ in index.execute(repeated):
                rows = index.execute("SELECT seq FROM requests WHERE custom_id = ? ORDER BY seq", (custom_id,))
                yield custom_id, [row[0] for row in rows]


@dataclass(slots=True)
class _OpenPart:
    part: int
    ids: IdsDigest = field(default_factory=IdsDigest)
    requests: int = 0
    bytes: int = len(HEAD)
    """Length of its body so far, as it will be when all that waits for the disk is written."""


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
        self._bodies = BodyWriter(self.folder)
        self._open: _OpenPart | None = None
        self._values: list[Any] = []
        """Of the latest rows, one after the other: too few yet for a statement."""
        self._index = sqlite3.connect(
            self.folder / index_name(self.attempt), isolation_level=None, check_same_thread=False
        )
        (self.folder / index_name(self.attempt)).chmod(0o600)
        self._index.executescript(_ALL_AT_ONCE + INDEX_SCHEMA)
        self._index.execute("BEGIN")

    def add(self, part: int, requests: Sequence[WritableRequest]) -> None:
        """Write requests that all go to this part.

        Raises:
            StorageError: where the disk refused these or earlier ones.
        """
        if not requests:
            return
        with _storage_errors():
            target = self._open
            if target is None or target.part != part:
                target = self._turn_to(part)
            if target.requests:
                self._bodies.add(BETWEEN)
            self._bodies.add(BETWEEN.join([request.payload for request in requests]))
            self._note(target, requests)

    def finish(self) -> StagedRequests:
        """Close the bodies, build the index and bring all of it to the disk.

        Raises:
            StorageError: where the disk refused; everything staged is gone then.
        """
        try:
            with _storage_errors():
                self._close_part()
                # The disk is still busy with the last bodies: the index is built beside it.
                has_duplicates = self._build_index()
                fingerprint = self._bodies.finish()
                # It has no journal: what is not on the disk when the power goes is in pieces.
                sync_path(self.folder / index_name(self.attempt))
                sync_path(self.folder)
        except BaseException:
            self.discard()
            raise
        return StagedRequests(
            self.folder,
            self.attempt,
            tuple(self._parts),
            sum(part.requests for part in self._parts),
            sum(part.bytes for part in self._parts),
            fingerprint,
            has_duplicates,
        )

    def discard(self) -> None:
        """Throw away everything staged."""
        self._bodies.discard()
        self._index.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _note(self, target: _OpenPart, requests: Sequence[WritableRequest]) -> None:
        """Write the rows of requests that go to the end of a part, as soon as there are enough for a statement."""
        part, files, values = target.part, self._files, self._values
        position = target.bytes + (len(BETWEEN) if target.requests else 0)
        for request in requests:
            length = len(request.payload)
            # `or`: numbers of files begin at 1.
            file = files.get(request.file) or files.setdefault(request.file, len(files) + 1)
            values += (
                request.seq, request.custom_id, part, position, length, file, request.line, request.model,
                request.max_tokens, request.shape, request.digest or None,
            )  # fmt: skip
            position += length + len(BETWEEN)
            target.ids.add(request.custom_id)
        target.bytes = position - len(BETWEEN)
        target.requests += len(requests)
        while len(values) >= _ENOUGH:
            self._insert(values[:_ENOUGH])
            del values[:_ENOUGH]

    def _insert(self, values: list[Any]) -> None:
        """Write whole rows into the index."""
        rows = [_ROW] * (len(values) // _ROW.count("?"))
        if rows:
            self._index.execute(f"INSERT INTO requests VALUES {', '.join(rows)}", values)

    def _turn_to(self, part: int) -> _OpenPart:
        self._close_part()
        self._bodies.open(body_name(self.attempt, part))
        self._open = _OpenPart(part)
        return self._open

    def _close_part(self) -> None:
        if self._open is None:
            return
        part, self._open = self._open, None
        self._bodies.close()
        self._parts.append(
            PartPlan(
                part.part,
                part.requests,
                part.bytes + len(TAIL),
                body_name(self.attempt, part.part),
                part.ids.text(),
            )
        )

    def _build_index(self) -> bool:
        """Finish the index. Returns whether a custom_id is in it twice."""
        self._insert(self._values)
        self._index.executemany("INSERT INTO files VALUES (?, ?)", [(i, name) for name, i in self._files.items()])
        # Not a unique index: failing to build one would leave this file, which has no journal, in pieces.
        self._index.execute("CREATE INDEX requests_by_custom_id ON requests(custom_id)")
        (has_duplicates,) = self._index.execute("SELECT count(*) > count(DISTINCT custom_id) FROM requests").fetchone()
        self._index.execute("COMMIT")
        self._index.close()
        return bool(has_duplicates)


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
            f"The requests could not be stored: {error}.", hint=f"Nothing was sent. {storage_hint(error)}"
        ) from error
