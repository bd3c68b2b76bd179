"""Prices: figures worked out by hand from the documentation's list, and each trap of the library avoided."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from genai_prices import calc_price, extract_usage

from batchtui.domain.results.usage import Usage
from batchtui.pricing.price_list import price, prices_of

TODAY = date(2026, 11, 21)
MILLION = 1_000_000


def cost(model: str, usage: Usage, geography: str | None = None, *, batch: bool = True, day: date = TODAY) -> Decimal:
    priced = price(model, usage, day, geography=geography, batch=batch)
    assert priced is not None
    return priced.total


@pytest.mark.parametrize(
    ("model", "put_in", "put_out"),
    [
        ("claude-fable-5-2", "4", "20"),
        ("claude-opus-5-5", "2", "10"),
        ("claude-opus-5", "2.50", "12.50"),
        ("claude-sonnet-5-5", "1", "5"),
        ("claude-sonnet-5", "1", "5"),
        ("claude-sonnet-4-6", "1.50", "7.50"),
        ("claude-haiku-4-5", "0.50", "2.50"),
        ("claude-haiku-4-5-20251001", "0.50", "2.50"),
    ],
)
def test_a_million_tokens_cost_what_the_list_says(model: str, put_in: str, put_out: str) -> None:
    assert cost(model, Usage(input_tokens=MILLION)) == Decimal(put_in)
    assert cost(model, Usage(output_tokens=MILLION)) == Decimal(put_out)


@pytest.mark.parametrize(
    ("model", "written_5m", "written_1h", "read"),
    [
        ("claude-opus-5", "3.125", "5", "0.25"),  # 1.25 x, 2 x and 0.1 x of 2.50
        ("claude-opus-5-5", "2.50", "4", "0.10"),  # 0.05 x of 2
        ("claude-sonnet-5-5", "1.25", "2", "0.05"),  # 0.05 x of 1
        ("claude-fable-5-2", "5", "8", "0.10"),  # 0.025 x of 4
    ],
)
def test_the_cache_has_its_own_prices_and_half_of_them(model: str, written_5m: str, written_1h: str, read: str) -> None:
    assert cost(model, Usage(cache_write_5m_tokens=MILLION)) == Decimal(written_5m)
    assert cost(model, Usage(cache_write_1h_tokens=MILLION)) == Decimal(written_1h)
    assert cost(model, Usage(cache_read_tokens=MILLION)) == Decimal(read)


def test_the_price_rises_above_100_000_tokens_of_prompt_for_all_of_the_request() -> None:
    # 100,000 x 0.05 + 1,000 x 0.25 = 5,250; 100,001 x 0.25 + 1,000 x 1.25 = 26,250.25 millionths
    at, above = Usage(100_000, output_tokens=1000), Usage(100_001, output_tokens=1000)
    assert cost("claude-haiku-5-5", at) == Decimal("0.00525")
    assert cost("claude-haiku-5-5", above) == Decimal("0.02625025")


def test_cached_tokens_count_towards_the_prompt_length() -> None:
    usage = Usage(input_tokens=1, cache_read_tokens=100_000)
    assert cost("claude-haiku-5-5", usage) == Decimal("0.00250025")  # 0.25 + 100,000 x 0.025


def test_results_are_priced_each_on_its_own() -> None:
    one = Usage(input_tokens=60_000)
    assert 2 * cost("claude-haiku-5-5", one) == Decimal("0.006")
    assert cost("claude-haiku-5-5", one + one) == Decimal("0.03"), "a sum would be taken for one long prompt"


def test_a_batch_is_half_the_standard_price_and_never_the_full_one() -> None:
    usage = Usage(1000, 200, 300, 400, 500)
    for model in ("claude-haiku-5-5", "claude-opus-4-6", "claude-sonnet-5-5"):
        assert cost(model, usage) * 2 == cost(model, usage, batch=False)


def test_older_models_have_batch_prices_before_the_day_on_which_the_list_begins_them() -> None:
    assert cost("claude-haiku-4-5", Usage(MILLION), day=date(2026, 9, 1)) == Decimal("0.50")


def test_a_model_without_a_batch_price_is_unknown_and_not_full_price() -> None:
    assert prices_of("claude-3-haiku", TODAY) is None
    assert prices_of("claude-3-haiku", TODAY, batch=False) is not None


@pytest.mark.parametrize("model", ["", "claude-opus-9", "gpt-5", "sonnet", "claude-mythos-preview", "\x1b[31m"])
def test_an_unknown_model_has_no_price_rather_than_none_to_pay(model: str) -> None:
    assert price(model, Usage(MILLION), TODAY) is None


def test_inference_in_the_us_costs_a_tenth_more() -> None:
    assert cost("claude-opus-5", Usage(MILLION, output_tokens=MILLION), "us") == Decimal("16.5")
    assert cost("claude-opus-5", Usage(MILLION), "global") == Decimal("2.50")


def test_web_searches_have_no_discount_and_no_geography() -> None:
    assert cost("claude-opus-5", Usage(web_searches=1000)) == 10
    assert cost("claude-opus-5", Usage(web_searches=1000), "us") == 10


def test_thinking_is_not_billed_twice() -> None:
    thought = Usage(output_tokens=MILLION, thinking_tokens=900_000)
    assert cost("claude-opus-5", thought) == Decimal("12.50")


def test_a_category_without_a_price_makes_the_cost_unknown() -> None:
    assert price("claude-2", Usage(cache_read_tokens=5), TODAY, batch=False) is None


@pytest.mark.parametrize("prompt", [10, 99_000, 150_000])
@pytest.mark.parametrize(
    "model", ["claude-haiku-5-5", "claude-haiku-4-5-20251001", "claude-sonnet-4-6", "claude-fable-5-2"]
)
def test_the_library_itself_says_the_same(model: str, prompt: int) -> None:
    answer = {
        "model": model,
        "usage": {
            "input_tokens": prompt,
            "cache_creation_input_tokens": 1200,
            "cache_creation": {"ephemeral_5m_input_tokens": 200, "ephemeral_1h_input_tokens": 1000},
            "cache_read_input_tokens": 700,
            "output_tokens": 321,
            "output_tokens_details": {"thinking_tokens": 100},
            "service_tier": "batch",
        },
    }
    extracted = extract_usage(answer, provider_id="anthropic")
    said = calc_price(
        extracted.usage,
        model,
        provider_id="anthropic",
        genai_request_timestamp=datetime(2026, 11, 21),  # noqa: DTZ001  (naive is UTC to it)
        price_context={"processing": "batch"},
    )
    assert cost(model, Usage(prompt, 200, 1000, 700, 321, 100)) == said.total_price
