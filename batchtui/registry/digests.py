"""Find requests that were asked before by their digests: `DigestIndex`, `DigestComparison`.

The index over all jobs is a file of its own beside the registry. Everything in it stands in the indexes of the jobs'
requests, too: it is filled from them when it is asked, lags behind without harm, and is made anew where it is damaged.
Kept in the registry it would make that, and its daily backup, many times as large.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from functools import wraps
from typing import TYPE_CHECKING, NamedTuple, ParamSpec, Self, TypeVar

from batchtui.domain.errors import StorageError
from batchtui.domain.limits import DIGEST_BYTES
from batchtui.registry.requests.part_ranges import part_ranges
from batchtui.registry.requests.reused import (
    ANSWERED,
    DUPLICATE,
    IN_PROGRESS,
    AnswerOrigin,
    ReuseReader,
    begin_reuse,
    note_answers,
    note_duplicates,
)
from batchtui.registry.requests.writer import index_name
from batchtui.registry.results.index import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from batchtui.registry.requests.part_ranges import PartRange

_log = logging.getLogger(__name__)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS sources (
    id INTEGER PRIMARY KEY, job TEXT NOT NULL, attempt INTEGER NOT NULL, stamp INTEGER NOT NULL, UNIQUE (job, attempt)
) STRICT;
CREATE TABLE IF NOT EXISTS digests (
    digest BLOB NOT NULL, source INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (digest, source, seq)
) STRICT, WITHOUT ROWID;
"""
_BUSY_SECONDS = 30.0
"""How long another process may hold the index: adding a million digests takes some seconds."""
_PLACE_BITS = 40
"""Bits of a place in the input within the key of a hit, which is `source << 40 | place`: one number sorts fastest."""
_HELD = """
CREATE TABLE hits (key INTEGER PRIMARY KEY, seq INTEGER);
CREATE TABLE sources (id INTEGER PRIMARY KEY, job TEXT, attempt INTEGER);
CREATE TABLE settled (seq INTEGER PRIMARY KEY, state INTEGER, source INTEGER, part INTEGER, place INTEGER);
CREATE TABLE repeated (digest BLOB PRIMARY KEY, seq INTEGER) WITHOUT ROWID;
"""
# Sorted first: a million look-ups in the order of the index read each of its pages once. Of equal requests only the
# first is looked up: with each of a thousand, each of a thousand equal ones of another job would be a hit. So a place
# of a source is hit once at most. `repeated` tells on the way whether there are equal ones, which saves a second sort.
_FIND_HITS = f"""
INSERT INTO hits SELECT d.source << {_PLACE_BITS} | d.seq, r.seq
FROM (
    SELECT min(seq) AS seq, digest FROM new.requests WHERE length(digest) <= ?
    GROUP BY digest HAVING count(*) = 1 OR note_repeated() ORDER BY digest
) AS r
CROSS JOIN known.digests AS d ON d.digest = r.digest ORDER BY 1
"""
_FIND_SOURCES = f"""
INSERT INTO sources SELECT id, job, attempt FROM known.sources AS k WHERE EXISTS (
    SELECT 1 FROM hits WHERE key BETWEEN k.id << {_PLACE_BITS} AND ((k.id + 1) << {_PLACE_BITS}) - 1
)
"""
_PLACE = f"(h.key & {(1 << _PLACE_BITS) - 1})"
_SETTLE_ANSWERED = f"""
INSERT OR IGNORE INTO settled SELECT h.seq, {ANSWERED}, ?, o.part, o.seq
FROM hits AS h
CROSS JOIN old.requests AS o ON o.seq = {_PLACE}
CROSS JOIN results.results AS a ON a.custom_id = o.custom_id
CROSS JOIN results.words AS w ON w.id = a.model
WHERE h.key BETWEEN ? AND ? AND a.outcome IN ({{outcomes}})
AND (w.word = o.model OR substr(w.word, 1, length(o.model) + 1) = o.model || '-')
"""
_BY_THESE_ROOTS = "AND (SELECT root FROM old.reused WHERE seq = o.seq) IN (SELECT value FROM json_each(?))"
"""Of a part that reuses answers itself, those that these parts have answered."""
_SETTLE_IN_PROGRESS = f"""
INSERT OR IGNORE INTO settled SELECT h.seq, {IN_PROGRESS}, ?, ?, {_PLACE} FROM hits AS h WHERE h.key BETWEEN ? AND ?
"""
_OF_THIS_PART = f"AND (SELECT part FROM old.requests WHERE seq = {_PLACE}) = ?"
# Few are repeated as a rule: a window over all digests would sort all of them once more.
_FIND_REPEATED = """
INSERT INTO repeated SELECT digest, min(seq) FROM new.requests WHERE length(digest) <= ?
GROUP BY digest HAVING count(*) > 1
"""
_SETTLE_EQUAL = f"""
INSERT OR IGNORE INTO settled SELECT r.seq, s.state, s.source, s.part, s.place
FROM new.requests AS r CROSS JOIN repeated AS f ON f.digest = r.digest CROSS JOIN settled AS s ON s.seq = f.seq
WHERE s.state IN ({ANSWERED}, {IN_PROGRESS}) AND r.seq > f.seq
"""
_SETTLE_DUPLICATES = f"""
INSERT OR IGNORE INTO settled SELECT r.seq, {DUPLICATE}, NULL, NULL, f.seq
FROM new.requests AS r CROSS JOIN repeated AS f ON f.digest = r.digest WHERE r.seq > f.seq
"""


