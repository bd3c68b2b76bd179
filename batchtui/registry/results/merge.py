"""Read the results of several batches as one set: all parts of a job, and of its attempts the result that counts."""

from __future__ import annotations

import os
from contextlib import ExitStack
from heapq import merge
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, Self, TypeAlias

from batchtui.domain.errors import StorageError
from batchtui.registry.requests.reused import ReuseReader
from batchtui.registry.requests.writer import body_name, index_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.results.result import Outcome
    from batchtui.registry.requests.store import RequestReader, RequestStore
    from batchtui.registry.results.reader import ResultReader
    from batchtui.registry.results.store import ResultStore


class Found(NamedTuple):
    """One result that counts: which batch it came in, its place there, and where its request lies."""

    source: int
    seq: int
    request: tuple[int, int, int, int] | None = None
    """Attempt, part, offset and length; None where it was not looked up."""


_Answered: TypeAlias = "tuple[int, int | None, Found | None, int | None]"
"""Place of a request in the input, which batch sent it, the result that counts, and that batch's own result."""


class _Later(NamedTuple):
    source: int
    seq: int
    is_final: bool


class MergedResults:
    """Saved results of several batches of one job, read as one set. Its methods block: for a thread.

    For each custom_id the latest final success counts (`Outcome.is_final`), else the latest outcome. Only custom_ids
    that were tried again are held in memory; those of the first attempt stream.
    """

    def __init__(self, batches: Sequence[Batch], results: ResultStore, requests: RequestStore) -> None:
        self._stack = ExitStack()
        self._bodies: dict[str, int] = {}
        self._paths: dict[tuple[str, int, int], str] = {}
        """Of the stored requests, by job, attempt and part: put together once, not for each result."""
        self._requests: dict[tuple[str, int], RequestReader | None] = {}
        self._reuse: dict[str, ReuseReader] = {}
        self._store = requests
        self.batches = sorted(batches, key=lambda batch: (batch.attempt, batch.part, batch.key))
        self.readers: list[ResultReader] = []
        try:
            for batch in self.batches:
                self.readers.append(self._stack.enter_context(results.reader(batch)))
        except BaseException:
            self._stack.close()
            raise
        # Attempt 1 may have been deleted; then the earliest that is there takes its place.
        self._first = min((batch.attempt for batch in self.batches), default=1)
        self._later = self._read_later()
        self.missing = 0
        """Requests that were sent and have no result here; known when `in_input_order` has run through."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every file."""
        self._stack.close()
        for descriptor in self._bodies.values():
            os.close(descriptor)
        self._bodies.clear()

    @property
    def has_requests(self) -> bool:
        """Whether the requests of every batch are kept, so that there is an order of the input."""
        return all(self._requests_of(batch) is not None for batch in self.batches)

    @property
    def is_plain(self) -> bool:
        """Whether no result stands aside for another: the files, one after the other, are the whole set."""
        return not self._later

    def in_arrival_order(self, outcomes: Collection[Outcome] | None = None) -> Iterator[Found]:
        """Yield the results that count as they came, batch by batch."""
        for source, reader in enumerate(self.readers):
            mask = reader.mask(outcomes)
            # Without a retry every result counts, and no custom_id has to be read.
            if not self._later:
                yield from (Found(source, seq) for seq in reader.order(outcomes))
                continue
            for seq, custom_id, outcome in reader.custom_ids():
                if mask[seq] and self._counts(source, seq, custom_id, is_final=outcome.is_final):
                    yield Found(source, seq)

    def in_input_order(self, outcomes: Collection[Outcome] | None = None) -> Iterator[Found]:
        """Yield the results that count in the order of the input; results of no known request come at the end.

        Raises:
            StorageError: where requests are not kept: see `has_requests`.
        """
        self.missing = 0
        masks = [reader.mask(outcomes) for reader in self.readers]
        finals = [reader.mask([o for o in reader.by_outcome if o.is_final]) for reader in self.readers]
        seen = [bytearray(reader.count + 1) for reader in self.readers]
        for _, source, found, seq in self._requests_in_order(finals):
            if source is not None and seq is not None:
                seen[source][seq] = 1
            if found is None:
                self.missing += 1
            elif masks[found.source][found.seq]:
                seen[found.source][found.seq] = 1
                yield found
        yield from self._left_over(masks, seen)

    def _requests_in_order(self, finals: list[bytearray]) -> Iterator[_Answered]:
        """Yield every request of the first attempt in the order of the input, with the result that counts."""
        streams = [
            self._tried_again(part) if source is None else self._answered(source, finals)
            for part, source in self._parts()
        ]
        # Parts follow one another in the input, unless some of it reuses answers, or was drawn for a pilot.
        if any(batch.is_reused or batch.is_pilot for batch in self.batches if batch.attempt == self._first):
            return merge(*streams, key=itemgetter(0))
        return chain.from_iterable(streams)

    def _answered(self, source: int, finals: list[bytearray]) -> Iterator[_Answered]:
        """Yield the requests of a part with the result that counts."""
        batch, reader = self.batches[source], self.readers[source]
        index = self._store.folder / batch.job / index_name(batch.attempt)
        for number, custom_id, offset, length, seq in reader.answered(index, batch.part):
            place = (batch.attempt, batch.part, offset, length)
            yield number, source, self._choose(source, custom_id, seq, place, finals), seq

    def latest(self) -> Iterator[tuple[Found, str, Outcome]]:
        """Yield every result that counts with its custom_id and outcome, batch by batch as they came."""
        for source, reader in enumerate(self.readers):
            for seq, custom_id, outcome in reader.custom_ids():
                if self._counts(source, seq, custom_id, is_final=outcome.is_final):
                    yield Found(source, seq), custom_id, outcome

    def counted(self) -> list[bytearray | None]:
        """Return for each batch one byte a seq, 1 where that result counts; None where all of them do."""
        if not self._later:
            return [None] * len(self.readers)
        masks = [bytearray(reader.count + 1) for reader in self.readers]
        for found, _, _ in self.latest():
            masks[found.source][found.seq] = 1
        return list(masks)

    def root_of(self, found: Found, custom_id: str) -> int | None:
        """Return the number of the origin of a reused answer (`ReuseReader.roots`); None where none is reused."""
        batch = self.batches[found.source]
        if not batch.is_reused:
            return None
        if batch.job not in self._reuse:
            folder = self._store.folder / batch.job
            self._reuse[batch.job] = self._stack.enter_context(ReuseReader(folder, batch.attempt))
        return self._reuse[batch.job].root_of(custom_id)

    def requests_index(self, source: int) -> Path | None:
        """Return the index of the requests that a batch answers; None where they are not kept."""
        batch = self.batches[source]
        path = self._store.folder / batch.job / index_name(batch.attempt)
        return path if path.exists() else None

    def line(self, found: Found) -> bytes:
        """Return the line of a result as it came, without its newline."""
        return self.readers[found.source].raw(found.seq)

    def request(self, found: Found, custom_id: str) -> bytes | None:
        """Return the request that led to a result, as it was sent; None where it is not kept."""
        where = self.request_location(found, custom_id)
        if where is None:
            return None
        path, offset, length = where
        # pread: the position of the descriptor is shared by all readers of this body.
        return os.pread(self._body(path), length, offset)

    def request_location(self, found: Found, custom_id: str) -> tuple[str, int, int] | None:
        """Return the file, offset and length of the request that led to a result; None where it is not kept."""
        batch = self.batches[found.source]
        place = found.request
        if place is None:
            reader = self._requests_of(batch)
            facts = reader.facts(custom_id) if reader else None
            if facts is None:
                return None
            place = (batch.attempt, facts.part, facts.offset, facts.length)
        attempt, part, offset, length = place
        key = (batch.job, attempt, part)
        path = self._paths.get(key)
        if path is None:
            path = self._paths[key] = str(self._store.folder / batch.job / body_name(attempt, part))
        return path, offset, length

    def _parts(self) -> list[tuple[int, int | None]]:
        """Return the parts of the first attempt, each with its source.

        A part whose results are lost has no source, and belongs to the whole where requests were tried again.
        """
        sources: dict[int, int | None] = {
            batch.part: source for source, batch in enumerate(self.batches) if batch.attempt == self._first
        }
        requests = self._requests_of(self.batches[0]) if self._later else None
        if requests is not None:
            sources = dict.fromkeys(requests.parts()) | sources
        return sorted(sources.items())

    def _tried_again(self, part: int) -> Iterator[_Answered]:
        """Yield what later attempts made of a part whose own results are lost."""
        requests = self._requests_of(self.batches[0])
        for facts in requests.in_order(part) if requests else ():
            later = self._later.get(facts.custom_id)
            yield facts.seq, None, None if later is None else Found(later.source, later.seq), None

    def _read_later(self) -> dict[str, _Later]:
        """Read which result counts for everything that was tried again."""
        later: dict[str, _Later] = {}
        for source, (batch, reader) in enumerate(zip(self.batches, self.readers, strict=True)):
            if batch.attempt == self._first:
                continue
            for seq, custom_id, outcome in reader.custom_ids():
                before = later.get(custom_id)
                if before is None or outcome.is_final or not before.is_final:
                    later[custom_id] = _Later(source, seq, outcome.is_final)
        return later

    def _counts(self, source: int, seq: int, custom_id: str, *, is_final: bool) -> bool:
        """Return whether this result is the one that counts for its custom_id."""
        later = self._later.get(custom_id)
        if later is None:
            return True
        # A final success of the first attempt stands, unless a later attempt has one as well.
        if self.batches[source].attempt == self._first:
            return is_final and not later.is_final
        return (later.source, later.seq) == (source, seq) and (later.is_final or not self._first_is_final(custom_id))

    def _first_is_final(self, custom_id: str) -> bool:
        return any(
            (facts := reader.find(custom_id)) is not None and facts.outcome.is_final
            for batch, reader in zip(self.batches, self.readers, strict=True)
            if batch.attempt == self._first
        )

    def _choose(
        self,
        source: int,
        custom_id: str,
        seq: int | None,
        place: tuple[int, int, int, int],
        finals: list[bytearray],
    ) -> Found | None:
        later = self._later.get(custom_id)
        # What is not final gives way to any later result, a final success only to a later one.
        if later is not None and (later.is_final or seq is None or not finals[source][seq]):
            return Found(later.source, later.seq)
        return None if seq is None else Found(source, seq, place)

    def _left_over(self, masks: list[bytearray], seen: list[bytearray]) -> Iterator[Found]:
        for source, batch in enumerate(self.batches):
            if batch.attempt != self._first:
                continue
            for seq in range(1, len(seen[source])):
                if masks[source][seq] and not seen[source][seq]:
                    yield Found(source, seq)

    def _requests_of(self, batch: Batch) -> RequestReader | None:
        key = (batch.job, batch.attempt)
        if key not in self._requests:
            try:
                self._requests[key] = self._stack.enter_context(self._store.reader(*key))
            except StorageError:
                self._requests[key] = None
        return self._requests[key]

    def _body(self, path: str) -> int:
        if path not in self._bodies:
            try:
                self._bodies[path] = os.open(path, os.O_RDONLY)
            except OSError as error:
                raise StorageError(f"The stored requests {path} cannot be read: {error}.") from error
        return self._bodies[path]
