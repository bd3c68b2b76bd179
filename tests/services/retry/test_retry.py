"""Trying again over the simulator: only what has not succeeded, as the next attempt, each request once."""

from __future__ import annotations

import asyncio
import io
import json
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import InputError, NothingToRetry, ResultsUnavailable, UsageError
from batchtui.domain.results.result import Outcome
from batchtui.runtime import process_identity
from batchtui.services.batches.delete import apply_delete, plan_delete
from batchtui.services.batches.sync import sync
from batchtui.services.batches.targets import Target, find_target
from batchtui.services.polling.refresh import sweep
from batchtui.services.results.collect import collect
from batchtui.services.results.export import ExportOptions, apply_export, plan_export
from batchtui.services.retry.retry import RetryOptions, RetryPlan, apply_retry, discard, plan_retry
from batchtui.services.submission.resume import resume
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.services.submission.submit import SubmitOptions, apply_submit, plan_submit
from batchtui.simulator import Fault, Scenario, Simulator
from tests.support.builders import jsonl, request, requests
from tests.support.mortal import Fate, Killed, make_mortal
from tests.support.workspaces import sent_custom_ids, submit, workspace_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batchtui.services.submission.reconcile import Reconciliation
    from batchtui.services.submission.submit import Submitted
    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock

COUNT = 40
HALF_FAIL = Scenario(
    takes=900.0, requests_per_minute=0, seed=7,
    errored={"overloaded_error": 0.3, "api_error": 0.2}, truncated=0.1, refused=0.1,
)  # fmt: skip
FAILING = 20
"""Of 40 requests the first time: 12 overloaded, 8 api errors; besides 4 cut short and 4 refusals."""


@pytest.fixture
def scenario() -> Scenario:
    return HALF_FAIL


@pytest.fixture
def simulator(clock: TurnedClock, scenario: Scenario) -> Iterator[Simulator]:
    with Simulator(scenario, clock=clock) as running:
        yield running


@pytest.fixture
async def job(workspace: Workspace, tmp_path: Path, clock: TurnedClock) -> str:
    """The id of an ended job of two parts with its results saved."""
    submitted = await submit(workspace, tmp_path, COUNT, name="nightly", intake=IntakeOptions(max_requests=25))
    await save(workspace, clock, submitted.job.id)
    return submitted.job.id


async def save(workspace: Workspace, clock: TurnedClock, job: str) -> None:
    """Let everything end, and save all results."""
    clock.turn(hours=2)
    await sweep(workspace)
    for batch in (await find_target(workspace, job)).batches:
        await collect(workspace, batch)


async def planned(workspace: Workspace, named: str, **options: Any) -> RetryPlan:
    return await plan_retry(workspace, await find_target(workspace, named), RetryOptions(**options))


async def retried(workspace: Workspace, named: str, **options: Any) -> Submitted:
    return await apply_retry(workspace, await planned(workspace, named, **options))


async def whole(workspace: Workspace, job: str, *, order: str = "arrival") -> list[dict[str, Any]]:
    """The results of a job, as `results JOB` writes them."""
    stream = io.BytesIO()
    batches = (await find_target(workspace, job)).batches
    plan = await plan_export(workspace, batches, ExportOptions(order=order))  # type: ignore[arg-type]
    await apply_export(workspace, plan, stream=stream)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def types(results: list[dict[str, Any]]) -> Counter[str]:
    return Counter(result["result"]["type"] for result in results)


def in_batch(simulator: Simulator, number: int) -> list[dict[str, Any]]:
    """The params of the simulator's n-th batch, in order."""
    return [dict(params) for params in simulator.world.batches[number].params]


async def yes(_finding: Reconciliation) -> bool:
    return True


async def test_tried_again_until_whole_each_custom_id_stands_once_and_the_latest_success_wins(
    workspace: Workspace, job: str, clock: TurnedClock, simulator: Simulator
) -> None:
    attempts = 1
    while True:
        try:
            submitted = await retried(workspace, job)
        except NothingToRetry:
            break
        attempts += 1
        assert {batch.attempt for batch in submitted.batches} == {attempts}
        await save(workspace, clock, job)
    results = await whole(workspace, job)
    assert sorted(result["custom_id"] for result in results) == [item["custom_id"] for item in requests(COUNT)]
    assert types(results) == {"succeeded": COUNT}
    assert 2 < attempts < 12
    ordered = await whole(workspace, job, order="input")
    assert [result["custom_id"] for result in ordered] == [item["custom_id"] for item in requests(COUNT)]


