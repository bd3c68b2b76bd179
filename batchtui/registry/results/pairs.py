"""Join two sets of results by custom_id, with a few bytes of memory a pair: `ResultPairs`."""

from __future__ import annotations

from array import array
from contextlib import ExitStack
from dataclasses import dataclass
from heapq import merge
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, Self

from batchtui.domain.results.comparison import AnswerChange
from batchtui.results.parsed_result import parse_result

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.results.result import Outcome, ResultFacts
    from batchtui.registry.results.reader import ResultReader
    from batchtui.registry.results.store import ResultStore

TELL_EVERY = 2_000
"""Pairs between two calls of `on_progress`."""
DIFFERENCES = tuple(AnswerChange)
"""A difference is kept as its place here."""
_SEQS = 40
"""Bits of a place that are a seq; above them stands the number of the file."""

_CONTENT, _AFTER = b'"content":[', b'"stop_reason":'
"""What a message's content begins with, and the key that the service writes after it; a text has both escaped."""


class _IndexedResult(NamedTuple):
    """The beginning of one result, as its index has it. Sorts by custom_id, then by attempt."""

    custom_id: str
    source: int
    seq: int
    outcome: Outcome
    message: str

    @property
    def place(self) -> int:
        return self.source << _SEQS | self.seq


@dataclass(frozen=True, slots=True)
class Pair:
    """One custom_id in both sets."""

    number: int
    """Its place in order of the custom_ids, from 0."""
    difference: AnswerChange
    first: ResultFacts | None
    """None where the set has no result of it."""
    second: ResultFacts | None

    @property
    def custom_id(self) -> str:
        """Whose answers these are."""
        facts = self.first or self.second
        return facts.custom_id if facts else ""