P = ParamSpec("P")
T = TypeVar("T")


def _storage_errors(method: Callable[P, T]) -> Callable[P, T]:
    """Have a method raise StorageError for what the disk or SQLite refuses."""

    @wraps(method)
    def worded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except (sqlite3.Error, OSError) as error:
            raise StorageError(f"The index of known requests cannot be used: {error}.") from error

    return worded


class DigestSource(NamedTuple):
    """One attempt of a job whose requests the index knows."""

    id: int
    job: str
    attempt: int


class GroupSums(NamedTuple):
    """Sums over new requests that are alike in the sense of `RequestGroup`."""

    part: int
    shape: int
    model: str | None
    step: int
    requests: int
    bytes: int
    max_tokens: int


class DigestIndex:
    """Knows the digests of the requests of all jobs. Its calls block."""

    def __init__(self, path: Path, requests: Path) -> None:
        """`requests`: the folder of the request store."""
        self.path = path
        self._requests = requests

    @_storage_errors
    def catch_up(self, attempts: Mapping[str, Collection[int]]) -> bool:
        """Bring the index to what is kept of these attempts, by job. Returns whether there is anything in it.

        Raises:
            StorageError: the disk refuses.
        """
        here = self._kept(attempts)
        if not here and not self.path.exists():
            return False
        try:
            return self._fill(here)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            _log.warning("%s is damaged and is made anew: %s", self.path, error)
            self.path.unlink()
            return self._fill(here)

    def _kept(self, attempts: Mapping[str, Collection[int]]) -> dict[tuple[str, int], int]:
        """Return the attempts whose requests are kept, each with the time of its index."""
        if not self._requests.is_dir():
            return {}
        found: dict[tuple[str, int], int] = {}
        for folder in self._requests.iterdir():
            for attempt in attempts.get(folder.name, ()):
                with suppress(OSError):
                    found[folder.name, attempt] = (folder / index_name(attempt)).stat().st_mtime_ns
        return found

    def _fill(self, here: Mapping[tuple[str, int], int]) -> bool:
        with suppress(FileExistsError):
            # Made beforehand: SQLite would give it the permissions that the umask leaves.
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=_BUSY_SECONDS, uri=True)) as index:
            index.executescript(f"PRAGMA cache_size = -8000; PRAGMA synchronous = NORMAL; {_SCHEMA}")
            index.create_function("kept", 3, lambda job, attempt, stamp: here.get((job, attempt)) == stamp)
            index.execute("BEGIN IMMEDIATE")
            gone = "SELECT id FROM sources WHERE NOT kept(job, attempt, stamp)"
            if index.execute(f"{gone} LIMIT 1").fetchone():
                index.execute(f"DELETE FROM digests WHERE source IN ({gone})")
                index.execute("DELETE FROM sources WHERE NOT kept(job, attempt, stamp)")
            known = {(job, attempt) for job, attempt in index.execute("SELECT job, attempt FROM sources")}
            index.execute("COMMIT")
            for (job, attempt), stamp in here.items():
                if (job, attempt) not in known:
                    self._add(index, job, attempt, stamp)
            return index.execute("SELECT 1 FROM digests LIMIT 1").fetchone() is not None

    def _add(self, index: sqlite3.Connection, job: str, attempt: int, stamp: int) -> None:
        """Add the requests of one attempt, in one transaction; another process may have done so meanwhile."""
        path = self._requests / job / index_name(attempt)
        # One that cannot be read is noted as if it had no digests, and tried again when it has changed.
        is_useful = _has_digests(path)
        with _attached(index, _read_only(path) if is_useful else ":memory:", "added"):
            index.execute("BEGIN IMMEDIATE")
            row = "INSERT OR IGNORE INTO sources (job, attempt, stamp) VALUES (?, ?, ?)"
            added = index.execute(row, (job, attempt, stamp))
            if added.rowcount and is_useful:
                index.execute(
                    "INSERT INTO digests SELECT digest, ?, seq FROM added.requests WHERE digest IS NOT NULL"
                    " ORDER BY digest",
                    (added.lastrowid,),
                )
            index.execute("COMMIT")

    @_storage_errors
    def compare(self, requests: Path, *, with_known: bool, with_open: bool = False) -> DigestComparison:
        """Lay the index of new requests beside this one, or look for duplicates in it only; `catch_up` comes first.

        `with_open` includes requests whose answer also depends on the day.

        Raises:
            StorageError: one of them cannot be read.
        """
        longest = DIGEST_BYTES + 1 if with_open else DIGEST_BYTES
        return DigestComparison(requests, self.path if with_known else None, self._requests, longest)


