"""Price single results by the prices of the day on which their batch was made: `result_pricer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.results.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from batchtui.domain.costs.cost import Cost
    from batchtui.domain.results.result import ResultFacts
    from batchtui.pricing.price_book import PriceBook

_UNMETERED = Usage()
"""The usage of a result that says nothing of its tokens."""


def result_pricer(book: PriceBook, day: date) -> Callable[[ResultFacts], Cost | None]:
    """Return a function that prices single results, by the price list of the day on which their batch was made.

    It returns None for results that are not billed, and where the model has no known price.
    """

    def price(facts: ResultFacts) -> Cost | None:
        return result_cost(book, day, facts.result_type, facts.model, facts.usage, facts.geography)

    return price


def result_cost(
    book: PriceBook, day: date, result_type: str, model: str | None, usage: Usage, geography: str | None
) -> Cost | None:
    """Return what one result cost in USD; None as `result_pricer` says."""
    # Errored, expired and canceled requests are not billed (Message Batches API, "Pricing").
    if result_type != "succeeded" or not model or usage == _UNMETERED:
        return None
    return book.cost(model, usage, day, geography=geography)
