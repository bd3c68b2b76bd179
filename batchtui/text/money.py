"""Write US dollars; an unknown amount is never written as $0: `usd`."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batches.batch import Batch, BatchSummary, RequestCounts

UNKNOWN = "unknown"
UNKNOWN_CELL = "·"
"""Stands for an unknown amount in a table's cell."""
_CENT = Decimal("0.01")
_TEN_CENTS = Decimal("0.095")
"""From here on two decimals are two significant digits."""


def usd(dollars: Decimal | None, *, unknown: str = UNKNOWN) -> str:
    """Format an amount: `$4.18`, `$1,204.00`; below ten cents with two significant digits: `$0.0021`."""
    if dollars is None:
        return unknown
    sign = "-" if dollars < 0 else ""
    dollars = abs(dollars)
    if 0 < dollars < _TEN_CENTS:
        return f"{sign}${_two_digits(dollars):f}"
    return f"{sign}${dollars.quantize(_CENT, ROUND_HALF_UP):,.2f}"


def column(amounts: Sequence[Decimal | None], *, unknown: str = UNKNOWN_CELL) -> list[str]:
    """Format the amounts of one column in one form: `$4.18`, `<$0.01`; where all are small `$0.0041`, `<$0.0001`.

    Of small amounts the largest has two significant digits, and nothing is `$0`: in cents all would read the same.
    """
    largest = max((abs(dollars) for dollars in amounts if dollars is not None), default=Decimal())
    places = 1 - largest.adjusted() if 0 < largest < _TEN_CENTS else 2
    least = Decimal(1).scaleb(-places)

    def said(dollars: Decimal | None) -> str:
        if dollars is None:
            return unknown
        if not dollars and places > 2:
            return "$0"
        return f"<${least:f}" if 0 < dollars < least else f"${dollars.quantize(least, ROUND_HALF_UP):,f}"

    return [said(dollars) for dollars in amounts]


def cost(actual: Decimal | None, estimate: Decimal | None, *, unknown: str = UNKNOWN_CELL) -> str:
    """Format what something cost, or about what it will cost: `$1.92`, `~$52.10`."""
    if actual is not None:
        return usd(actual)
    return f"~{usd(estimate)}" if estimate is not None else unknown


def cost_cell(actual: Decimal | None, estimate: Decimal | None) -> str:
    """Format a cost for a cell, one form for a column: `$1.92`, `~$52.10`, `<$0.01`, and from $1,000 without cents."""
    dollars = actual if actual is not None else estimate
    if dollars is None:
        return UNKNOWN_CELL
    about = "" if actual is not None else "~"
    if dollars >= 1_000:
        return f"{about}${dollars.quantize(Decimal(1), ROUND_HALF_UP):,}"
    if 0 < dollars < _CENT:
        return f"<${_CENT}"
    return f"{about}${dollars.quantize(_CENT, ROUND_HALF_UP):,.2f}"


def cost_in_full(actual: Decimal | None, estimate: Decimal | None, counts: RequestCounts) -> str:
    """Format what something cost, what was expected, and what was billed where not all of it succeeded."""
    if actual is None:
        return cost(None, estimate, unknown=UNKNOWN)
    said = f"{usd(actual)} (estimated {usd(estimate)})" if estimate is not None else usd(actual)
    if not counts.failed:
        return said
    return f"{said}; billed are the {counts.succeeded:,} of {counts.total:,} that succeeded"


def batch_cost(batch: BatchSummary, *, narrow: bool = False) -> str:
    """Return what a batch cost, at least cost, or is estimated to: `$1.92`, `at least $1.92`, `~$2.10`.

    Where answers say nothing of their usage the estimate is not shown: the batch has ended, and it was only a guess.
    `narrow` is for a cell: `>$1.92`.
    """
    say = cost_cell if narrow else cost
    if not batch.without_usage:
        return say(batch.cost_actual, batch.cost_estimate)
    if batch.cost_at_least is None:
        return UNKNOWN_CELL
    return f"{'>' if narrow else 'at least '}{say(batch.cost_at_least, None)}"


def batch_cost_in_full(batch: Batch) -> str:
    """Return what a batch cost beside its estimate, and how many answers are missing from it."""
    if not batch.without_usage:
        return cost_in_full(batch.cost_actual, batch.cost_estimate, batch.counts)
    answers = max(batch.counts.succeeded, batch.without_usage)
    return at_least(batch.cost_at_least, batch.without_usage, answers)


def at_least(known: Decimal | None, without_usage: int, answers: int) -> str:
    """Return a lower bound and why it is one: `at least $0.0029 (2 of 100 answers without usage)`."""
    bound = f"at least {usd(known)}" if known else UNKNOWN
    return f"{bound} ({without_usage:,} of {answers:,} answers without usage)"


def _two_digits(dollars: Decimal) -> Decimal:
    return dollars.quantize(Decimal(1).scaleb(dollars.adjusted() - 1), ROUND_HALF_UP)
