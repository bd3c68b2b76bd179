"""All results of a job as one list: numbered through, without what was replaced, and read like one batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.domain.results.result import Outcome
from batchtui.registry.requests.store import RequestStore
from batchtui.registry.results.job_results import JobResults
from batchtui.registry.results.merge import MergedResults
from batchtui.registry.results.store import ResultStore
from tests.support.lines import bare, errored, succeeded
from tests.support.results import a_batch, keep, keep_requests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST = a_batch(1, part=1, parts=2, succeeded=3)
SECOND = a_batch(2, part=2, parts=2, succeeded=2)
RETRY = a_batch(3, attempt=2, succeeded=2)


@pytest.fixture
def job(tmp_path: Path) -> Iterator[JobResults]:
    results, requests = ResultStore(tmp_path / "results"), RequestStore(tmp_path / "requests")
    keep_requests(requests, list("abcde"), parts=[1, 1, 1, 2, 2])
    keep_requests(requests, ["b", "e"], attempt=2)
    keep(results, FIRST, b"\n".join([succeeded("c", "C"), errored("b", "api_error", "x 1"), succeeded("a", "A")]))
    keep(results, SECOND, b"\n".join([errored("e", "api_error", "x 2"), succeeded("d", "D needle")]))
    keep(results, RETRY, b"\n".join([succeeded("b", "B again"), bare("e", "expired")]))
    opened = JobResults(MergedResults([RETRY, SECOND, FIRST], results, requests))
    yield opened
    opened.close()


def ids(job: JobResults, seqs: object) -> str:
    return "".join(facts.custom_id for facts in job.page(list(seqs)))  # type: ignore[call-overload]


def test_every_request_stands_there_once_with_the_result_that_counts(job: JobResults) -> None:
    assert job.count == 5
    assert job.order() == range(1, 6)
    assert ids(job, job.order()) == "cadbe"
    assert [facts.seq for facts in job.page([3, 1])] == [3, 1]


def test_outcomes_are_those_of_the_results_that_count(job: JobResults) -> None:
    assert job.by_outcome == {Outcome.SUCCEEDED: 4, Outcome.EXPIRED: 1}
    assert ids(job, job.order({Outcome.EXPIRED})) == "e"
    assert bytes(job.mask({Outcome.EXPIRED})) == bytes([0, 0, 0, 0, 0, 1])


def test_a_line_and_its_batch_are_found_by_number(job: JobResults) -> None:
    assert b"B again" in job.raw(4)
    assert [job.batch_of(seq).key for seq in job.order()] == [1, 1, 2, 3, 3]


def test_failures_of_a_kind_are_one_group_over_all_batches_without_replaced_ones(job: JobResults) -> None:
    [group] = job.groups
    assert (group.outcome, group.count) == (Outcome.EXPIRED, 1)
    assert ids(job, job.order(group=group.id)) == "e"
    assert len(job.order(group=99)) == 0


def test_a_search_finds_only_what_counts_and_tells_its_progress_over_all_files(job: JobResults) -> None:
    told: list[tuple[int, int]] = []
    assert ids(job, job.search("needle", on_progress=lambda done, total: told.append((done, total)))) == "d"
    assert ids(job, job.search("x 1")) == ""
    done, totals = zip(*told, strict=True)
    assert list(done) == sorted(done)
    assert {totals[-1]} == set(totals) == {done[-1]}


def test_a_choice_is_handed_to_an_export_by_batch(job: JobResults) -> None:
    assert job.picked([5, 1, 4]) == {3: [2, 1], 1: [1]}
