"""What requests will cost before they are sent: at least, likely and at most: `Estimate`, `Bounds`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from batchtui.domain.costs.estimate_history import Expectation, Likeness


@dataclass(frozen=True, slots=True)
class Bounds:
    """USD: at least, likely and at most; None where unknown."""

    low: Decimal | None
    """The cost of the input alone; where `high` is known, the least that similar batches have come to."""
    likely: Decimal | None
    """None where no history tells how much of max_tokens the model uses."""
    at_most: Decimal | None
    """With all of max_tokens written."""
    high: Decimal | None = None
    """The most that similar batches have come to; None where there are too few of them."""

    @property
    def figure(self) -> Decimal | None:
        """The figure to show where there is room for one only: `likely`, or `at_most` where that is unknown."""
        return self.at_most if self.likely is None else self.likely


@dataclass(frozen=True, slots=True)
class Counted:
    """How much of the input the API itself has counted."""

    requests: int
    """Whose tokens it was asked for."""
    of: int
    """Requests that they stand for."""
    notes: tuple[str, ...] = ()
    """What was not counted and why, a sentence each."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What `Bounds.likely` rests on: of all kinds of requests the fewest past batches and the weakest likeness."""

    batches: int
    likeness: Likeness
    corrects_input: bool = False
    """Whether the input is corrected by what it came to before, too."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What requests will cost. Input is worked out from its bytes, unless `counted` says that the API was asked."""

    cost: Bounds
    standard: Bounds
    """The same without a batch."""
    parts: tuple[Bounds, ...]
    """Of each part, in order."""
    input_tokens: tuple[int, int, int]
    """At least, likely and at most, as far as it stands in the requests."""
    output_tokens: tuple[int | None, int]
    """Likely (None without a history) and at most: the sum of max_tokens."""
    unpriced: tuple[str, ...] = ()
    """Models that the price list does not know."""
    open: tuple[str, ...] = ()
    """Why there is no upper bound, a sentence each."""
    counted: Counted | None = None
    """None where the API was not asked."""
    output_range: tuple[int, int] | None = None
    """The least and the most that batches like it have written; None where there are too few of them."""
    grounds: Grounds | None = None
    """None without a history."""
    # Kept per model and not per part alone: results are priced and compared by model, and a part may ask for several.
    expectations: tuple[Expectation, ...] = ()
    """What each model is asked for in each part: noted when planned, to be compared with what was used."""

    @property
    def margin(self) -> float | None:
        """By what share the real input may exceed the likely one; None where there is no input."""
        # The tokenizer is not public, so input is worked out from bytes and may be off by this much.
        _low, likely, high = self.input_tokens
        return (high - likely) / likely if likely else None

    @property
    def unbounded(self) -> tuple[str, ...]:
        """Why there is no upper bound, a sentence each; empty where there is one."""
        unknown = f"There is no price for {', '.join(self.unpriced)}." if self.unpriced else ""
        return tuple(filter(None, (unknown, *self.open)))
