"""Write US dollars: `usd` for what was spent, `usd_fine` for estimates. An unknown amount is never written as $0."""

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
    """Format an amount that was spent: `$4.18`, `$1,204.00`, and `<$0.01` below a cent."""
    if dollars is None:
        return unknown
    if 0 < abs(dollars) < _CENT:
        return f"<${_CENT}"
    sign = "-" if dollars < 0 else ""
    return f"{sign}${abs(dollars).quantize(_CENT, ROUND_HALF_UP):,.2f}"


def usd_fine(dollars: Decimal | None, *, unknown: str = UNKNOWN) -> str:
    """Format an amount of which fractions of a cent matter: an estimate, a limit, a price of one million tokens.

    Below ten cents it has two significant digits: `$0.0021`, `$0.004`; from there on it is written like by `usd`.
    """
    if dollars is None or not 0 < abs(dollars) < _TEN_CENTS:
        return usd(dollars, unknown=unknown)
    digits = f"{_two_digits(abs(dollars)):f}"
    # Trailing zeros go, but an amount in cents keeps its two decimals: $0.05, $0.004.
    whole, _, fraction = digits.partition(".")
    return f"{'-' if dollars < 0 else ''}${whole}.{fraction.rstrip('0').ljust(2, '0')}"


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
    """Format what something cost, or about what it will cost: `$1.92`, `~$52.10`, `<$0.01`."""
    if actual is not None:
        return usd(actual)
    if estimate is None:
        return unknown
    return usd(estimate) if 0 < estimate < _CENT else f"~{usd(estimate)}"


def cost_cell(actual: Decimal | None, estimate: Decimal | None) -> str:
    """Format a cost for a cell, one form for a column: `$1.92`, `~$52.10`, `<$0.01`, and from $1,000 without cents."""
    dollars = actual if actual is not None else estimate
    if dollars is None:
        return UNKNOWN_CELL
    about = "" if actual is not None else "~"
    if dollars >= 1_000:
        return f"{about}${dollars.quantize(Decimal(1), ROUND_HALF_UP):,}"
    return usd(dollars) if 0 < dollars < _CENT else f"{about}{usd(dollars)}"


def cost_in_full(actual: Decimal | None, estimate: Decimal | None, counts: RequestCounts) -> str:
    """Format what something cost, what was expected, and what was billed where not all of it succeeded."""
    if actual is None:
        return cost(None, estimate, unknown=UNKNOWN)
    said = f"{usd(actual)} (estimated {usd_fine(estimate)})" if estimate is not None else usd(actual)
    if not counts.failed:
        return said
    return f"{said}; only the {counts.succeeded:,} of {counts.total:,} that succeeded are billed"


def batch_cost(batch: BatchSummary, *, narrow: bool = False) -> str:
    """Return what a batch cost, at least cost, or is estimated to: `$1.92`, `at least $1.92`, `~$2.10`.

    Where answers say nothing of their usage the estimate is not shown: the batch has ended, and it was only a guess.
    `narrow` is for a cell: `>$1.92`.
    """
    if not batch.without_usage:
        return (cost_cell if narrow else cost)(batch.cost_actual, batch.cost_estimate)
    if batch.cost_at_least is None:
        return UNKNOWN_CELL
    bound = batch.cost_at_least
    if not narrow:
        return f"at least {usd_fine(bound)}"
    # More than less than a cent says nothing.
    return f">{cost_cell(bound if bound >= _CENT else Decimal(0), None)}"


def batch_cost_in_full(batch: Batch) -> str:
    """Return what a batch cost beside its estimate, and how many answers are missing from it."""
    if not batch.without_usage:
        return cost_in_full(batch.cost_actual, batch.cost_estimate, batch.counts)
    answers = max(batch.counts.succeeded, batch.without_usage)
    return at_least(batch.cost_at_least, batch.without_usage, answers)


def at_least(known: Decimal | None, without_usage: int, answers: int) -> str:
    """Return a lower bound and why it is one: `at least $0.0029 (2 of 100 answers without usage)`."""
    bound = f"at least {usd_fine(known)}" if known else UNKNOWN
    return f"{bound} ({without_usage:,} of {answers:,} answers without usage)"


def _two_digits(dollars: Decimal) -> Decimal:
    return dollars.quantize(Decimal(1).scaleb(dollars.adjusted() - 1), ROUND_HALF_UP)
