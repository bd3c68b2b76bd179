"""Look up list prices of models in genai-prices: `prices_of`.

The library's traps, each avoided here and nowhere else:

- The context is exactly `{"processing": "batch"}`; with anything else it gives the full price without a word. So a
  price that is not below the standard one is taken for no batch price.
- Batch prices of older models begin on 2026-10-14: it is never asked about a day before that.
- A long prompt raises the price of all of its request, so results are priced by their own length, never as a sum.
- It knows no geography: inference in the US costs 1.1 times as much for tokens (documentation of `inference_geo`).
- For a model that it does not know it raises; here that is None, and never 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from batchtui.domain.costs.cost import NOTHING, Cost

if TYPE_CHECKING:
    from batchtui.domain.results.usage import Usage

BATCH_PRICES_SINCE = date(2026, 10, 14)
"""The list has batch prices of older models from this day on."""
BATCH = {"processing": "batch"}
US = "us"
US_FACTOR = Decimal("1.1")
_MILLION, _THOUSAND = Decimal(1_000_000), Decimal(1000)


@dataclass(frozen=True, slots=True)
class Rates:
    """USD for one token of each category, and for one web search; None where the list has no price."""

    input: Decimal | None
    cache_write_5m: Decimal | None
    cache_write_1h: Decimal | None
    cache_read: Decimal | None
    output: Decimal | None
    web_search: Decimal | None

    def cost(self, usage: Usage) -> Cost | None:
        """Price a usage; None where it has something that the list has no price for."""
        amounts: list[Decimal] = []
        for count, rate in (
            (usage.input_tokens, self.input),
            (usage.cache_write_5m_tokens, self.cache_write_5m),
            (usage.cache_write_1h_tokens, self.cache_write_1h),
            (usage.cache_read_tokens, self.cache_read),
            (usage.output_tokens, self.output),
            (usage.web_searches, self.web_search),
        ):
            if count and rate is None:
                return None
            amounts.append(count * rate if rate is not None else NOTHING)
        return Cost(*amounts)

    def times(self, factor: Decimal) -> Rates:
        """Return the rates with the price of every token multiplied; a web search costs the same everywhere."""

        def scaled(rate: Decimal | None) -> Decimal | None:
            return None if rate is None else rate * factor

        return replace(
            self,
            input=scaled(self.input),
            cache_write_5m=scaled(self.cache_write_5m),
            cache_write_1h=scaled(self.cache_write_1h),
            cache_read=scaled(self.cache_read),
            output=scaled(self.output),
        )


@dataclass(frozen=True, slots=True)
class ModelPrices:
    """What one model costs, by the length of the prompt."""

    steps: tuple[tuple[int, Rates], ...]
    """Rates for prompts of more than so many tokens, the cache included; the first is for more than -1."""

    def rates(self, prompt_tokens: int, geography: str | None = None) -> Rates:
        """Return the rates of a request whose prompt is so long."""
        # The highest step that the prompt exceeds holds for all of its tokens, not only for those above it.
        rates = next(rates for above, rates in reversed(self.steps) if prompt_tokens > above)
        return rates.times(US_FACTOR) if geography == US else rates

    @property
    def thresholds(self) -> tuple[int, ...]:
        """Lengths of prompts, in tokens, above which other rates hold."""
        return tuple(above for above, _ in self.steps[1:])


def prices_of(model: str, day: date, *, batch: bool = True) -> ModelPrices | None:
    """Return what a model costs on a day; None where the list does not know the model or has no batch price of it.

    The first call imports the list, which takes a quarter of a second: not for an event loop.
    """
    # An earlier day would find no batch price at all, or the full one.
    return _prices(model, max(day, BATCH_PRICES_SINCE), batch)


def load_list() -> None:
    """Read the price list itself, which the first question does otherwise: a quarter of a second of a processor."""
    _listed("", BATCH_PRICES_SINCE, None)


def price(model: str, usage: Usage, day: date, *, geography: str | None = None, batch: bool = True) -> Cost | None:
    """Price one result by its own usage; never a sum of several, as prices go by the length of each prompt."""
    prices = prices_of(model, day, batch=batch)
    return prices.rates(usage.total_input, geography).cost(usage) if prices else None


@lru_cache(maxsize=1024)
def _prices(model: str, day: date, batch: bool) -> ModelPrices | None:
    standard = _listed(model, day, None)
    if standard is None or not batch:
        return _model_prices(standard) if standard is not None else None
    listed = _listed(model, day, BATCH)
    # No discount means that the context was not understood, or that there is no batch price.
    return None if listed is None or listed.input_mtok == standard.input_mtok else _model_prices(listed)


def _listed(model: str, day: date, context: dict[str, str] | None) -> Any:
    """Return the library's prices of a model; None where it knows none."""
    from genai_prices import Usage as Tokens
    from genai_prices import calc_price

    try:
        return calc_price(
            Tokens(input_tokens=0, output_tokens=0),
            model,
            provider_id="anthropic",
            # Noon: prices change at midnight of some time zone.
            genai_request_timestamp=datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
            price_context=context,
        ).model_price
    except LookupError:
        return None


def _model_prices(listed: Any) -> ModelPrices:
    starts = sorted({tier.start for price in vars(listed).values() for tier in getattr(price, "tiers", ())})
    return ModelPrices(tuple((above, _rates(listed, above)) for above in (-1, *starts)))


def _rates(listed: Any, above: int) -> Rates:
    """Return the rates for prompts of more than `above` tokens."""
    return Rates(
        input=_at(listed.input_mtok, above, _MILLION),
        cache_write_5m=_at(listed.cache_write_mtok, above, _MILLION),
        cache_write_1h=_at(listed.cache_write_1h_mtok, above, _MILLION),
        cache_read=_at(listed.cache_read_mtok, above, _MILLION),
        output=_at(listed.output_mtok, above, _MILLION),
        web_search=_at(listed.web_searches_kcount, above, _THOUSAND),
    )


def _at(price: Any, above: int, per: Decimal) -> Decimal | None:
    """Return the price of one unit for prompts of more than `above` tokens."""
    if price is None:
        return None
    if isinstance(price, Decimal):
        return price / per
    reached = [tier.price for tier in price.tiers if tier.start <= above]
    return Decimal(reached[-1] if reached else price.base) / per
