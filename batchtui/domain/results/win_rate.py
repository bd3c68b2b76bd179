"""Work out from comparisons in both orders who wins, how surely, and how much the position counts: `PairCounts`.

An item is compared twice, with the answers in either order. It is won by the side that both orders prefer. A tie in
either order is a tie. Where the orders contradict each other, the judge went by the position: such items are counted,
and left out of the win rate. A judge that goes by position on some share of the items, whatever the answers say,
contradicts itself on just those; the others are a sample without bias, so the bias cancels.

The interval is Wilson's score interval (E. B. Wilson, 1927, JASA 22:209), over items and not over answers, because the
two orders of an item are not independent. Ties make scores of 0, 0.5 and 1 vary less than a coin does; the number of
items is divided by that share of the variance, as for proportions of complex surveys (Franco, Little, Louis and Slud,
2019, J. Survey Statistics and Methodology 7:334).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from batchtui.domain.results.judgment import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

CONFIDENCE = 0.9
"""The share of intervals that cover the true rate."""
QUANTILE = 1.6448536269514722
"""Of the normal distribution at (1 + CONFIDENCE) / 2. A number, since importing `statistics` takes 10 ms."""


@dataclass(frozen=True, slots=True)
class Interval:
    """From where to where a rate may lie, both between 0 and 1."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PairCounts:
    """How many items were decided in which way."""

    first: int = 0
    """Won by the first side in both orders."""
    second: int = 0
    ties: int = 0
    by_first_position: int = 0
    """Contradictions: the answer that was shown first was preferred in both orders."""
    by_second_position: int = 0
    incomplete: int = 0
    """Items with an order that has no usable answer of the judge."""
    by_rule: int = 0
    """Items that were won because the other side has failed; they are among `first` and `second`."""

    @property
    def contradictions(self) -> int:
        """Items whose orders contradict each other."""
        return self.by_first_position + self.by_second_position

    @property
    def decided(self) -> int:
        """Items that count for the win rate."""
        return self.first + self.second + self.ties

    @property
    def win_rate(self) -> float | None:
        """The share of the decided items that the second side won, a tie being half of one; None without any."""
        return (self.second + self.ties / 2) / self.decided if self.decided else None

    @property
    def win_rate_of_all(self) -> float | None:
        """The same with each contradiction as a tie; None without any item."""
        number = self.decided + self.contradictions
        return (self.second + (self.ties + self.contradictions) / 2) / number if number else None

    @property
    def interval(self) -> Interval | None:
        """The interval of the win rate; None without a decided item."""
        return score_interval(self.second, self.ties, self.first) if self.decided else None

    @property
    def position_bias(self) -> float | None:
        """How much more often both orders prefer what is shown first than what is shown second; None if unknown.

        It is a share of the items on which the judge had a preference in both orders: 0 without a bias, 1 where it
        always takes the first, -1 where it always takes the second.
        """
        compared = self.first + self.second - self.by_rule + self.contradictions
        return (self.by_first_position - self.by_second_position) / compared if compared else None


def decide(forward: Verdict | None, backward: Verdict | None) -> Verdict | None:
    """Return what both orders of an item say; None where they contradict each other or one has no usable answer."""
    if forward is None or backward is None or not (forward.is_usable and backward.is_usable):
        return None
    if Verdict.TIE in (forward, backward):
        return Verdict.TIE
    return forward if forward is backward else None


def count_pairs(items: Iterable[tuple[Verdict | None, Verdict | None, Verdict | None]]) -> PairCounts:
    """Count items. Each is what the forward and the backward order say, or the verdict of the rule as the third."""
    counts = dict.fromkeys(PairCounts.__dataclass_fields__, 0)
    names = {Verdict.FIRST: "first", Verdict.SECOND: "second", Verdict.TIE: "ties"}
    for forward, backward, rule in items:
        decided = rule or decide(forward, backward)
        counts["by_rule"] += rule is not None
        if decided is not None:
            counts[names[decided]] += 1
        elif forward is None or backward is None or not (forward.is_usable and backward.is_usable):
            counts["incomplete"] += 1
        else:
            # Both orders prefer the same place, not the same answer. Forward shows the first side first.
            counts["by_first_position" if forward is Verdict.FIRST else "by_second_position"] += 1
    return PairCounts(**counts)


def score_interval(wins: int, ties: int, losses: int) -> Interval:
    """Return the interval of a mean of scores 1, 0.5 and 0; there must be one of them."""
    number = wins + ties + losses
    mean = (wins + ties / 2) / number
    spread = 4 * mean * (1 - mean)
    # One win and one loss more, for the variance alone: ties and nothing else would leave no width at all.
    share = 1 - (ties / (number + 2)) / spread if spread else 1.0
    size = number / share
    middle = (mean + QUANTILE**2 / (2 * size)) / (1 + QUANTILE**2 / size)
    half = QUANTILE / (1 + QUANTILE**2 / size) * sqrt(mean * (1 - mean) / size + QUANTILE**2 / (4 * size * size))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))
