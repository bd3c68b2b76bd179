"""What became of the pilot of a job, and what is left to decide: `PilotReport`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState
from batchtui.domain.results.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.costs.pilot import CostInterval

_STEP = Decimal("0.000001")
"""USD: what amounts of a projection are rounded to."""
_UNANSWERED = (Outcome.ERRORED, Outcome.CANCELED, Outcome.EXPIRED)


@dataclass(frozen=True, slots=True)
class PilotReport:
    """What became of a pilot; costs in USD."""

    pilot: Batch
    rest: tuple[Batch, ...]
    """The parts that were held when the pilot was sent, decided about or not."""
    outcomes: Mapping[Outcome, int]
    """Of its results, by kind."""
    cost: Decimal | None
    """What the pilot has cost; None where a price or a usage is not known."""
    projected: CostInterval | None
    """What the rest will cost; None where the cost of the pilot is not known."""
    cache_reads: float
    """The share of its input that was read from the prompt cache."""

    @property
    def answered(self) -> int:
        """How many of its requests have an answer, good or bad."""
        return sum(self.outcomes.values()) - sum(self.outcomes.get(bad, 0) for bad in _UNANSWERED)

    @property
    def waiting(self) -> int:
        """How many requests wait for the decision."""
        return sum(batch.requests for batch in self.rest if batch.is_held and batch.state is BatchState.PLANNED)

    @property
    def most(self) -> Decimal | None:
        """What pilot and rest will cost at most, with 90 % certainty; None where that cannot be told."""
        if self.cost is None or self.projected is None or self.projected.high is None:
            return None
        return self.cost + usd(self.projected.high)


def usd(amount: float) -> Decimal:
    """Return an amount of a projection as money."""
    return Decimal(amount).quantize(_STEP)
