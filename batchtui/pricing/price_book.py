"""The prices that apply to one user: list prices, their own, and discounts: `PriceBook`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from batchtui.domain.model import undated
from batchtui.pricing.price_list import ModelPrices, Rates, prices_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from batchtui.domain.costs.cost import Cost
    from batchtui.domain.results.usage import Usage

_MILLION, _THOUSAND = Decimal(1_000_000), Decimal(1000)


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """What a user says one model costs, without a batch: USD for a million tokens, and for a thousand web searches."""

    input: Decimal | None = None
    """None takes the list's prices; `output` is None then, too."""
    output: Decimal | None = None
    cache_write_5m: Decimal | None = None
    """None takes 1.25 times the input, as the API does."""
    cache_write_1h: Decimal | None = None
    """None takes twice the input, as the API does."""
    cache_read: Decimal | None = None
    """None takes a tenth of the input, as the API does for most models."""
    web_search: Decimal = Decimal(10)
    batch: Decimal = Decimal("0.5")
    """What a batch costs of that, for tokens; web searches cost the same."""
    discount: Decimal | None = None
    """A share of 1 off this model's tokens, in place of the discount off all; None where that one holds."""

    def prices(self, *, batch: bool) -> ModelPrices | None:
        """Return it as prices, the same for every length of prompt; None where only a discount is named."""
        put_in, put_out = self.input, self.output
        if put_in is None or put_out is None:
            return None
        share = (self.batch if batch else Decimal(1)) / _MILLION

        def rate(amount: Decimal | None, usual: str) -> Decimal:
            return (put_in * Decimal(usual) if amount is None else amount) * share

        rates = Rates(
            input=put_in * share,
            cache_write_5m=rate(self.cache_write_5m, "1.25"),
            cache_write_1h=rate(self.cache_write_1h, "2"),
            cache_read=rate(self.cache_read, "0.1"),
            output=put_out * share,
            web_search=self.web_search / _THOUSAND,
        )
        return ModelPrices(((-1, rates),))


_NOTHING_OWN = OwnPrice()


class PriceBook:
    """Finds the prices of a model for one user."""

    def __init__(self, own: Mapping[str, OwnPrice] | None = None, discount: Decimal = Decimal(0)) -> None:
        """`own`: by model, before the list's; `discount`: a share of 1 off all tokens, on top of a batch's."""
        self._own = dict(own or {})
        self._discount = discount

    def prices_of(self, model: str, day: date, *, batch: bool = True) -> ModelPrices | None:
        """Return the prices of a model on a day; None where unknown. The first call may take a quarter of a second."""
        # Answers name models with their date, while a user writes the name without.
        own = self._own.get(model) or self._own.get(undated(model)) or _NOTHING_OWN
        found = own.prices(batch=batch) or prices_of(model, day, batch=batch)
        factor = 1 - (self._discount if own.discount is None else own.discount)
        # The price list's own object, which is cached: no copies are made where nothing changes.
        if found is None or factor == 1:
            return found
        return ModelPrices(tuple((above, rates.times(factor)) for above, rates in found.steps))

    def cost(self, model: str, usage: Usage, day: date, *, geography: str | None = None) -> Cost | None:
        """Return the cost of one result of a batch; None where the price is unknown."""
        prices = self.prices_of(model, day)
        return prices.rates(usage.total_input, geography).cost(usage) if prices else None
