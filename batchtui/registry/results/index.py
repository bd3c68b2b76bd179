"""Build the index over a file of results in one pass and with bounded memory: `IndexBuilder`."""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
from array import array
from typing import TYPE_CHECKING, Protocol

from batchtui.domain.results.result import Outcome
from batchtui.domain.results.usage import Usage
from batchtui.registry.results.invalid_answers import find_invalid
from batchtui.registry.results.summary import EXAMPLES, IdMismatch, ResultSummary
from batchtui.results.failure_groups import FailureGrouper
from batchtui.results.line_parser import parse_line
from batchtui.runtime.fsync import sync_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_log = logging.getLogger(__name__)
VERSION = 3
"""Of the index; one of another version is built again from the results themselves."""
READABLE = frozenset({2, VERSION})
"""Versions that can be read: in 2 answers that should be JSON and are not count as succeeded."""
OUTCOMES = tuple(Outcome)
"""An outcome is stored as its place here: new ones go to the end of the enumeration."""
BLOCK = 1 << 20
"""Bytes that are worth indexing at once."""
_CARRIAGE_RETURN = 13

SCHEMA = """
CREATE TABLE results (
    seq INTEGER PRIMARY KEY, custom_id TEXT NOT NULL, outcome INTEGER NOT NULL, type INTEGER NOT NULL,
    model INTEGER, stop_reason INTEGER, error_type INTEGER, message TEXT NOT NULL,
    input INTEGER NOT NULL, write_5m INTEGER NOT NULL, write_1h INTEGER NOT NULL, read INTEGER NOT NULL,
    output INTEGER NOT NULL, thinking INTEGER NOT NULL, searches INTEGER NOT NULL, geography INTEGER
) STRICT;
CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT NOT NULL) STRICT;
CREATE TABLE groups (
    id INTEGER PRIMARY KEY, outcome INTEGER NOT NULL, error_type TEXT, stop_reason TEXT, pattern TEXT NOT NULL,
    count INTEGER NOT NULL, example_id TEXT NOT NULL, example TEXT NOT NULL
) STRICT;
CREATE TABLE arrays (name TEXT PRIMARY KEY, numbers BLOB NOT NULL) STRICT;
CREATE TABLE summary (document TEXT NOT NULL) STRICT;
"""
# Arrays hold what a screen needs at once over a million results: where each line lies, and which seqs have an outcome
# or belong to a group. Four or eight bytes a result, read in milliseconds, where rows would take a second.


class Indexing(Protocol):
    """What takes results as they come and makes an index of them, wherever that is done."""

    def feed(self, block: bytes) -> None:
        """Take the next bytes of the file, which are in it already, cut anywhere."""

    def finish(self, requests: tuple[Path, int] | None = None) -> ResultSummary:
        """Write the rest of the index and bring it to the disk; see `IndexBuilder`."""

    def discard(self) -> None:
        """Throw the index away."""


