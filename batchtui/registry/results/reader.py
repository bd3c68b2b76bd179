"""Read saved results by page, outcome, custom_id or text: `ResultReader`.

A million results cost a few megabytes: lists of results are arrays of numbers, and lines are read from the file when
they are shown.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from bisect import bisect_left
from contextlib import closing
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from batchtui.domain.costs.spending import UsageGroup
from batchtui.domain.results.result import Outcome, ResultFacts
from batchtui.domain.results.usage import Usage
from batchtui.registry.results.index import OUTCOMES, READABLE, VERSION, from_bytes
from batchtui.registry.results.search import has_word
from batchtui.registry.results.search_worker import lines_with_help
from batchtui.registry.results.summary import ResultSummary
from batchtui.results.failure_groups import FailureGroup

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

_AT_ONCE = 500
_COLUMNS = (
    "seq, custom_id, outcome, type, model, stop_reason, error_type, message, input, write_5m, write_1h, read, output,"
    " thinking, searches, geography"
)
_PROMPT = "input + write_5m + write_1h + read"
_USAGE_GROUPS = (
    f"SELECT model, geography, max({_PROMPT}), count(*), sum({_PROMPT} + output = 0), sum(input), sum(write_5m),"
    " sum(write_1h), sum(read), sum(output), sum(thinking), sum(searches) FROM results WHERE type = ?"
)
_ANSWERED = (
    "SELECT r.seq, r.custom_id, r.offset, r.length, (SELECT max(seq) FROM results WHERE custom_id = r.custom_id)"
    " FROM sent.requests AS r WHERE r.part = ? ORDER BY r.seq"
)


_MEASURES = (
    "SELECT r.seq, r.outcome, r.type, r.model, r.geography, {limit}, r.input, r.write_5m, r.write_1h, r.read,"
    " r.output, r.thinking, r.searches FROM results AS r ORDER BY r.seq"
)
_LIMIT = "(SELECT max_tokens FROM asked.requests WHERE custom_id = r.custom_id)"


class ResultMeasure(NamedTuple):
    """What one result weighs, as numbers alone: for sums and distributions over all of them."""

    seq: int
    outcome: Outcome
    is_billed: bool
    """Whether the API calls it succeeded; nothing else is billed."""
    model: str
    geography: str
    usage: Usage
    max_tokens: int | None
    """What its request allowed; None where that is not known."""


class ResultReader:
    """Saved results of one batch, read-only. Its methods block, for well under a frame but for `search` and `build`.

    It may be used from several threads; queries take turns.
    """

    def __init__(self, raw: Path, index: sqlite3.Connection) -> None:
        self._file = raw.open("rb", buffering=0)
        self._index = index
        self._lock = threading.Lock()
        self.path = raw

    @classmethod
    def open(cls, raw: Path, index: Path) -> Self | None:
        """Open results with their index; None where that is missing, damaged, or of another version."""
        if not index.exists():
            return None
        uri = f"{index.absolute().as_uri()}?mode=ro&immutable=1"
        connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version in READABLE:
                (document,) = connection.execute("SELECT document FROM summary").fetchone()
                if ResultSummary.from_json(document).bytes == raw.stat().st_size:
                    return cls(raw, connection)
        except (sqlite3.DatabaseError, TypeError):
            pass
        connection.close()
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close index and file."""
        with self._lock:
            self._index.close()
            self._file.close()

    @property
    def is_current(self) -> bool:
        """Whether its index knows all outcomes; one of an earlier version takes invalid JSON for success."""
        return bool(self._rows("PRAGMA user_version")[0][0] == VERSION)

    # ── how many, and which ────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def summary(self) -> ResultSummary:
        """What the results add up to."""
        return ResultSummary.from_json(self._rows("SELECT document FROM summary")[0][0])

    @property
    def count(self) -> int:
        """How many results there are."""
        return self.summary.results

    @property
    def by_outcome(self) -> Mapping[Outcome, int]:
        """How many results have each outcome that occurs."""
        return self.summary.outcomes

    @cached_property
    def groups(self) -> tuple[FailureGroup, ...]:
        """The failures by kind, the largest first."""
        rows = self._rows("SELECT * FROM groups ORDER BY count DESC, id")
        return tuple(FailureGroup(row[0], OUTCOMES[row[1]], *row[2:]) for row in rows)

    def order(self, outcomes: Collection[Outcome] | None = None, *, group: int | None = None) -> Sequence[int]:
        """Return the seqs of the results with these outcomes, or in this group of failures, in order of arrival.

        A `range` where nothing is filtered, an array otherwise: never a list of a million numbers.
        """
        if group is not None:
            return self._array("I", f"group:{group}")
        if outcomes is None:
            return range(1, self.count + 1)
        wanted = [outcome for outcome in self.by_outcome if outcome in outcomes]
        if len(wanted) == len(self.by_outcome):
            return range(1, self.count + 1)
        found = self._array("I", f"outcome:{wanted[0]}") if wanted else from_bytes("I", b"")
        for outcome in wanted[1:]:
            found.extend(self._array("I", f"outcome:{outcome}"))
        return found if len(wanted) < 2 else from_sorted(found)

    # ── what they say ──────────────────────────────────────────────────────────────────────────────────────────────

    def page(self, seqs: Sequence[int]) -> list[ResultFacts]:
        """Return the facts of these results, in this order."""
        found: dict[int, ResultFacts] = {}
        for start in range(0, len(seqs), _AT_ONCE):
            wanted = seqs[start : start + _AT_ONCE]
            marks = ",".join("?" * len(wanted))
            rows = self._rows(f"SELECT {_COLUMNS} FROM results WHERE seq IN ({marks})", tuple(wanted))
            found.update((row[0], self._facts(row)) for row in rows)
        return [found[seq] for seq in seqs if seq in found]

    def find(self, custom_id: str) -> ResultFacts | None:
        """Return the facts of the result with this custom_id; of the last one where a server sent several."""
        rows = self._rows(f"SELECT {_COLUMNS} FROM results WHERE custom_id = ? ORDER BY seq DESC LIMIT 1", (custom_id,))
        return self._facts(rows[0]) if rows else None

    def numbers_of(self, custom_ids: Iterable[str]) -> Iterator[int]:
        """Yield the seqs of the results with these custom_ids; ids without a result are left out."""
        waiting = iter(custom_ids)
        while wanted := list(islice(waiting, _AT_ONCE)):
            marks = ",".join("?" * len(wanted))
            rows = self._rows(f"SELECT seq FROM results WHERE custom_id IN ({marks})", wanted)
            yield from (row[0] for row in rows)

    def raw(self, seq: int) -> bytes:
        """Return one line as it came, without its newline."""
        return self.at(self._offsets[seq - 1], self._lengths[seq - 1])

    @property
    def line_starts(self) -> array[int]:
        """Where in the file each line begins, in order of arrival."""
        return self._offsets

    def span(self, seq: int) -> tuple[int, int]:
        """Return where in the file a line begins, and how many bytes it has without its newline."""
        return self._offsets[seq - 1], self._lengths[seq - 1]

    def at(self, offset: int, length: int) -> bytes:
        """Return bytes of the file of results."""
        # pread: several threads read, and none may move the position of another.
        return os.pread(self._file.fileno(), length, offset)

    def custom_ids(self) -> Iterator[tuple[int, str, Outcome]]:
        """Yield seq, custom_id and outcome of every result, in order of arrival."""
        for row in self._stream("SELECT seq, custom_id, outcome FROM results ORDER BY seq"):
            yield row[0], row[1], OUTCOMES[row[2]]

    def readable(self) -> list[tuple[int, str]]:
        """Return seq and custom_id of every line that is a result, in order of arrival."""
        rows = self._rows(
            "SELECT r.seq, r.custom_id FROM results AS r JOIN words AS w ON w.id = r.type WHERE w.word <> ''"
            " ORDER BY r.seq"
        )
        return [(row[0], row[1]) for row in rows]

    def by_custom_id(self) -> Iterator[tuple[str, int, Outcome, str]]:
        """Yield custom_id, seq, outcome and the beginning of what it says of every result, sorted by custom_id."""
        for row in self._stream("SELECT custom_id, seq, outcome, message FROM results ORDER BY custom_id, seq"):
            yield row[0], row[1], OUTCOMES[row[2]], row[3]

    def mask(self, outcomes: Collection[Outcome] | None) -> bytearray:
        """Return one byte for each seq, 1 where the result has one of these outcomes: a filter that is quick to ask."""
        table = bytes(outcomes is None or outcome in outcomes for outcome in OUTCOMES).ljust(256, b"\0")
        return bytearray(self.outcomes.translate(table))

    @cached_property
    def outcomes(self) -> bytes:
        """One byte for each seq: the place of its outcome in `OUTCOMES` (the byte for seq 0 means nothing)."""
        codes = bytearray(self.count + 1)
        for outcome in self.by_outcome:
            code = OUTCOMES.index(outcome)
            for seq in self._array("I", f"outcome:{outcome}"):
                codes[seq] = code
        return bytes(codes)

    def answered(self, requests_index: Path, part: int) -> Iterator[tuple[int, str, int, int, int | None]]:
        """Yield place, custom_id, offset and length of every request of a part in input order, with its result.

        The last is the result's seq, None where there is none. `requests_index` is the index of the stored requests.
        """
        uri = f"{requests_index.absolute().as_uri()}?mode=ro&immutable=1"
        with self._lock:
            # immutable: the index of stored requests never changes, so SQLite needs no lock on it.
            self._index.execute("ATTACH ? AS sent", (uri,))
            cursor = self._index.execute(_ANSWERED, (part,))
        try:
            yield from self._drain(cursor)
        finally:
            with self._lock:
                cursor.close()
                self._index.execute("DETACH sent")

    def structured_seqs(self) -> Iterator[int]:
        """Yield the seqs of results that may say something as JSON, told by how their answer begins."""
        tool_use = OUTCOMES.index(Outcome.TOOL_USE)
        for row in self._stream(
            "SELECT seq FROM results WHERE outcome = ? OR substr(message, 1, 1) IN ('{', '`') ORDER BY seq", (tool_use,)
        ):
            yield row[0]

    def has_tool_calls(self) -> bool:
        """Return whether any answer calls a tool, be it one that was truncated or goes on in words.

        Blocking. Where no outcome says so the file itself is looked through, at about 2 GB a second.
        """
        if Outcome.TOOL_USE in self.by_outcome:
            return True
        # In the text of an answer the quotation marks are escaped: this is a word of the API's.
        return has_word(self._file.fileno(), b'"tool_use"')

    def measures(self, requests_index: Path | None) -> Iterator[ResultMeasure]:
        """Yield what every result weighs, in order of arrival, as it is asked for.

        `requests_index` is the index of the stored requests of its attempt; None where they are not stored.
        """
        words = self._words
        sql = _MEASURES.format(limit="NULL" if requests_index is None else _LIMIT)
        with self._lock:
            if requests_index is not None:
                uri = f"{requests_index.absolute().as_uri()}?mode=ro&immutable=1"
                self._index.execute("ATTACH ? AS asked", (uri,))
            cursor = self._index.execute(sql)
        try:
            for seq, outcome, kind, model, place, limit, *tokens in self._drain(cursor):
                yield ResultMeasure(
                    seq, OUTCOMES[outcome], words[kind] == "succeeded", words[model] or "", words[place] or "",
                    Usage(*tokens), limit,
                )  # fmt: skip
        finally:
            with self._lock:
                cursor.close()
                if requests_index is not None:
                    self._index.execute("DETACH asked")

    def usage_groups(self, thresholds: Sequence[int]) -> list[UsageGroup]:
        """Add up the usage of succeeded results, the only ones billed, by model, place and length of the prompt.

        Args:
            thresholds: tokens of a prompt above which other prices hold; in each group all prompts stand on the same
                side of each, so that pricing the sum of a group is pricing each of its results on its own.
        """
        words = self._words
        # A term each, and none where there is no threshold: SQLite takes a bare number for the place of a column.
        steps = "".join(f", {_PROMPT} > {int(threshold)}" for threshold in thresholds)
        succeeded = [code for code, word in words.items() if word == "succeeded"]
        rows = self._rows(f"{_USAGE_GROUPS} GROUP BY model, geography{steps}", tuple(succeeded or [-1]))
        return [
            UsageGroup(words[row[0]] or "", words[row[1]] or "", row[2], row[3], row[4], Usage(*row[5:]))
            for row in rows
        ]

    def search(
        self,
        text: str,
        *,
        on_progress: Callable[[int, int], None] | None = None,
        is_stopped: Callable[[], bool] | None = None,
    ) -> Sequence[int]:
        """Return the seqs of the results that contain a text, whatever its case: in the custom_id, the answer or error.

        The file is scanned block by block and each hit is looked at closely, so that names of keys find nothing.
        Blocking, for a thread: less than a second for a gigabyte. Case is ignored for ASCII letters while scanning.

        Args:
            text: what to look for; an empty text finds everything.
            on_progress: is called with the bytes searched so far, and all bytes.
            is_stopped: asked between blocks; what was found so far is returned.
        """
        if not text:
            return range(1, self.count + 1)
        found, total = from_bytes("I", b""), self.summary.bytes
        with closing(lines_with_help(text, self.path)) as blocks:
            for starts, done in blocks:
                found.extend(bisect_left(self._offsets, start) + 1 for start in starts)
                if on_progress:
                    on_progress(done, total)
                if is_stopped and is_stopped():
                    break
        return found

    def copy_to(self, write: Callable[[bytes], object], *, block: int = 1 << 20) -> None:
        """Hand out the whole file, byte for byte as the API sent it."""
        with self.path.open("rb", buffering=0) as file:
            while data := file.read(block):
                write(data)

    @property
    def ends_with_newline(self) -> bool:
        """Whether the last line is ended, so that another file may follow (an empty file is)."""
        size = self.summary.bytes
        return size == 0 or self.at(size - 1, 1) == b"\n"

    # ── the index ──────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _offsets(self) -> array[int]:
        return self._array("Q", "offsets")

    @cached_property
    def _lengths(self) -> array[int]:
        return self._array("I", "lengths")

    @cached_property
    def _words(self) -> dict[int | None, str | None]:
        return {None: None, **dict(self._rows("SELECT id, word FROM words"))}

    def _array(self, kind: str, name: str) -> array[int]:
        rows = self._rows("SELECT numbers FROM arrays WHERE name = ?", (name,))
        return from_bytes(kind, rows[0][0] if rows else b"")

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._index.execute(sql, values).fetchall()

    def _stream(self, sql: str, values: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        with self._lock:
            cursor = self._index.execute(sql, values)
        yield from self._drain(cursor)

    def _drain(self, cursor: sqlite3.Cursor) -> Iterator[tuple[Any, ...]]:
        while True:
            with self._lock:
                rows = cursor.fetchmany(_AT_ONCE)
            if not rows:
                return
            yield from rows

    def _facts(self, row: Sequence[Any]) -> ResultFacts:
        seq, custom_id, outcome, result_type, model, stop_reason, error_type, message, *tokens, geography = row
        words = self._words
        return ResultFacts(
            seq, custom_id, OUTCOMES[outcome], words[result_type] or "", self._offsets[seq - 1],
            self._lengths[seq - 1], words[model], words[stop_reason], words[error_type], message, Usage(*tokens),
            words[geography],
        )  # fmt: skip


def from_sorted(seqs: array[int]) -> array[int]:
    """Return the seqs in order; several runs that are each in order take one pass."""
    return type(seqs)("I", sorted(seqs))
