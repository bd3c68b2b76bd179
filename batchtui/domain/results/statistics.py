"""What a set of results looks like as a whole: outcomes, lengths, costs and values: `ResultStatistics`.

The dashboard draws it and the Markdown export writes it, so both show the same figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from batchtui.domain.results.result import Outcome


@dataclass(frozen=True, slots=True)
class OutcomeShare:
    """The results with one outcome."""

    outcome: Outcome
    count: int
    cost: Decimal | None
    """USD that they cost together; None where a price or the usage is unknown. 0 for what is not billed."""


@dataclass(frozen=True, slots=True)
class TokenBin:
    """How many answers had from `low` to `high` output tokens, both included."""

    low: int
    high: int
    count: int
    truncated: int
    """How many of them were truncated."""


@dataclass(frozen=True, slots=True)
class TokenHistogram:
    """How long the answers are, in output tokens (thinking included)."""

    bins: tuple[TokenBin, ...]
    """Side by side from 0 on; all but the last are equally wide."""
    median: int
    longest: int
    limit: int | None
    """The `max_tokens` that most of their requests set; None where the requests are not stored."""
    other_limits: int
    """How many other values of `max_tokens` occur."""
    near_limit: int
    """Whole answers that took at least nine tenths of their own `max_tokens`."""
    truncated: int


@dataclass(frozen=True, slots=True)
class FieldValues:
    """The values of one field of structured answers."""

    name: str
    present: int
    """Answers that have the field."""
    values: tuple[tuple[str, int], ...]
    """Values, or ranges of numbers, with how often they occur; values by number, ranges in their order."""
    others: int
    """How often values occur that are not named."""
    distinct: int | None
    """How many values there are; None where there are too many to count."""


@dataclass(frozen=True, slots=True)
class ResultStatistics:
    """Everything that is shown of a set of results as a whole."""

    results: int
    """Results that count: of a request that was tried again, the one that stands."""
    outcomes: tuple[OutcomeShare, ...]
    """Outcomes that occur, successes first."""
    tokens: TokenHistogram | None
    """None where no answer says how long it is."""
    replaced: int = 0
    """Results of earlier attempts that a later one replaced."""
    replaced_cost: Decimal | None = None
    """USD that those cost; None where that is unknown."""
    structured: int = 0
    """Answers that say something as JSON, or call a tool."""
    fields: tuple[FieldValues, ...] = ()

    @property
    def cost(self) -> Decimal | None:
        """USD of the results that count; None where any part of it is unknown."""
        total = None
        for share in self.outcomes:
            # A sum without one of its parts would look like a lower price.
            if share.cost is None:
                return None
            total = share.cost if total is None else total + share.cost
        return total