class IndexBuilder:
    """Builds the index of one file of results from its bytes, block by block, into a file that is not there before.

    It never changes the results themselves. Its calls block and may come from several threads, one after the
    other. Whoever opens one calls `finish`, or `discard`.
    """

    def __init__(self, target: Path, raw: Path | None = None) -> None:
        """`raw`: the file whose bytes are fed; without it no answer can be told to be invalid JSON."""
        self._target = target
        self._raw = raw
        self._words: dict[str | None, int | None] = {None: None}
        self._offsets = array("Q")
        self._lengths = array("I")
        self._by_outcome: dict[Outcome, array[int]] = {}
        self._by_group: dict[int, array[int]] = {}
        self._grouper = FailureGrouper()
        self._models: dict[str, None] = {}
        self._start = 0
        """Offset of the line that is not complete yet."""
        self._tail: list[bytes] = []
        """What came of that line."""
        target.unlink(missing_ok=True)
        # Made beforehand: SQLite would give it the permissions that the umask leaves.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        self._index = sqlite3.connect(target, isolation_level=None, uri=True, check_same_thread=False)
        # Built in one go and thrown away on any failure: it needs no journal of its own.
        self._index.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + SCHEMA)

    def feed(self, block: bytes) -> None:
        """Take the next bytes of the file, cut anywhere.

        Raises:
            sqlite3.Error: where the disk refuses.
        """
        # The last piece of a block is the beginning of a line that goes on in the next one.
        first, *lines = block.split(b"\n")
        self._tail.append(first)
        if lines:
            lines.insert(0, b"".join(self._tail))
            self._tail = [lines.pop()]
            self._add(lines)

    def finish(self, requests: tuple[Path, int] | None = None) -> ResultSummary:
        """Write the rest of the index and bring it to the disk.

        Args:
            requests: the index of the requests that were sent and the part, to compare custom_ids with.

        Raises:
            OSError, sqlite3.Error: where the disk refuses.
        """
        last = b"".join(self._tail)
        self._add([last])
        # Each line was counted with its newline, and the last piece has none.
        size = self._start - 1
        index = self._index
        # At the end: one sort is faster than keeping the order with every insert.
        index.execute("CREATE INDEX results_by_custom_id ON results(custom_id)")
        words = [(code, word) for word, code in self._words.items() if word is not None]
        index.executemany("INSERT INTO words VALUES (?, ?)", words)
        if requests and not self._attach(requests[0]):
            requests = None
        index.execute("BEGIN")
        if requests and self._raw:
            self._mark_invalid(self._raw, requests)
        summary = self._summary(size, requests[1] if requests else None)
        self._keep_the_rest(summary)
        index.execute(f"PRAGMA user_version = {VERSION}")
        index.execute("COMMIT")
        index.close()
        sync_path(self._target)
        return summary

    def _attach(self, requests: Path) -> bool:
        """Attach the index of the requests. Returns whether it can be read: a damaged one must not lose results."""
        try:
            # immutable: nobody writes it any more, so SQLite needs no locks and no files beside it.
            self._index.execute("ATTACH ? AS sent", (f"{requests.absolute().as_uri()}?mode=ro&immutable=1",))
            self._index.execute("SELECT count(custom_id), count(part) FROM sent.requests").fetchone()
        except sqlite3.DatabaseError as error:
            _log.warning("the results cannot be compared with the requests, %s: %s", requests, error)
            return False
        return True

    def discard(self) -> None:
        """Throw the index away."""
        self._index.close()
        self._target.unlink(missing_ok=True)

    def _add(self, lines: list[bytes]) -> None:
        rows = self._rows(lines)
        self._index.execute("BEGIN")
        self._index.executemany(_INSERT, rows)
        self._index.execute("COMMIT")

    def _rows(self, lines: list[bytes]) -> list[tuple[object, ...]]:
        """Read lines into rows of the index. The hot loop, so its names are local."""
        rows: list[tuple[object, ...]] = []
        words, offset, seq = self._words, self._start, len(self._offsets)
        add_row, add_offset, add_length = rows.append, self._offsets.append, self._lengths.append
        before: Outcome | None = None
        add_seq, code = add_offset, 0
        for line in lines:
            start, offset = offset, offset + len(line) + 1
            # Blank lines are no results; the last line of a file ends in one.
            if not line or line.isspace():
                continue
            reading = parse_line(line)
            custom_id, outcome, result_type, model, stop_reason, error_type, message, tokens, place = reading
            seq += 1
            add_offset(start)
            add_length(len(line) - (line[-1] == _CARRIAGE_RETURN))
            if outcome is not before:  # asked by identity, since looking an enumeration up costs more than the row
                add_seq, code, before = self._seqs_of(outcome), _CODES[outcome], outcome
            add_seq(seq)
            if outcome is not Outcome.SUCCEEDED and (group := self._grouper.place(reading)):
                self._by_group.setdefault(group, array("I")).append(seq)
            if not (
                model in words and stop_reason in words and place in words and result_type in words
                and error_type in words
            ):  # fmt: skip
                self._learn(result_type, model, stop_reason, error_type, place)
            coded = (words[result_type], words[model], words[stop_reason], words[error_type], message)
            add_row((seq, custom_id, code, *coded, *tokens, words[place]))
        self._start = offset
        return rows

    def _mark_invalid(self, raw: Path, requests: tuple[Path, int]) -> None:
        """Give answers that are not the JSON that was asked for their own outcome, and a group among the failures."""
        code = _CODES[Outcome.SUCCEEDED]
        found = dict(find_invalid(self._index, raw, requests, (self._offsets, self._lengths), code))
        if not found:
            return
        for seq, reading in found.items():
            group = self._grouper.place(reading._replace(outcome=Outcome.INVALID))
            self._by_group.setdefault(group, array("I")).append(seq)
        fine = array("I", (seq for seq in self._by_outcome.pop(Outcome.SUCCEEDED) if seq not in found))
        if fine:
            self._by_outcome[Outcome.SUCCEEDED] = fine
        self._by_outcome[Outcome.INVALID] = array("I", found)
        self._index.executemany(
            "UPDATE results SET outcome = ? WHERE seq = ?", [(_CODES[Outcome.INVALID], seq) for seq in found]
        )

    def _seqs_of(self, outcome: Outcome) -> Callable[[int], None]:
        return self._by_outcome.setdefault(outcome, array("I")).append

    def _learn(self, result_type: str, model: str | None, *others: str | None) -> None:
        for word in (result_type, model, *others):
            self._words.setdefault(word, len(self._words))
        if model:
            self._models[model] = None

    def _summary(self, size: int, part: int | None) -> ResultSummary:
        index = self._index
        # Counted in SQL: a set of a million custom_ids would take a hundred megabytes.
        (distinct,) = index.execute("SELECT count(DISTINCT custom_id) FROM results").fetchone()
        tokens = index.execute(_TOKEN_SUMS).fetchone()
        return ResultSummary(
            results=len(self._offsets),
            bytes=size,
            types=dict(index.execute(_TYPES)),
            outcomes={outcome: len(seqs) for outcome, seqs in self._by_outcome.items()},
            usage=Usage(*tokens),
            models=tuple(self._models),
            duplicates=len(self._offsets) - distinct,
            ids=None if part is None else compare_ids(index, part),
        )

    def _keep_the_rest(self, summary: ResultSummary) -> None:
        index = self._index
        index.executemany(
            "INSERT INTO groups VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (group.id, _CODES[group.outcome], group.error_type, group.stop_reason, group.pattern, group.count,
                 group.example_id, group.example)
                for group in self._grouper.groups()
            ],
        )  # fmt: skip
        arrays = {"offsets": self._offsets, "lengths": self._lengths}
        arrays |= {f"outcome:{outcome}": seqs for outcome, seqs in self._by_outcome.items()}
        arrays |= {f"group:{group}": seqs for group, seqs in self._by_group.items()}
        index.executemany(
            "INSERT INTO arrays VALUES (?, ?)", ((name, to_bytes(numbers)) for name, numbers in arrays.items())
        )
        index.execute("INSERT INTO summary VALUES (?)", (summary.to_json(),))


