"""What became of one request over the attempts of its job, and the whole job as one list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import ResultsUnavailable
from batchtui.domain.results.result import Outcome
from batchtui.services.batches.targets import find_target
from batchtui.services.polling.refresh import sweep
from batchtui.services.results.collect import collect
from batchtui.services.results.history import open_job_results, read_history
from batchtui.services.retry.retry import RetryOptions, apply_retry, plan_retry
from batchtui.simulator import SCENARIOS
from tests.support.workspaces import submit

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock


async def collected(workspace: Workspace, clock: TurnedClock, job: str) -> None:
    clock.turn(hours=2)
    await sweep(workspace)
    for batch in (await find_target(workspace, job)).batches:
        await collect(workspace, batch)


async def test_every_attempt_of_a_request_is_listed_and_one_of_them_stands(
    workspace: Workspace, simulator: Simulator, clock: TurnedClock, tmp_path: Path
) -> None:
    simulator.world.retemper(SCENARIOS["half-fail"])
    job = (await submit(workspace, tmp_path, 20)).job.id
    await collected(workspace, clock, job)
    simulator.world.retemper(SCENARIOS["quiet-night"])
    plan = await plan_retry(workspace, await find_target(workspace, job), RetryOptions())
    await apply_retry(workspace, plan)
    await collected(workspace, clock, job)
    results = await open_job_results(workspace, job)
    try:
        facts = results.page(results.order())
        assert len(facts) == len({one.custom_id for one in facts}) == 20
        again = {one.custom_id for one in facts if results.batch_of(one.seq).attempt == 2}
    finally:
        results.close()
    assert len(again) == plan.requests
    history = await read_history(workspace, job, min(again))
    assert [(one.batch.attempt, one.stands) for one in history] == [(1, False), (2, True)]
    assert [one.facts.outcome for one in history] == [Outcome.ERRORED, Outcome.SUCCEEDED]
    once = next(one.custom_id for one in facts if one.custom_id not in again)
    assert [one.stands for one in await read_history(workspace, job, once)] == [True]
    assert await read_history(workspace, job, "never-sent") == ()


async def test_a_job_without_saved_results_says_so(workspace: Workspace, tmp_path: Path) -> None:
    job = (await submit(workspace, tmp_path, 2)).job.id
    with pytest.raises(ResultsUnavailable):
        await open_job_results(workspace, job)
