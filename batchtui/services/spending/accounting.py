"""Count what saved results cost, each at the price of its own length: `count_cost`."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from batchtui.domain.costs.spending import Spending
from batchtui.domain.errors import ResultsUnavailable, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from decimal import Decimal

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.costs.cost import Cost
    from batchtui.domain.costs.spending import UsageGroup
    from batchtui.domain.results.usage import Usage
    from batchtui.pricing.price_book import PriceBook
    from batchtui.services.workspace import Workspace


async def count_cost(workspace: Workspace, batch: Batch) -> None:
    """Work out what a batch cost from its saved results, and store it in place of what was stored before.

    Raises:
        ResultsUnavailable: where its results are not here.
        StorageError: where the disk refuses.
    """
    # Copied answers were paid for where they were made.
    spendings = [] if batch.is_reused else await asyncio.to_thread(_count, workspace, batch)
    await workspace.registry.spending.note(batch.key, spendings)


async def count_missing(workspace: Workspace) -> int:
    """Work out the cost of every batch whose results are here and were never counted. Returns how many there were."""
    keys = await workspace.registry.spending.uncounted()
    for batch in await workspace.registry.queries.page(keys):
        try:
            await count_cost(workspace, batch)
        except (ResultsUnavailable, StorageError):
            # One unreadable file must not hide the costs of all other batches.
            continue
    return len(keys)


def spendings_of(groups: Iterable[UsageGroup], day: date, book: PriceBook) -> tuple[Spending, ...]:
    """Price groups of results, and add up those of the same model and inference geography."""
    found: dict[tuple[str, str], Spending] = {}
    for group in groups:
        key = (group.model, group.geography)
        priced = _priced(group, day, book)
        found[key] = _together(found[key], priced) if key in found else priced
    return tuple(found.values())


def _count(workspace: Workspace, batch: Batch) -> list[Spending]:
    # A batch is billed at the prices of the day on which it was created.
    day = (batch.created_at or batch.planned_at).date()
    with workspace.registry.results.reader(batch) as reader:
        known = [workspace.prices.prices_of(model, day) for model in reader.summary.models]
        # Prices go by the length of each prompt, so results are summed up between these lengths.
        thresholds = sorted({above for prices in known if prices for above in prices.thresholds})
        return list(spendings_of(reader.usage_groups(thresholds), day, workspace.prices))


def _priced(group: UsageGroup, day: date, book: PriceBook) -> Spending:
    usage = group.usage
    plain = replace(
        usage, input_tokens=usage.total_input, cache_write_5m_tokens=0, cache_write_1h_tokens=0, cache_read_tokens=0
    )

    def cost(usage: Usage, *, batch: bool = True) -> Cost | None:
        prices = book.prices_of(group.model, day, batch=batch)
        # One result without usage makes the sum unknown; left out, it would look free.
        if prices is None:
            return None
        return prices.rates(group.longest, group.geography).cost(usage)

    def amount(cost: Cost | None) -> Decimal | None:
        return cost.total if cost else None

    actual = cost(usage)
    return Spending(
        group.model, group.geography, group.results, usage, amount(actual), amount(cost(usage, batch=False)),
        amount(cost(plain)), actual, group.unmetered,
    )  # fmt: skip


def _together(one: Spending, other: Spending) -> Spending:
    return replace(
        one,
        results=one.results + other.results,
        unmetered=one.unmetered + other.unmetered,
        usage=one.usage + other.usage,
        cost=_sum(one.cost, other.cost),
        standard=_sum(one.standard, other.standard),
        uncached=_sum(one.uncached, other.uncached),
        categories=one.categories + other.categories if one.categories and other.categories else None,
    )


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other