async def test_by_default_only_what_may_succeed_as_it_is_goes_again(workspace: Workspace, job: str) -> None:
    plan = await planned(workspace, job)
    assert (plan.requests, plan.attempt, plan.changed) == (FAILING, 2, 0)
    kinds = {(failed.group.error_type or failed.group.outcome.value): failed for failed in plan.failed}
    assert {word: failed.is_chosen for word, failed in kinds.items()} == {
        "overloaded_error": True, "api_error": True, "truncated": False, "refused": False,
    }  # fmt: skip
    assert sum(failed.group.count for failed in plan.failed) + plan.succeeded == COUNT


@pytest.mark.parametrize(
    ("only", "expected"),
    [({"errored"}, FAILING), ({"overloaded_error"}, 12), ({"truncated", "refused"}, 8), ({"api_error", "refused"}, 12)],
)
async def test_outcomes_and_types_of_errors_are_chosen(
    workspace: Workspace, job: str, only: set[str], expected: int
) -> None:
    assert (await planned(workspace, job, only=frozenset(only))).requests == expected


async def test_a_group_of_failures_is_chosen(workspace: Workspace, job: str) -> None:
    group = next(failed.group for failed in (await planned(workspace, job)).failed if failed.group.outcome == "refused")
    plan = await planned(workspace, job, groups=frozenset({group.kind}))
    assert plan.requests == group.count == 4


async def test_named_requests_alone_are_sent_again_whatever_their_failure(
    workspace: Workspace, job: str, simulator: Simulator
) -> None:
    failed = {
        failed.group.error_type or failed.group.outcome: failed for failed in (await planned(workspace, job)).failed
    }
    named = frozenset({failed["overloaded_error"].group.example_id, failed["refused"].group.example_id})
    assert (await planned(workspace, job, custom_ids=named, only=frozenset({"refused"}))).requests == 1
    await retried(workspace, job, custom_ids=named)
    assert set(simulator.world.batches[2].custom_ids) == named


async def test_named_requests_that_are_not_there_or_have_succeeded_are_said(workspace: Workspace, job: str) -> None:
    results = await whole(workspace, job)
    succeeded = next(
        one["custom_id"] for one in results if one["result"].get("message", {}).get("stop_reason") == "end_turn"
    )
    with pytest.raises(NothingToRetry, match="All of the named requests have succeeded"):
        await planned(workspace, job, custom_ids=frozenset({succeeded}))
    with pytest.raises(NothingToRetry, match="no requests with these custom_ids"):
        await planned(workspace, job, custom_ids=frozenset({"nobody"}))
    with pytest.raises(NothingToRetry, match="no requests with these custom_ids"):
        await planned(workspace, job, custom_ids=frozenset())


async def test_retried_requests_are_byte_for_byte_as_first_sent(
    workspace: Workspace, job: str, simulator: Simulator
) -> None:
    (batch,) = (await retried(workspace, job)).batches
    with workspace.registry.requests.reader(job, 1) as first, workspace.registry.requests.reader(job, 2) as again:
        seqs = [facts.seq for facts in again.in_order()]
        assert seqs == sorted(seqs)
        assert all(again.read(facts) == first.find(facts.custom_id) for facts in again.in_order())
        assert again.file_of(seqs[0]).endswith("nightly.jsonl")
    assert batch.counts.total == FAILING == len(simulator.world.batches[2].custom_ids)


async def test_another_model_and_max_tokens_are_put_in_and_stay(
    workspace: Workspace, job: str, clock: TurnedClock, simulator: Simulator
) -> None:
    await retried(workspace, job, only=frozenset({"truncated"}), model="claude-sonnet-5-5", max_tokens=999)
    params = in_batch(simulator, 2)
    assert {(one["model"], one["max_tokens"]) for one in params} == {("claude-sonnet-5-5", 999)}
    target = await find_target(workspace, job)
    assert target.job is not None
    assert target.job.models == ("claude-haiku-5-5", "claude-sonnet-5-5")
    await save(workspace, clock, job)
    plan = await planned(workspace, job, only=frozenset({"errored", "truncated", "refused"}))
    discard(workspace, plan)
    assert plan.models == ("claude-haiku-5-5", "claude-sonnet-5-5")


async def test_a_raised_limit_takes_what_was_cut_short_with_it(workspace: Workspace, job: str) -> None:
    plan = await planned(workspace, job, max_tokens=4096)
    assert (plan.requests, plan.changed) == (FAILING + 4, FAILING + 4)


async def test_a_change_that_makes_a_request_wrong_stops_before_anything_is_sent(
    workspace: Workspace, job: str, simulator: Simulator
) -> None:
    with pytest.raises(InputError) as caught:
        await planned(workspace, job, model="claude-sonnet-4-20250514")
    assert caught.value.problems
    assert len(simulator.world.batches) == 2
    assert not list(workspace.registry.requests.folder.glob(".staging-*"))


