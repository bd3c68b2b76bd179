"""Split the requests of an attempt into those that are sent and those whose answers are copied: `ReuseSplit`.

The bodies of a check hold all requests in the order of the input. What is reused stays in them, and what is sent from
such a body is copied into a new one, so that the work grows with what is new. The tables `origins` and `reused` in the
index say which answer each request reuses; `ReuseReader` reads them.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Self

from batchtui.domain.batches.job import PartPlan
from batchtui.domain.errors import StorageError
from batchtui.domain.limits import DIGEST_BYTES
from batchtui.domain.submission.ids_digest import IdsDigest
from batchtui.registry.requests.body_writer import BETWEEN, HEAD, TAIL
from batchtui.registry.requests.part_ranges import part_ranges
from batchtui.registry.requests.writer import body_name, index_name
from batchtui.runtime.fsync import sync_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from batchtui.registry.requests.part_ranges import PartRange
    from batchtui.registry.requests.writer import StagedRequests

ANSWERED, IN_PROGRESS, DUPLICATE = 1, 2, 3
"""What is known of a request: there is an answer, there will be one, or the input asks the same before."""
_HERE = ""
"""The job of an origin that is a part of the very same attempt."""
_AT_ONCE = 1_000
"""Requests that are copied in one step."""
_SCHEMA = """
CREATE TABLE {0}origins (
    id INTEGER PRIMARY KEY, job TEXT NOT NULL, attempt INTEGER NOT NULL, part INTEGER NOT NULL, state INTEGER NOT NULL,
    UNIQUE (job, attempt, part)
) STRICT;
CREATE TABLE {0}reused (seq INTEGER PRIMARY KEY, origin INTEGER, custom_id TEXT NOT NULL, root INTEGER) STRICT;
CREATE TABLE {0}moved (seq INTEGER PRIMARY KEY, part INTEGER NOT NULL, offset INTEGER NOT NULL) STRICT;
"""
# `origin`: whose line is copied, which has this custom_id there; `root`: who answered it first, over any chain of
# reuses. `moved`: where the check had put what was then copied into another body.
_CHAIN_ROOT = (
    "coalesce((SELECT t.new FROM old.reused AS u JOIN roots AS t ON t.old = u.root WHERE u.seq = s.place), p.origin)"
)
# Which part asks for the first of several duplicates is known once the new requests have their parts.
_DUPLICATES_FOLLOW = """
UPDATE reused SET origin = (SELECT g.id FROM origins AS g JOIN requests AS r ON r.part = g.part
 WHERE g.job = '' AND r.custom_id = reused.custom_id) WHERE origin IS NULL
