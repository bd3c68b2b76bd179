"""What something costs in USD, by category: `Cost`.

Amounts are `Decimal`: sums over a million results must not drift.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Cost:
    """A known cost in USD, by category. An unknown cost is None, never a `Cost` of 0."""

    input: Decimal = NOTHING
    """Without what was read from or written to the cache."""
    cache_write_5m: Decimal = NOTHING
    cache_write_1h: Decimal = NOTHING
    cache_read: Decimal = NOTHING
    output: Decimal = NOTHING
    """Thinking included."""
    web_searches: Decimal = NOTHING

    @property
    def total(self) -> Decimal:
        """All categories together."""
        return sum((getattr(self, field.name) for field in fields(self)), NOTHING)

    def __add__(self, other: Cost) -> Cost:
        return Cost(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))


def total(amounts: list[Decimal | None]) -> Decimal | None:
    """Return the sum of amounts in USD; None where one of them is unknown, or where there are none."""
    return (
        # None spoils the sum, as an amount of 0 for it would be shown as a fact; no amounts at all say nothing either.
        sum((amount for amount in amounts if amount is not None), NOTHING) if amounts and None not in amounts else None
    )
