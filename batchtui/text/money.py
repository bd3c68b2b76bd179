"""How US dollars are said. What is unknown is said to be unknown: it is never $0."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

UNKNOWN = "unknown"
UNKNOWN_CELL = "·"
"""Stands for an unknown amount in a table's cell."""
_CENT = Decimal("0.01")


def usd(dollars: Decimal | None, *, unknown: str = UNKNOWN) -> str:
    """Say an amount: `$4.18`, `$1,204.00`; below ten cents with two significant digits: `$0.0021`."""
    if dollars is None:
        return unknown
    sign = "-" if dollars < 0 else ""
    dollars = abs(dollars)
    if 0 < dollars < Decimal("0.095"):
        return f"{sign}${_two_digits(dollars):f}"
    return f"{sign}${dollars.quantize(_CENT, ROUND_HALF_UP):,.2f}"


def cost(actual: Decimal | None, estimate: Decimal | None, *, unknown: str = UNKNOWN_CELL) -> str:
    """Say what something cost, else about what it will: `$1.92`, `~$52.10`."""
    if actual is not None:
        return usd(actual)
    return f"~{usd(estimate)}" if estimate is not None else unknown


def _two_digits(dollars: Decimal) -> Decimal:
    return dollars.quantize(Decimal(1).scaleb(dollars.adjusted() - 1), ROUND_HALF_UP)