class DigestComparison:
    """New requests beside those of earlier jobs. What is settled first stays: answers first, then what is in progress.

    Everything is worked out by SQLite in a temporary file: a million requests take a few megabytes of memory. Its
    methods block, and raise StorageError where a file cannot be read.
    """

    def __init__(self, requests: Path, known: Path | None, folder: Path, longest: int = DIGEST_BYTES) -> None:
        """`longest`: bytes of the longest digests that are compared."""
        self._folder, self._longest = folder, longest
        self._counts: dict[int, tuple[int, int]] = {}
        self._duplicates = 0
        self._has_repeated = False
        # An empty name is a temporary database on the disk, gone with the connection.
        # Used from one thread at a time, which is not always the same.
        self._held = sqlite3.connect("", isolation_level=None, uri=True, check_same_thread=False)
        try:
            self._held.executescript(f"PRAGMA cache_size = -4000; {_HELD}")
            self._held.execute("ATTACH ? AS new", (_read_only(requests),))
            self._held.execute("BEGIN")
            if known is None:
                self._has_repeated = True  # as far as is known
            else:
                self._held.create_function("note_repeated", 0, self._note_repeated)
                self._held.execute("COMMIT")
                # Detach at once: a reader keeps other processes from adding to it, and a comparison may stay open.
                with _attached(self._held, f"{known.absolute().as_uri()}?mode=ro", "known"):
                    self._held.execute("BEGIN")
                    self._held.execute(_FIND_HITS, (longest,))
                    self._held.execute(_FIND_SOURCES)
                    self._held.execute("COMMIT")
                self._held.execute("BEGIN")
        except BaseException:
            self._held.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._held.close()

    def _note_repeated(self) -> bool:
        self._has_repeated = True
        return True

    @_storage_errors
    def sources(self) -> list[DigestSource]:
        """Return the attempts that have asked some of it before, the newest first."""
        rows = self._held.execute("SELECT id, job, attempt FROM sources ORDER BY id DESC")
        return [DigestSource(*row) for row in rows]

    @_storage_errors
    def parts(self, source: DigestSource) -> list[PartRange]:
        """Return the parts of an attempt with the places of their requests."""
        with self._old(source):
            return part_ranges(self._held, "old.")

    @_storage_errors
    def roots(self, source: DigestSource, part: int) -> dict[int, AnswerOrigin]:
        """Return who answered what a part has reused, by number; empty where the index does not say it."""
        with ReuseReader(self._folder / source.job, source.attempt) as reader:
            return reader.roots(part)

    @_storage_errors
    def settle_answered(
        self, source: DigestSource, part: PartRange, results: Path, roots: Collection[int] | None = None
    ) -> None:
        """Settle what succeeded in one part, by the index of its results, and by the model that was asked for.

        A model's name may stand for a dated one (`claude-haiku-4-5` for `claude-haiku-4-5-20251001`). `roots` limits it
        to answers of these; None for all.
        """
        outcomes = ", ".join(str(code) for code, outcome in enumerate(OUTCOMES) if outcome.is_success)
        with self._old(source), self._attached(results, "results"):
            sql, values = _SETTLE_ANSWERED.format(outcomes=outcomes), (source.id, *_keys(source, part))
            if roots is None:
                settled = self._held.execute(sql, values)
            else:
                settled = self._held.execute(sql + _BY_THESE_ROOTS, (*values, json.dumps([*roots])))
            self._count(source, answered=settled.rowcount)

    @_storage_errors
    def settle_in_progress(self, source: DigestSource, part: PartRange) -> None:
        """Settle what one part has asked and nobody has answered yet."""
        values = (source.id, part.part, *_keys(source, part))
        if part.is_alone:
            settled = self._held.execute(_SETTLE_IN_PROGRESS, values)
        else:
            with self._old(source):
                settled = self._held.execute(_SETTLE_IN_PROGRESS + _OF_THIS_PART, (*values, part.part))
        self._count(source, in_progress=settled.rowcount)

    def _count(self, source: DigestSource, *, answered: int = 0, in_progress: int = 0) -> None:
        earlier = self._counts.get(source.id, (0, 0))
        self._counts[source.id] = (earlier[0] + answered, earlier[1] + in_progress)

    @_storage_errors
    def settle_duplicates(self) -> None:
        """Settle what asks the same as an earlier request of the input: as that is settled, else as a duplicate.

        It comes after all answers and what is in progress.
        """
        if not self._has_repeated or not self._held.execute(_FIND_REPEATED, (self._longest,)).rowcount:
            return
        if self._held.execute(_SETTLE_EQUAL).rowcount:
            rows = self._held.execute(
                f"SELECT source, sum(state = {ANSWERED}), sum(state = {IN_PROGRESS}) FROM settled GROUP BY source"
            )
            self._counts = {source: (answered, in_progress) for source, answered, in_progress in rows}
        self._duplicates = self._held.execute(_SETTLE_DUPLICATES).rowcount

    def counts(self) -> dict[int, tuple[int, int]]:
        """Return how many requests are answered and in progress by source (`DigestSource.id`)."""
        return {source: counts for source, counts in self._counts.items() if any(counts)}

    def duplicates(self) -> int:
        """Return how many requests are duplicates within the input."""
        return self._duplicates

    @_storage_errors
    def new_groups(self, long: int, step: int) -> list[GroupSums]:
        """Return the sums over what is not settled, by part, shape, model and steps of `step` bytes from `long` on."""
        rows = self._held.execute(
            "SELECT part, shape, model, CASE WHEN length <= ? THEN 0 ELSE length / ? END, count(*), sum(length),"
            " coalesce(sum(max_tokens), 0) FROM new.requests WHERE seq NOT IN (SELECT seq FROM settled)"
            " GROUP BY 1, 2, 3, 4",
            (long, step),
        )
        return [GroupSums(*row) for row in rows]

    @_storage_errors
    def note_reused(self, requests: Path) -> None:
        """Write into the index of the new requests which answers they reuse; the last that is asked of a comparison."""
        self._held.execute("COMMIT")
        self._held.execute("DETACH new")
        self._held.execute("ATTACH ? AS target", (f"{requests.absolute().as_uri()}?mode=rw",))
        self._held.execute("BEGIN")
        begin_reuse(self._held)
        counts = self.counts()
        for source in self.sources():
            if source.id in counts:
                with self._old(source):
                    note_answers(self._held, *source)
        note_duplicates(self._held)
        self._held.execute("COMMIT")
        self._held.execute("DETACH target")
        self._held.execute("BEGIN")

    @contextmanager
    def _old(self, source: DigestSource) -> Iterator[None]:
        with self._attached(self._folder / source.job / index_name(source.attempt), "old"):
            yield

    @contextmanager
    def _attached(self, path: Path, name: str) -> Iterator[None]:
        # SQLite attaches nothing within a transaction that has written.
        self._held.execute("COMMIT")
        try:
            with _attached(self._held, _read_only(path), name):
                self._held.execute("BEGIN")
                try:
                    yield
                finally:
                    self._held.execute("COMMIT")
        finally:
            self._held.execute("BEGIN")


def _keys(source: DigestSource, part: PartRange) -> tuple[int, int]:
    """Return the first and the last key that hits in a part may have."""
    begin = source.id << _PLACE_BITS
    return begin | part.first, begin | part.last


def _has_digests(path: Path) -> bool:
    """Whether an index of requests can be read, and is of a version that keeps digests."""
    try:
        with closing(sqlite3.connect(_read_only(path), uri=True)) as index:
            index.execute("SELECT count(digest) FROM requests").fetchone()
    except sqlite3.Error as error:
        _log.info("%s has no digests that can be read: %s", path, error)
        return False
    return True


@contextmanager
def _attached(connection: sqlite3.Connection, database: str, name: str) -> Iterator[None]:
    """Have a database attached under a name."""
    connection.execute(f"ATTACH ? AS {name}", (database,))
    try:
        yield
    finally:
        connection.execute(f"DETACH {name}")


def _read_only(path: Path) -> str:
    return f"{path.absolute().as_uri()}?mode=ro&immutable=1"