async def test_a_batch_id_means_only_its_own_requests(workspace: Workspace, job: str) -> None:
    second = (await find_target(workspace, job)).batches[1]
    plan = await plan_retry(workspace, Target(second.id or "", (second,)), RetryOptions(only=frozenset({"errored"})))
    with workspace.registry.requests.reader(job) as stored:
        ids = set(stored.custom_ids(2))
    assert plan.requests == second.counts.errored
    await apply_retry(workspace, plan)
    with workspace.registry.requests.reader(job, 2) as again:
        assert set(again.custom_ids()) <= ids


async def test_a_retry_of_the_first_batch_skips_requests_that_succeeded_later(
    workspace: Workspace, job: str, clock: TurnedClock, simulator: Simulator
) -> None:
    simulator.world.scenario = Scenario(takes=900.0, requests_per_minute=0)
    await retried(workspace, job)
    await save(workspace, clock, job)
    first = (await find_target(workspace, job)).batches[0]
    with pytest.raises(NothingToRetry):
        await plan_retry(workspace, Target(first.id or "", (first,)), RetryOptions(only=frozenset({"errored"})))


async def test_a_retry_waits_until_results_are_saved(workspace: Workspace, tmp_path: Path, clock: TurnedClock) -> None:
    submitted = await submit(workspace, tmp_path, 4)
    with pytest.raises(ResultsUnavailable, match="is still in progress"):
        await planned(workspace, submitted.job.id)
    clock.turn(hours=2)
    await sweep(workspace)
    with pytest.raises(ResultsUnavailable, match="not saved yet"):
        await planned(workspace, submitted.job.id)


async def test_an_open_attempt_blocks_the_next_retry(workspace: Workspace, job: str) -> None:
    await retried(workspace, job)
    with pytest.raises(ResultsUnavailable, match="attempt 2, is still in progress"):
        await planned(workspace, job)
    first = (await find_target(workspace, job)).batches[0]
    with pytest.raises(ResultsUnavailable, match="attempt 2, is still in progress"):
        await plan_retry(workspace, Target(first.id or "", (first,)), RetryOptions())


@pytest.mark.parametrize("scenario", [Scenario(takes=900.0, requests_per_minute=0)])
async def test_a_job_without_failures_has_nothing_to_retry(workspace: Workspace, job: str) -> None:
    with pytest.raises(NothingToRetry, match="All 40 requests"):
        await planned(workspace, job)


async def test_an_unknown_word_is_refused(workspace: Workspace, job: str) -> None:
    with pytest.raises(UsageError, match='"succeeded"'):
        await planned(workspace, job, only=frozenset({"succeeded"}))


