"""What was answered before is not sent again: its answers are copied, in the place of the requests that asked them."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.costs.known_requests import ReusePolicy
from batchtui.domain.errors import BatchtuiError
from batchtui.services.batches.cancel import apply_cancel, plan_cancel
from batchtui.services.batches.delete import apply_delete, plan_delete
from batchtui.services.batches.prune import apply_prune, plan_prune
from batchtui.services.batches.targets import find_target
from batchtui.services.polling.maintenance import run_maintenance
from batchtui.services.polling.wait import wait
from batchtui.services.results.collect import collect
from batchtui.services.results.export import apply_export, plan_export
from batchtui.services.results.export_plan import ExportOptions
from batchtui.services.results.statistics import read_statistics
from batchtui.services.retry.retry import RetryOptions, apply_retry, plan_retry
from batchtui.services.reuse.fill import fill_all, rename_line
from batchtui.services.submission.submit import SubmitOptions, apply_submit, plan_submit
from batchtui.simulator import Fault, Scenario, Simulator
from tests.support.desk import Desk, asked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.submission.submit import Submitted
    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock

ANY = ReusePolicy()


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


def sent(simulator: Simulator) -> list[str]:
    """The questions that reached the API, in order."""
    return [params["messages"][0]["content"] for batch in simulator.world.batches for params in batch.params]


async def lines_of(desk: Desk, submitted: Submitted) -> list[dict[str, Any]]:
    """The results of a job in the order of its input."""
    return [json.loads(line) for line in (await export_of(desk, submitted)).splitlines()]


async def export_of(desk: Desk, submitted: Submitted) -> bytes:
    """What an export in the order of the input writes."""
    batches = await desk.workspace.registry.queries.of_job(submitted.job.id)
    output = desk._folder / f"{submitted.job.id}.jsonl"
    plan = await plan_export(desk.workspace, batches, ExportOptions(output=str(output), order="input", overwrite=True))
    await apply_export(desk.workspace, plan)
    return output.read_bytes()


def answers(lines: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(line["custom_id"], line["result"]["message"]["content"][0]["text"]) for line in lines]


async def test_only_what_is_new_is_sent_and_the_whole_comes_in_the_order_of_the_input(
    desk: Desk, simulator: Simulator
) -> None:
    first = await desk.answered(asked("a", "b", "c"))
    before = dict(answers(await lines_of(desk, first)))
    again = await desk.reuse(asked("c", "new", "a", "b", prefix="y"), ANY)
    assert sent(simulator) == ["a", "b", "c", "new"]
    await desk.end()
    whole = answers(await lines_of(desk, again))
    assert [custom_id for custom_id, _ in whole] == ["y-0", "y-1", "y-2", "y-3"]
    assert [whole[0][1], whole[2][1], whole[3][1]] == [before["x-2"], before["x-0"], before["x-1"]]


async def test_what_is_all_answered_is_a_job_that_has_ended_without_a_call(desk: Desk, simulator: Simulator) -> None:
    await desk.answered(asked("a", "b"))
    calls = len(simulator.world.calls)
    again = await desk.reuse(asked("b", "a", prefix="y"), ANY)
    assert len(simulator.world.calls) == calls
    [part] = again.batches
    assert (part.id, part.state, part.results, part.is_reused) == (None, BatchState.ENDED, ResultsState.SAVED, True)
    assert (part.counts.succeeded, part.counts.total, part.cost_actual) == (2, 2, Decimal(0))
    assert [custom_id for custom_id, _ in answers(await lines_of(desk, again))] == ["y-0", "y-1"]


async def test_one_of_each_duplicate_is_sent_and_all_get_its_answer(desk: Desk, simulator: Simulator) -> None:
    job = await desk.reuse(asked("a", "b", "a", "a", "c", "b"), ANY, max_requests=2)
    assert sent(simulator) == ["a", "b", "c"]
    await desk.end()
    whole = answers(await lines_of(desk, job))
    assert [custom_id for custom_id, _ in whole] == [f"x-{number}" for number in range(6)]
    texts = [text for _, text in whole]
    assert texts[0] == texts[2] == texts[3]
    assert texts[1] == texts[5]
    assert all(batch.state is BatchState.ENDED for batch in await desk.workspace.registry.queries.of_job(job.job.id))


async def test_what_is_in_progress_is_waited_for_and_not_sent_again(desk: Desk, simulator: Simulator) -> None:
    first = await desk.submit(asked("a", "b"))
    again = await desk.reuse(asked("b", "c", "a", prefix="y"), ANY)
    third = await desk.reuse(asked("a", "c", prefix="z"), ANY)
    assert sent(simulator) == ["a", "b", "c"]
    waiting = [batch for batch in again.batches if batch.is_reused]
    assert [(batch.state, batch.requests) for batch in waiting] == [(BatchState.IN_PROGRESS, 2)]
    await desk.end()
    texts = {**dict(answers(await lines_of(desk, first))), **dict(answers(await lines_of(desk, again)))}
    assert texts["y-0"] == texts["x-1"]
    assert texts["y-2"] == texts["x-0"]
    assert answers(await lines_of(desk, third)) == [("z-0", texts["x-0"]), ("z-1", texts["y-1"])]


async def test_a_wait_for_the_later_job_brings_home_the_earlier_one(desk: Desk, clock: TurnedClock) -> None:
    await desk.submit(asked("a", "b"))
    again = await desk.reuse(asked("b", prefix="y"), ANY)
    keys = [batch.key for batch in again.batches]
    clock.turn(hours=25)
    [part] = await wait(desk.workspace, keys)
    assert (part.state, part.results) == (BatchState.ENDED, ResultsState.SAVED)


@pytest.mark.parametrize(
    "failing",
    [{"truncated": 1.0}, {"refused": 1.0}, {"paused": 1.0}, {"errored": {"overloaded_error": 1.0}}, {"expired": 1.0}],
    ids=lambda failing: next(iter(failing)),
)
async def test_what_has_no_good_answer_is_new(failing: dict[str, Any], desk: Desk, simulator: Simulator) -> None:
    simulator.world.scenario = Scenario(takes=60.0, requests_per_minute=0, **failing)
    await desk.answered(asked("a"))
    await desk.reuse(asked("a", prefix="y"), ANY)
    assert sent(simulator) == ["a", "a"]


async def test_answers_that_are_too_old_are_asked_for_again_over_any_chain_of_reuses(
    desk: Desk, simulator: Simulator, clock: TurnedClock
) -> None:
    await desk.answered(asked("a"))
    clock.turn(hours=24 * 20)
    await desk.reuse(asked("a", prefix="y"), ReusePolicy(timedelta(days=30)))
    assert sent(simulator) == ["a"]
    # The copy is young, and the answer is not.
    clock.turn(hours=24 * 15)
    await desk.reuse(asked("a", prefix="z"), ReusePolicy(timedelta(days=30)))
    assert sent(simulator) == ["a", "a"]


async def test_day_dependent_requests_are_reused_only_where_that_was_asked_for(
    desk: Desk, simulator: Simulator
) -> None:
    search: dict[str, Any] = {"tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 1}]}
    await desk.answered(asked("a", **search))
    await desk.reuse(asked("a", prefix="y", **search), ANY)
    assert sent(simulator) == ["a", "a"]
    await desk.reuse(asked("a", prefix="z", **search), ReusePolicy(with_open=True))
    assert sent(simulator) == ["a", "a"]


async def test_money_is_counted_once_over_a_chain_of_reuses(desk: Desk) -> None:
    await desk.answered(asked("a", "b"))
    once = await desk.workspace.registry.spending.spent()
    for prefix in "yzw":
        job = await desk.reuse(asked("b", "a", prefix=prefix), ANY, name=prefix)
        found = await read_statistics(desk.workspace, await desk.workspace.registry.queries.of_job(job.job.id))
        assert [share.cost for share in found.outcomes] == [Decimal(0)]
    assert await desk.workspace.registry.spending.spent() == once


async def test_an_origin_that_is_deleted_and_pruned_takes_nothing_from_whoever_reused_it(
    desk: Desk, clock: TurnedClock
) -> None:
    first = await desk.answered(asked("a", "b"))
    again = await desk.reuse(asked("b", "a", prefix="y"), ANY)
    before = await lines_of(desk, again)
    keys = [batch.key for batch in first.batches]
    await apply_delete(desk.workspace, await plan_delete(desk.workspace, keys))
    clock.turn(hours=24 * 3)
    await apply_prune(desk.workspace, await plan_prune(desk.workspace, older_than=timedelta()))
    assert not desk.workspace.registry.requests.has(first.job.id)
    assert await lines_of(desk, again) == before
    third = await desk.reuse(asked("a", prefix="z"), ANY)
    assert [text for _, text in answers(await lines_of(desk, third))] == [answers(before)[1][1]]


async def test_requests_whose_origin_was_dropped_are_without_an_answer_and_can_be_retried(
    desk: Desk, simulator: Simulator
) -> None:
    simulator.world.faults.add(Fault(on="create", kind="status", status=401, times=1))
    with pytest.raises(BatchtuiError):
        await desk.submit(asked("a", "b"))
    [unsent] = await desk.workspace.registry.queries.in_states(BatchState.PLANNED)
    again = await desk.reuse(asked("b", "c", prefix="y"), ANY)
    assert sent(simulator) == ["c"]
    await apply_cancel(desk.workspace, await plan_cancel(desk.workspace, [unsent.key]))
    await desk.end()
    await fill_all(desk.workspace)
    waited = next(batch for batch in await desk.workspace.registry.queries.of_job(again.job.id) if batch.is_reused)
    assert (waited.state, waited.counts.canceled, waited.results) == (BatchState.ENDED, 1, ResultsState.SAVED)
    target = await find_target(desk.workspace, again.job.id)
    plan = await plan_retry(desk.workspace, target, RetryOptions(only=frozenset({"missing"})))
    await apply_retry(desk.workspace, plan)
    assert sent(simulator) == ["c", "b"]


async def test_an_origin_that_is_gone_from_the_api_is_not_waited_for_and_its_requests_can_be_sent(
    desk: Desk, simulator: Simulator, clock: TurnedClock
) -> None:
    await desk.submit(asked("a", "b"))
    again = await desk.reuse(asked("b", "c", prefix="y"), ANY)
    assert sent(simulator) == ["a", "b", "c"]
    clock.turn(minutes=2)
    simulator.world.delete(simulator.world.batches[0].id)
    for minutes in (0, 6, 60):
        clock.turn(minutes=minutes)
        await run_maintenance(desk.workspace)
    assert (await waiting_part(desk, again)).state is BatchState.IN_PROGRESS
    clock.turn(minutes=61)
    await run_maintenance(desk.workspace)
    waited = await waiting_part(desk, again)
    assert (waited.state, waited.counts.canceled) == (BatchState.ENDED, 1)
    assert "is no longer at the API: 1 request that waited for its answers has none." in waited.reason
    for batch in await desk.workspace.registry.queries.of_job(again.job.id):
        if batch.id:
            await collect(desk.workspace, batch)
    target = await find_target(desk.workspace, again.job.id)
    plan = await plan_retry(desk.workspace, target, RetryOptions(only=frozenset({"missing"})))
    await apply_retry(desk.workspace, plan)
    assert sent(simulator) == ["a", "b", "c", "b"]


async def waiting_part(desk: Desk, submitted: Submitted) -> Batch:
    """The part of a job that reuses answers, as it is now."""
    batches = await desk.workspace.registry.queries.of_job(submitted.job.id)
    return next(batch for batch in batches if batch.is_reused)


async def test_a_request_that_failed_is_new_and_its_retry_is_reused(desk: Desk, simulator: Simulator) -> None:
    simulator.world.scenario = Scenario(takes=60.0, requests_per_minute=0, errored={"overloaded_error": 1.0})
    first = await desk.answered(asked("a"))
    simulator.world.scenario = Scenario(takes=60.0, requests_per_minute=0)
    target = await find_target(desk.workspace, first.job.id)
    await apply_retry(desk.workspace, await plan_retry(desk.workspace, target, RetryOptions()))
    await desk.end()
    await desk.reuse(asked("a", prefix="y"), ANY)
    assert sent(simulator) == ["a", "a"]


async def test_two_submissions_at_once_send_each_request_once(
    desk: Desk, simulator: Simulator, workspace: Workspace
) -> None:
    chosen = SubmitOptions(name="both", reuse=ANY)
    files = [desk.file(asked("a", "b", "c")), desk.file(asked("c", "d", "a", prefix="y"))]
    plans = [await plan_submit(workspace, [file], chosen) for file in files]
    assert [len(plan.sent) for plan in plans] == [1, 1]
    for plan in plans:
        await apply_submit(workspace, plan)
    assert sorted(sent(simulator)) == ["a", "b", "c", "d"]
    await desk.end()
    for plan in plans:
        batches = await workspace.registry.queries.of_job(plan.job.id)
        assert sum(batch.counts.succeeded for batch in batches) == 3


async def test_the_estimate_and_the_limits_are_of_what_is_sent(desk: Desk) -> None:
    await desk.answered(asked("a", "b", "c"))
    chosen = SubmitOptions(name="again", reuse=ANY)
    plan = await plan_submit(desk.workspace, [desk.file(asked("a", "b", "c", "d"))], chosen)
    alone = await plan_submit(desk.workspace, [desk.file(asked("d"))], SubmitOptions(name="again"))
    assert plan.estimate.cost == alone.estimate.cost
    assert (plan.known.answered, plan.known.new, sum(part.requests for part in plan.sent)) == (3, 1, 1)


async def test_an_index_that_was_built_again_from_the_bodies_keeps_the_order_of_the_input(desk: Desk) -> None:
    await desk.answered(asked("a", "c", "e"))
    again = await desk.reuse(asked("a", "b", "c", "d", "e", "b", prefix="y"), ANY)
    await desk.end()
    before = await lines_of(desk, again)
    (desk.workspace.registry.requests.folder / again.job.id / "1.db").unlink()
    assert await lines_of(desk, again) == before


async def test_a_part_that_a_kill_left_without_its_answers_gets_them_in_the_next_round(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.answered(asked("a"))
    with monkeypatch.context() as patched:
        patched.setattr("batchtui.services.submission.submit.fill_all", nothing)
        again = await desk.reuse(asked("a", prefix="y"), ANY)
    assert again.batches[0].state is BatchState.IN_PROGRESS
    await run_maintenance(desk.workspace)
    assert [custom_id for custom_id, _ in answers(await lines_of(desk, again))] == ["y-0"]


async def nothing(_: object) -> None:
    """Do what a process does that was killed before."""


@pytest.mark.parametrize(
    ("line", "renamed"),
    [
        (b'{"custom_id":"a","result":{"custom_id":"a"}}', b'{"custom_id":"new","result":{"custom_id":"a"}}'),
        (b' { "custom_id" : "a\\"b" , "result": 1.0}', b' { "custom_id" : "new" , "result": 1.0}'),
        ('{"result":"ü","custom_id":"a"}'.encode(), '{"result":"ü","custom_id":"new"}'.encode()),
    ],
)
def test_a_copied_line_has_another_custom_id_and_nothing_else(line: bytes, renamed: bytes) -> None:
    assert rename_line(line, "new") == renamed


async def test_samples_of_one_question_are_no_duplicates_and_each_is_reused_for_its_own(
    desk: Desk, simulator: Simulator
) -> None:
    first = await desk.reuse(asked("a", "a", "a", "b"), ANY, samples=2)
    assert sent(simulator) == ["a", "a", "b"]
    await desk.end()
    one, two, third, _ = (text for _, text in answers(await lines_of(desk, first)))
    assert third == one
    again = await desk.reuse(asked("a", "a", prefix="y"), ANY, samples=2)
    assert [text for _, text in answers(await lines_of(desk, again))] == [one, two]
    once = await desk.reuse(asked("a", prefix="z"), ANY)
    assert [text for _, text in answers(await lines_of(desk, once))] == [one]
    assert sent(simulator) == ["a", "a", "b"]


async def test_an_export_is_byte_for_byte_that_of_a_full_run_with_the_answers_put_in(
    desk: Desk, simulator: Simulator
) -> None:
    """The answers of a full run, line by line, under the custom_ids of the requests that reuse them."""
    texts = [f"question {number}" for number in range(40)]
    full = await desk.answered(asked(*texts), max_requests=7)
    made = (await export_of(desk, full)).splitlines()
    again = await desk.reuse(asked(*reversed(texts), prefix="y"), ANY, max_requests=9)
    expected = [line.replace(b'"x-%d"' % (39 - at), b'"y-%d"' % at, 1) for at, line in enumerate(reversed(made))]
    assert await export_of(desk, again) == b"".join(line + b"\n" for line in expected)
    assert len(sent(simulator)) == 40
