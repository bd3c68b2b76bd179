"""Send one request first, so that it writes the prompt cache, and hold back the rest until it has ended: `must_wait`.

Prompt caching in batches is best effort and separate from the real-time cache. What works is a prefix that is kept for
an hour, and a batch of one request before the rest (documentation of prompt caching).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from batchtui.domain.batches.batch import Batch
    from batchtui.pricing.price_book import PriceBook
    from batchtui.services.workspace import Workspace

LOOK_AGAIN = timedelta(seconds=15)
"""How long a part that waits for the priming batch waits before it is tried again: the cache lives for an hour only."""
REASON = "Waiting for the priming request to end, so that the others find its cache"
_DONE = (BatchState.ENDED, BatchState.DELETED, BatchState.MISSING)


@dataclass(frozen=True, slots=True)
class CacheSavings:
    """What a cached prefix changes about the cost of a batch, in USD."""

    all_hit: Decimal
    """Saved where one request writes the cache and every other one reads it."""
    none_hit: Decimal
    """Spent in addition where every request writes it and none finds it."""


async def mark(workspace: Workspace, job_id: str) -> None:
    """Note that the first part of a job primes the others. Has to be called before its parts are planned."""
    await workspace.registry.values.put(_fact(job_id), value=True)


async def must_wait(workspace: Workspace, batch: Batch) -> bool:
    """Whether a part waits for the priming batch of its job."""
    # A retry goes out hours later, when the cache of an hour is gone.
    if batch.part == 1 or batch.attempt > 1 or await workspace.registry.values.get(_fact(batch.job)) is None:
        return False
    parts = await workspace.registry.queries.of_job(batch.job)
    first = next(each for each in parts if each.part == 1 and each.attempt == 1)
    return first.state not in _DONE


async def hold_back(workspace: Workspace, key: int) -> Batch:
    """Make a part wait, and store the reason. Returns the part afterwards."""
    await workspace.registry.sends.explain(key, f"{REASON}.", not_before=workspace.clock.now() + LOOK_AGAIN)
    return await workspace.registry.batches.get(key)


def expected_gain(model: str, prefix_tokens: int, requests: int, day: date, book: PriceBook) -> CacheSavings | None:
    """Say what caching a prefix is worth over a batch; None where the model has no known price. Blocking."""
    prices = book.prices_of(model, day)
    if prices is None or not requests:
        return None
    # Prices go by the length of the whole prompt; of that the prefix is what is known here.
    rates = prices.rates(prefix_tokens)
    if rates.input is None or rates.cache_write_1h is None or rates.cache_read is None:
        return None
    more, less = rates.cache_write_1h - rates.input, rates.input - rates.cache_read
    return CacheSavings(
        all_hit=prefix_tokens * (less * (requests - 1) - more),
        none_hit=prefix_tokens * more * requests,
    )


def _fact(job_id: str) -> str:
    return f"primed:{job_id}"
