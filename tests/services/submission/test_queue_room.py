"""Room in the organisation's queue: learnt from refusals or set, waited for in sight, used as soon as it is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import BatchState
from batchtui.services.polling import maintenance
from batchtui.services.submission import queue_room
from batchtui.services.submission.staging.stage import IntakeOptions
from tests.support.builders import requests
from tests.support.workspaces import all_batches, sent_custom_ids, submit, workspace_at

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock

TWO_EACH = IntakeOptions(max_requests=2)


@pytest.fixture
def narrow(simulator: Simulator) -> Simulator:
    """An organisation with room for four requests."""
    simulator.world.scenario = replace(simulator.world.scenario, queue_limit=4)
    return simulator


async def planned(workspace: Workspace) -> list[Batch]:
    """Return the parts that are not sent, in order."""
    found = [batch for batch in await all_batches(workspace) if batch.state is BatchState.PLANNED]
    return sorted(found, key=lambda batch: batch.part)


async def test_a_job_larger_than_the_room_waits_with_the_reason_in_sight(
    workspace: Workspace, tmp_path: Path, narrow: Simulator
) -> None:
    await submit(workspace, tmp_path, 8, intake=TWO_EACH)
    third, fourth = await planned(workspace)
    assert third.reason == "Waiting for room in the API's queue: 4 requests are waiting of 4."
    assert (third.not_before is not None, fourth.reason) == (True, "")
    assert await queue_room.room(workspace) == 4, "the refusal said how much fits"
    assert len(narrow.world.batches) == 2


async def test_it_is_fed_as_room_appears_until_all_of_it_is_sent_once(
    workspace: Workspace, tmp_path: Path, narrow: Simulator, clock: TurnedClock
) -> None:
    await submit(workspace, tmp_path, 10, intake=TWO_EACH)
    for _ in range(3):
        assert sum(batch.counts.processing for batch in await all_batches(workspace)) <= 4
        clock.turn(hours=2)
        await maintenance.run_maintenance(workspace)
    assert await planned(workspace) == []
    assert sent_custom_ids(narrow) == [item["custom_id"] for item in requests(10)]


async def test_room_that_is_there_is_used_before_the_next_look_is_due(
    workspace: Workspace, tmp_path: Path, narrow: Simulator, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_room, "LOOK_AGAIN", timedelta(days=9))
    await submit(workspace, tmp_path, 8, intake=TWO_EACH)
    await maintenance.run_maintenance(workspace)
    assert len(await planned(workspace)) == 2, "nothing has ended"
    clock.turn(hours=2)
    await maintenance.run_maintenance(workspace)
    assert await planned(workspace) == []


async def test_a_room_that_was_set_is_kept_to_without_a_refusal(
    tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text("[submit]\nqueue_room = 3\n")
    async with workspace_at(tmp_path / "home", simulator, clock) as workspace:
        await submit(workspace, tmp_path, 4, intake=TWO_EACH)
        (second,) = await planned(workspace)
    assert second.reason == "Waiting for room in the API's queue: 2 requests are waiting of 3."
    assert len(simulator.world.calls_to("create")) == 1


async def test_a_learnt_queue_limit_expires(
    workspace: Workspace, tmp_path: Path, narrow: Simulator, clock: TurnedClock
) -> None:
    await submit(workspace, tmp_path, 6, intake=TWO_EACH)
    clock.turn(hours=7)
    assert await queue_room.room(workspace) is None


async def test_a_part_larger_than_the_room_is_tried_where_nothing_of_ours_waits(
    workspace: Workspace, tmp_path: Path, narrow: Simulator
) -> None:
    await submit(workspace, tmp_path, 5)
    (part,) = await planned(workspace)
    assert part.reason == "Waiting for room in the API's queue: 0 requests are waiting."
    assert await queue_room.room(workspace) is None, "nothing of ours was there to learn from"
