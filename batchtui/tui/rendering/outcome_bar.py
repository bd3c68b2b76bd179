"""What became of a batch's requests, as three numbers and as one stacked bar: `Shares`, `outcome_bar`.

The bar has one width and one meaning, while a batch is in progress and after it has ended: what can be used, what needs
a look, what failed, and what is still to come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState
from batchtui.tui.rendering.spans import Line, Span, Tone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batches.batch import Batch, RequestCounts
    from batchtui.domain.results.result import OutcomeCounts

GOOD, SOME, BAD, REST = ("█", "="), ("▒", "~"), ("▓", "x"), ("░", ".")
"""Each part of a bar in Unicode and in ASCII: they differ without colour, too."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How many requests came out well, so so, and badly."""

    good: int
    truncated: int
    """Answers that end at a limit of tokens."""
    some: int
    """Other answers that need a look: refused, paused, empty, invalid."""
    bad: int
    """Requests without an answer: errored, canceled, expired."""
    total: int
    """All requests, also those without an outcome yet."""
    is_read: bool = False
    """Whether the saved results were read: the API's counts call a truncated answer succeeded."""

    @property
    def unsure(self) -> int:
        """All answers that need a look."""
        return self.truncated + self.some


def shares_of(batch: Batch) -> Shares | None:
    """Return what is known of the outcomes of a batch; None where nothing is, as while its counts stand still."""
    if batch.outcomes is not None:
        return of_outcomes(batch.outcomes)
    # Most batches report zeros until they end (Message Batches API, `request_counts`): that is no progress.
    is_known = batch.counts.settled and (batch.state is BatchState.ENDED or batch.counts_moved)
    return of_counts(batch.counts, max(batch.requests, batch.counts.total)) if is_known else None


def of_outcomes(outcomes: OutcomeCounts) -> Shares:
    """Return the shares of saved results."""
    good = outcomes.succeeded + outcomes.tool_use
    bad = outcomes.errored + outcomes.canceled + outcomes.expired
    some = outcomes.total - good - outcomes.truncated - bad
    return Shares(good, outcomes.truncated, some, bad, outcomes.total, is_read=True)


def of_counts(counts: RequestCounts, total: int) -> Shares:
    """Return the shares that the API's counts tell: what succeeded, and what did not."""
    return Shares(counts.succeeded, 0, 0, counts.failed, total)


def outcome_bar(shares: Shares, columns: int, *, plain: bool = False) -> Line:
    """Return a bar of exactly so many columns; whatever occurs at all has one column of it at least."""
    parts = (
        (shares.good, GOOD, Tone.GOOD),
        (shares.truncated, SOME, Tone.TRUNCATED),
        (shares.some, SOME, Tone.WARN),
        (shares.bad, BAD, Tone.BAD),
        (max(0, shares.total - shares.good - shares.unsure - shares.bad), REST, Tone.FAINT),
    )
    widths = divided([number for number, _, _ in parts], columns)
    return tuple(
        Span(glyphs[plain] * wide, tone) for wide, (_, glyphs, tone) in zip(widths, parts, strict=True) if wide
    )


def divided(numbers: Sequence[int], columns: int) -> list[int]:
    """Divide columns in proportion to numbers. Each number above 0 gets one at least, at the cost of the largest."""
    total = sum(numbers)
    if not total or columns <= 0:
        return [0] * len(numbers)
    widths = [columns * number // total for number in numbers]
    # What the division leaves goes where most of it was cut off.
    remainders = sorted(range(len(numbers)), key=lambda at: -(columns * numbers[at] % total))
    for at in remainders[: columns - sum(widths)]:
        widths[at] += 1
    for at, number in enumerate(numbers):
        if number and not widths[at]:
            largest = max(range(len(widths)), key=widths.__getitem__)
            if widths[largest] < 2:
                break
            widths[largest] -= 1
            widths[at] = 1
    return widths
