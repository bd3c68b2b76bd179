"""Which results of a batch are shown: by outcome, by kind of failure, by what was found in them."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.registry.results.reader import ResultReader

FAILURES = frozenset(outcome for outcome in Outcome if not outcome.is_success)
"""What needs a second look."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be shown; without anything said, all."""

    outcome: Outcome | None = None
    group: int | None = None
    """The number of a group of failures."""
    found: Sequence[int] | None = None
    """What a search found, in order of arrival."""


def order_of(reader: ResultReader, choice: Choice) -> Sequence[int]:
    """Return the seqs that are shown, in order of arrival; never a list of a million numbers. Blocking."""
    outcomes = None if choice.outcome is None else {choice.outcome}
    if choice.group is None and choice.found is None:
        return reader.order(outcomes)
    shown = reader.order(group=choice.group) if choice.group is not None else choice.found or ()
    if choice.group is not None and choice.found is not None:
        shown = _common(shown, choice.found, reader.count)
    if outcomes is None:
        return shown
    mask = reader.mask(outcomes)
    return array("I", (seq for seq in shown if mask[seq]))


def _common(one: Sequence[int], other: Sequence[int], number: int) -> Sequence[int]:
    is_there = bytearray(number + 1)
    for seq in other:
        is_there[seq] = 1
    return array("I", (seq for seq in one if is_there[seq]))


def wanted_from(order: Sequence[int], wanted: bytes, row: int, step: int) -> int | None:
    """Return the next row, or with a step of -1 the one before, that holds what is wanted; None where there is none.

    Args:
        order: the numbers that are shown.
        wanted: one byte a number, 1 for what is looked for.
        row: where to start from; it is not looked at itself.
        step: 1 or -1.
    """
    if isinstance(order, range) and order and order.step == 1:  # a million rows in the time of one
        here = order.start + row
        found = wanted.find(1, here + 1, order.stop) if step > 0 else wanted.rfind(1, order.start, max(0, here))
        return found - order.start if found >= 0 else None
    rows = range(row + 1, len(order)) if step > 0 else range(min(row, len(order)) - 1, -1, -1)
    return next((at for at in rows if wanted[order[at]]), None)
