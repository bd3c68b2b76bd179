"""A lost answer: looked for, adopted, proved absent; never sent again without proof or consent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import BatchState
from batchtui.domain.submission.send_evidence import VerdictKind
from batchtui.services.submission import reconcile
from batchtui.services.submission.resume import resume
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.simulator import Fault
from tests.support.builders import requests
from tests.support.workspaces import all_batches, sent_custom_ids, submit, workspace_at

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.services.submission.reconcile import Reconciliation
    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock


async def yes(_finding: Reconciliation) -> bool:
    return True


async def no(_finding: Reconciliation) -> bool:
    return False


OPEN_ENDS = [
    {"kind": "lost_after"},
    {"kind": "garbled", "after": True},
    {"kind": "status", "status": 500, "after": True},
    {"kind": "status", "status": 503, "after": True},
    {"kind": "status", "status": 529, "after": True},
    {"kind": "status", "status": 408, "after": True},
    {"kind": "status", "status": 409, "after": True},
    {"kind": "status", "status": 502, "after": True},
]


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("fault", OPEN_ENDS, ids=lambda fault: "-".join(str(value) for value in fault.values()))
async def test_a_batch_whose_answer_was_lost_is_adopted_and_the_job_goes_on(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, fault: dict[str, object], parts: int
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, **fault))  # type: ignore[arg-type]
    submitted = await submit(workspace, tmp_path, 2 * parts, intake=IntakeOptions(max_requests=2))
    assert {batch.state for batch in submitted.batches} == {BatchState.IN_PROGRESS}
    assert sent_custom_ids(simulator) == [item["custom_id"] for item in requests(2 * parts)]
    assert {batch.id for batch in submitted.batches} == {created.id for created in simulator.world.batches}


async def test_an_answer_lost_before_creation_stays_unknown_until_somebody_consents(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_before"))
    submitted = await submit(workspace, tmp_path, 3)
    assert [batch.state for batch in submitted.batches] == [BatchState.UNKNOWN]
    resumed = await resume(workspace, consent=no)
    assert [finding.kind for finding in resumed.undecided] == [VerdictKind.ABSENT]
    assert simulator.world.batches == []
    resumed = await resume(workspace, consent=yes)
    assert [batch.state for batch in resumed.batches] == [BatchState.IN_PROGRESS]
    assert len(simulator.world.batches) == 1


async def test_absence_proves_nothing_before_the_grace_time_is_over(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_before"))
    await submit(workspace, tmp_path, 3)
    (batch,) = await all_batches(workspace)
    [finding] = await reconcile.look_up(workspace, [batch], timedelta(hours=1))
    assert finding.kind is VerdictKind.WAIT
    assert finding.wait > 3000


async def test_a_batch_that_shows_up_late_is_still_adopted(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_after"))
    simulator.world.faults.add(Fault(on="list", times=8, kind="hidden"))
    submitted = await submit(workspace, tmp_path, 3)
    assert submitted.batches[0].state is BatchState.UNKNOWN
    resumed = await resume(workspace, consent=yes)
    assert [batch.state for batch in resumed.batches] == [BatchState.IN_PROGRESS]
    assert len(simulator.world.batches) == 1


async def test_somebody_elses_batch_of_another_size_or_time_is_not_adopted(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    async with workspace_at(tmp_path / "other", simulator, clock) as other:
        await submit(other, tmp_path, 3, prefix="earlier")
        clock.turn(hours=1)
        await submit(other, tmp_path, 4, prefix="larger")
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_before"))
    submitted = await submit(workspace, tmp_path, 3)
    assert submitted.batches[0].state is BatchState.UNKNOWN


async def test_two_batches_that_fit_are_not_guessed_at(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    async with workspace_at(tmp_path / "other", simulator, clock) as other:
        await submit(other, tmp_path, 3, prefix="stranger")
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_after"))
    submitted = await submit(workspace, tmp_path, 3)
    assert submitted.batches[0].state is BatchState.UNKNOWN
    resumed = await resume(workspace, consent=yes)
    (finding,) = resumed.undecided
    assert finding.kind is VerdictKind.WAIT
    assert len(finding.candidates) == 2
    assert len(simulator.world.batches) == 2


async def test_of_two_batches_that_fit_the_results_tell_which_it_is(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    async with workspace_at(tmp_path / "other", simulator, clock) as other:
        await submit(other, tmp_path, 3, prefix="stranger")
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_after"))
    await submit(workspace, tmp_path, 3)
    clock.turn(hours=3)
    resumed = await resume(workspace, consent=yes)
    (batch,) = resumed.batches
    mine = next(created for created in simulator.world.batches if "r-00000" in created.custom_ids)
    assert (batch.state, batch.id) == (BatchState.ENDED, mine.id)


async def test_a_cancelled_send_is_unknown_and_settled_by_looking(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    import asyncio

    simulator.world.faults.add(Fault(on="create", times=1, kind="delayed", after=True, seconds=30))
    task = asyncio.create_task(submit(workspace, tmp_path, 3))
    while not simulator.world.batches:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (batch,) = await all_batches(workspace)
    assert batch.state is BatchState.UNKNOWN
    resumed = await resume(workspace, consent=no)
    assert [found.state for found in resumed.batches] == [BatchState.IN_PROGRESS]
    assert len(simulator.world.batches) == 1
