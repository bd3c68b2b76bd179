"""The prices that hold for one user: own ones before the list's, and what was agreed off either."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from batchtui.domain.results.usage import Usage
from batchtui.pricing.price_book import OwnPrice, PriceBook

TODAY = date(2026, 11, 21)
MILLION = 1_000_000
OURS = OwnPrice(Decimal(2), Decimal(10))


def cost(book: PriceBook, model: str, usage: Usage, *, batch: bool = True) -> Decimal | None:
    prices = book.prices_of(model, TODAY, batch=batch)
    found = prices.rates(usage.total_input).cost(usage) if prices else None
    return found.total if found else None


@pytest.mark.parametrize(
    ("usage", "standard"),
    [
        (Usage(MILLION), "2"),
        (Usage(output_tokens=MILLION), "10"),
        (Usage(cache_write_5m_tokens=MILLION), "2.5"),  # 1.25 x
        (Usage(cache_write_1h_tokens=MILLION), "4"),  # 2 x
        (Usage(cache_read_tokens=MILLION), "0.2"),  # 0.1 x
    ],
)
def test_own_prices_go_by_the_usual_factors_and_a_batch_halves_them(usage: Usage, standard: str) -> None:
    book = PriceBook({"ours": OURS})
    assert cost(book, "ours", usage, batch=False) == Decimal(standard)
    assert cost(book, "ours", usage) == Decimal(standard) / 2


def test_an_own_price_of_the_cache_and_of_a_batch_goes_before_the_usual_factor() -> None:
    book = PriceBook({"ours": OwnPrice(Decimal(2), Decimal(10), cache_read=Decimal(1), batch=Decimal("0.25"))})
    assert cost(book, "ours", Usage(cache_read_tokens=MILLION)) == Decimal("0.25")


def test_web_searches_have_neither_batch_nor_discount() -> None:
    book = PriceBook({"ours": OURS}, Decimal("0.5"))
    assert cost(book, "ours", Usage(web_searches=1000)) == 10


def test_an_own_price_holds_for_the_dated_name_that_answers_come_with() -> None:
    book = PriceBook({"claude-haiku-4-5": OURS})
    assert cost(book, "claude-haiku-4-5-20251001", Usage(MILLION)) == 1


def test_a_discount_off_the_list_needs_no_prices_and_goes_before_the_one_off_all() -> None:
    book = PriceBook({"claude-opus-5": OwnPrice(discount=Decimal("0.2"))}, Decimal("0.5"))
    assert cost(book, "claude-opus-5", Usage(MILLION)) == Decimal("2.00")  # 2.50 less a fifth
    assert cost(book, "claude-sonnet-5", Usage(MILLION)) == Decimal("0.5")  # 1 less a half


def test_a_discount_keeps_the_steps_of_long_prompts() -> None:
    book = PriceBook(discount=Decimal("0.1"))
    assert cost(book, "claude-haiku-5-5", Usage(200_000)) == 200_000 * Decimal("0.225") / MILLION


def test_a_discount_off_what_nobody_knows_is_unknown() -> None:
    assert cost(PriceBook(discount=Decimal("0.1")), "claude-nobody-knows", Usage(MILLION)) is None


def test_no_price_at_all_is_a_price_of_nothing_where_a_person_says_so() -> None:
    assert cost(PriceBook({"ours": OwnPrice(Decimal(0), Decimal(0))}), "ours", Usage(MILLION)) == 0
