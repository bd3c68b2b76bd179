"""What requests will cost before they are sent: at least, likely, and at most; what cannot be known is said."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.cost import NOTHING, total
from batchtui.domain.estimate import Bounds, Estimate, Grounds
from batchtui.domain.precedent import CLOSEST, ENOUGH
from batchtui.domain.usage import Usage
from batchtui.services.expectations import expectations, templates_of
from batchtui.services.prompts import HIGH, LIKELY, LOW, input_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from batchtui.domain.precedent import History, Outcomes, Range
    from batchtui.intake import Shape
    from batchtui.pricing.book import PriceBook
    from batchtui.pricing.prices import ModelPrices
    from batchtui.services.counting import Tally
    from batchtui.services.loads import Load
    from batchtui.services.prompts import Tokens
    from batchtui.services.workspace import Workspace

AT_THE_API = ("web_search", "web_fetch", "code_execution", "bash_code", "text_editor_code", "tool_search", "mcp_")
"""How tools are called that run at the API and put what they find into the input."""
_IN_THE_US = re.compile(rb'"inference_geo"\s*:\s*"us"')


async def expect(
    workspace: Workspace,
    loads: Sequence[Load],
    shapes: Iterable[Shape],
    *,
    name: str | None = None,
    tally: Tally | None = None,
) -> Estimate:
    """Estimate what requests cost if they are sent now.

    Args:
        workspace: whose history, prices and clock hold.
        loads: the requests, added up.
        shapes: their skeletons.
        name: the job's: what was written under this name before says more than what was written anywhere.
        tally: what the API has counted of them.
    """
    history, day = await workspace.registry.precedents.history(name), workspace.clock.now().date()
    return await asyncio.to_thread(estimate, loads, shapes, history, day, workspace.prices, tally)


def estimate(
    loads: Sequence[Load],
    shapes: Iterable[Shape],
    history: History,
    day: date,
    book: PriceBook,
    tally: Tally | None = None,
) -> Estimate:
    """Estimate what requests cost on a day. Blocking: the price list may have to be read.

    Args:
        loads: the requests, added up.
        shapes: their skeletons, as far as they are known.
        history: what was expected before and came of it.
        day: when they are sent.
        book: the prices that hold.
        tally: what the API has counted of them.
    """
    by_id, models = {shape.id: shape for shape in shapes}, {load.model or "" for load in loads}
    counted = tally.tokens if tally else {}
    templates = templates_of(by_id.values())
    priced = [
        _priced(
            load, by_id.get(load.shape), history.outcomes(load.model, templates.get(load.model, "")), day, book,
            counted.get(load),
        )
        for load in loads
    ]  # fmt: skip
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
        unpriced=tuple(sorted(model or "(no model)" for model in models if book.prices_of(model, day) is None)),
        open=_open(loads, by_id),
        counted=tally.counted if tally else None,
        output_range=_added(written)[::2] if grounds and grounds.batches >= ENOUGH else None,
        grounds=grounds,
        expectations=expectations(loads, by_id, templates),
    )


@dataclass(frozen=True, slots=True)
class _Priced:
    """What one load costs and weighs."""

    part: int
    batch: Bounds
    standard: Bounds
    input_tokens: Tokens
    written: Tokens | None
    """Tokens of output, by what was written before."""
    outcomes: Outcomes | None


def _priced(
    load: Load,
    shape: Shape | None,
    outcomes: Outcomes | None,
    day: date,
    book: PriceBook,
    counted: Tokens | None,
) -> _Priced:
    tokens, is_open = counted or input_tokens(load, shape), bool(_reasons(load, shape))
    learnt = tokens if counted or outcomes is None else _corrected(tokens, outcomes.input, is_open=is_open)
    written = None if outcomes is None else _written(load, outcomes.output)

    def bounds(*, batch: bool) -> Bounds:
        prices = book.prices_of(load.model or "", day, batch=batch)
        if prices is None:
            return Bounds(None, None, None)
        at_most = None if is_open else _amount(load, shape, tokens, HIGH, load.max_tokens, prices)
        if written is None or outcomes is None:
            return Bounds(_amount(load, shape, tokens, LOW, 0, prices), None, at_most)
        low, likely, high = (_amount(load, shape, learnt, at, written[at], prices) for at in (LOW, LIKELY, HIGH))
        if outcomes.is_range:
            return Bounds(low, likely, at_most, high)
        return Bounds(_amount(load, shape, tokens, LOW, 0, prices), likely, at_most)

    said = (tokens[LOW], learnt[LIKELY], max(tokens[HIGH], learnt[LIKELY]))
    return _Priced(load.part, bounds(batch=True), bounds(batch=False), said, written, outcomes)


def _corrected(tokens: Tokens, found: Range | None, *, is_open: bool) -> Tokens:
    """Correct what bytes say of the input by what it came to before; never out of what is possible."""
    if found is None:
        return tokens
    low, likely, high = tokens

    def learnt(factor: float) -> int:
        expected = max(low, round(likely * factor))
        return expected if is_open else min(expected, high)

    return learnt(found.low), learnt(found.likely), learnt(found.high)


def _written(load: Load, share: Range) -> Tokens:
    low, likely, high = (int(min(1.0, part) * load.max_tokens) for part in (share.low, share.likely, share.high))
    return low, likely, high


def _grounds(found: Sequence[Outcomes | None]) -> Grounds | None:
    known = [outcomes for outcomes in found if outcomes is not None]
    if not known or len(known) < len(found):
        return None
    return Grounds(
        min(outcomes.batches for outcomes in known),
        max((outcomes.likeness for outcomes in known), key=CLOSEST.index),
        any(outcomes.input is not None for outcomes in known),
    )


def _amount(
    load: Load, shape: Shape | None, tokens: Tokens, level: int, written: int, prices: ModelPrices
) -> Decimal | None:
    """Price a load whose prompts are as long as this level says, and that writes so many tokens."""
    longest = tokens[level] // load.requests
    if level == HIGH and longest < load.longest:
        # Of requests of many lengths the longest may stand in a dearer step than their mean.
        longest = max(longest, load.longest // (1 if load.documents else 2))
    cost = prices.rates(longest, _geography(shape, level)).cost(_usage(load, shape, level, tokens[level], written))
    return cost.total if cost else None


def _usage(load: Load, shape: Shape | None, level: int, tokens: int, written: int) -> Usage:
    """Say where the input may go: at least all of it is read from a cache, at most all of it is written to one."""
    caches = shape is not None and any(trait.endswith(("+cache", "cache_control")) for trait in shape.traits)
    if not caches or level == LIKELY:
        return Usage(tokens, output_tokens=written)
    if level == LOW:
        return Usage(cache_read_tokens=tokens, output_tokens=written)
    if load.hourly:
        return Usage(cache_write_1h_tokens=tokens, output_tokens=written)
    return Usage(cache_write_5m_tokens=tokens, output_tokens=written)


def _geography(shape: Shape | None, level: int) -> str | None:
    if shape is None or "inference_geo" not in shape.traits:
        return None
    return "us" if level == HIGH or (level == LIKELY and _IN_THE_US.search(shape.payload)) else None


def _reasons(load: Load, shape: Shape | None) -> tuple[str, ...]:
    """Say what makes the input larger than anybody can tell from the request."""
    said = []
    if load.elsewhere:
        said.append("images or documents are named by address or file id, and their size is not known here")
    if shape and any(trait.startswith(AT_THE_API) for trait in shape.traits):
        said.append("tools that run at the API put what they find into the input")
    return tuple(said)


def _open(loads: Sequence[Load], shapes: Mapping[int, Shape]) -> tuple[str, ...]:
    counted: Counter[str] = Counter()
    for load in loads:
        for reason in _reasons(load, shapes.get(load.shape)):
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
