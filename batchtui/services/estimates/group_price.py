"""Price a group of alike requests: at least, likely, at most: `price_group`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.costs.estimate import Bounds
from batchtui.domain.results.usage import Usage

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from batchtui.domain.costs.estimate_history import PastOutcomes, TokenRange
    from batchtui.intake import Shape
    from batchtui.pricing.price_book import PriceBook
    from batchtui.pricing.price_list import ModelPrices
    from batchtui.services.estimates.request_groups import RequestGroup

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
LOW, LIKELY, HIGH = range(3)
Tokens = tuple[int, int, int]
"""At least, likely and at most."""


def input_tokens(load: RequestGroup, shape: Shape | None) -> Tokens:
    """Return the input tokens of a group, estimated from its bytes: at least, likely and at most."""
    traits = shape.traits if shape else frozenset()
    text = max(0, load.bytes - load.media - ENVELOPE * load.requests)

    def tokens(level: int) -> int:
        more = (TOOLS[level] if "tools" in traits else 0) + (STRUCTURE[level] if "output_config" in traits else 0)
        media = load.images * IMAGE[level]
        if load.documents:
            media += int(load.media / DOCUMENT_BYTES[level])
        return int(text / BYTES_A_TOKEN[level]) + media + load.requests * (more + (60 if level == HIGH else 1))

    return tokens(LOW), tokens(LIKELY), tokens(HIGH)


AT_THE_API = ("web_search", "web_fetch", "code_execution", "bash_code", "text_editor_code", "tool_search", "mcp_")
"""How tools are called that run at the API and put what they find into the input."""
_IN_THE_US = re.compile(rb'"inference_geo"\s*:\s*"us"')


@dataclass(frozen=True, slots=True)
class GroupPrice:
    """The price and the tokens of one group."""

    part: int
    batch: Bounds
    standard: Bounds
    input_tokens: Tokens
    written: Tokens | None
    """Tokens of output, by what was written before."""
    outcomes: PastOutcomes | None


def price_group(
    load: RequestGroup,
    shape: Shape | None,
    outcomes: PastOutcomes | None,
    day: date,
    book: PriceBook,
    counted: Tokens | None,
) -> GroupPrice:
    """Return the price of a group on a day, in a batch and without one.

    Args:
        load: the requests, summed up.
        shape: their skeleton, where it is known.
        outcomes: what requests like them came to.
        day: when they are sent.
        book: the prices that hold.
        counted: their input as the API has counted it.
    """
    tokens, is_open = counted or input_tokens(load, shape), bool(uncertainties(load, shape))
    learnt = tokens if counted or outcomes is None else _corrected(tokens, outcomes.input, is_open=is_open)
    written = None if outcomes is None else _written(load, outcomes.output)

    def bounds(*, batch: bool) -> Bounds:
        prices = book.prices_of(load.model or "", day, batch=batch)
        if prices is None:
            return Bounds(None, None, None)
        # What a tool fetches at the API, or an address leads to, has no upper bound that could be stated.
        at_most = None if is_open else _amount(load, shape, tokens, HIGH, load.max_tokens, prices)
        if written is None or outcomes is None:
            return Bounds(_amount(load, shape, tokens, LOW, 0, prices), None, at_most)
        low, likely, high = (_amount(load, shape, learnt, at, written[at], prices) for at in (LOW, LIKELY, HIGH))
        if outcomes.is_range:
            return Bounds(low, likely, at_most, high)
        return Bounds(_amount(load, shape, tokens, LOW, 0, prices), likely, at_most)

    said = (tokens[LOW], learnt[LIKELY], max(tokens[HIGH], learnt[LIKELY]))
    return GroupPrice(load.part, bounds(batch=True), bounds(batch=False), said, written, outcomes)


def _corrected(tokens: Tokens, found: TokenRange | None, *, is_open: bool) -> Tokens:
    """Correct what bytes say of the input by what it came to before; never out of what is possible."""
    if found is None:
        return tokens
    low, likely, high = tokens

    def learnt(factor: float) -> int:
        expected = max(low, round(likely * factor))
        return expected if is_open else min(expected, high)

    return learnt(found.low), learnt(found.likely), learnt(found.high)


def _written(load: RequestGroup, share: TokenRange) -> Tokens:
    low, likely, high = (int(min(1.0, part) * load.max_tokens) for part in (share.low, share.likely, share.high))
    return low, likely, high


def _amount(
    load: RequestGroup, shape: Shape | None, tokens: Tokens, level: int, written: int, prices: ModelPrices
) -> Decimal | None:
    """Return the cost of a group in USD, with prompts as long as `level` says and `written` output tokens."""
    longest = tokens[level] // load.requests
    if level == HIGH and longest < load.longest:
        # Of requests of many lengths the longest may stand in a dearer step than their mean.
        # At most one token for two bytes of text, and one for a byte of a document: see BYTES_A_TOKEN.
        longest = max(longest, load.longest // (1 if load.documents else 2))
    cost = prices.rates(longest, _geography(shape, level)).cost(_usage(load, shape, level, tokens[level], written))
    return cost.total if cost else None


def _usage(load: RequestGroup, shape: Shape | None, level: int, tokens: int, written: int) -> Usage:
    """Return where the input may go: at least all of it is read from a cache, at most all of it is written to one."""
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
    # The shape tells that the key is there and not its value; "us" is the dearer one (pricing documentation).
    return "us" if level == HIGH or (level == LIKELY and _IN_THE_US.search(shape.payload)) else None


def uncertainties(load: RequestGroup, shape: Shape | None) -> tuple[str, ...]:
    """Return why the input may be larger than the request shows, a sentence each."""
    said = []
    if load.elsewhere:
        said.append("images or documents are given by URL or file id, so their size is unknown")
    if shape and any(trait.startswith(AT_THE_API) for trait in shape.traits):
        said.append("server tools add what they find to the input")
    return tuple(said)
