"""What results used and cost: `Spending`, `UsageGroup`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from batchtui.domain.batches.batch import RequestCounts
    from batchtui.domain.costs.cost import Cost
    from batchtui.domain.results.usage import Usage


@dataclass(frozen=True, slots=True)
class UsageGroup:
    """Succeeded results of one batch that are priced alike: one model, one place, prompts in one step of length."""

    model: str
    """Empty where the results name none."""
    geography: str
    """`inference_geo`, as it came; empty where there is none."""
    longest: int
    """Tokens of the longest prompt among them, the cache included: it tells the step of the price."""
    results: int
    unmetered: int
    """Results among them that say nothing of their tokens."""
    usage: Usage


@dataclass(frozen=True, slots=True)
class Spending:
    """What the results of one batch by one model in one place used and cost."""

    model: str
    geography: str
    results: int
    usage: Usage
    cost: Decimal | None
    """USD of the results that say what they used; None where the price is not known."""
    standard: Decimal | None
    """What the same would have cost without a batch."""
    uncached: Decimal | None
    """What the same would have cost, in a batch, without the prompt cache."""
    categories: Cost | None = None
    """The cost by category; None where it is not known."""
    unmetered: int = 0
    """Results among them that say nothing of their usage: they are in none of the amounts."""


@dataclass(frozen=True, slots=True)
class PendingSpend:
    """What batches were thought to cost, and what is still on its way."""

    expected: Decimal | None
    """USD that the counted ones were thought to cost; None where that is not known of each."""
    in_flight: Decimal | None
    """USD that the ones not ended cost at most; None where that is unknown for one of them."""
    uncounted: int
    """Ended batches whose results are not here."""
    counts: RequestCounts
    """What became of the requests of the counted ones: only what succeeded was billed."""


@dataclass(frozen=True, slots=True)
class SpentRow:
    """One line of spending, with the batch that it belongs to."""

    batch: int
    """The registry's number of the batch."""
    batch_id: str
    job: str
    name: str
    created_at: datetime
    tags: tuple[str, ...]
    expected: Decimal | None
    """USD that the whole batch was thought to cost."""
    spending: Spending = field(repr=False)
    has_one_model: bool = False
    """Whether its job asks for one model only, so that what was expected of the batch was expected of that model."""
