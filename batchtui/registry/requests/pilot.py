"""Move a random sample of staged requests into a part of its own, which goes first: `PilotSplit`.

The sample is stratified: the requests are put in order by shape, model and length and cut into as many equal cells as
it has places; one request of each cell is drawn. So each kind and each size is in it by its share, whatever order the
file has, and the plain mean of the sample estimates the mean of all (W. G. Cochran, Sampling Techniques, 1977, ch. 5).
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from batchtui.domain.batches.job import PILOT_PART, PartPlan
from batchtui.domain.errors import StorageError
from batchtui.domain.submission.ids_digest import IdsDigest
from batchtui.registry.requests.body_writer import BETWEEN, HEAD, TAIL
from batchtui.registry.requests.writer import body_name, index_name
from batchtui.runtime.fsync import sync_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from batchtui.registry.requests.writer import StagedRequests

_BLOCK = 1 << 22
"""Bytes that are copied at once."""
_CHOSEN = (
    "INSERT INTO chosen SELECT seq FROM (SELECT seq, row_number() OVER (ORDER BY shape, model, length, seq) - 1"
    " AS place FROM requests) WHERE place IN (SELECT place FROM places)"
)
_GROUPS = (
    "SELECT part, shape, model, CASE WHEN length <= ? THEN 0 ELSE length / ? END, count(*), sum(length),"
    " coalesce(sum(max_tokens), 0) FROM requests GROUP BY 1, 2, 3, 4 ORDER BY 1"
)


class _Row(NamedTuple):
    """Where a request of the sample lies, as the check has put it."""

    seq: int
    custom_id: str
    part: int
    offset: int
    length: int


class PilotSplit:
    """Splits the requests of an attempt, once. Its methods block, and raise StorageError where the disk refuses."""

    def __init__(self, staged: StagedRequests) -> None:
        self._staged = staged
        self._folder, self._attempt = staged.folder, staged.attempt
        self._index = staged.folder / index_name(staged.attempt)

    def choose(self, size: int, dice: Random) -> int:
        """Draw the sample. Returns the bytes of its body.

        Args:
            size: how many requests, fewer than there are.
            dice: what they are drawn with.
        """
        total = self._staged.requests
        places = [dice.randrange(number * total // size, (number + 1) * total // size) for number in range(size)]
        with self._open() as index:
            index.execute("CREATE TABLE chosen (seq INTEGER PRIMARY KEY) STRICT")
            index.execute("CREATE TEMP TABLE places (place INTEGER PRIMARY KEY)")
            index.executemany("INSERT INTO places VALUES (?)", [(place,) for place in places])
            index.execute(_CHOSEN)
            (length,) = index.execute("SELECT sum(length) FROM requests JOIN chosen USING (seq)").fetchone()
        return int(length) + len(HEAD) + len(TAIL) + (size - 1) * len(BETWEEN)

    def run(self) -> list[PartPlan]:
        """Write the sample into the body of a part 0, and take it out of the others. Returns all parts, in order.

        The other parts are held until somebody decides.
        """
        with self._open() as index:
            rows = [
                _Row(*row)
                for row in index.execute(
                    "SELECT seq, custom_id, part, offset, length FROM requests JOIN chosen USING (seq) ORDER BY seq"
                )
            ]
            pilot = self._write_pilot(index, rows)
            rest = [
                self._write_rest(index, part, [row for row in rows if row.part == part.part]) for part in self._parts()
            ]
            index.execute("DROP TABLE chosen")
        sync_path(self._index)
        sync_path(self._folder)
        return [pilot, *(replace(part, is_held=True) for part in rest if part.requests)]

    def groups(self, long: int, step: int) -> list[tuple[int, int, str | None, int, int, int, int]]:
        """Return the sums over the requests as they lie now: the values of `GroupSums`, in order of parts."""
        with self._open() as index:
            return index.execute(_GROUPS, (long, step)).fetchall()

    def _parts(self) -> Sequence[PartPlan]:
        return self._staged.parts

    def _write_pilot(self, index: sqlite3.Connection, rows: Sequence[_Row]) -> PartPlan:
        """Copy the sample into a body of its own."""
        ids, offset = IdsDigest(), len(HEAD)
        places: list[tuple[int, int]] = []
        with ExitStack() as stack, (self._folder / body_name(self._attempt, PILOT_PART)).open("xb") as body:
            os.fchmod(body.fileno(), 0o600)
            files = {part.part: stack.enter_context(self._body(part)) for part in self._parts()}
            body.write(HEAD)
            for row in rows:
                body.write(BETWEEN if places else b"")
                offset += len(BETWEEN) if places else 0
                body.write(os.pread(files[row.part].fileno(), row.length, row.offset))
                places.append((offset, row.seq))
                offset += row.length
                ids.add(row.custom_id)
            body.write(TAIL)
            body.flush()
            os.fsync(body.fileno())
        # Not before the others are written: until then their rows say where they are copied from.
        index.execute("CREATE TEMP TABLE moved (seq INTEGER PRIMARY KEY, offset INTEGER)")
        index.executemany("INSERT INTO moved (offset, seq) VALUES (?, ?)", places)
        name = body_name(self._attempt, PILOT_PART)
        index.execute(
            "UPDATE requests SET part = ?, offset = (SELECT offset FROM moved WHERE seq = requests.seq)"
            " WHERE seq IN (SELECT seq FROM moved)",
            (PILOT_PART,),
        )
        return PartPlan(PILOT_PART, len(rows), offset + len(TAIL), name, ids.text())

    def _write_rest(self, index: sqlite3.Connection, part: PartPlan, taken: Sequence[_Row]) -> PartPlan:
        """Write the body of a part anew, without what was taken out of it. Returns the part as it is then."""
        if not taken:
            return part
        path = self._folder / part.body
        left = part.requests - len(taken)
        if not left:
            path.unlink()
            return replace(part, requests=0)
        ids, written = IdsDigest(), len(HEAD)
        anew = path.with_suffix(".new")
        with self._body(part) as old, anew.open("xb") as new:
            os.fchmod(new.fileno(), 0o600)
            new.write(HEAD)
            for begin, end, first, last in self._runs(index, part, taken):
                if written > len(HEAD):
                    new.write(BETWEEN)
                    written += len(BETWEEN)
                index.execute(
                    "UPDATE requests SET offset = offset - ? WHERE seq BETWEEN ? AND ? AND part = ?",
                    (begin - written, first, last, part.part),
                )
                _copy(old, new, begin, end)
                written += end - begin
            new.write(TAIL)
            new.flush()
            os.fsync(new.fileno())
        anew.replace(path)
        for row in taken:
            ids.add(row.custom_id)
        digest = ids.taken_from(part.ids_digest)
        return replace(part, requests=left, bytes=written + len(TAIL), ids_digest=digest)

    def _runs(
        self, index: sqlite3.Connection, part: PartPlan, taken: Sequence[_Row]
    ) -> Iterator[tuple[int, int, int, int]]:
        """Yield what lies between the requests that are taken out: its bytes in the body, its places in the input."""
        # Bytes: up to the comma before the next one that is taken. Places: a part is a stretch of the input.
        within = "SELECT min(seq), max(seq) FROM requests WHERE part = ?"
        (first, last) = index.execute(within, (part.part,)).fetchone()
        begin, from_seq = len(HEAD), min(first, taken[0].seq)
        for row in taken:
            if row.offset > begin:
                yield begin, row.offset - len(BETWEEN), from_seq, row.seq - 1
            begin, from_seq = row.offset + row.length + len(BETWEEN), row.seq + 1
        end = part.bytes - len(TAIL)
        if begin < end:
            yield begin, end, from_seq, last

    def _body(self, part: PartPlan) -> BinaryIO:
        return (self._folder / part.body).open("rb")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the index for one step, which is done whole or not at all."""
        with _storage_errors(), closing(sqlite3.connect(self._index, isolation_level=None)) as index:
            index.executescript("PRAGMA cache_size = -8000; PRAGMA synchronous = OFF; BEGIN")
            yield index
            index.execute("COMMIT")


def _copy(old: BinaryIO, new: BinaryIO, begin: int, end: int) -> None:
    """Append a stretch of one file to another."""
    while begin < end:
        block = os.pread(old.fileno(), min(_BLOCK, end - begin), begin)
        if not block:
            raise OSError("the body ends before its last request")
        new.write(block)
        begin += len(block)


@contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise StorageError(
            f"The requests of the pilot could not be stored: {error}.", hint="Nothing was sent."
        ) from error
