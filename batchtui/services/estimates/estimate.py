"""Estimate what requests will cost before they are sent: `estimate`."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from batchtui.domain.costs.cost import NOTHING, total
from batchtui.domain.costs.estimate import Bounds, Estimate, Grounds
from batchtui.domain.costs.estimate_history import CLOSEST, ENOUGH
from batchtui.services.estimates.expectations import expectations, templates_of
from batchtui.services.estimates.group_price import HIGH, LIKELY, LOW, price_group, uncertainties

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from batchtui.domain.costs.estimate_history import EstimateHistory, PastOutcomes
    from batchtui.intake import Shape
    from batchtui.pricing.price_book import PriceBook
    from batchtui.services.estimates.group_price import Tokens
    from batchtui.services.estimates.request_groups import RequestGroup
    from batchtui.services.estimates.token_counting import TokenCounts
    from batchtui.services.workspace import Workspace


async def estimate_requests(
    workspace: Workspace,
    loads: Sequence[RequestGroup],
    shapes: Iterable[Shape],
    *,
    name: str | None = None,
    tally: TokenCounts | None = None,
) -> Estimate:
    """Estimate what requests cost if they are sent now.

    Args:
        workspace: whose history, prices and clock hold.
        loads: the requests, summed up in groups.
        shapes: their skeletons.
        name: of the job; past batches of the same name are preferred.
        tally: what the API has counted of them.
    """
    history, day = await workspace.registry.estimate_history.history(name), workspace.clock.now().date()
    return await asyncio.to_thread(estimate, loads, shapes, history, day, workspace.prices, tally)


def estimate(
    loads: Sequence[RequestGroup],
    shapes: Iterable[Shape],
    history: EstimateHistory,
    day: date,
    book: PriceBook,
    tally: TokenCounts | None = None,
) -> Estimate:
    """Estimate what requests cost on a day. Blocking: the price list may have to be read.

    Args:
        loads: the requests, summed up in groups.
        shapes: their skeletons, as far as they are known.
        history: what was expected before and came of it.
        day: when they are sent.
        book: the prices that hold.
        tally: what the API has counted of them.
    """
    by_id, models = {shape.id: shape for shape in shapes}, {load.model or "" for load in loads}
    counted = tally.tokens if tally else {}
    templates = templates_of(by_id.values())
    before = {model: history.outcomes(model, templates.get(model, "")) for model in {load.model for load in loads}}
    priced = [
        price_group(load, by_id.get(load.shape), before[load.model], day, book, counted.get(load)) for load in loads
    ]
    parts = sorted({load.part for load in loads})
    written = [each.written for each in priced if each.written is not None]
    is_whole = bool(priced) and len(written) == len(priced)
    grounds = _grounds([each.outcomes for each in priced])
    return Estimate(
        cost=_together([each.batch for each in priced]),
        standard=_together([each.standard for each in priced]),
        parts=tuple(_together([each.batch for each in priced if each.part == part]) for part in parts),
        input_tokens=_added([each.input_tokens for each in priced]),
        output_tokens=(_added(written)[LIKELY] if is_whole else None, sum(load.max_tokens for load in loads)),
        # Asked of the book and not of the bounds: an unknown price and an unknown size are told apart.
        unpriced=tuple(sorted(model or "(no model)" for model in models if book.prices_of(model, day) is None)),
        open=_open(loads, by_id),
        counted=tally.counted if tally else None,
        output_range=_added(written)[::2] if grounds and grounds.batches >= ENOUGH else None,
        grounds=grounds,
        expectations=expectations(loads, by_id, templates),
    )


def _grounds(found: Sequence[PastOutcomes | None]) -> Grounds | None:
    known = [outcomes for outcomes in found if outcomes is not None]
    # One kind without a history leaves the whole without: half a sum says nothing.
    if not known or len(known) < len(found):
        return None
    return Grounds(
        min(outcomes.batches for outcomes in known),
        max((outcomes.likeness for outcomes in known), key=CLOSEST.index),
        any(outcomes.input is not None for outcomes in known),
    )


def _open(loads: Sequence[RequestGroup], shapes: Mapping[int, Shape]) -> tuple[str, ...]:
    counted: Counter[str] = Counter()
    for load in loads:
        for reason in uncertainties(load, shapes.get(load.shape)):
            counted[reason] += load.requests
    return tuple(f"In {number:,} requests {reason}." for reason, number in counted.items())


def _added(tokens: Sequence[Tokens]) -> Tokens:
    low, likely, high = (sum(each[level] for each in tokens) for level in (LOW, LIKELY, HIGH))
    return low, likely, high


def _together(bounds: Sequence[Bounds]) -> Bounds:
    if not bounds:
        return Bounds(NOTHING, NOTHING, NOTHING)
    return Bounds(
        total([each.low for each in bounds]),
        total([each.likely for each in bounds]),
        total([each.at_most for each in bounds]),
        total([each.high for each in bounds]),
    )
