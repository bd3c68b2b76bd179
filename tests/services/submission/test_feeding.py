"""What is sent on by itself, and what waits for a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState
from batchtui.services.submission import cache_priming, queue_room
from batchtui.services.submission.resume import send_waiting
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.services.submission.submit import SubmitOptions, apply_submit, plan_submit
from batchtui.services.workspace import open_workspace
from batchtui.settings.paths import Paths
from tests.support.builders import jsonl, requests
from tests.support.workspaces import all_batches, submit, workspace_at

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock


async def laid_up(workspace: Workspace, folder: Path, *reasons: str) -> list[int]:
    """A job of one request a part, none of them sent: the first is due, all have these reasons."""
    source = str(jsonl(folder / "in.jsonl", requests(len(reasons))))
    options = SubmitOptions(intake=IntakeOptions(max_requests=1))
    plan = await plan_submit(workspace, [source], options)
    kept = plan.staged.requests
    keys = await workspace.registry.jobs.plan(
        plan.job,
        plan.parts,
        keep=lambda: workspace.registry.requests.commit(kept, plan.job.id),
        account=await workspace.front_account(),
    )
    due = workspace.clock.now() - timedelta(seconds=1)
    for number, (key, reason) in enumerate(zip(keys, reasons, strict=True)):
        if reason:
            await workspace.registry.sends.explain(key, reason, not_before=None if number else due)
    return list(keys)


async def test_a_part_that_is_due_takes_those_behind_it_along_up_to_one_that_was_refused(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    keys = await laid_up(
        workspace, tmp_path, f"{queue_room.FULL}: 4 requests.", "", "The API refused the request (400).", ""
    )
    assert await send_waiting(workspace) == keys[:2]
    states = [batch.state for batch in await workspace.registry.queries.page(keys)]
    assert states == [BatchState.IN_PROGRESS, BatchState.IN_PROGRESS, BatchState.PLANNED, BatchState.PLANNED]
    assert len(simulator.world.batches) == 2


async def test_nothing_is_sent_on_where_nothing_may_be_changed(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    await laid_up(workspace, tmp_path, f"{queue_room.FULL}: 4 requests.")
    paths = Paths.locate(tmp_path / "home")
    async with open_workspace(paths, base_url=simulator.url, clock=clock, read_only=True) as reading:
        assert await send_waiting(reading) == []
    assert simulator.world.batches == []
    assert [batch.state for batch in await all_batches(workspace)] == [BatchState.PLANNED]


async def test_a_part_larger_than_the_room_that_was_set_is_tried_where_nothing_of_ours_waits(
    tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text("[submit]\nqueue_room = 3\n")
    async with workspace_at(tmp_path / "home", simulator, clock) as workspace:
        submitted = await submit(workspace, tmp_path, 5)
        assert [batch.state for batch in submitted.batches] == [BatchState.IN_PROGRESS]
        assert not await queue_room.was_freed(workspace, submitted.batches[0])


async def test_a_retry_does_not_wait_for_an_old_cache(workspace: Workspace, tmp_path: Path) -> None:
    source = str(jsonl(tmp_path / "r.jsonl", requests(3)))
    plan = await plan_submit(workspace, [source], SubmitOptions(prime=True))
    _, rest = (await apply_submit(workspace, plan)).batches
    assert await cache_priming.must_wait(workspace, rest)
    assert not await cache_priming.must_wait(workspace, replace(rest, attempt=2))
