"""What requests will cost before they are sent: at least, likely, and at most; what cannot be known is said."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.cost import NOTHING, total
from batchtui.domain.estimate import Bounds, Estimate
from batchtui.domain.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from batchtui.intake import Shape
    from batchtui.pricing.book import PriceBook
    from batchtui.pricing.prices import ModelPrices
    from batchtui.services.counting import Tally
    from batchtui.services.loads import Load
    from batchtui.services.workspace import Workspace

ENVELOPE = 130
"""Bytes of a request that are JSON around the prompt: custom_id, model, roles."""
BYTES_A_TOKEN = (5.0, 3.5, 2.0)
"""Bytes of JSON for one token of prompt: at least, likely, at most. Recorded requests without tools lie in between."""
TOOLS = (250, 500, 900)
"""Tokens that tools add beyond their own text, of which the API tells the model more than the request holds."""
STRUCTURE = (0, 180, 450)
"""Tokens that a schema for the answer adds beyond its own text."""
IMAGE = (50, 1600, 4800)
"""Tokens of an image: it is scaled down to these at most (documentation of vision)."""
DOCUMENT_BYTES = (40.0, 10.0, 1.0)
"""Bytes of base64 for one token of a PDF: they vary more than anything else."""
AT_THE_API = ("web_search", "web_fetch", "code_execution", "bash_code", "text_editor_code", "tool_search", "mcp_")
"""How tools are called that run at the API and put what they find into the input."""
LOW, LIKELY, HIGH = range(3)
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
    shares, day = await workspace.registry.costs.output_shares(name), workspace.clock.now().date()
    return await asyncio.to_thread(estimate, loads, shapes, shares, day, workspace.prices, tally)


def estimate(
    loads: Sequence[Load],
    shapes: Iterable[Shape],
    shares: Mapping[str, float],
    day: date,
    book: PriceBook,
    tally: Tally | None = None,
) -> Estimate:
    """Estimate what requests cost on a day. Blocking: the price list may have to be read.

    Args:
        loads: the requests, added up.
        shapes: their skeletons, as far as they are known.
        shares: how much of max_tokens each model has written so far, as a share of 1; absent without a history.
        day: when they are sent.
        book: the prices that hold.
        tally: what the API has counted of them.
    """
    by_id, models = {shape.id: shape for shape in shapes}, {load.model or "" for load in loads}
    counted = tally.tokens if tally else {}
    priced = [_priced(load, by_id.get(load.shape), shares, day, book, counted.get(load)) for load in loads]
    parts = sorted({load.part for load in loads})
    written = [each.written for each in priced if each.written is not None]
    return Estimate(
        cost=_together([each.batch for each in priced]),
        standard=_together([each.standard for each in priced]),
        parts=tuple(_together([each.batch for each in priced if each.part == part]) for part in parts),
        input_tokens=_added([each.input_tokens for each in priced]),
        output_tokens=(
            sum(written) if len(written) == len(priced) and priced else None,
            sum(load.max_tokens for load in loads),
        ),
        unpriced=tuple(sorted(model or "(no model)" for model in models if book.prices_of(model, day) is None)),
        open=_open(loads, by_id),
        counted=tally.counted if tally else None,
    )


def input_tokens(load: Load, shape: Shape | None) -> tuple[int, int, int]:
    """Work out the tokens of all prompts of a load from their bytes: at least, likely and at most."""
    traits = shape.traits if shape else frozenset()
    text = max(0, load.bytes - load.media - ENVELOPE * load.requests)

    def tokens(level: int) -> int:
        more = (TOOLS[level] if "tools" in traits else 0) + (STRUCTURE[level] if "output_config" in traits else 0)
        media = load.images * IMAGE[level]
        if load.documents:
            media += int(load.media / DOCUMENT_BYTES[level])
        return int(text / BYTES_A_TOKEN[level]) + media + load.requests * (more + (60 if level == HIGH else 1))

    return tokens(LOW), tokens(LIKELY), tokens(HIGH)


@dataclass(frozen=True, slots=True)
class _Priced:
    """What one load costs and weighs."""

    part: int
    batch: Bounds
    standard: Bounds
    input_tokens: tuple[int, int, int]
    written: int | None
    """Tokens of output that are likely."""


def _priced(
    load: Load,
    shape: Shape | None,
    shares: Mapping[str, float],
    day: date,
    book: PriceBook,
    counted: tuple[int, int, int] | None,
) -> _Priced:
    tokens, share = counted or input_tokens(load, shape), _share(shares, load.model)
    written = None if share is None else int(share * load.max_tokens)

    def bounds(*, batch: bool) -> Bounds:
        prices = book.prices_of(load.model or "", day, batch=batch)
        if prices is None:
            return Bounds(None, None, None)
        return Bounds(
            _amount(load, shape, tokens, LOW, 0, prices),
            None if written is None else _amount(load, shape, tokens, LIKELY, written, prices),
            None if _reasons(load, shape) else _amount(load, shape, tokens, HIGH, load.max_tokens, prices),
        )

    return _Priced(load.part, bounds(batch=True), bounds(batch=False), tokens, written)


def _amount(
    load: Load, shape: Shape | None, tokens: tuple[int, int, int], level: int, written: int, prices: ModelPrices
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


def _share(shares: Mapping[str, float], model: str | None) -> float | None:
    """Find a model's history; its answers name it with a date where requests need not."""
    if model is None or model in shares:
        return shares.get(model or "")
    return next((share for name, share in shares.items() if name.startswith(f"{model}-20")), None)


def _added(tokens: Sequence[tuple[int, int, int]]) -> tuple[int, int, int]:
    low, likely, high = (sum(each[level] for each in tokens) for level in (LOW, LIKELY, HIGH))
    return low, likely, high


def _together(bounds: Sequence[Bounds]) -> Bounds:
    if not bounds:
        return Bounds(NOTHING, NOTHING, NOTHING)
    return Bounds(
        total([each.low for each in bounds]),
        total([each.likely for each in bounds]),
        total([each.at_most for each in bounds]),
    )
