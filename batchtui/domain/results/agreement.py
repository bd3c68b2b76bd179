"""Measure how far two reviewers agree, beyond chance: `measure_agreement` returns Cohen's kappa.

Kappa is (observed - expected) / (1 - expected), where expected is the agreement of two reviewers who mark at random,
each with the shares of their own marks (Cohen 1960). The interval uses the large-sample variance of Fleiss, Cohen and
Everitt (1969), equation 13.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

Z_95 = 1.959963984540054
"""Quantile of the normal distribution that leaves 2.5 % on each side."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two reviewers agree on the same items."""

    items: int
    """Items that both have marked."""
    agreed: int
    """Items of them that both have marked alike."""
    kappa: float | None
    """1 for full agreement, 0 for what chance brings; None without items, or where both gave one and the same mark to
    everything: chance then explains it all."""
    low: float | None
    high: float | None
    """The 95 % interval of kappa, within -1 to 1; None where kappa is."""

    @property
    def share(self) -> float | None:
        """The share of items that both have marked alike; None without items."""
        return self.agreed / self.items if self.items else None


def measure_agreement(pairs: Sequence[tuple[Hashable, Hashable]]) -> Agreement:
    """Return the agreement of two reviewers from their two marks of each item."""
    items = len(pairs)
    agreed = sum(one == other for one, other in pairs)
    firsts, seconds = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    # Whole numbers: whether chance explains everything must not depend on rounding.
    by_chance = sum(number * seconds[mark] for mark, number in firsts.items())
    if not items or by_chance == items * items:
        return Agreement(items, agreed, None, None, None)
    observed, expected = agreed / items, by_chance / items**2
    kappa = (observed - expected) / (1 - expected)
    error = sqrt(_variance(pairs, firsts, seconds, observed, expected))
    return Agreement(items, agreed, kappa, max(-1.0, kappa - Z_95 * error), min(1.0, kappa + Z_95 * error))


def _variance(
    pairs: Sequence[tuple[Hashable, Hashable]],
    firsts: Counter[Hashable],
    seconds: Counter[Hashable],
    observed: float,
    expected: float,
) -> float:
    items = len(pairs)
    alike = apart = 0.0
    for (one, other), number in Counter(pairs).items():
        share = number / items
        # The shares crosswise: that of the second reviewer for the first one's mark, and the reverse.
        if one == other:
            chances = (firsts[one] + seconds[one]) / items
            alike += share * ((1 - expected) - chances * (1 - observed)) ** 2
        else:
            apart += share * ((seconds[one] + firsts[other]) / items) ** 2
    rest = (observed * expected - 2 * expected + observed) ** 2
    return max(0.0, alike + (1 - observed) ** 2 * apart - rest) / (items * (1 - expected) ** 4)