class ResultPairs:
    """Saved results of two sets of batches, in pairs. Its methods block; the caller closes it.

    Of several results of one custom_id in a set the latest success counts, else the latest, as over attempts of a job.
    A million pairs take 17 MB.
    """

    def __init__(self, first: Sequence[Batch], second: Sequence[Batch], store: ResultStore) -> None:
        """Open the results.

        Raises:
            ResultsUnavailable, StorageError: as `ResultStore.reader`.
        """
        self._stack = ExitStack()
        try:
            self._sides = tuple(_Side(batches, store, self._stack) for batches in (first, second))
        except BaseException:
            self._stack.close()
            raise
        self._places = (array("Q"), array("Q"))
        self._codes = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every file."""
        self._stack.close()

    def join(self, on_progress: Callable[[int, int], None], is_stopped: Callable[[], bool]) -> None:
        """Find the pairs and how they differ. Answers are read only where their beginnings are the same.

        Args:
            on_progress: is called with how many pairs are joined, and of how many at most.
            is_stopped: asked now and then; what was found so far stays.
        """
        first, second = self._sides
        at_most = first.number + second.number
        for number, (one, other) in enumerate(_joined(first.latest(), second.latest()), 1):
            # Zero is no place: seqs are numbered from 1.
            self._places[0].append(one.place if one else 0)
            self._places[1].append(other.place if other else 0)
            self._codes.append(DIFFERENCES.index(self._difference(one, other)))
            for side, said in zip(self._sides, (one, other), strict=True):
                if said:
                    side.outcomes[said.outcome] = side.outcomes.get(said.outcome, 0) + 1
            if number % TELL_EVERY == 0:
                on_progress(number, at_most)
                if is_stopped():
                    return

    @property
    def count(self) -> int:
        """How many custom_ids there are."""
        return len(self._codes)

    @property
    def by_difference(self) -> Mapping[AnswerChange, int]:
        """How many pairs differ in each way that occurs."""
        numbers = {difference: self._codes.count(code) for code, difference in enumerate(DIFFERENCES)}
        return {difference: number for difference, number in numbers.items() if number}

    @property
    def outcomes(self) -> tuple[Mapping[Outcome, int], Mapping[Outcome, int]]:
        """How many results that count have which outcome, in either set."""
        first, second = self._sides
        return first.outcomes, second.outcomes

    def order(self, differences: Collection[AnswerChange] | None = None) -> Sequence[int]:
        """Return the numbers of the pairs that differ in one of these ways, in order of their custom_ids."""
        if differences is None:
            return range(self.count)
        return array("I", (number for number, is_wanted in enumerate(self.mask(differences)) if is_wanted))

    def mask(self, differences: Collection[AnswerChange]) -> bytes:
        """Return one byte a pair, 1 for those that differ in one of these ways."""
        wanted = frozenset(DIFFERENCES.index(difference) for difference in differences)
        return bytes(self._codes).translate(bytes(code in wanted for code in range(256)))

    def page(self, numbers: Sequence[int]) -> list[Pair]:
        """Return these pairs, in this order."""
        first, second = (side.page([places[number] for number in numbers]) for side, places in self._both)
        return [
            Pair(number, DIFFERENCES[self._codes[number]], one, other)
            for number, one, other in zip(numbers, first, second, strict=True)
        ]

    def lines(self, number: int) -> tuple[bytes | None, bytes | None]:
        """Return both lines of a pair as they came; None where there is none."""
        first, second = (side.line(places[number]) for side, places in self._both)
        return first, second

    @property
    def _both(self) -> Iterator[tuple[_Side, array[int]]]:
        return zip(self._sides, self._places, strict=True)

    def _difference(self, one: _IndexedResult | None, other: _IndexedResult | None) -> AnswerChange:
        if one is None or other is None:
            return AnswerChange.ONLY_FIRST if other is None else AnswerChange.ONLY_SECOND
        if one.outcome.is_success != other.outcome.is_success:
            return AnswerChange.BETTER if other.outcome.is_success else AnswerChange.WORSE
        if not one.outcome.is_success:
            return AnswerChange.FAILED
        # The index has the first 160 characters of each answer: where these differ, no line has to be read.
        if one.message != other.message or one.outcome is not other.outcome:
            return AnswerChange.CHANGED
        first, second = self._sides
        line, its_line = first.line(one.place) or b"", second.line(other.place) or b""
        # Equal answers are mostly equal bytes, which are compared much faster than two lines are parsed.
        content = content_of(line)
        if content is not None and content == content_of(its_line):
            return AnswerChange.SAME
        return AnswerChange.SAME if parse_result(line).said == parse_result(its_line).said else AnswerChange.CHANGED


class _Side:
    """The results of one set of batches, the later attempts last."""

    def __init__(self, batches: Sequence[Batch], store: ResultStore, stack: ExitStack) -> None:
        # Streams are merged by their place here: of one custom_id, the result of the latest attempt comes last.
        in_turn = sorted(batches, key=lambda batch: (batch.attempt, batch.part, batch.key))
        self._readers: list[ResultReader] = [stack.enter_context(store.reader(batch)) for batch in in_turn]
        self.number = sum(reader.count for reader in self._readers)
        self.outcomes: dict[Outcome, int] = {}

    def latest(self) -> Iterator[_IndexedResult]:
        """Yield the results that count, in order of their custom_ids."""
        streams = [self._rows(source, reader) for source, reader in enumerate(self._readers)]
        in_order = streams[0] if len(streams) == 1 else merge(*streams, key=itemgetter(0, 1, 2))
        counts: _IndexedResult | None = None
        for said in in_order:
            if counts is not None and said.custom_id != counts.custom_id:
                yield counts
                counts = said
            elif counts is None or said.outcome.is_final or not counts.outcome.is_final:
                counts = said
        if counts is not None:
            yield counts

    @staticmethod
    def _rows(source: int, reader: ResultReader) -> Iterator[_IndexedResult]:
        return (
            _IndexedResult(custom_id, source, seq, outcome, message)
            for custom_id, seq, outcome, message in reader.by_custom_id()
        )

    def page(self, places: Sequence[int]) -> list[ResultFacts | None]:
        """Return the facts of these results; None for 0."""
        found: dict[int, ResultFacts] = {}
        for source, reader in enumerate(self._readers):
            seqs = [_seq(place) for place in places if place and place >> _SEQS == source]
            found.update((source << _SEQS | facts.seq, facts) for facts in reader.page(seqs))
        return [found.get(place) for place in places]

    def line(self, place: int) -> bytes | None:
        """Return one line as it came; None for 0."""
        return self._readers[place >> _SEQS].raw(_seq(place)) if place else None


def _seq(place: int) -> int:
    return place & (1 << _SEQS) - 1


def _joined(
    first: Iterator[_IndexedResult], second: Iterator[_IndexedResult]
) -> Iterator[tuple[_IndexedResult | None, _IndexedResult | None]]:
    """Walk two sets at once, both in order of their custom_ids."""
    one, other = next(first, None), next(second, None)
    while one or other:
        if other is None or (one is not None and one.custom_id < other.custom_id):
            yield one, None
            one = next(first, None)
        elif one is None or other.custom_id < one.custom_id:
            yield None, other
            other = next(second, None)
        else:
            yield one, other
            one, other = next(first, None), next(second, None)


def content_of(line: bytes) -> bytes | None:
    """Return the bytes of a message's content where they can be told without reading the line; None otherwise."""
    start, end = line.find(_CONTENT), line.find(_AFTER)
    return line[start:end] if 0 <= start < end and line.find(_AFTER, end + 1) < 0 else None
