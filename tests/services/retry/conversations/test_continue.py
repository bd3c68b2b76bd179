"""Continuing conversations over the simulator: the next turn as the API wants it, as the next attempt, each once."""

from __future__ import annotations

import asyncio
import io
import json
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.errors import CostLimit, NothingToContinue, UsageError
from batchtui.services.batches.targets import find_target
from batchtui.services.results.export import ExportOptions, apply_export, plan_export
from batchtui.services.retry.conversations.continue_job import ContinueOptions, discard, plan_continue
from batchtui.services.retry.conversations.ended_turn import TruncationChoice
from batchtui.services.retry.conversations.limits import ConversationLimits
from batchtui.services.retry.conversations.next_turn import send_next_turn
from batchtui.services.retry.retry import RetryOptions, apply_retry, plan_retry
from batchtui.simulator import Scenario, Simulator
from tests.services.retry.conversations.world import (
    TOOLS,
    batches_needed,
    begin,
    conversations,
    in_batch,
    logging_tool,
    runs,
    save,
    tool,
    turns_asked,
)
from tests.support.workspaces import workspace_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock

SEED, MOST = 11, 4
LOOKUP = tool("lookup", "import json, sys; print('means ' + json.load(sys.stdin)['word'])")


@pytest.fixture
def scenario() -> Scenario:
    return Scenario(takes=900.0, requests_per_minute=0, seed=SEED, turns=MOST)


@pytest.fixture
def simulator(clock: TurnedClock, scenario: Scenario) -> Iterator[Simulator]:
    with Simulator(scenario, clock=clock) as running:
        yield running


async def turn(workspace: Workspace, job: str, **options: Any) -> None:
    await send_next_turn(workspace, await find_target(workspace, job), ContinueOptions(**options))


async def to_the_end(workspace: Workspace, clock: TurnedClock, job: str, **options: Any) -> str:
    """Send turn after turn; returns why the last one was not sent."""
    while True:
        await save(workspace, clock, job)
        try:
            await turn(workspace, job, **options)
        except NothingToContinue as end:
            return end.message


async def results(workspace: Workspace, job: str) -> dict[str, dict[str, Any]]:
    """The results of a job, as `results JOB` writes them."""
    stream = io.BytesIO()
    batches = (await find_target(workspace, job)).batches
    await apply_export(workspace, await plan_export(workspace, batches, ExportOptions()), stream=stream)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert len(lines) == len({line["custom_id"] for line in lines})
    return {line["custom_id"]: line["result"] for line in lines}


async def test_conversations_with_tools_pauses_and_long_answers_come_to_their_ends_in_as_many_batches_as_the_longest(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    log = tmp_path / "calls"
    job = await begin(workspace, tmp_path, conversations(12))
    end = await to_the_end(workspace, clock, job, tools={"lookup": logging_tool("lookup", log)})
    assert end == "All 12 conversations of talks have ended."
    assert len(simulator.world.batches) == max(batches_needed(SEED, f"talk-{n}", MOST) for n in range(12))
    # Every turn is asked for once, and every call is run once.
    assert set(turns_asked(simulator).values()) == {1}
    assert set(runs(log).values()) == {1}
    found = await results(workspace, job)
    assert len(found) == 12
    assert {result["message"]["stop_reason"] for result in found.values()} == {"end_turn"}


@pytest.mark.long
async def test_the_simulator_is_asked_nothing_that_it_refuses(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    job = await begin(workspace, tmp_path, conversations(12))
    await to_the_end(workspace, clock, job, tools={"lookup": LOOKUP})
    assert not [batch.plan.problems for batch in simulator.world.batches if batch.plan.problems]


async def test_each_later_batch_holds_only_what_is_not_finished_with_all_that_was_said_before(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    job = await begin(workspace, tmp_path, conversations(12))
    await save(workspace, clock, job)
    first = await results(workspace, job)
    await turn(workspace, job, tools={"lookup": LOOKUP})
    before, after = in_batch(simulator, 0), in_batch(simulator, 1)
    assert set(after) == {
        custom_id for custom_id, result in first.items() if result["message"]["stop_reason"] != "end_turn"
    }
    for custom_id, params in after.items():
        message = first[custom_id]["message"]
        if message["stop_reason"] == "max_tokens":
            assert params == {**before[custom_id], "max_tokens": 2000}
            continue
        said = before[custom_id]["messages"]
        assert params["messages"][: len(said)] == said
        assert params["messages"][len(said)] == {"role": "assistant", "content": message["content"]}
        rest = params["messages"][len(said) + 1 :]
        if message["stop_reason"] == "pause_turn":
            assert rest == []
            continue
        calls = [block for block in message["content"] if block["type"] == "tool_use"]
        assert rest == [
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": call["id"],
                        "content": f"means {call['input']['word']}\n",
                    }
                    for call in calls
                ],
            }
        ]


