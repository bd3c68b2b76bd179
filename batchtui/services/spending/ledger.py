"""Add up spending by day, model, tag or job: `read_ledger`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Literal

from batchtui.domain.costs.cost import NOTHING, Cost, total
from batchtui.domain.results.usage import Usage
from batchtui.services.spending.accounting import count_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from decimal import Decimal

    from batchtui.domain.batches.batch import RequestCounts
    from batchtui.domain.costs.spending import SpentRow
    from batchtui.services.workspace import Workspace

By = Literal["day", "model", "tag", "job"]
NO_TAG = "(no tag)"
NO_MODEL = "(model not named)"


@dataclass(slots=True)
class LedgerLine:
    """What one day, model, tag or job used and cost. Amounts are sums of what is known; `unknown` says what is not."""

    label: str
    batches: set[int] = field(default_factory=set)
    """The registry's numbers of the batches in it."""
    results: int = 0
    """Answers that were billed."""
    usage: Usage = field(default_factory=Usage)
    known: Decimal = NOTHING
    """USD of everything that has a price."""
    unknown: int = 0
    """Answers without a known price."""
    unmetered: int = 0
    """Those of them that say nothing of their usage."""
    is_partial: bool = False
    """Whether batches belong to it of which no answer is counted yet."""
    categories: Cost = field(default_factory=Cost)
    standard: Decimal = NOTHING
    """What the priced answers would have cost without a batch."""
    estimates: dict[int, Decimal | None] = field(default_factory=dict)
    """What each batch in it, all of it, was thought to cost."""
    models: dict[str, Decimal] = field(default_factory=dict)
    """USD by model, of what has a price."""
    caching: Decimal = NOTHING
    """What the prompt cache saved; below 0 where writing cost more than reading saved."""

    @property
    def cost(self) -> Decimal | None:
        """USD; None where any of it is unknown, never 0 for that."""
        return None if self.unknown or self.is_partial else self.known

    @property
    def expected(self) -> Decimal | None:
        """USD that its batches, all of them, were thought to cost; None where that is not known of each."""
        return total(list(self.estimates.values()))

    @property
    def saved(self) -> Decimal:
        """What the batch saved against standard prices, of what has a price."""
        return self.standard - self.known

    @property
    def hit_rate(self) -> float | None:
        """The share of input that came out of the cache; None where no cache was used."""
        usage = self.usage
        if not usage.cache_read_tokens and not usage.cache_write_5m_tokens and not usage.cache_write_1h_tokens:
            return None
        return usage.cache_read_tokens / usage.total_input

    def add(self, spent: SpentRow) -> None:
        """Count one line of spending in."""
        spending = spent.spending
        self.batches.add(spent.batch)
        self.estimates[spent.batch] = spent.expected
        self.results += spending.results
        self.usage += spending.usage
        # Unknown is counted, never added as 0: `cost` is None as long as any of it is unknown.
        self.unmetered += spending.unmetered
        if spending.cost is None:
            self.unknown += spending.results
            return
        self.unknown += spending.unmetered
        self.known += spending.cost
        model = spending.model or NO_MODEL
        self.models[model] = self.models.get(model, NOTHING) + spending.cost
        self.standard += spending.cost if spending.standard is None else spending.standard
        self.caching += NOTHING if spending.uncached is None else spending.uncached - spending.cost
        if spending.categories is not None:
            self.categories += spending.categories


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was spent: the lines and their total."""

    by: By | None
    lines: tuple[LedgerLine, ...]
    """Days in order, everything else by cost, the highest first. A batch with several tags is in several lines."""
    total: LedgerLine
    expected: Decimal | None
    """What the batches in it were thought to cost; None where that is not known of each."""
    in_flight: Decimal | None
    """USD that batches which have not ended cost at most; None where that is unknown."""
    uncounted: int
    """Ended batches whose results are not saved, so that their cost is unknown."""
    counts: RequestCounts
    """What became of the requests of those that were counted: only what succeeded was billed."""


async def read_ledger(
    workspace: Workspace, *, by: By | None = None, since: datetime | None = None, batches: Sequence[int] | None = None
) -> Ledger:
    """Add up what was spent, having counted what was not counted yet.

    Args:
        workspace: whose registry.
        by: what a line is for; None for the total alone.
        since: only batches created since then.
        batches: only these, by the registry's numbers.
    """
    await count_missing(workspace)
    spent = await workspace.registry.spending.spent(since=since, batches=batches)
    pending = await workspace.registry.spending.pending(since=since, batches=batches)
    all_of_it = LedgerLine("total")
    for each in spent:
        all_of_it.add(each)
    # Of batches that somebody named nothing may be left out in silence; of all of them that is what `uncounted` says.
    all_of_it.is_partial = bool(pending.uncounted) and (batches is not None or not spent)
    return Ledger(
        by, _lines(spent, by), all_of_it, pending.expected, pending.in_flight, pending.uncounted, pending.counts
    )


async def spent_today(workspace: Workspace) -> LedgerLine:
    """Return what the batches of today (in local time) have cost, as far as it was counted."""
    line = LedgerLine("today")
    for each in await workspace.registry.spending.spent(since=midnight(workspace.clock.now())):
        line.add(each)
    return line


def midnight(now: datetime) -> datetime:
    """Return when this machine's day began, in UTC."""
    # People count days by their own clock; the registry counts in UTC.
    local = now.astimezone()
    # Without a time zone of its own: on the days of a change, midnight had another offset than now.
    return datetime.combine(local.date(), time()).astimezone(UTC)


def _lines(spent: Iterable[SpentRow], by: By | None) -> tuple[LedgerLine, ...]:
    if by is None:
        return ()
    found: dict[str, LedgerLine] = {}
    labels = _LABELS[by]
    for each in spent:
        for label in labels(each):
            if label not in found:
                found[label] = LedgerLine(label)
            # Of a batch with several models nobody knows what was expected of one of them.
            found[label].add(each if by != "model" or each.has_one_model else replace(each, expected=None))
    if by == "day":
        return tuple(found[label] for label in sorted(found))
    return tuple(sorted(found.values(), key=lambda line: (-line.known, line.label)))


def _day(spent: SpentRow) -> tuple[str, ...]:
    return (f"{spent.created_at.astimezone():%Y-%m-%d}",)


_LABELS: dict[By, Callable[[SpentRow], tuple[str, ...]]] = {
    "day": _day,
    "model": lambda spent: (spent.spending.model or NO_MODEL,),
    "tag": lambda spent: spent.tags or (NO_TAG,),
    "job": lambda spent: (f"{spent.name} ({spent.job})",),
}
