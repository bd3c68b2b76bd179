"""A judge job fills in scores once, whoever collects it, and again after a retry; its verdict is near the truth."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import InputError, UsageError
from batchtui.domain.results.judgment import OVERALL, Criterion, Judgment, Placing, Rubric, Verdict
from batchtui.services.batches.targets import find_target
from batchtui.services.compose.judging.plan import JudgeOptions, plan_judge
from batchtui.services.compose.judging.verdict import read_verdict
from batchtui.services.polling.maintenance import run_maintenance
from batchtui.services.results.annotations import open_annotations
from batchtui.services.results.collect import collect
from batchtui.services.retry.retry import RetryOptions, apply_retry, plan_retry
from batchtui.services.submission.submit import SubmitOptions, apply_submit, discard, plan_submit
from batchtui.simulator import Scenario, Simulator
from tests.support.builders import jsonl, requests
from tests.support.workspaces import workspace_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from batchtui.services.submission.submit import Submitted
    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock

RUBRIC = Rubric((Criterion("accuracy", "It is true."), Criterion("tone", "It is polite.", 0, 10)))
BIAS, TRUTH, ITEMS = 0.3, 0.7, 150


@pytest.fixture
def simulator(clock: TurnedClock) -> Iterator[Simulator]:
    scenario = Scenario(takes=0.0, judge_bias=BIAS, judge_longer_wins=TRUTH, seed=5)
    with Simulator(scenario, clock=clock) as running:
        yield running


@pytest.fixture
async def workspace(tmp_path: Path, simulator: Simulator, clock: TurnedClock) -> AsyncIterator[Workspace]:
    async with workspace_at(tmp_path / "home", simulator, clock) as opened:
        yield opened


async def answered(workspace: Workspace, folder: Path, name: str, number: int, model: str) -> None:
    """Save the answers of a job with requests r-0 and so on."""
    lines = requests(number)
    for line in lines:
        line["params"]["model"] = model
    plan = await plan_submit(workspace, [str(jsonl(folder / f"{name}.jsonl", lines))], SubmitOptions(name=name))
    await save(workspace, await apply_submit(workspace, plan))


async def save(workspace: Workspace, submitted: Submitted) -> None:
    await run_maintenance(workspace)
    for batch in await workspace.registry.queries.of_job(submitted.job.id):
        await collect(workspace, batch)


async def judge(workspace: Workspace, *names: str, options: JudgeOptions | None = None) -> str:
    """Judge, save the answers of the judge, and return the judge job."""
    sides = [await find_target(workspace, name) for name in names]
    plan = await plan_judge(
        workspace, sides[0], sides[1] if len(sides) > 1 else None, RUBRIC, options or JudgeOptions()
    )
    submitted = await apply_submit(workspace, plan.submit)
    await save(workspace, submitted)
    return submitted.job.id


async def test_a_planted_bias_is_reported_and_the_win_rate_is_near_the_planted_truth(
    workspace: Workspace, tmp_path: Path
) -> None:
    await answered(workspace, tmp_path, "a", ITEMS, "claude-haiku-5-5")
    await answered(workspace, tmp_path, "b", ITEMS, "claude-sonnet-5-5")
    verdict = await read_verdict(workspace, await judge(workspace, "a", "b"))
    pairs = verdict.whole.pairs
    assert pairs is not None
    assert pairs.interval is not None
    longer = await share_of_longer(workspace)
    assert pairs.interval.low <= longer * TRUTH + (1 - longer) * (1 - TRUTH) <= pairs.interval.high
    assert pairs.position_bias == pytest.approx(BIAS, abs=0.1)
    assert pairs.by_second_position == 0
    assert pairs.decided + pairs.contradictions == ITEMS


async def share_of_longer(workspace: Workspace) -> float:
    """The share of pairs in which the second job's answer is the longer one: what the planted truth speaks of."""
    lengths: list[dict[str, tuple[int, str]]] = []
    for name in ("a", "b"):
        [batch] = (await find_target(workspace, name)).batches
        with workspace.registry.results.reader(batch) as reader:
            lines = [json.loads(reader.raw(seq)) for seq in range(1, reader.count + 1)]
        texts = {line["custom_id"]: line["result"]["message"]["content"][0]["text"] for line in lines}
        lengths.append({custom_id: (len(text), text) for custom_id, text in texts.items()})
    first, second = lengths
    return sum(second[one] > first[one] for one in first) / len(first)


async def test_scores_are_there_once_and_the_same_when_results_are_read_again(
    workspace: Workspace, tmp_path: Path
) -> None:
    await answered(workspace, tmp_path, "a", 5, "claude-haiku-5-5")
    job = await judge(workspace, "a")
    registry = workspace.registry
    a = (await find_target(workspace, "a")).batches[0].job
    before = await registry.judges.scores(job, a)
    assert len(before) == 5 * 3
    # As after a kill between saving the results and reading them: nothing of the reading is kept.
    async with registry._database.transaction() as tx:
        for table in ("scores", "judgments", "judged_batches"):
            await tx.execute(f"DELETE FROM {table}")
    await run_maintenance(workspace)
    assert await registry.judges.scores(job, a) == before
    assert await registry.judges.unread_batches() == []