async def test_what_a_failing_tool_says_goes_back_as_an_error(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    broken = tool("lookup", "import sys; print('no such word', file=sys.stderr); sys.exit(3)")
    job = await begin(workspace, tmp_path, conversations(12))
    await save(workspace, clock, job)
    await turn(workspace, job, tools={"lookup": broken})
    answers = [
        block
        for params in in_batch(simulator, 1).values()
        for block in (params["messages"][-1]["content"] if params["messages"][-1]["role"] == "user" else ())
        if isinstance(block, dict)
    ]
    assert answers
    assert {(block["is_error"], block["content"].strip()) for block in answers} == {(True, "no such word")}


async def test_a_conversation_whose_tool_is_not_allowed_is_left_and_the_others_go_on(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    job = await begin(workspace, tmp_path, conversations(12))
    await save(workspace, clock, job)
    plan = await plan_continue(workspace, await find_target(workspace, job), ContinueOptions())
    discard(workspace, plan)
    assert set(plan.kinds) <= {"paused", "truncated"}
    (left,) = plan.left
    assert left.why == 'it calls the tool "lookup", which is not allowed (--tool)'
    called = [r for r in (await results(workspace, job)).values() if r["message"]["stop_reason"] == "tool_use"]
    assert left.count == len(called)


async def test_two_that_continue_at_once_make_one_attempt(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    log = tmp_path / "calls"
    lookup = logging_tool("lookup", log)
    job = await begin(workspace, tmp_path, conversations(12))
    await save(workspace, clock, job)
    async with workspace_at(tmp_path / "home", simulator, clock) as other:
        ends = await asyncio.gather(
            *(turn(each, job, tools={"lookup": lookup}) for each in (workspace, other)), return_exceptions=True
        )
    assert {type(end) for end in ends} == {type(None), UsageError}
    assert len(simulator.world.batches) == 2
    assert set(turns_asked(simulator).values()) == {1}
    assert set(runs(log).values()) == {1}


@pytest.mark.parametrize("scenario", [Scenario(takes=900.0, requests_per_minute=0, seed=3, turns=1)])
async def test_a_truncated_answer_goes_on_in_a_further_turn_where_that_is_asked_for(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    job = await begin(workspace, tmp_path, conversations(40, tools=[], thinking={"type": "adaptive"}))
    await save(workspace, clock, job)
    first = await results(workspace, job)
    await turn(workspace, job, truncation=TruncationChoice(goes_on=True))
    after = in_batch(simulator, 1)
    assert after
    for custom_id, params in after.items():
        assert params["max_tokens"] == 1000
        assert params["messages"][1] == {"role": "assistant", "content": first[custom_id]["message"]["content"]}
        # The newest models refuse that the conversation ends with the assistant's turn.
        assert params["messages"][2]["role"] == "user"


async def test_a_limit_on_turns_leaves_longer_conversations_and_holds_through_a_restart(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    job = await begin(workspace, tmp_path, conversations(12))
    await save(workspace, clock, job)
    await turn(workspace, job, tools={"lookup": LOOKUP}, limits=ConversationLimits(max_turns=2))
    async with workspace_at(tmp_path / "home", simulator, clock) as later:
        end = await to_the_end(later, clock, job, tools={"lookup": LOOKUP})
    assert "(--max-turns)" in end
    assert len(simulator.world.batches) == 2


async def test_a_limit_on_cost_counts_all_turns_of_the_job_and_holds_through_a_restart(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    # Without a search, whose results nobody can bound.
    job = await begin(workspace, tmp_path, conversations(12, tools=TOOLS[:1]))
    await save(workspace, clock, job)
    spent = sum(batch.cost_actual or Decimal() for batch in (await find_target(workspace, job)).batches)
    plan = await plan_continue(workspace, await find_target(workspace, job), ContinueOptions(tools={"lookup": LOOKUP}))
    discard(workspace, plan)
    assert plan.spent.usd == spent > 0
    assert plan.estimate.cost.at_most is not None
    # Tool results are short: this lets one more turn pass, and not two.
    limit = ConversationLimits(max_cost=spent + plan.estimate.cost.at_most * Decimal("1.1"))
    await turn(workspace, job, tools={"lookup": LOOKUP}, limits=limit)
    async with workspace_at(tmp_path / "home", simulator, clock) as later:
        with pytest.raises(CostLimit, match="the limit of the job is"):
            await to_the_end(later, clock, job, tools={"lookup": LOOKUP})
    batches = (await find_target(workspace, job)).batches
    assert sum(batch.cost_actual or Decimal() for batch in batches) <= (limit.max_cost or 0)


async def test_a_job_that_is_too_old_is_not_continued(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    job = await begin(workspace, tmp_path, conversations(3))
    await save(workspace, clock, job)
    with pytest.raises(UsageError, match="--max-age"):
        await turn(workspace, job, tools={"lookup": LOOKUP}, limits=ConversationLimits(max_age=timedelta(hours=1)))
    assert len(simulator.world.batches) == 1


FAILING = Scenario(takes=900.0, requests_per_minute=0, seed=SEED, turns=MOST, errored={"overloaded_error": 0.3})


@pytest.mark.parametrize("scenario", [FAILING])
async def test_a_retry_of_a_failed_turn_sends_the_continued_request(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    job = await begin(workspace, tmp_path, conversations(20))
    await save(workspace, clock, job)
    await turn(workspace, job, tools={"lookup": LOOKUP})
    await save(workspace, clock, job)
    failed = {talk for talk, result in (await results(workspace, job)).items() if result["type"] == "errored"}
    continued = in_batch(simulator, 1)
    assert failed & continued.keys()
    plan = await plan_retry(workspace, await find_target(workspace, job), RetryOptions())
    await apply_retry(workspace, plan)
    again = in_batch(simulator, 2)
    assert set(again) == failed
    for custom_id in failed & continued.keys():
        assert again[custom_id] == continued[custom_id]


@pytest.mark.long
@pytest.mark.parametrize("scenario", [FAILING])
async def test_turns_that_the_service_failed_are_asked_for_again_with_the_next_turn(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    log = tmp_path / "calls"
    job = await begin(workspace, tmp_path, conversations(20))
    await save(workspace, clock, job)
    never_begun = {talk for talk, result in (await results(workspace, job)).items() if result["type"] == "errored"}
    end = await to_the_end(workspace, clock, job, tools={"lookup": logging_tool("lookup", log)})
    assert end.endswith(f"{len(never_begun)} failed.")
    found = await results(workspace, job)
    ended = {talk for talk, result in found.items() if result["type"] == "succeeded"}
    assert ended == found.keys() - never_begun
    assert {found[talk]["message"]["stop_reason"] for talk in ended} == {"end_turn"}
    assert set(runs(log).values()) == {1}


async def test_retry_of_paused_answers_points_to_continue(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    job = await begin(workspace, tmp_path, conversations(2, tools=TOOLS))
    await save(workspace, clock, job)
    with pytest.raises(UsageError) as refused:
        await plan_retry(workspace, await find_target(workspace, job), RetryOptions(only=frozenset({"paused"})))
    assert "batchtui continue" in refused.value.hint