def index_file(raw: Path, target: Path, requests: tuple[Path, int] | None = None) -> ResultSummary:
    """Index a file of results: blocking. An earlier file at `target` is replaced, and gone where this fails.

    Raises:
        OSError, sqlite3.Error: where the disk refuses.
    """
    builder = IndexBuilder(target, raw)
    try:
        with raw.open("rb", buffering=0) as file:
            while block := file.read(BLOCK):
                builder.feed(block)
        return builder.finish(requests)
    except BaseException:
        builder.discard()
        raise


_CODES = {outcome: code for code, outcome in enumerate(OUTCOMES)}
_TOKEN_SUMS = "SELECT " + ", ".join(
    f"coalesce(sum({name}), 0)" for name in ("input", "write_5m", "write_1h", "read", "output", "thinking", "searches")
)
_TOKEN_SUMS += " FROM results"
_TYPES = "SELECT w.word, count(*) FROM results AS r JOIN words AS w ON w.id = r.type GROUP BY r.type"
_INSERT = f"INSERT INTO results VALUES ({', '.join('?' * 16)})"


def compare_ids(index: sqlite3.Connection, part: int) -> IdMismatch:
    """Compare the custom_ids of the results with those of the attached requests of one part."""
    (sent, answered) = index.execute(
        "SELECT count(*), count((SELECT 1 FROM results WHERE custom_id = r.custom_id LIMIT 1))"
        " FROM sent.requests AS r WHERE part = ?",
        (part,),
    ).fetchone()
    (distinct,) = index.execute("SELECT count(DISTINCT custom_id) FROM results").fetchone()
    # As good as always; the queries below, which find examples, take several times as long.
    if sent == answered == distinct:
        return IdMismatch()
    missing = index.execute(
        "SELECT custom_id FROM sent.requests WHERE part = ? AND custom_id NOT IN (SELECT custom_id FROM results)"
        " ORDER BY seq LIMIT ?",
        (part, EXAMPLES),
    )
    unexpected = index.execute(
        "SELECT custom_id FROM results WHERE custom_id NOT IN (SELECT custom_id FROM sent.requests WHERE part = ?)"
        " ORDER BY seq LIMIT ?",
        (part, EXAMPLES),
    )
    return IdMismatch(
        sent - answered, distinct - answered, tuple(row[0] for row in missing), tuple(row[0] for row in unexpected)
    )


def to_bytes(numbers: array[int]) -> bytes:
    """Return the numbers as little-endian bytes, the same on every machine."""
    if sys.byteorder == "big":
        numbers = array(numbers.typecode, numbers)
        numbers.byteswap()
    return numbers.tobytes()


def from_bytes(kind: str, data: bytes) -> array[int]:
    """Read what `to_bytes` wrote."""
    numbers = array(kind)
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
