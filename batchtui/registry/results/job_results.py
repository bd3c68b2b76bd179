"""Browse the results of all batches of a job as one list: `JobResults`, which reads like the results of one batch.

Of a request that was tried again the result that stands is in it, and no other. Every result has a number of its own
through all batches, in order of arrival; six bytes of memory hold where it lies.
"""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.results.result import Outcome, ResultFacts
    from batchtui.registry.results.merge import MergedResults
    from batchtui.results.failure_groups import FailureGroup, Kind


IDS_AT_ONCE = 10_000
"""custom_ids that are looked for in one batch after the other."""


class ResultList(Protocol):
    """Results that can be browsed: those of one batch, or those of a job. Its methods block."""

    @property
    def count(self) -> int:
        """How many results there are; they are numbered from 1."""

    @property
    def by_outcome(self) -> Mapping[Outcome, int]:
        """How many results have each outcome that occurs."""

    @property
    def groups(self) -> tuple[FailureGroup, ...]:
        """The failures by kind, the largest first."""

    def order(self, outcomes: Collection[Outcome] | None = None, *, group: int | None = None) -> Sequence[int]:
        """Return the numbers of the results with these outcomes, or in this group of failures, as they arrived."""

    def page(self, seqs: Sequence[int]) -> list[ResultFacts]:
        """Return the facts of these results, in this order."""

    def raw(self, seq: int) -> bytes:
        """Return one line as it came, without its newline."""

    def mask(self, outcomes: Collection[Outcome] | None) -> bytearray:
        """Return one byte for each number, 1 where the result has one of these outcomes."""

    def numbers_of(self, custom_ids: Iterable[str]) -> Iterator[int]:
        """Yield the numbers of the results with these custom_ids; ids without a result are left out."""

    def search(
        self,
        text: str,
        *,
        on_progress: Callable[[int, int], None] | None = None,
        is_stopped: Callable[[], bool] | None = None,
    ) -> Sequence[int]:
        """Return the numbers of the results that contain a text, whatever its case."""

    def close(self) -> None:
        """Close every file."""


