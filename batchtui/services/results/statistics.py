"""Work out what the results of one batch, or of a whole job, look like together: `read_statistics`.

Results stream through: memory grows with the number of kinds, models and lengths, not with the number of results.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from batchtui.domain.costs.cost import NOTHING
from batchtui.domain.costs.spending import UsageGroup
from batchtui.domain.results.result import Outcome
from batchtui.domain.results.statistics import OutcomeShare, ResultStatistics, TokenBin, TokenHistogram
from batchtui.domain.results.usage import Usage
from batchtui.registry.results.merge import MergedResults
from batchtui.results.parsed_result import parse_result
from batchtui.results.structured_output import structured_value
from batchtui.results.value_counts import ValueCounter
from batchtui.runtime.threads import run_cancellable
from batchtui.services.spending.accounting import spendings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from batchtui.domain.batches.batch import Batch
    from batchtui.pricing.price_book import PriceBook
    from batchtui.registry.results.reader import ResultMeasure, ResultReader
    from batchtui.services.workspace import Workspace

BINS = 32
"""Bins of the histogram: two cells each on a screen of 80 columns."""
NEAR_LIMIT = 0.9
"""The share of its max_tokens from which on a whole answer is said to be near it."""
FAR_LIMIT = 4
"""A max_tokens of more than so many times the longest answer lies outside of the histogram, which would be one bar."""
TELL_EVERY = 500
"""Answers between two calls of `on_progress`."""

_Order = tuple[Outcome, ...]
_SUCCESSES_FIRST: _Order = tuple(sorted(Outcome, key=lambda outcome: not outcome.is_success))


async def read_statistics(
    workspace: Workspace,
    batches: Sequence[Batch],
    *,
    with_fields: bool = True,
    on_progress: Callable[[int, int], object] | None = None,
) -> ResultStatistics:
    """Return what the saved results of these batches (one, or several of one job) look like together.

    Args:
        workspace: where they are, and what models cost.
        batches: batches with saved results.
        with_fields: whether the values of structured answers are counted, for which each of these is parsed.
        on_progress: is called on a thread with the structured answers read so far, and their number at most.

    Raises:
        ResultsUnavailable: results of one of them are not here.
        StorageError: the disk refuses.
    """

    def work(tell: Callable[[tuple[int, int]], None]) -> ResultStatistics:
        registry = workspace.registry
        with MergedResults(batches, registry.results, registry.requests) as merged:
            return merged_statistics(
                merged, workspace.prices, with_fields=with_fields, told=lambda done, total: tell((done, total))
            )

    return await run_cancellable(work, (lambda progress: on_progress(*progress)) if on_progress else None)


def merged_statistics(
    merged: MergedResults,
    prices: PriceBook,
    *,
    with_fields: bool = True,
    told: Callable[[int, int], None] = lambda _done, _total: None,
) -> ResultStatistics:
    """Return what results that are open already look like together; blocking. See `read_statistics`."""
    counted = merged.counted()
    sums = _Sums()
    for source, (batch, reader) in enumerate(zip(merged.batches, merged.readers, strict=True)):
        day = (batch.created_at or batch.planned_at).date()
        sums.open(day, _thresholds(reader, prices, day), is_free=batch.is_reused)
        mask = counted[source]
        for number, measure in enumerate(reader.measures(merged.requests_index(source))):
            sums.add(measure, counts=mask is None or bool(mask[measure.seq]))
            # Whoever has left meanwhile ends the reading here.
            if number % TELL_EVERY == 0:
                told(0, 0)
    found = sums.result(prices)
    if not with_fields:
        return found
    values = ValueCounter()
    total = sum(share.count for share in found.outcomes if share.outcome.is_success)
    for done, answer in enumerate(_structured(merged.readers, counted), 1):
        values.add(answer)
        if done % TELL_EVERY == 0:
            told(done, max(done, total))
    return replace(found, structured=values.answers, fields=values.fields())


def _structured(readers: Sequence[ResultReader], counted: Sequence[bytearray | None]) -> Iterable[Mapping[str, object]]:
    for reader, mask in zip(readers, counted, strict=True):
        for seq in reader.structured_seqs():
            if mask is None or mask[seq]:
                value = structured_value(parse_result(reader.raw(seq)))
                if value is not None:
                    yield value


def _thresholds(reader: ResultReader, prices: PriceBook, day: date) -> tuple[int, ...]:
    known = [prices.prices_of(model, day) for model in reader.summary.models]
    return tuple(sorted({above for one in known if one for above in one.thresholds}))


@dataclass(slots=True)
class _Priced:
    """Usage that is priced alike."""

    results: int = 0
    unmetered: int = 0
    longest: int = 0
    usage: list[int] = field(default_factory=lambda: [0] * 7)


class _Sums:
    """Adds up results as they pass."""

    def __init__(self) -> None:
        self._counts: Counter[Outcome] = Counter()
        self._replaced = 0
        self._lengths: Counter[int] = Counter()
        self._truncated: Counter[int] = Counter()
        self._limits: Counter[int] = Counter()
        self._near = 0
        self._usage: dict[tuple[Outcome | None, date, str, str, int], _Priced] = {}
        """By outcome (None for what a later attempt replaced), day, model, place and step of the price."""
        self._day: date
        self._thresholds: tuple[int, ...] = ()
        self._is_free = False

    def open(self, day: date, thresholds: tuple[int, ...], *, is_free: bool = False) -> None:
        """Add results of a batch of this day from now on.

        `thresholds` are the lengths of prompts where prices step; results of a batch that `is_free` are copies, which
        were paid for where they were made.
        """
        self._day, self._thresholds, self._is_free = day, thresholds, is_free

    def add(self, measure: ResultMeasure, *, counts: bool) -> None:
        """Add one result; `counts` is false for one that a later attempt replaced."""
        if counts:
            self._counts[measure.outcome] += 1
            self._measure(measure)
        else:
            self._replaced += 1
        if measure.is_billed and not self._is_free:
            self._bill(measure.outcome if counts else None, measure)

    def _measure(self, measure: ResultMeasure) -> None:
        limit, output = measure.max_tokens, measure.usage.output_tokens
        if limit is not None:
            self._limits[limit] += 1
        if not measure.is_billed or not output:
            return
        self._lengths[output] += 1
        if measure.outcome is Outcome.TRUNCATED:
            self._truncated[output] += 1
        elif limit and output >= NEAR_LIMIT * limit:
            self._near += 1

    def _bill(self, outcome: Outcome | None, measure: ResultMeasure) -> None:
        usage = measure.usage
        prompt = usage.total_input
        step = sum(prompt > threshold for threshold in self._thresholds)
        key = (outcome, self._day, measure.model, measure.geography, step)
        priced = self._usage.get(key)
        if priced is None:
            priced = self._usage[key] = _Priced()
        priced.results += 1
        priced.unmetered += prompt + usage.output_tokens == 0
        priced.longest = max(priced.longest, prompt)
        sums = priced.usage
        sums[0] += usage.input_tokens
        sums[1] += usage.cache_write_5m_tokens
        sums[2] += usage.cache_write_1h_tokens
        sums[3] += usage.cache_read_tokens
        sums[4] += usage.output_tokens
        sums[5] += usage.thinking_tokens
        sums[6] += usage.web_searches

    def result(self, prices: PriceBook) -> ResultStatistics:
        """Return what was added up, priced."""
        costs: dict[Outcome | None, Decimal | None] = {}
        for (outcome, day, model, place, _), priced in self._usage.items():
            group = UsageGroup(model, place, priced.longest, priced.results, priced.unmetered, Usage(*priced.usage))
            [spending] = spendings_of([group], day, prices)
            before = costs.get(outcome, NOTHING)
            # One answer whose cost is unknown makes the sum unknown: left out, it would look free.
            is_known = spending.cost is not None and not spending.unmetered and before is not None
            costs[outcome] = before + spending.cost if is_known else None  # type: ignore[operator]
        return ResultStatistics(
            results=self._counts.total(),
            outcomes=tuple(
                OutcomeShare(outcome, self._counts[outcome], costs.get(outcome, NOTHING))
                for outcome in _SUCCESSES_FIRST
                if self._counts[outcome]
            ),
            tokens=self._histogram(),
            replaced=self._replaced,
            replaced_cost=costs.get(None, NOTHING) if self._replaced else None,
        )

    def _histogram(self) -> TokenHistogram | None:
        if not self._lengths:
            return None
        longest = max(self._lengths)
        limit = self._limits.most_common(1)[0][0] if self._limits else None
        reach = max(longest, limit) if limit and limit <= FAR_LIMIT * longest else longest
        step = _step(reach, limit if limit and limit <= reach else reach)
        counts, truncated = [0] * (reach // step + 1), [0] * (reach // step + 1)
        for length, times in self._lengths.items():
            # Bins end at multiples of the step, so that the last one before the limit includes it.
            at = max(0, length - 1) // step
            counts[at] += times
            truncated[at] += self._truncated[length]
        while len(counts) > 1 and not counts[-1] and (len(counts) - 1) * step >= reach:
            counts.pop()
        bins = tuple(
            TokenBin(at * step + 1, (at + 1) * step, number, truncated[at]) for at, number in enumerate(counts)
        )
        return TokenHistogram(
            bins,
            median=_median(self._lengths),
            longest=longest,
            limit=limit,
            other_limits=max(0, len(self._limits) - 1),
            near_limit=self._near,
            truncated=self._truncated.total(),
        )


def _step(reach: int, limit: int) -> int:
    """Return how many lengths a bin holds: a bin ends at the limit, so that answers that reached it stand together."""
    least = -(-reach // BINS)
    return max(least, -(-limit // max(1, limit // least)))


def _median(lengths: Counter[int]) -> int:
    half = -(-lengths.total() // 2)
    for length in sorted(lengths):
        half -= lengths[length]
        if half <= 0:
            return length
    return 0