"""
_NUMBER_SAMPLES = """
UPDATE requests SET digest = of_sample(requests.digest, s.number) FROM (
    SELECT seq, (row_number() OVER (PARTITION BY digest ORDER BY seq) - 1) % ? + 1 AS number
    FROM requests WHERE digest IS NOT NULL
) AS s WHERE s.seq = requests.seq AND s.number BETWEEN 2 AND ?
"""
_ROWS = (
    "SELECT u.seq, q.custom_id, (SELECT max(seq) FROM results.results WHERE custom_id = u.custom_id)"
    " FROM requests AS q JOIN reused AS u ON u.seq = q.seq WHERE q.part = ? AND u.origin = ? ORDER BY u.seq"
)


_HAS_REUSED = "SELECT 1 FROM reused WHERE seq BETWEEN ? AND ? LIMIT 1"
_ORIGINS_OF_RANGE = "SELECT origin, count(*) FROM reused WHERE seq BETWEEN ? AND ? GROUP BY origin"


class AnswerOrigin(NamedTuple):
    """A part of a job whose answers are reused."""

    job: str
    attempt: int
    part: int


def begin_reuse(held: sqlite3.Connection) -> None:
    """Make the tables that say what is reused in the database `target`, in place of earlier ones."""
    for name in ("origins", "reused", "moved"):
        held.execute(f"DROP TABLE IF EXISTS target.{name}")
    for statement in _SCHEMA.format("target.").split(";\n"):
        held.execute(statement)
    held.execute("CREATE TEMP TABLE IF NOT EXISTS roots (old INTEGER PRIMARY KEY, new INTEGER)")
    held.execute("CREATE TEMP TABLE IF NOT EXISTS parts (part INTEGER PRIMARY KEY, origin INTEGER)")


def note_answers(held: sqlite3.Connection, source: int, job: str, attempt: int) -> None:
    """Write which requests reuse what an attempt has asked.

    Args:
        held: has `settled`, `target` and the index of the attempt as `old`.
        source: the number that the attempt has in `settled`.
        job: whose attempt it is.
        attempt: its number.
    """
    is_chain = held.execute("SELECT 1 FROM old.sqlite_schema WHERE name = 'reused'").fetchone() is not None
    held.execute("DELETE FROM temp.roots")
    if is_chain:
        rows = held.execute(
            "SELECT DISTINCT g.id, g.job, g.attempt, g.part FROM settled AS s JOIN old.reused AS u ON u.seq = s.place"
            " JOIN old.origins AS g ON g.id = u.root WHERE s.source = ?",
            (source,),
        ).fetchall()
        roots = [
            (old, _origin_id(held, AnswerOrigin(of or job, number, part), ANSWERED)) for old, of, number, part in rows
        ]
        held.executemany("INSERT INTO temp.roots VALUES (?, ?)", roots)
    held.execute("DELETE FROM temp.parts")
    parts = held.execute("SELECT DISTINCT part, state FROM settled WHERE source = ?", (source,)).fetchall()
    held.executemany(
        "INSERT INTO temp.parts VALUES (?, ?) ON CONFLICT DO UPDATE SET origin = excluded.origin",
        [(part, _origin_id(held, AnswerOrigin(job, attempt, part), state)) for part, state in parts],
    )
    held.execute(
        f"INSERT INTO target.reused SELECT s.seq, p.origin, o.custom_id, {_CHAIN_ROOT if is_chain else 'p.origin'}"
        " FROM settled AS s CROSS JOIN temp.parts AS p ON p.part = s.part"
        " CROSS JOIN old.requests AS o ON o.seq = s.place WHERE s.source = ?",
        (source,),
    )


def note_duplicates(held: sqlite3.Connection) -> None:
    """Write which requests ask the same as an earlier one of the input that is sent."""
    held.execute(
        "INSERT INTO target.reused SELECT s.seq, NULL, f.custom_id, NULL FROM settled AS s"
        " JOIN target.requests AS f ON f.seq = s.place WHERE s.state = ?",
        (DUPLICATE,),
    )


def _origin_id(held: sqlite3.Connection, origin: AnswerOrigin, state: int) -> int:
    # An answer may be copied from a part that also is the root of another one: its own state decides.
    held.execute(
        "INSERT INTO target.origins (job, attempt, part, state) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET state = max(state, excluded.state)",
        (*origin, state),
    )
    row = held.execute("SELECT id FROM target.origins WHERE job = ? AND attempt = ? AND part = ?", origin).fetchone()
    return int(row[0])


def number_samples(index: Path, most: int) -> None:
    """Give equal requests of an index digests of their own: the first `most` are samples 1, 2 …, and so on round.

    Sample 1 keeps the digest of the request, so it also is the answer to who asks once. Blocking.

    Raises:
        StorageError: the disk refuses.
    """

    def of_sample(digest: bytes, number: int) -> bytes:
        # The last byte of a longer one says that the answer depends on the day.
        return sha256(b"%d:" % number + digest).digest()[:DIGEST_BYTES] + digest[DIGEST_BYTES:]

    with _storage_errors(), closing(sqlite3.connect(index)) as requests:
        requests.create_function("of_sample", 2, of_sample, deterministic=True)
        requests.execute(_NUMBER_SAMPLES, (most, most))
        requests.commit()


@dataclass(slots=True)
class _Body:
    """A body that requests are copied into."""

    part: int
    file: BinaryIO
    ids: IdsDigest = field(default_factory=IdsDigest)
    bytes: int = len(HEAD)
    requests: int = 0

    def plan(self, attempt: int) -> PartPlan:
        """Close the body. Returns its part, as one that is sent."""
        self.file.write(TAIL)
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        size = self.bytes + len(TAIL)
        return PartPlan(self.part, self.requests, size, body_name(attempt, self.part), self.ids.text())


class ReuseSplit:
    """Gives staged requests their final parts. Its methods block, and raise StorageError where the disk refuses."""

    def __init__(self, staged: StagedRequests) -> None:
        self._staged = staged
        self._folder, self._attempt = staged.folder, staged.attempt
        self._last = max((part.part for part in staged.parts), default=0)
        self.index = staged.folder / index_name(staged.attempt)

    def undo(self) -> None:
        """Put everything back where the check has put it."""
        with _storage_errors(), closing(sqlite3.connect(self.index)) as index:
            if index.execute("SELECT 1 FROM sqlite_schema WHERE name = 'moved'").fetchone():
                index.execute(
                    "UPDATE requests SET (part, offset) = (SELECT part, offset FROM moved WHERE seq = requests.seq)"
                    " WHERE seq IN (SELECT seq FROM moved)"
                )
                for name in ("origins", "reused", "moved"):
                    index.execute(f"DROP TABLE {name}")
                index.commit()
        kept = {part.body for part in self._staged.parts}
        for path in self._folder.glob(f"{self._attempt}-*.json"):
            if path.name not in kept:
                path.unlink()

    def run(
        self,
        cut: Callable[[Sequence[int]], Sequence[tuple[int, int]]],
        key_of: Callable[[AnswerOrigin], int | None],
    ) -> list[PartPlan]:
        """Move what is sent, and what waits for another batch, out of the bodies that hold reused requests.

        Args:
            cut: says into how many parts requests of these lengths go, as `PartCutter.cut`.
            key_of: says which batch of the registry an origin is.

        Returns:
            All parts, in order.
        """
        with _storage_errors(), ExitStack() as stack:
            index = stack.enter_context(closing(sqlite3.connect(self.index, isolation_level=None)))
            # Synced once, at the end: what a process that died has staged is thrown away in any case.
            index.executescript("PRAGMA cache_size = -8000; PRAGMA synchronous = OFF; BEGIN")
            ranges = {
                part.part: part
                for part in part_ranges(index)
                if index.execute(_HAS_REUSED, (part.first, part.last)).fetchone()
            }
            whole = [part for part in self._staged.parts if part.part not in ranges]
            sent = whole + self._copy_new(index, list(ranges), cut)
            self._follow(index, sent)
            stays, leaves = self._kinds(index, ranges.values())
            waiting = self._copy_waiting(index, leaves)
            index.execute("COMMIT")
            origins = {row[0]: AnswerOrigin(*row[1:4]) for row in index.execute("SELECT * FROM origins")}
            gone = dict(index.execute("SELECT part, count(*) FROM moved GROUP BY part"))
            resident = [
                (replace(part, requests=part.requests - gone.get(part.part, 0)), stays[part.part])
                for part in self._staged.parts
                if part.part in ranges
            ]
            sync_path(self.index)
        reused = [*resident, *waiting]
        parts = sent + [_as_reused(part, origins[of] if of else None, key_of) for part, of in reused]
        return sorted(parts, key=lambda part: part.part)

    def sent_groups(self, long: int, step: int) -> list[tuple[int, int, str | None, int, int, int, int]]:
        """Return the sums over what is sent: the values of `GroupSums`, in order of parts."""
        with _storage_errors(), closing(sqlite3.connect(self.index)) as index:
            return index.execute(
                "SELECT part, shape, model, CASE WHEN length <= ? THEN 0 ELSE length / ? END, count(*), sum(length),"
                " coalesce(sum(max_tokens), 0) FROM requests WHERE seq NOT IN (SELECT seq FROM reused)"
                " GROUP BY 1, 2, 3, 4 ORDER BY 1",
                (long, step),
            ).fetchall()

    def _copy_new(
        self, index: sqlite3.Connection, mixed: list[int], cut: Callable[[Sequence[int]], Sequence[tuple[int, int]]]
    ) -> list[PartPlan]:
        """Copy what is sent out of the bodies in which something is reused."""
        out_of = ", ".join(map(str, mixed))
        rows = index.execute(
            "SELECT seq, custom_id, part, offset, length FROM requests"
            f" WHERE part IN ({out_of}) AND seq NOT IN (SELECT seq FROM reused) ORDER BY seq"
        )
        first = self._last

        def numbered(lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
            return ((first + part, count) for part, count in cut(lengths))

        return self._copy(index, rows, numbered)

    def _follow(self, index: sqlite3.Connection, sent: Sequence[PartPlan]) -> None:
        """Have duplicates wait for the part that their first request is sent in."""
        if index.execute("SELECT 1 FROM reused WHERE origin IS NULL LIMIT 1").fetchone() is None:
            return
        index.executemany(
            "INSERT INTO origins (job, attempt, part, state) VALUES (?, ?, ?, ?)",
            [(_HERE, self._attempt, part.part, DUPLICATE) for part in sent],
        )
        index.execute(_DUPLICATES_FOLLOW)
        index.execute("UPDATE reused SET root = origin WHERE root IS NULL")

    def _kinds(
        self, index: sqlite3.Connection, ranges: Iterable[PartRange]
    ) -> tuple[dict[int, int | None], dict[int, list[int]]]:
        """Return what the body of each part keeps, and out of which bodies requests go that wait for an origin.

        A part waits for one batch at most, so that it can be filled as soon as that has its results. A body keeps its
        answered requests, where it has some; else those that wait for the same batch as most of them. The first result
        has the origin that the part waits for, None where it waits for none; the second the parts by origin.
        """
        waited = {row[0] for row in index.execute("SELECT id FROM origins WHERE state <> ?", (ANSWERED,))}
        stays: dict[int, int | None] = {}
        leaves: dict[int, list[int]] = {}
        for part in ranges:
            counts = dict(index.execute(_ORIGINS_OF_RANGE, (part.first, part.last)))
            waiting = sorted(counts.keys() & waited, key=lambda origin: counts[origin], reverse=True)
            stays[part.part] = None if counts.keys() - waited else waiting[0]
            for origin in waiting:
                if origin != stays[part.part]:
                    leaves.setdefault(origin, []).append(part.part)
        return stays, leaves

    def _copy_waiting(self, index: sqlite3.Connection, leaves: dict[int, list[int]]) -> list[tuple[PartPlan, int]]:
        """Copy what waits for another batch than the rest of its body, each into a body of its own."""
        copies: list[tuple[PartPlan, int]] = []
        for origin, parts in sorted(leaves.items()):
            out_of = ", ".join(map(str, parts))
            rows = index.execute(
                "SELECT r.seq, r.custom_id, r.part, r.offset, r.length FROM reused AS u JOIN requests AS r"
                f" ON r.seq = u.seq WHERE u.origin = ? AND r.part IN ({out_of}) ORDER BY r.seq",
                (origin,),
            )
            number = self._next

            def one(lengths: Sequence[int], number: int = number) -> Iterator[tuple[int, int]]:
                return iter([(number, len(lengths))])

            copies += [(plan, origin) for plan in self._copy(index, rows, one)]
        return copies

    @property
    def _next(self) -> int:
        """The number of the next part."""
        numbers = [int(path.stem.partition("-")[2]) for path in self._folder.glob(f"{self._attempt}-*.json")]
        return max(numbers, default=0) + 1

    def _copy(
        self,
        index: sqlite3.Connection,
        rows: sqlite3.Cursor,
        place: Callable[[Sequence[int]], Iterator[tuple[int, int]]],
    ) -> list[PartPlan]:
        """Copy requests into the bodies that `place` names, and note their new places. Returns the parts."""
        plans: list[PartPlan] = []
        body: _Body | None = None
        index.execute("CREATE TEMP TABLE IF NOT EXISTS moves (seq INTEGER PRIMARY KEY, part INTEGER, offset INTEGER)")
        with _Bodies(self._folder, self._attempt) as bodies:
            while block := rows.fetchmany(_AT_ONCE):
                moves, begin = [], 0
                for part, count in place([row[4] for row in block]):
                    if body is None or body.part != part:
                        plans += [body.plan(self._attempt)] if body else []
                        body = self._open(part)
                    for seq, custom_id, old, offset, length in block[begin : begin + count]:
                        if body.requests:
                            body.file.write(BETWEEN)
                            body.bytes += len(BETWEEN)
                        moves.append((seq, part, body.bytes))
                        body.file.write(bodies.read(old, offset, length))
                        body.ids.add(custom_id)
                        body.bytes += length
                        body.requests += 1
                    begin += count
                index.executemany("INSERT INTO temp.moves VALUES (?, ?, ?)", moves)
        plans += [body.plan(self._attempt)] if body else []
        index.execute(
            "INSERT INTO moved SELECT seq, part, offset FROM requests WHERE seq IN (SELECT seq FROM temp.moves)"
        )
        index.execute(
            "UPDATE requests SET (part, offset) = (SELECT part, offset FROM temp.moves WHERE seq = requests.seq)"
            " WHERE seq IN (SELECT seq FROM temp.moves)"
        )
        index.execute("DELETE FROM temp.moves")
        return plans

    def _open(self, part: int) -> _Body:
        path = self._folder / body_name(self._attempt, part)
        file = os.fdopen(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb", buffering=1 << 20)
        file.write(HEAD)
        return _Body(part, file)


def _as_reused(part: PartPlan, awaited: AnswerOrigin | None, key_of: Callable[[AnswerOrigin], int | None]) -> PartPlan:
    reused = replace(part, ids_digest="", is_reused=True)
    if awaited is None:
        return reused
    if awaited.job == _HERE:
        return replace(reused, awaits_part=awaited.part)
    return replace(reused, awaits=key_of(awaited))


class _Bodies:
    """Reads requests out of bodies by place."""

    def __init__(self, folder: Path, attempt: int) -> None:
        self._folder, self._attempt = folder, attempt
        self._open: dict[int, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        for descriptor in self._open.values():
            os.close(descriptor)

    def read(self, part: int, offset: int, length: int) -> bytes:
        """Return one request."""
        if part not in self._open:
            self._open[part] = os.open(self._folder / body_name(self._attempt, part), os.O_RDONLY)
        return os.pread(self._open[part], length, offset)


class ReuseReader:
    """Says which answers the requests of an attempt reuse. Its methods block; from one thread."""

    def __init__(self, folder: Path, attempt: int) -> None:
        """Raises `StorageError` where the requests are not kept."""
        self._job = folder.name
        # Immutable: nobody writes to the index of stored requests any more, so SQLite need not lock it.
        self._uri = f"{(folder / index_name(attempt)).absolute().as_uri()}?mode=ro&immutable=1"
        with _storage_errors():
            self._index = sqlite3.connect(self._uri, uri=True, check_same_thread=False)
            try:
                # An index that was built again from the bodies does not know it any more.
                known = self._index.execute("SELECT 1 FROM sqlite_schema WHERE name = 'reused'").fetchone()
            except sqlite3.Error:
                self._index.close()
                raise
        self._is_known = known is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the index."""
        self._index.close()

    def origins(self, part: int) -> dict[int, AnswerOrigin]:
        """Return whose answers a part copies, by number."""
        return self._origins("SELECT DISTINCT u.origin", part)

    def _origins(self, chosen: str, part: int) -> dict[int, AnswerOrigin]:
        if not self._is_known:
            return {}
        with _storage_errors():
            rows = self._index.execute(
                f"SELECT id, job, attempt, part FROM origins WHERE id IN ({chosen} FROM requests AS r"
                " JOIN reused AS u ON u.seq = r.seq WHERE r.part = ?) ORDER BY id",
                (part,),
            ).fetchall()
        return {number: AnswerOrigin(job or self._job, attempt, of) for number, job, attempt, of in rows}

    def rows(self, part: int, origin: int, results: Path) -> Iterator[tuple[int, str, int | None]]:
        """Yield place in the input, custom_id and the number of the answer among the origin's results.

        Args:
            part: whose requests.
            origin: its number in `origins`.
            results: the index of the origin's results.
        """
        uri = f"{results.absolute().as_uri()}?mode=ro&immutable=1"
        with _storage_errors(), closing(sqlite3.connect(self._uri, uri=True, check_same_thread=False)) as index:
            index.execute("ATTACH ? AS results", (uri,))
            yield from index.execute(_ROWS, (part, origin))

    def roots(self, part: int) -> dict[int, AnswerOrigin]:
        """Return who answered the requests of a part first, by number."""
        return self._origins("SELECT DISTINCT u.root", part)

    def root_of(self, custom_id: str) -> int | None:
        """Return the number of the root of the answer to a request; None where none is reused."""
        if not self._is_known:
            return None
        with _storage_errors():
            row = self._index.execute(
                "SELECT u.root FROM requests AS r JOIN reused AS u ON u.seq = r.seq WHERE r.custom_id = ?", (custom_id,)
            ).fetchone()
        return row[0] if row else None


@contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise StorageError(f"The index of reused answers cannot be used: {error}.") from error
