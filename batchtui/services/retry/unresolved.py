"""Find what of a job has not succeeded, over all its parts and attempts: `find_unresolved`."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.registry.results.merge import MergedResults
from batchtui.results.failure_groups import FailureGroup, Kind, SuggestedAction

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.results.result import Outcome
    from batchtui.registry.registry import Registry
    from batchtui.registry.requests.store import RequestReader
    from batchtui.registry.results.reader import ResultReader

REJECTED = "rejected"
"""Names requests whose answer a reviewer has rejected, whatever became of them."""
MISSING = "missing"
"""Names requests that have no result here and will have none: deleted, expired, or never answered."""


@dataclass(frozen=True, slots=True)
class FailureChoice:
    """The requests of one kind of failure, counted over the merged results."""

    group: FailureGroup
    """Its count is that of the requests whose latest outcome is of this kind."""
    is_chosen: bool
    """Whether they are to be sent again."""
    max_tokens: int | None = None
    """The new limit that they are sent with, where the old one was the trouble."""
    not_raised: int = 0
    """Those that are not sent again because the new limit is not higher than the one they had."""

    @property
    def advice(self) -> str:
        """What to do about it, in a sentence; what was done already where they are sent with another limit."""
        if self.is_chosen and self.max_tokens:
            beside = f" {self.not_raised:,} had no lower limit and are not sent." if self.not_raised else ""
            return f"Sent with max_tokens {self.max_tokens:,}.{beside}"
        if self.not_raised and self.max_tokens:
            return (
                f"max_tokens {self.max_tokens:,} is not higher than the limit that truncated them; give a higher one."
            )
        return self.group.advice.sentence


@dataclass(slots=True)
class Unresolved:
    """What has not succeeded, split into what is sent again and what is not."""

    chosen: set[str] = field(default_factory=set)
    """custom_ids."""
    failed: tuple[FailureChoice, ...] = ()
    """By kind, the most frequent first."""
    succeeded: int = 0
    rejected: int = 0
    """Requests that are sent again because a reviewer has rejected their answer."""
    missing: int = 0
    """Requests that have no result and will have none."""
    away: int = 0
    """Requests of batches that the API does not show: they may come back, so they are not retried."""


def is_worth_it(group: FailureGroup, *, with_max_tokens: bool) -> bool:
    """Return whether a kind of failure is sent again unless something else is asked for.

    What fails again as it is, is not; what was truncated is only where it gets another max_tokens.
    """
    return group.advice.action is SuggestedAction.RESEND or (
        with_max_tokens and group.advice.action is SuggestedAction.RAISE
    )


def find_unresolved(
    registry: Registry,
    batches: Sequence[Batch],
    within: Batch | None,
    chooses: Callable[[FailureGroup], bool],
    *,
    helps: Callable[[FailureGroup, str], bool] = lambda _group, _custom_id: True,
    custom_ids: frozenset[str] | None = None,
    rejected: frozenset[str] = frozenset(),
    with_missing: bool,
) -> Unresolved:
    """Return what of a job, or of one batch of it, has not succeeded. Blocking: reads the index of every result.

    Args:
        registry: where results and requests are kept.
        batches: all batches of the job; results that will come are saved.
        within: only the requests of this batch; None for all of the job.
        chooses: which kinds of failure are to be sent again.
        helps: whether that makes a difference for one request of such a kind, by its custom_id.
        custom_ids: only these requests; None for all.
        rejected: requests that are sent again although they have succeeded, since a reviewer has rejected the answer.
        with_missing: whether requests without any result are, too.

    Raises:
        StorageError: where files cannot be read.
    """
    saved = [batch for batch in batches if is_saved(registry, batch)]
    only = asked_for(registry, within, custom_ids)
    unheard = unheard_requests(registry, [batch for batch in batches if batch not in saved])
    found, answered, unhelped = Unresolved(), set[str](), Counter[Kind]()
    with MergedResults(saved, registry.results, registry.requests) as merged:
        kinds = _Kinds(merged.readers)
        for place, custom_id, outcome in merged.latest():
            if only is not None and custom_id not in only:
                continue
            last_sent = unheard.get(custom_id)
            # It was sent again since, and that answer is still to come: this outcome is not the last word.
            if not outcome.is_final and last_sent and last_sent.attempt > merged.batches[place.source].attempt:
                continue
            answered.add(custom_id)
            if custom_id in rejected and not _may_be_answered(last_sent, merged.batches[place.source]):
                found.chosen.add(custom_id)
                found.rejected += 1
            elif outcome.is_success:
                found.succeeded += 1
            elif chooses(group := kinds.note(place.source, place.seq)):
                if helps(group, custom_id):
                    found.chosen.add(custom_id)
                else:
                    unhelped[group.kind] += 1
    found.failed = tuple(
        FailureChoice(group, chooses(group) and unhelped[group.kind] < group.count, not_raised=unhelped[group.kind])
        for group in kinds.groups()
    )
    _sort_unanswered(found, registry, batches, only, answered, unheard, with_missing=with_missing)
    return found


def _may_be_answered(last_sent: Batch | None, answered_in: Batch) -> bool:
    """Return whether a request was sent again after this answer, and that batch may still bring another one."""
    if last_sent is None or last_sent.attempt <= answered_in.attempt:
        return False
    return last_sent.state is BatchState.MISSING or last_sent.state.is_running


def asked_for(registry: Registry, within: Batch | None, custom_ids: frozenset[str] | None) -> Collection[str] | None:
    """Return the only custom_ids to look at; None for all."""
    if within is None:
        return custom_ids
    of_batch = set(_custom_ids(registry, within))
    return of_batch if custom_ids is None else of_batch & custom_ids


def _sort_unanswered(
    found: Unresolved,
    registry: Registry,
    batches: Sequence[Batch],
    only: Collection[str] | None,
    answered: set[str],
    unheard: Mapping[str, Batch],
    *,
    with_missing: bool,
) -> None:
    """Separate requests that will never have a result from those that may still get one."""
    first = min(batch.attempt for batch in batches)
    with registry.requests.reader(batches[0].job, first) as requests:
        for custom_id in requests.custom_ids():
            if custom_id in answered or (only is not None and custom_id not in only):
                continue
            batch = unheard.get(custom_id)
            # A batch that the API does not show may come back; sent again now, it would be paid twice.
            if batch is not None and batch.state is BatchState.MISSING:
                found.away += 1
                continue
            found.missing += 1
            if with_missing:
                found.chosen.add(custom_id)


def unheard_requests(registry: Registry, batches: Sequence[Batch]) -> dict[str, Batch]:
    """Return the custom_ids of batches that were sent and have no results here, each with the latest of them."""
    # In the order of attempts: of several batches with one custom_id the dict keeps the latest.
    sent = sorted((batch for batch in batches if was_sent(batch)), key=lambda batch: batch.attempt)
    return {custom_id: batch for batch in sent for custom_id in _custom_ids(registry, batch)}


def _custom_ids(registry: Registry, batch: Batch) -> Iterator[str]:
    with registry.requests.reader(batch.job, batch.attempt) as requests:
        yield from requests.custom_ids(batch.part)


def is_saved(registry: Registry, batch: Batch) -> bool:
    """Return whether the results of a batch are saved and here."""
    return batch.results is ResultsState.SAVED and registry.results.has(batch)


def was_sent(batch: Batch) -> bool:
    """Return whether a batch may have reached the API. One that was dropped before its first send has not."""
    return batch.id is not None or batch.sends > 0


def latest_requests(requests: Mapping[int, RequestReader], batches: Sequence[Batch]) -> Callable[[str], RequestReader]:
    """Return a function that returns the last attempt that sent a custom_id; the first attempt has all of them."""
    sent = {(batch.attempt, batch.part) for batch in batches if was_sent(batch)}
    first, *later = sorted(requests)

    def latest(custom_id: str) -> RequestReader:
        for attempt in reversed(later):
            facts = requests[attempt].facts(custom_id)
            if facts is not None and (attempt, facts.part) in sent:
                return requests[attempt]
        return requests[first]

    return latest


class _Kinds:
    """Counts failures by kind over several sets of results; groups of the same kind in two of them are one."""

    def __init__(self, readers: Sequence[ResultReader]) -> None:
        self._groups = [{group.id: group for group in reader.groups} for reader in readers]
        self._of = [_group_of_each(reader) for reader in readers]
        self._counts: dict[Kind, int] = {}
        self._examples: dict[Kind, FailureGroup] = {}

    def note(self, source: int, seq: int) -> FailureGroup:
        """Count one failure, and return its group."""
        group = self._groups[source][self._of[source][seq]]
        self._counts[group.kind] = self._counts.get(group.kind, 0) + 1
        self._examples.setdefault(group.kind, group)
        return group

    def groups(self) -> list[FailureGroup]:
        """Return the kinds that were counted, the most frequent first, numbered in that order."""
        kinds = sorted(self._counts, key=lambda kind: -self._counts[kind])
        return [
            FailureGroup(
                number, *kind, self._counts[kind], self._examples[kind].example_id, self._examples[kind].example
            )
            for number, kind in enumerate(kinds, 1)
        ]


def _group_of_each(reader: ResultReader) -> array[int]:
    """Return for each seq the id of its group of failures, 0 for a success."""
    # Four bytes a result: a million of them in a dict would take a hundred megabytes.
    groups = array("I", bytes(4 * (reader.count + 1)))
    for group in reader.groups:
        for seq in reader.order(group=group.id):
            groups[seq] = group.id
    return groups


def counted_outcomes(registry: Registry, batches: Sequence[Batch]) -> dict[Outcome, int]:
    """Count the results of a job that count, by outcome; of batches whose results are saved. Blocking."""
    saved = [batch for batch in batches if is_saved(registry, batch)]
    counts: dict[Outcome, int] = {}
    with MergedResults(saved, registry.results, registry.requests) as merged:
        for _, _, outcome in merged.latest():
            counts[outcome] = counts.get(outcome, 0) + 1
    return counts
