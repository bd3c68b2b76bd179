"""Write what happened since the last digest in a few sentences: `digest_sentence`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from batchtui.text.money import usd_fine
from batchtui.text.numbers import amount, count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

    from batchtui.domain.batches.batch import Batch


def digest_sentence(
    since: datetime,
    ended: Sequence[Batch],
    *,
    spent: Decimal | None,
    saved: Decimal | None,
    uncounted: int,
    unknown: int,
    unsent: int,
    expiring: int,
) -> str:
    """Return what ended since then and with which outcomes, what it cost, and what waits for a person.

    Args:
        since: in the time zone of this machine.
        ended: the batches that ended since.
        spent: USD that they cost, as far as that is known; None where none ended.
        saved: USD that they cost less than at standard prices.
        uncounted: those whose cost is unknown.
        unknown: parts whose fate is unknown.
        unsent: parts that nothing sends by itself.
        expiring: batches whose results will soon be deleted.
    """
    said = [f"Since {since:%d %b %H:%M}: {_ended(ended)}"]
    if spent is not None:
        more = f", not counting {amount(uncounted, 'batch', 'batches')} of unknown cost" if uncounted else ""
        less = f" ({usd_fine(saved)} less than at standard prices)" if saved else ""
        said.append(f"Cost: {usd_fine(spent)}{less}{more}.")
    if unknown:
        said.append(f"{amount(unknown, 'part')} unknown: `batchtui resume` finds out.")
    if unsent:
        said.append(f"{amount(unsent, 'part')} not sent: `batchtui resume` sends what is left.")
    if expiring:
        said.append(
            f"The results of {amount(expiring, 'batch', 'batches')} expire soon: `batchtui results ID` saves them."
        )
    if not (unknown or unsent or expiring):
        said.append("Nothing waits for you.")
    return " ".join(said)


def _ended(batches: Sequence[Batch]) -> str:
    if not batches:
        return "no batch ended."
    outcomes: Counter[str] = Counter()
    for batch in batches:
        if batch.outcomes is not None:
            outcomes.update({outcome.value.replace("_", " "): number for outcome, number in batch.outcomes.items()})
        else:
            counts = batch.counts
            outcomes.update(
                succeeded=counts.succeeded, errored=counts.errored, canceled=counts.canceled, expired=counts.expired
            )
    shown = ", ".join(f"{count(number)} {word}" for word, number in outcomes.items() if number)
    return f"{amount(len(batches), 'batch', 'batches')} ended{f': {shown}' if shown else ''}."
