"""The prices that hold for one user: the list's, their own where they named some, less what was agreed with them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from batchtui.pricing.prices import ModelPrices, Rates, prices_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

_MILLION, _THOUSAND = Decimal(1_000_000), Decimal(1000)


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """What a user says one model costs, without a batch: USD for a million tokens, and for a thousand web searches."""

    input: Decimal
    output: Decimal
    cache_write_5m: Decimal | None = None
    """None takes 1.25 times the input, as the API does."""
    cache_write_1h: Decimal | None = None
    """None takes twice the input, as the API does."""
    cache_read: Decimal | None = None
    """None takes a tenth of the input, as the API does for most models."""
    web_search: Decimal = Decimal(10)
    batch: Decimal = Decimal("0.5")
    """What a batch costs of that, for tokens; web searches cost the same."""

    def prices(self, *, batch: bool) -> ModelPrices:
        """Return it as prices; they are the same for every length of prompt."""
        share = (self.batch if batch else Decimal(1)) / _MILLION

        def rate(amount: Decimal | None, usual: str) -> Decimal:
            return (self.input * Decimal(usual) if amount is None else amount) * share

        rates = Rates(
            input=self.input * share,
            cache_write_5m=rate(self.cache_write_5m, "1.25"),
            cache_write_1h=rate(self.cache_write_1h, "2"),
            cache_read=rate(self.cache_read, "0.1"),
            output=self.output * share,
            web_search=self.web_search / _THOUSAND,
        )
        return ModelPrices(((-1, rates),))


class PriceBook:
    """Finds the price of a model. It knows no usage and adds nothing up."""

    def __init__(self, own: Mapping[str, OwnPrice] | None = None, discount: Decimal = Decimal(0)) -> None:
        """`own`: by model, before the list's; `discount`: a share of 1 off all tokens, on top of a batch's."""
        self._own = dict(own or {})
        self._factor = 1 - discount

    def prices_of(self, model: str, day: date, *, batch: bool = True) -> ModelPrices | None:
        """Return what a model costs on a day; None where nobody says. The first call may take a quarter of a second."""
        own = self._own.get(model)
        found = own.prices(batch=batch) if own else prices_of(model, day, batch=batch)
        if found is None or self._factor == 1:
            return found
        return ModelPrices(tuple((above, rates.times(self._factor)) for above, rates in found.steps))
