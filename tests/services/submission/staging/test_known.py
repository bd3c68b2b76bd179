"""What was asked before is known again: under other ids, in another order, in another form, and only if it is good."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.costs.known_requests import KnownRequests
from batchtui.registry.requests.writer import index_name
from batchtui.services.batches.delete import apply_delete, plan_delete
from batchtui.services.batches.prune import apply_prune, plan_prune
from batchtui.services.batches.targets import find_target
from batchtui.services.retry.retry import RetryOptions, apply_retry, plan_retry
from batchtui.services.submission.check import check
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.simulator import Scenario, Simulator
from tests.support.builders import requests
from tests.support.desk import Desk, asked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock


@pytest.fixture
def scenario() -> Scenario:
    return Scenario(takes=60.0, requests_per_minute=0)


@pytest.fixture
def simulator(clock: TurnedClock, scenario: Scenario) -> Iterator[Simulator]:
    with Simulator(scenario, clock=clock) as running:
        yield running


@pytest.fixture
def desk(workspace: Workspace, clock: TurnedClock, tmp_path: Path) -> Desk:
    return Desk(workspace, clock, tmp_path)


def counts(known: KnownRequests) -> tuple[int, int, int, int]:
    return known.answered, known.in_progress, known.duplicates, known.new


async def test_of_the_first_file_everything_is_new(desk: Desk) -> None:
    known = await desk.known(requests(3))
    assert known == KnownRequests(3)
    assert not desk.workspace.registry.digests.path.exists()


async def test_reversed_lines_with_other_ids_and_one_more_are_known(desk: Desk) -> None:
    sent = await desk.submit(asked("a", "b", "c"))
    again = [{"params": dict(reversed(each["params"].items())), "custom_id": f"n{number}"}
             for number, each in enumerate(reversed(asked("a", "b", "c", "d")))]  # fmt: skip
    known = await desk.known(again)
    assert counts(known) == (0, 3, 0, 1)
    await desk.end()
    known = await desk.known(again)
    assert counts(known) == (3, 0, 0, 1)
    assert [(job.id, job.name, job.answered) for job in known.jobs] == [(sent.job.id, "first", 3)]


async def test_duplicates_are_counted_once_and_only_where_nothing_else_is_known(desk: Desk) -> None:
    await desk.answered(asked("a"))
    known = await desk.known(asked("a", "a", "b", "c", "b", "b"))
    assert counts(known) == (2, 0, 2, 2)


async def test_equal_requests_take_time_that_grows_with_their_number_and_not_with_its_square(desk: Desk) -> None:
    submitted = await desk.answered(asked(*["Same?"] * 300))
    known = await desk.known(asked(*["Same?"] * 200, "Other?", prefix="y"))
    assert (known.answered, known.new, known.duplicates) == (200, 1, 0)
    # 200,000 equal requests beside those of an earlier week took hours and filled the disk.
    index = desk.workspace.paths.requests / submitted.job.id / index_name(1)
    with desk.workspace.registry.digests.compare(index, with_known=True) as comparison:
        assert comparison._held.execute("SELECT count(*) FROM hits").fetchone()[0] <= 300


async def test_the_new_ones_cost_what_a_file_of_them_alone_costs(desk: Desk) -> None:
    await desk.answered(asked("a", "b"))
    long = "x" * 70_000
    lines = [*asked("a", "b", "c", "d"), *asked("e", long, prefix="y", max_tokens=99), *asked("c", prefix="z")]
    known = await desk.known(lines)
    alone = await check(desk.workspace, [desk.file([*lines[2:4], *lines[4:6]])], IntakeOptions())
    assert known.estimate is not None
    assert (known.new, known.estimate.cost) == (4, alone.estimate.cost)
    assert known.estimate.output_tokens == alone.estimate.output_tokens


async def test_answers_of_several_jobs_are_counted_for_the_newest(desk: Desk) -> None:
    await desk.answered(asked("a", "b"), "older")
    await desk.answered(asked("b", "c"), "newer")
    known = await desk.known(asked("a", "b", "c", "d"))
    assert [(job.name, job.answered) for job in known.jobs] == [("newer", 2), ("older", 1)]


async def test_an_answer_goes_before_what_is_on_its_way(desk: Desk) -> None:
    await desk.answered(asked("a"), "older")
    await desk.submit(asked("a", "b"), "newer")
    known = await desk.known(asked("a", "b"))
    assert [(job.name, job.answered, job.in_progress) for job in known.jobs] == [("newer", 0, 1), ("older", 1, 0)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"model": "claude-sonnet-5-5"}),
        ({}, {"max_tokens": 300}),
        ({}, {"betas": ("context-1m-2025-08-07",)}),
        ({"api_version": "2023-06-01"}, {}),
    ],
)
async def test_another_model_limit_or_header_is_another_question(
    first: dict[str, Any], second: dict[str, Any], desk: Desk
) -> None:
    await desk.answered(asked("a"), **first)
    assert counts(await desk.known(asked("a"), **second)) == (0, 0, 0, 1)
    assert counts(await desk.known(asked("a"), **first)) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    "scenario",
    [
        Scenario(takes=60.0, requests_per_minute=0, truncated=1.0),
        Scenario(takes=60.0, requests_per_minute=0, refused=1.0),
        Scenario(takes=60.0, requests_per_minute=0, paused=1.0),
        Scenario(takes=60.0, requests_per_minute=0, errored={"overloaded_error": 1.0}),
        Scenario(takes=60.0, requests_per_minute=0, expired=1.0),
    ],
    ids=["truncated", "refused", "paused", "errored", "expired"],
)
async def test_a_request_that_did_not_succeed_has_no_answer(desk: Desk, scenario: Scenario) -> None:
    await desk.answered(asked("a", "b"))
    assert counts(await desk.known(asked("a", "b"))) == (0, 0, 0, 2)


@pytest.mark.parametrize(
    "scenario", [Scenario(takes=60.0, requests_per_minute=0, seed=7, errored={"overloaded_error": 0.5})]
)
async def test_requests_that_a_retry_sent_are_known_as_in_progress(desk: Desk, scenario: Scenario) -> None:
    lines = requests(20)
    sent = await desk.answered(lines)
    before = await desk.known(lines)
    assert 0 < before.answered < 20
    target = await find_target(desk.workspace, sent.job.id)
    await apply_retry(desk.workspace, await plan_retry(desk.workspace, target, RetryOptions()))
    again = await desk.known(lines)
    assert counts(again) == (before.answered, 20 - before.answered, 0, 0)
    assert [job.name for job in again.jobs] == ["first"]


async def test_a_request_whose_answer_depends_on_the_day_is_never_known(desk: Desk) -> None:
    tools = [{"type": "web_search_20250305", "name": "web_search"}]
    search: dict[str, Any] = {"tools": tools, "model": "claude-sonnet-5-5"}
    await desk.answered(asked("a", **search))
    assert counts(await desk.known(asked("a", "a", **search))) == (0, 0, 0, 2)


async def test_results_that_are_damaged_are_no_answers(desk: Desk) -> None:
    [batch] = (await desk.answered(asked("a"))).batches
    desk.workspace.registry.results.paths(batch).raw.write_bytes(b"")
    assert counts(await desk.known(asked("a"))) == (0, 0, 0, 1)


async def test_an_index_of_results_that_is_gone_is_made_again(desk: Desk) -> None:
    [batch] = (await desk.answered(asked("a"))).batches
    desk.workspace.registry.results.paths(batch).index.unlink()
    assert counts(await desk.known(asked("a"))) == (1, 0, 0, 0)


async def test_a_job_that_was_deleted_is_known_no_more(desk: Desk, clock: TurnedClock) -> None:
    sent = await desk.answered(asked("a", "b"), "gone")
    await desk.answered(asked("b"), "kept")
    keys = [batch.key for batch in sent.batches]
    await apply_delete(desk.workspace, await plan_delete(desk.workspace, keys))
    clock.turn(hours=24 * 60)
    await apply_prune(desk.workspace, await plan_prune(desk.workspace, older_than=timedelta(days=1)))
    assert counts(await desk.known(asked("a", "b"))) == (1, 0, 0, 1)
    with sqlite3.connect(desk.workspace.registry.digests.path) as index:
        assert index.execute("SELECT count(*) FROM digests").fetchone() == (1,)


@pytest.mark.parametrize("content", [b"", b"no database " * 1000])
async def test_an_index_of_digests_that_is_gone_or_damaged_is_made_anew(content: bytes, desk: Desk) -> None:
    await desk.answered(asked("a"))
    desk.workspace.registry.digests.path.write_bytes(content)
    assert counts(await desk.known(asked("a"))) == (1, 0, 0, 0)


async def test_requests_that_an_earlier_version_stored_are_passed_over(desk: Desk) -> None:
    old = await desk.answered(asked("a"), "old")
    await desk.answered(asked("b"), "new")
    path = desk.workspace.registry.requests.folder / old.job.id / "1.db"
    index = sqlite3.connect(path)
    index.executescript("ALTER TABLE requests DROP COLUMN digest; ALTER TABLE requests DROP COLUMN shape")
    index.close()
    assert counts(await desk.known(asked("a", "b"))) == (1, 0, 0, 1)
    with desk.workspace.registry.requests.reader(old.job.id) as reader:
        assert json.loads(reader.find("x-0") or b"") == asked("a")[0]


@pytest.mark.parametrize("is_indexed", [False, True])
async def test_a_job_whose_requests_are_damaged_costs_its_own_answers_only(is_indexed: bool, desk: Desk) -> None:
    broken = await desk.answered(asked("a"), "broken")
    await desk.answered(asked("b"), "whole")
    digests = desk.workspace.registry.digests.path
    path = desk.workspace.registry.requests.folder / broken.job.id / "1.db"
    if is_indexed:
        stamp = path.stat().st_mtime_ns
        path.write_bytes(b"no database " * 1000)
        os.utime(path, ns=(stamp, stamp))
    else:
        digests.unlink()
        path.write_bytes(b"no database " * 1000)
    assert counts(await desk.known(asked("a", "b"))) == (1, 0, 0, 1)


async def test_checks_at_once_fill_the_index_once(desk: Desk) -> None:
    await desk.answered(requests(50))
    desk.workspace.registry.digests.path.unlink()
    found = await asyncio.gather(*(desk.known(requests(50, "other")) for _ in range(4)))
    assert [each.answered for each in found] == [50] * 4
    with sqlite3.connect(desk.workspace.registry.digests.path) as index:
        assert index.execute("SELECT count(*) FROM digests").fetchone() == (50,)


async def test_parts_of_a_job_are_known_each_by_its_own_state(desk: Desk) -> None:
    sent = await desk.answered(requests(5), max_requests=2)
    assert len(sent.batches) == 3
    desk.workspace.registry.results.paths(sent.batches[1]).raw.unlink()
    assert counts(await desk.known(requests(6, "other"))) == (3, 0, 0, 3)


async def test_requests_with_errors_are_not_counted(desk: Desk) -> None:
    await desk.answered(asked("a"))
    lines = [*asked("a", "b"), {"custom_id": "bad id", "params": {}}]
    assert counts(await desk.known(lines)) == (1, 0, 0, 1)