async def test_a_batch_made_elsewhere_cannot_be_tried_again_here(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    async with workspace_at(tmp_path / "other", simulator, clock) as other:
        theirs = (await submit(other, tmp_path, 4)).batches[0]
    clock.turn(hours=2)
    await sync(workspace)
    with pytest.raises(UsageError, match="are not stored"):
        await planned(workspace, theirs.id or "")


async def test_requests_whose_results_are_lost_go_again_only_where_they_are_named(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.scenario = Scenario(takes=900.0, requests_per_minute=0)
    submitted = await submit(workspace, tmp_path, 10, name="lost", intake=IntakeOptions(max_requests=6))
    first, second = submitted.batches
    clock.turn(hours=2)
    await sweep(workspace)
    await collect(workspace, await workspace.registry.batches.get(second.key))
    await apply_delete(workspace, await plan_delete(workspace, [first.key], force=True))
    with pytest.raises(NothingToRetry, match="6 without a result"):
        await planned(workspace, submitted.job.id)
    again = await retried(workspace, submitted.job.id, only=frozenset({"missing"}))
    assert again.batches[0].requests == 6
    clock.turn(hours=2)
    await sweep(workspace)
    await collect(workspace, again.batches[0])
    ordered = await whole(workspace, submitted.job.id, order="input")
    assert [result["custom_id"] for result in ordered] == [item["custom_id"] for item in requests(10)]


async def test_a_part_dropped_before_its_response_is_retried_only_by_name(workspace: Workspace, job: str) -> None:
    submitted = await retried(workspace, job)
    (again,) = submitted.batches
    async with workspace.registry._database.transaction() as tx:
        # Its answer was lost, and a person dropped it here: it may exist, and be paid.
        await tx.execute("UPDATE batches SET id = NULL, state = 'deleted' WHERE key = ?", (again.key,))
    with pytest.raises(NothingToRetry, match=f"{again.requests} without a result"):
        await planned(workspace, job)
    plan = await planned(workspace, job, only=frozenset({"missing"}))
    assert plan.requests == again.requests


async def test_of_two_that_try_again_at_once_one_sends(
    workspace: Workspace, job: str, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    async with workspace_at(tmp_path / "home", simulator, clock) as other:
        plans = [await planned(one, job) for one in (workspace, other)]
        done = await asyncio.gather(
            apply_retry(workspace, plans[0]), apply_retry(other, plans[1]), return_exceptions=True
        )
    assert sorted(isinstance(outcome, UsageError) for outcome in done) == [False, True]
    assert len(sent_custom_ids(simulator)) == COUNT + FAILING


async def test_a_lost_answer_to_a_retry_is_found_and_nothing_goes_twice(
    workspace: Workspace, job: str, simulator: Simulator
) -> None:
    simulator.world.faults.add(Fault(on="create", kind="lost_after"))
    (batch,) = (await retried(workspace, job)).batches
    assert batch.state is BatchState.IN_PROGRESS
    assert len(sent_custom_ids(simulator)) == COUNT + FAILING


@pytest.mark.long
@pytest.mark.parametrize("step", range(1, 14))
async def test_killed_at_any_step_and_gone_on_with_each_request_goes_again_once(
    workspace: Workspace,
    job: str,
    tmp_path: Path,
    simulator: Simulator,
    clock: TurnedClock,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
) -> None:
    fate = Fate(step)
    async with workspace_at(tmp_path / "home", simulator, clock) as mortal:
        monkeypatch.setattr(process_identity, "is_gone", lambda name: name == mortal.name)
        plan = await planned(mortal, job)
        await make_mortal(mortal, fate)
        try:
            await apply_retry(mortal, plan)
        except Killed:
            pass
        else:
            assert not fate.is_dead
    await sweep(workspace)
    clock.turn(minutes=10)
    await resume(workspace, consent=yes)
    if len(simulator.world.batches) == 2:
        # It died before the intent was committed: nothing was sent, and the person tries again.
        await retried(workspace, job)
    clock.turn(hours=2)
    await sweep(workspace)
    again = Counter(sent_custom_ids(simulator))
    assert Counter(again.values()) == {1: COUNT - FAILING, 2: FAILING}
    for batch in (await find_target(workspace, job)).batches:
        assert (await collect(workspace, batch)).results is ResultsState.SAVED


async def test_the_most_a_retry_costs_takes_account_of_what_the_requests_hold(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    cached = {"type": "text", "text": "Rules. " * 2000, "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    path = jsonl(tmp_path / "cached.jsonl", [request(f"r-{n}", system=[cached]) for n in range(COUNT)])
    first = await plan_submit(workspace, [str(path)], SubmitOptions())
    await apply_submit(workspace, first)
    await save(workspace, clock, first.job.id)
    again = await planned(workspace, first.job.id)
    assert first.estimate.cost.at_most is not None
    share = Decimal(again.requests) / COUNT
    assert again.estimate.cost.at_most == pytest.approx(first.estimate.cost.at_most * share, rel=Decimal("0.001"))
    discard(workspace, again)


async def test_paused_answers_are_not_paid_for_twice(workspace: Workspace, job: str) -> None:
    """A retry sends the original request: the conversation would start over (the API wants `pause_turn` continued)."""
    with pytest.raises(UsageError, match="pay for it twice"):
        await planned(workspace, job, only=frozenset({"paused"}))
    kind = (Outcome.PAUSED, None, "pause_turn", "")
    with pytest.raises(UsageError, match="pay for it twice"):
        await planned(workspace, job, groups=frozenset({kind}))


async def test_a_retry_with_another_limit_does_not_warn_of_truncation(workspace: Workspace, job: str) -> None:
    said = {failed.group.outcome: failed.advice for failed in (await planned(workspace, job, max_tokens=4096)).failed}
    assert said[Outcome.TRUNCATED] == "Sent with max_tokens 4,096."


@pytest.mark.parametrize(("limit", "is_raised"), [(1, False), (256, False), (257, True)])
async def test_only_a_higher_limit_takes_what_was_truncated_with_it(
    workspace: Workspace, job: str, limit: int, is_raised: bool
) -> None:
    """The requests had max_tokens 256: the same or a lower limit truncates them again, and is paid again."""
    plan = await planned(workspace, job, max_tokens=limit)
    assert plan.requests == FAILING + (4 if is_raised else 0)
    [truncated] = [failed for failed in plan.failed if failed.group.outcome is Outcome.TRUNCATED]
    assert truncated.is_chosen is is_raised
    assert truncated.not_raised == (0 if is_raised else 4)
    if not is_raised:
        assert "is not higher" in truncated.advice
    discard(workspace, plan)