class JobResults:
    """The results of a job that stand, numbered through. It owns the merged results that it is given."""

    def __init__(self, merged: MergedResults) -> None:
        """Number the results; blocking, a fraction of a second for a million."""
        self._merged = merged
        # Two arrays of machine numbers: a list of pairs would take twenty times the memory for a million results.
        self._source = array("H")
        self._seq = array("I")
        self._numbers: list[array[int]] = []
        """For each batch by seq the number here; 0 for a result that another one replaced."""
        for source, (reader, mask) in enumerate(zip(merged.readers, merged.counted(), strict=True)):
            before = len(self._seq)
            kept: Sequence[int] = range(1, reader.count + 1)
            if mask is not None:
                kept = array("I", (seq for seq in kept if mask[seq]))
            self._seq.extend(kept)
            self._source.extend(array("H", [source]) * len(kept))
            numbers = array("I", bytes(4 * (reader.count + 1)))
            for number, seq in enumerate(kept, before + 1):
                numbers[seq] = number
            self._numbers.append(numbers)

    def close(self) -> None:
        """Close every file."""
        self._merged.close()

    @property
    def batches(self) -> Sequence[Batch]:
        """The batches, by attempt and part."""
        return self._merged.batches

    @property
    def count(self) -> int:
        """How many results stand."""
        return len(self._seq)

    def batch_of(self, seq: int) -> Batch:
        """Return the batch that a result came in."""
        return self._merged.batches[self._source[seq - 1]]

    @cached_property
    def by_outcome(self) -> Mapping[Outcome, int]:
        """How many results have each outcome that occurs."""
        counts: Counter[Outcome] = Counter()
        for reader, numbers in zip(self._merged.readers, self._numbers, strict=True):
            for outcome in reader.by_outcome:
                counts[outcome] += sum(1 for seq in reader.order([outcome]) if numbers[seq])
        return {outcome: number for outcome, number in counts.items() if number}

    @cached_property
    def _grouped(self) -> tuple[tuple[FailureGroup, ...], dict[int, array[int]]]:
        """The failures by kind over all batches, and the numbers of each group."""
        members: dict[Kind, array[int]] = {}
        first: dict[Kind, FailureGroup] = {}
        for reader, numbers in zip(self._merged.readers, self._numbers, strict=True):
            for group in reader.groups:
                here = array("I", (numbers[seq] for seq in reader.order(group=group.id) if numbers[seq]))
                # A group whose every failure was tried again with success is not shown any more.
                if here:
                    first.setdefault(group.kind, group)
                    members.setdefault(group.kind, array("I")).extend(here)
        kinds = sorted(members, key=lambda kind: -len(members[kind]))
        groups = tuple(
            replace(first[kind], id=number, count=len(members[kind])) for number, kind in enumerate(kinds, 1)
        )
        return groups, {number: members[kind] for number, kind in enumerate(kinds, 1)}

    @property
    def groups(self) -> tuple[FailureGroup, ...]:
        """The failures by kind, the largest first."""
        return self._grouped[0]

    def order(self, outcomes: Collection[Outcome] | None = None, *, group: int | None = None) -> Sequence[int]:
        """Return the numbers of the results with these outcomes, or in this group of failures, as they arrived."""
        if group is not None:
            return self._grouped[1].get(group, array("I"))
        if outcomes is None or all(outcome in outcomes for outcome in self.by_outcome):
            return range(1, self.count + 1)
        found = array("I")
        for reader, numbers in zip(self._merged.readers, self._numbers, strict=True):
            found.extend(numbers[seq] for seq in reader.order(outcomes) if numbers[seq])
        return found

    def mask(self, outcomes: Collection[Outcome] | None) -> bytearray:
        """Return one byte for each number, 1 where the result has one of these outcomes."""
        mask = bytearray(self.count + 1)
        for number in self.order(outcomes):
            mask[number] = 1
        return mask

    def page(self, seqs: Sequence[int]) -> list[ResultFacts]:
        """Return the facts of these results, in this order, with their numbers here."""
        wanted: dict[int, list[int]] = {}
        for seq in seqs:
            wanted.setdefault(self._source[seq - 1], []).append(self._seq[seq - 1])
        found: dict[int, ResultFacts] = {}
        for source, places in wanted.items():
            numbers = self._numbers[source]
            for facts in self._merged.readers[source].page(places):
                found[numbers[facts.seq]] = replace(facts, seq=numbers[facts.seq])
        return [found[seq] for seq in seqs if seq in found]

    def raw(self, seq: int) -> bytes:
        """Return one line as it came, without its newline."""
        return self._merged.readers[self._source[seq - 1]].raw(self._seq[seq - 1])

    def numbers_of(self, custom_ids: Iterable[str]) -> Iterator[int]:
        """Yield the numbers of the results with these custom_ids; ids without a result are left out."""
        waiting = iter(custom_ids)
        while block := list(islice(waiting, IDS_AT_ONCE)):
            for reader, numbers in zip(self._merged.readers, self._numbers, strict=True):
                yield from (numbers[seq] for seq in reader.numbers_of(block) if numbers[seq])

    def picked(self, seqs: Sequence[int]) -> dict[int, list[int]]:
        """Return results as an export takes them: by the key of their batch their places in it."""
        picked: dict[int, list[int]] = {}
        for seq in seqs:
            picked.setdefault(self.batch_of(seq).key, []).append(self._seq[seq - 1])
        return picked

    def search(
        self,
        text: str,
        *,
        on_progress: Callable[[int, int], None] | None = None,
        is_stopped: Callable[[], bool] | None = None,
    ) -> Sequence[int]:
        """Return the numbers of the results that contain a text, whatever its case.

        Args:
            text: what to look for; an empty text finds everything.
            on_progress: is called with the bytes searched so far, and all bytes.
            is_stopped: asked between blocks; what was found so far is returned.
        """
        total, before = sum(reader.summary.bytes for reader in self._merged.readers), 0
        found = array("I")
        for reader, numbers in zip(self._merged.readers, self._numbers, strict=True):
            told = None if on_progress is None else (lambda done, _, so_far=before: on_progress(so_far + done, total))
            hits = reader.search(text, on_progress=told, is_stopped=is_stopped)
            found.extend(numbers[seq] for seq in hits if numbers[seq])
            before += reader.summary.bytes
            if is_stopped and is_stopped():
                break
        return found
