"""Calculate what requests of a given size would cost, model by model: `calculate`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.results.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from batchtui.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class CalculatedCost:
    """What one model would cost in USD; None where its price is unknown."""

    model: str
    tier: str
    """cheap, capable or premium, where it stands for one; else empty."""
    batch: Decimal | None
    standard: Decimal | None


@dataclass(frozen=True, slots=True)
class CalculatorInput:
    """What is to be done: so many requests, each of one size."""

    requests: int
    input_tokens: int
    """Of one request, without what is read from the cache."""
    output_tokens: int
    cached_tokens: int = 0
    """Of one request's input, what is read from the cache."""


def calculate(workspace: Workspace, work: CalculatorInput, models: Sequence[str] = ()) -> list[CalculatedCost]:
    """Return what some work costs with these models, or with those that the tiers stand for, the cheapest first."""
    tiers = {model: tier for tier, model in workspace.settings.tiers().items()}
    sums = [_sum(workspace, work, model, tiers.get(model, "")) for model in (models or tiers)]
    # Unknown prices go last: they compare with nothing.
    return sorted(sums, key=lambda each: (each.batch is None, each.batch or 0))


def _sum(workspace: Workspace, work: CalculatorInput, model: str, tier: str) -> CalculatedCost:
    day = workspace.clock.now().date()
    usage = Usage(work.input_tokens, cache_read_tokens=work.cached_tokens, output_tokens=work.output_tokens)

    def amount(*, batch: bool) -> Decimal | None:
        prices = workspace.prices.prices_of(model, day, batch=batch)
        one = prices.rates(usage.total_input).cost(usage) if prices else None
        return one.total * work.requests if one else None

    return CalculatedCost(model, tier, amount(batch=True), amount(batch=False))
