"""Estimates: figures worked out by hand from the price list, and what nobody can know is said."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from batchtui.domain.costs.estimate import Grounds
from batchtui.domain.costs.estimate_history import EstimateHistory, PastBatch
from batchtui.intake import CheckedRequest, Shape
from batchtui.pricing.price_book import PriceBook
from batchtui.services.estimates.estimate import estimate
from batchtui.services.estimates.group_price import ENVELOPE
from batchtui.services.estimates.request_groups import LONG, SAMPLE, RequestGroup, RequestGrouper

DAY = date(2026, 11, 21)
BOOK = PriceBook()
SONNET = "claude-sonnet-5-5"
"""In a batch 1 USD in and 5 USD out for a million tokens."""


def load(**fields: object) -> RequestGroup:
    """A hundred requests of 7,000 bytes of prompt each, which may write 1,000 tokens each."""
    known: dict[str, object] = {
        "part": 1, "shape": 1, "model": SONNET, "requests": 100, "bytes": 100 * (7_000 + ENVELOPE), "longest": LONG,
        "max_tokens": 100_000,
    }  # fmt: skip
    return RequestGroup(**{**known, **fields})  # type: ignore[arg-type]


def shape(*traits: str, payload: bytes = b"{}") -> Shape:
    return Shape(1, 100, "", SONNET, "r-1", "f", 1, payload, frozenset(traits))


def past(*shares: float, model: str = SONNET, factor: float = 1.0) -> EstimateHistory:
    """A history of batches that wrote these shares of their max_tokens, and read so much of what was expected."""
    return EstimateHistory(
        [PastBatch(model, "", "", 1000, int(1000 * share), 1000, int(1000 * factor)) for share in shares]
    )


def test_the_range_goes_from_no_answer_to_max_tokens() -> None:
    found = estimate([load()], [shape()], EstimateHistory(), DAY, BOOK)
    # 700,000 bytes: 140,000 tokens at 5 bytes each, 350,000 at 2; and 1 or 60 for each request's frame.
    assert found.cost.low == Decimal(140100) / 1_000_000
    assert found.cost.at_most == Decimal(356000) / 1_000_000 + Decimal("0.5")
    assert found.cost.likely is None
    assert found.output_tokens == (None, 100_000)


def test_the_same_without_a_batch_costs_twice_as_much() -> None:
    found = estimate([load()], [shape()], past(0.25), DAY, BOOK)
    assert found.cost.low is not None
    assert found.standard.low == 2 * found.cost.low
    assert found.cost.likely is not None
    assert found.standard.likely == 2 * found.cost.likely


def test_the_likely_output_comes_from_past_batches() -> None:
    found = estimate([load()], [shape()], past(0.25), DAY, BOOK)
    # 200,000 tokens at 3.5 bytes each and one for each frame; a quarter of what may be written.
    assert found.cost.likely == Decimal(200100) / 1_000_000 + Decimal("0.125")
    assert found.cost.figure == found.cost.likely


def test_several_batches_make_a_range_and_leave_the_upper_bound() -> None:
    alone, found = (estimate([load()], [shape()], past(*shares), DAY, BOOK) for shares in ((0.25,), (0.1, 0.2, 0.3)))
    # 200,100 tokens of input as the bytes say, and a tenth, a fifth, three tenths of 100,000 tokens at 5 USD a million.
    assert found.cost.low == Decimal("0.2001") + Decimal("0.05")
    assert found.cost.likely == Decimal("0.2001") + Decimal("0.10")
    assert found.cost.high == Decimal("0.2001") + Decimal("0.15")
    assert found.output_range == (10_000, 30_000)
    assert found.grounds == Grounds(3, "model", corrects_input=True)
    assert (alone.cost.high, alone.output_range) == (None, None)
    assert alone.grounds == Grounds(1, "model", corrects_input=True)
    assert found.cost.at_most == alone.cost.at_most


def test_the_input_estimate_is_corrected_by_past_batches() -> None:
    found = estimate([load()], [shape()], past(0.2, factor=1.2), DAY, BOOK)
    assert found.input_tokens == (140_100, 240_120, 356_000)


@pytest.mark.parametrize(("factor", "tokens"), [(0.01, 140_100), (50.0, 356_000)])
def test_a_correction_never_leaves_what_is_possible(factor: float, tokens: int) -> None:
    assert estimate([load()], [shape()], past(0.2, factor=factor), DAY, BOOK).input_tokens[1] == tokens


def test_one_kind_of_requests_without_a_history_leaves_the_whole_without() -> None:
    both = [load(), load(model="claude-haiku-5-5", part=2)]
    found = estimate(both, [shape()], past(0.2, 0.3), DAY, BOOK)
    assert (found.cost.likely, found.cost.high, found.grounds, found.output_tokens[0]) == (None, None, None, None)
    assert found.parts[0].high is not None


def test_a_history_under_the_dated_name_of_a_model_counts_for_it() -> None:
    found = estimate([load()], [shape()], past(0.5, model=f"{SONNET}-20260901"), DAY, BOOK)
    assert found.output_tokens == (50_000, 100_000)


def test_a_long_prompt_has_the_price_of_its_step() -> None:
    haiku = load(model="claude-haiku-5-5", requests=1, bytes=500_000 + ENVELOPE, longest=500_000, max_tokens=1)
    found = estimate([haiku], [], EstimateHistory(), DAY, BOOK)
    # Above 100,000 tokens 0.25 USD in and 1.25 USD out for a million, below 0.05 and 0.25.
    assert found.cost.low == Decimal(100001) * Decimal("0.25") / 1_000_000
    assert found.cost.at_most == (Decimal(250060) * Decimal("0.25") + Decimal("1.25")) / 1_000_000


def test_a_model_without_a_price_makes_it_unknown_and_never_nothing() -> None:
    found = estimate([load(), load(model="claude-nobody-knows", part=2)], [shape()], EstimateHistory(), DAY, BOOK)
    assert (found.cost.low, found.cost.at_most) == (None, None)
    assert found.parts[0].low is not None
    assert found.parts[1].at_most is None
    assert found.unpriced == ("claude-nobody-knows",)


def test_at_most_all_of_the_input_is_written_to_the_cache_that_is_asked_for() -> None:
    hour = estimate([load(hourly=1)], [shape("text+cache")], EstimateHistory(), DAY, BOOK)
    minutes = estimate([load()], [shape("text+cache")], EstimateHistory(), DAY, BOOK)
    plain = estimate([load()], [shape()], EstimateHistory(), DAY, BOOK)
    answers = Decimal("0.5")
    assert plain.cost.at_most is not None
    assert hour.cost.at_most == 2 * (plain.cost.at_most - answers) + answers
    assert minutes.cost.at_most == Decimal("1.25") * (plain.cost.at_most - answers) + answers


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (estimate([load(elsewhere=3)], [shape()], EstimateHistory(), DAY, BOOK), "URL or file id"),
        (estimate([load()], [shape("web_search")], EstimateHistory(), DAY, BOOK), "server tools add what they find"),
    ],
)
def test_server_tools_leave_the_estimate_without_an_upper_bound(found: object, said: str) -> None:
    assert found.cost.at_most is None  # type: ignore[attr-defined]
    assert said in found.unbounded[0]  # type: ignore[attr-defined]


def checked(seq: int, payload: bytes, max_tokens: int = 10, shape: int = 1) -> CheckedRequest:
    return CheckedRequest(seq, f"r-{seq}", payload, "f", seq, SONNET, max_tokens, shape)


def weighed(*requests: CheckedRequest, part: int = 1) -> tuple[RequestGroup, ...]:
    counter = RequestGrouper()
    counter.add(part, requests)
    return counter.loads()


def test_requests_are_added_up_by_part_shape_model_and_length() -> None:
    counter = RequestGrouper()
    counter.add(1, [checked(1, b"x" * 100), checked(2, b"x" * 50), checked(3, b"x", shape=2)])
    counter.add(1, [checked(4, b"x" * (LONG + 1))])
    counter.add(2, [checked(5, b"x")])
    assert [(each.part, each.shape, each.requests, each.bytes, each.max_tokens) for each in counter.loads()] == [
        (1, 1, 2, 150, 20), (1, 2, 1, 1, 10), (1, 1, 1, LONG + 1, 10), (2, 1, 1, 1, 10),
    ]  # fmt: skip


def test_images_are_distinguished_from_text_by_their_base64() -> None:
    image = b'{"source": {"type": "base64", "media_type": "image/png", "data": "QUJD"}}'
    url = b'{"source": {"type": "url", "url": "https://example.com/a.png"}}'
    (found,) = weighed(checked(1, image), checked(2, image), checked(3, url))
    assert (found.images, found.media, found.elsewhere) == (2, 8, 1)


def test_one_request_that_wants_the_long_cache_is_enough_for_its_price() -> None:
    short, long = (b'{"cache_control": {"type": "ephemeral"%s}}' % ttl for ttl in (b"", b', "ttl": "1h"'))
    assert [each.hourly for each in weighed(checked(1, short), checked(2, long), checked(3, short))] == [1]


@pytest.mark.parametrize("count", [1, SAMPLE - 1, SAMPLE, SAMPLE + 1, 1000])
def test_a_sample_is_spread_over_all_requests(count: int) -> None:
    (found,) = weighed(*(checked(seq, b"x") for seq in range(1, count + 1)))
    steps = {later - earlier for earlier, later in pairwise(found.sample)}
    assert min(count, SAMPLE // 2) <= len(found.sample) <= SAMPLE
    assert (found.sample[0], len(steps) <= 1) == (1, True)
    assert count - found.sample[-1] <= max(steps, default=0)
