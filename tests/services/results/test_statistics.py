"""What results look like together: outcomes, costs, lengths against max_tokens and values, over parts and attempts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.results.result import Outcome
from batchtui.pricing.price_book import PriceBook
from batchtui.registry.requests.store import RequestStore
from batchtui.registry.results.merge import MergedResults
from batchtui.registry.results.store import ResultStore
from batchtui.services.results.statistics import BINS, merged_statistics
from tests.support.lines import USAGE, errored, succeeded
from tests.support.results import a_batch, keep, keep_requests

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.results.statistics import ResultStatistics


@pytest.fixture
def results(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path / "results")


@pytest.fixture
def requests(tmp_path: Path) -> RequestStore:
    return RequestStore(tmp_path / "requests")


def answer(custom_id: str, output: int, text: str = "Yes.", **message: Any) -> bytes:
    return succeeded(custom_id, text, usage={**USAGE, "output_tokens": output}, **message)


def read(results: ResultStore, requests: RequestStore, batches: Sequence[Batch]) -> ResultStatistics:
    with MergedResults(batches, results, requests) as merged:
        return merged_statistics(merged, PriceBook())


def counts(found: ResultStatistics) -> dict[Outcome, int]:
    return {share.outcome: share.count for share in found.outcomes}


def test_outcomes_are_counted_and_only_what_succeeded_costs(results: ResultStore, requests: RequestStore) -> None:
    lines = [answer("a", 100), answer("b", 300, stop_reason="max_tokens"), errored("c")]
    keep(results, batch := a_batch(succeeded=2, errored=1), b"\n".join(lines))
    found = read(results, requests, [batch])
    assert counts(found) == {Outcome.SUCCEEDED: 1, Outcome.TRUNCATED: 1, Outcome.ERRORED: 1}
    costs = {share.outcome: share.cost for share in found.outcomes}
    assert costs[Outcome.ERRORED] == 0
    whole, cut = costs[Outcome.SUCCEEDED], costs[Outcome.TRUNCATED]
    assert whole is not None
    assert cut is not None
    assert 0 < whole < cut
    assert found.cost == whole + cut


def test_a_model_without_a_price_makes_the_cost_unknown_and_never_nothing(
    results: ResultStore, requests: RequestStore
) -> None:
    keep(results, batch := a_batch(succeeded=2), b"\n".join([answer("a", 1), answer("b", 1, model="nobody-knows")]))
    found = read(results, requests, [batch])
    assert [share.cost for share in found.outcomes] == [None]
    assert found.cost is None


def test_of_what_was_tried_again_the_result_that_stands_counts(results: ResultStore, requests: RequestStore) -> None:
    keep(
        results,
        first := a_batch(1, succeeded=2),
        b"\n".join([answer("a", 9, stop_reason="max_tokens"), answer("b", 5)]),
    )
    keep(results, again := a_batch(2, attempt=2, succeeded=1), answer("a", 20))
    found = read(results, requests, [again, first])
    assert counts(found) == {Outcome.SUCCEEDED: 2}
    assert found.replaced == 1
    assert found.replaced_cost
    assert found.tokens is not None
    assert (found.tokens.longest, found.tokens.truncated) == (20, 0)


def test_answers_that_reach_max_tokens_and_those_near_it_are_told_apart(
    results: ResultStore, requests: RequestStore
) -> None:
    keep_requests(requests, ["a", "b", "c", "d"], max_tokens=200)
    lines = [answer("a", 200, stop_reason="max_tokens"), answer("b", 190), answer("c", 40), answer("d", 60)]
    keep(results, batch := a_batch(succeeded=4), b"\n".join(lines))
    tokens = read(results, requests, [batch]).tokens
    assert tokens is not None
    assert (tokens.limit, tokens.other_limits) == (200, 0)
    assert (tokens.truncated, tokens.near_limit, tokens.median, tokens.longest) == (1, 1, 60, 200)
    [last] = [one for one in tokens.bins if one.low <= 200 <= one.high]
    assert last.truncated == 1
    assert any(one.high == 200 for one in tokens.bins) or last is tokens.bins[-1]


@pytest.mark.parametrize("limit", [1, 7, 100, 512, 1_000, 4_096, 64_000])
@pytest.mark.parametrize("longest", [1, 3, 99, 513, 70_000])
def test_every_answer_is_in_one_bin_whatever_the_limit(
    limit: int, longest: int, results: ResultStore, requests: RequestStore
) -> None:
    lengths = sorted({1, longest // 3 + 1, longest // 2 + 1, longest})
    ids = [f"r{at}" for at in range(len(lengths))]
    keep_requests(requests, ids, max_tokens=limit)
    keep(
        results,
        batch := a_batch(succeeded=len(ids)),
        b"\n".join(answer(one, length) for one, length in zip(ids, lengths, strict=True)),
    )
    tokens = read(results, requests, [batch]).tokens
    assert tokens is not None
    assert len(tokens.bins) <= BINS + 1
    assert tokens.bins[0].low == 1
    assert all(one.high + 1 == after.low for one, after in zip(tokens.bins, tokens.bins[1:], strict=False))
    for one in tokens.bins:
        assert one.count == sum(one.low <= length <= one.high for length in lengths)


def test_values_of_structured_answers_are_counted_and_prose_is_none(
    results: ResultStore, requests: RequestStore
) -> None:
    lines = [answer(str(at), 5, json.dumps({"kind": kind})) for at, kind in enumerate("aab")]
    keep(results, batch := a_batch(succeeded=4), b"\n".join([*lines, answer("prose", 5, "a, b or a?")]))
    found = read(results, requests, [batch])
    assert found.structured == 3
    assert [(field.name, field.values) for field in found.fields] == [("kind", (("a", 2), ("b", 1)))]


def test_values_of_replaced_answers_do_not_count(results: ResultStore, requests: RequestStore) -> None:
    keep(results, first := a_batch(1, succeeded=1), answer("a", 5, '{"kind": "old"}'))
    keep(results, again := a_batch(2, attempt=2, succeeded=1), answer("a", 5, '{"kind": "new"}'))
    [field] = read(results, requests, [first, again]).fields
    assert field.values == (("new", 1),)


def test_a_batch_whose_requests_are_not_stored_has_no_limit(results: ResultStore, requests: RequestStore) -> None:
    keep(results, batch := replace(a_batch(succeeded=1), job="elsewhere"), answer("a", 5))
    tokens = read(results, requests, [batch]).tokens
    assert tokens is not None
    assert tokens.limit is None


def test_without_any_answer_there_is_no_histogram(results: ResultStore, requests: RequestStore) -> None:
    keep(results, batch := a_batch(errored=1), errored("a"))
    found = read(results, requests, [batch])
    assert found.tokens is None
    assert found.cost == 0
