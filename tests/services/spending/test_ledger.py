"""Sums of spending: what is unknown makes a sum unknown, and what is known of it stands beside it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from batchtui.domain.costs.cost import Cost
from batchtui.domain.costs.spending import Spending, SpentRow
from batchtui.domain.results.usage import Usage
from batchtui.services.spending.ledger import LedgerLine, midnight
from tests.support.clock import START

HIT = Usage(input_tokens=100, cache_read_tokens=300, output_tokens=50)


def spent(batch: int, cost: str | None, *, usage: Usage = HIT, uncached: str | None = None) -> SpentRow:
    known = None if cost is None else Decimal(cost)
    standard = None if known is None else 2 * known
    saved_on = None if uncached is None else Decimal(uncached)
    spending = Spending("m", "", 10, usage, known, standard, saved_on, None if known is None else Cost(known))
    return SpentRow(batch, f"msgbatch_{batch}", "job_1", "nightly", START, (), None, spending)


def test_one_unknown_price_makes_the_sum_unknown_and_never_less() -> None:
    line = LedgerLine("total")
    for each in (spent(1, "1.50"), spent(2, None)):
        line.add(each)
    assert line.cost is None
    assert (line.known, line.unknown, line.results) == (Decimal("1.50"), 10, 20)


def test_two_lines_of_one_batch_are_one_batch() -> None:
    line = LedgerLine("total")
    for each in (spent(1, "1"), spent(1, "2")):
        line.add(each)
    assert (len(line.batches), line.cost, line.categories.input) == (1, Decimal(3), Decimal(3))


def test_caching_is_said_by_what_it_saved_or_cost() -> None:
    saving, costing = LedgerLine("a"), LedgerLine("b")
    saving.add(spent(1, "1", uncached="1.40"))
    costing.add(spent(1, "1", uncached="0.90", usage=Usage(input_tokens=10, cache_write_1h_tokens=90)))
    assert (saving.caching, saving.hit_rate) == (Decimal("0.40"), 0.75)
    assert (costing.caching, costing.hit_rate) == (Decimal("-0.10"), 0.0)


def test_without_a_cache_there_is_no_hit_rate() -> None:
    line = LedgerLine("a")
    line.add(spent(1, "1", usage=Usage(input_tokens=10)))
    assert line.hit_rate is None


@pytest.mark.parametrize(
    ("zone", "began"),
    [("America/New_York", "2026-11-20T05:00:00+00:00"), ("Asia/Tokyo", "2026-11-20T15:00:00+00:00")],
)
def test_a_day_begins_at_the_midnight_of_this_machine(monkeypatch: pytest.MonkeyPatch, zone: str, began: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert midnight(datetime(2026, 11, 21, 3, 0, tzinfo=UTC)) == datetime.fromisoformat(began)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("now", "began"),
    [
        ("2026-03-29T10:00:00+00:00", "2026-03-28T23:00:00+00:00"),
        ("2026-10-25T10:00:00+00:00", "2026-10-24T22:00:00+00:00"),
    ],
    ids=["clocks forward", "clocks back"],
)
def test_on_the_days_of_a_change_midnight_has_the_offset_that_it_had(
    monkeypatch: pytest.MonkeyPatch, now: str, began: str
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        assert midnight(datetime.fromisoformat(now)) == datetime.fromisoformat(began)
    finally:
        monkeypatch.undo()
        time.tzset()