async def test_a_later_attempt_replaces_what_could_not_be_used_and_an_earlier_one_replaces_nothing(
    workspace: Workspace, tmp_path: Path
) -> None:
    await answered(workspace, tmp_path, "a", 1, "claude-haiku-5-5")
    job = await judge(workspace, "a")
    judges = workspace.registry.judges
    a = (await find_target(workspace, "a")).batches[0].job
    [custom_id] = {one for one, *_ in await judges.scores(job, a)}

    def scored(attempt: int, value: float) -> Judgment:
        scores = {"accuracy": (value, "r"), "tone": (value, "r")}
        return Judgment(custom_id, Placing.ALONE, Verdict.SCORED, attempt, scores=scores)

    for judgment, expected in (
        (scored(2, 5.0), 5.0),
        (Judgment(custom_id, Placing.ALONE, Verdict.INVALID, 3), 5.0),
        (scored(1, 1.0), 5.0),
    ):
        await judges.note(job, [judgment], RUBRIC)
        values = {criterion: value for _, criterion, value, _ in await judges.scores(job, a)}
        assert values["accuracy"] == expected
        assert values[OVERALL] == RUBRIC.overall({"accuracy": 5.0, "tone": 5.0})


async def test_of_two_judges_the_newest_counts_where_it_has_a_score(workspace: Workspace, tmp_path: Path) -> None:
    await answered(workspace, tmp_path, "a", 6, "claude-haiku-5-5")
    await judge(workspace, "a")
    newer = await judge(workspace, "a", options=JudgeOptions(model="premium", sample=2))
    a = (await find_target(workspace, "a")).batches[0].job
    latest = {one: value for one, criterion, value, _ in await workspace.registry.judges.scores(newer, a)
              if criterion == OVERALL}  # fmt: skip
    with open_annotations(workspace.registry, a) as annotations:
        scores = dict(annotations.stream("score"))
    assert len(latest) == 2
    assert len(scores) == 6
    assert {one: scores[one] for one in latest} == latest


async def test_a_sample_is_the_same_rows_in_every_job(workspace: Workspace, tmp_path: Path) -> None:
    await answered(workspace, tmp_path, "a", 12, "claude-haiku-5-5")
    await answered(workspace, tmp_path, "b", 20, "claude-sonnet-5-5")
    chosen = []
    for name in ("a", "b"):
        plan = await plan_judge(workspace, await find_target(workspace, name), None, RUBRIC, JudgeOptions(sample=5))
        with workspace.registry.requests.reader(plan.submit.staged.requests.folder.name) as reader:
            chosen.append(set(reader.custom_ids()))
        discard(workspace, plan.submit)
    small, large = chosen
    # What the larger job has among the rows of the smaller one is in the sample of the smaller one, too.
    assert {one for one in large if one in {line["custom_id"] for line in requests(12)}} <= small
    assert len(small) == len(large) == 5


async def test_a_column_that_is_not_there_and_one_job_twice_are_refused_before_anything_is_made(
    workspace: Workspace, tmp_path: Path
) -> None:
    await answered(workspace, tmp_path, "a", 2, "claude-haiku-5-5")
    await answered(workspace, tmp_path, "c", 1, "claude-opus-5-5")
    a = await find_target(workspace, "a")
    with pytest.raises(UsageError, match='no column "language"'):
        await plan_judge(workspace, a, None, RUBRIC, JudgeOptions(by="language"))
    with pytest.raises(UsageError, match="the same job"):
        await plan_judge(workspace, a, await find_target(workspace, "a"), RUBRIC, JudgeOptions())


async def test_two_jobs_without_a_common_row_are_refused_with_what_each_has(
    workspace: Workspace, tmp_path: Path
) -> None:
    await answered(workspace, tmp_path, "a", 2, "claude-haiku-5-5")
    lines = requests(3, "x")
    plan = await plan_submit(workspace, [str(jsonl(tmp_path / "x.jsonl", lines))], SubmitOptions(name="x"))
    await save(workspace, await apply_submit(workspace, plan))
    with pytest.raises(InputError, match="2 only in a, 3 only in x"):
        await plan_judge(
            workspace, await find_target(workspace, "a"), await find_target(workspace, "x"), RUBRIC, JudgeOptions()
        )


async def test_a_retry_of_the_judge_job_completes_the_verdict(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    await answered(workspace, tmp_path, "a", 12, "claude-haiku-5-5")
    await answered(workspace, tmp_path, "b", 12, "claude-sonnet-5-5")
    simulator.world.retemper(Scenario(takes=0.0, seed=5, errored={"overloaded_error": 0.4}))
    job = await judge(workspace, "a", "b")
    before = await read_verdict(workspace, job)
    assert before.unusable
    assert before.whole.pairs is not None
    assert before.whole.pairs.incomplete
    simulator.world.retemper(Scenario(takes=0.0, seed=5))
    plan = await plan_retry(workspace, await find_target(workspace, job), RetryOptions())
    await save(workspace, await apply_retry(workspace, plan))
    after = (await read_verdict(workspace, job)).whole.pairs
    assert after is not None
    assert (after.incomplete, after.decided + after.contradictions) == (0, 12)


@pytest.mark.long
async def test_an_answer_that_failed_loses_only_where_that_was_asked_for(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    simulator.world.retemper(Scenario(takes=0.0, seed=5, errored={"overloaded_error": 0.4}))
    await answered(workspace, tmp_path, "a", 12, "claude-haiku-5-5")
    simulator.world.retemper(Scenario(takes=0.0, seed=5))
    await answered(workspace, tmp_path, "b", 12, "claude-sonnet-5-5")
    asked = await read_verdict(workspace, await judge(workspace, "a", "b", options=JudgeOptions(failed_lose=True)))
    by_rule = asked.whole.pairs
    assert by_rule is not None
    assert by_rule.by_rule > 0
    assert by_rule.decided + by_rule.contradictions == 12
    left_out = await read_verdict(workspace, await judge(workspace, "a", "b", options=JudgeOptions(model="premium")))
    assert [(one.reason, one.count) for one in left_out.record.omissions] == [("errored in a", by_rule.by_rule)]
    assert left_out.whole.pairs is not None
    assert left_out.whole.pairs.by_rule == 0
