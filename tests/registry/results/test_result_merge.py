"""Several batches as one set: the parts of a job, and the result that counts for each custom_id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.domain.results.result import Outcome
from batchtui.registry.requests.store import RequestStore
from batchtui.registry.results.merge import MergedResults
from batchtui.registry.results.store import ResultStore
from tests.support.lines import bare, errored, succeeded
from tests.support.results import a_batch, keep, keep_requests

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.registry.results.merge import Found

FIRST = a_batch(1, part=1, parts=2, succeeded=3)
SECOND = a_batch(2, part=2, parts=2, succeeded=2)
RETRY = a_batch(3, attempt=2, succeeded=2)
AGAIN = a_batch(4, attempt=3, succeeded=1)


@pytest.fixture
def results(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path / "results")


@pytest.fixture
def requests(tmp_path: Path) -> RequestStore:
    store = RequestStore(tmp_path / "requests")
    keep_requests(store, ["a", "b", "c", "d", "e"], parts=[1, 1, 1, 2, 2])
    keep_requests(store, ["b", "d"], attempt=2, max_tokens=999)
    keep_requests(store, ["b"], attempt=3)
    return store


@pytest.fixture
def batches(results: ResultStore) -> list[Batch]:
    keep(results, FIRST, b"\n".join([succeeded("c", "C"), errored("b"), succeeded("a", "A")]))
    keep(results, SECOND, b"\n".join([succeeded("e", "E"), succeeded("d", "D1")]))
    return [FIRST, SECOND]


def said(merged: MergedResults, found: Iterable[Found]) -> list[str]:
    lines = [(place, merged.line(place)) for place in found]
    return [f"{merged.batches[place.source].attempt}{line[14:15].decode()}" for place, line in lines]


def test_parts_follow_each_other_as_they_came(
    results: ResultStore, requests: RequestStore, batches: list[Batch]
) -> None:
    with MergedResults(batches[::-1], results, requests) as merged:
        assert merged.is_plain
        assert said(merged, merged.in_arrival_order()) == ["1c", "1b", "1a", "1e", "1d"]


def test_the_order_of_the_input_goes_over_all_parts(
    results: ResultStore, requests: RequestStore, batches: list[Batch]
) -> None:
    with MergedResults(batches, results, requests) as merged:
        assert said(merged, merged.in_input_order()) == ["1a", "1b", "1c", "1d", "1e"]
        assert merged.missing == 0


def test_a_filter_holds_in_both_orders(results: ResultStore, requests: RequestStore, batches: list[Batch]) -> None:
    with MergedResults(batches, results, requests) as merged:
        assert said(merged, merged.in_arrival_order({Outcome.ERRORED})) == ["1b"]
        assert said(merged, merged.in_input_order({Outcome.SUCCEEDED})) == ["1a", "1c", "1d", "1e"]


@pytest.mark.parametrize(
    ("retried", "again", "arrival", "by_input"),
    [
        ([succeeded("b", "B2")], None, ["1c", "1a", "1e", "1d", "2b"], ["1a", "2b", "1c", "1d", "1e"]),
        ([errored("b", "api_error")], None, ["1c", "1a", "1e", "1d", "2b"], ["1a", "2b", "1c", "1d", "1e"]),
        ([errored("d")], None, ["1c", "1b", "1a", "1e", "1d"], ["1a", "1b", "1c", "1d", "1e"]),
        ([succeeded("d", "D2")], None, ["1c", "1b", "1a", "1e", "2d"], ["1a", "1b", "1c", "2d", "1e"]),
        ([succeeded("b", "B2")], bare("b", "expired"), ["1c", "1a", "1e", "1d", "2b"], ["1a", "2b", "1c", "1d", "1e"]),
        ([errored("b")], succeeded("b", "B3"), ["1c", "1a", "1e", "1d", "3b"], ["1a", "3b", "1c", "1d", "1e"]),
        ([errored("b")], bare("b", "expired"), ["1c", "1a", "1e", "1d", "3b"], ["1a", "3b", "1c", "1d", "1e"]),
    ],
)  # fmt: skip
def test_the_latest_success_counts_else_the_latest_outcome(
    results: ResultStore,
    requests: RequestStore,
    batches: list[Batch],
    retried: list[bytes],
    again: bytes | None,
    arrival: list[str],
    by_input: list[str],
) -> None:
    keep(results, RETRY, b"\n".join(retried))
    all_of_them = [*batches, RETRY]
    if again:
        keep(results, AGAIN, again)
        all_of_them.append(AGAIN)
    with MergedResults(all_of_them, results, requests) as merged:
        assert not merged.is_plain
        assert said(merged, merged.in_arrival_order()) == arrival
        assert said(merged, merged.in_input_order()) == by_input


def test_the_request_is_that_of_the_attempt_which_counts(
    results: ResultStore, requests: RequestStore, batches: list[Batch]
) -> None:
    keep(results, RETRY, succeeded("b", "B2"))
    with MergedResults([*batches, RETRY], results, requests) as merged:
        first, second, *_ = merged.in_input_order()
        assert b'"max_tokens":256' in (merged.request(first, "a") or b"")
        assert b'"max_tokens":999' in (merged.request(second, "b") or b"")


def test_requests_are_found_in_order_of_arrival_too(
    results: ResultStore, requests: RequestStore, batches: list[Batch]
) -> None:
    with MergedResults(batches, results, requests) as merged:
        first, *_ = merged.in_arrival_order()
        assert b"Question c?" in (merged.request(first, "c") or b"")
        assert merged.request(first, "nobody") is None


def test_requests_without_a_result_are_counted(
    results: ResultStore, requests: RequestStore, batches: list[Batch]
) -> None:
    with MergedResults(batches[:1], results, requests) as merged:
        assert said(merged, merged.in_input_order()) == ["1a", "1b", "1c"]
        assert merged.missing == 0
    keep(results, SECOND, succeeded("e", "E"))
    with MergedResults(batches, results, requests) as merged:
        assert said(merged, merged.in_input_order()) == ["1a", "1b", "1c", "1e"]
        assert merged.missing == 1


def test_results_of_no_known_request_come_at_the_end(
    results: ResultStore, requests: RequestStore, batches: list[Batch]
) -> None:
    keep(results, SECOND, b"\n".join([succeeded("z", "?"), succeeded("e", "E"), succeeded("d", "D")]))
    with MergedResults(batches, results, requests) as merged:
        assert said(merged, merged.in_input_order()) == ["1a", "1b", "1c", "1d", "1e", "1z"]


def test_without_stored_requests_there_is_no_order_of_the_input(results: ResultStore, batches: list[Batch]) -> None:
    with MergedResults(batches, results, RequestStore(results.folder / "none")) as merged:
        assert not merged.has_requests
        assert len(list(merged.in_arrival_order())) == 5
