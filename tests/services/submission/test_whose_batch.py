"""Which batch is a part's: what proves it, what proves nothing, and what a copied registry remembers of it."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import FateUnknown, OtherAccount
from batchtui.domain.submission.send_evidence import VerdictKind
from batchtui.runtime import process_identity
from batchtui.services.polling import maintenance
from batchtui.services.polling.refresh import refresh_batches
from batchtui.services.polling.wait import wait
from batchtui.services.results.collect import collect
from batchtui.services.submission.resume import adopt, resume
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.services.submission.submit import SubmitOptions, apply_submit, plan_submit
from batchtui.simulator import Fault, Simulator
from tests.support.builders import jsonl, request, requests
from tests.support.workspaces import all_batches, submit, workspace_at

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.submission.reconcile import Reconciliation
    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock


async def yes(_finding: Reconciliation) -> bool:
    return True


async def no(_finding: Reconciliation) -> bool:
    return False


async def lose_ours_beside_theirs(
    workspace: Workspace, folder: Path, simulator: Simulator, clock: TurnedClock, theirs: list[dict[str, object]]
) -> str:
    """Lose our create before it does anything, while a colleague makes a batch of the same size. Returns its id."""
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_before"))
    simulator.world.faults.add(Fault(on="list", times=4, kind="status", status=529, skip=1))
    await submit(workspace, folder, 3)
    async with workspace_at(folder / "theirs", simulator, clock) as other:
        plan = await plan_submit(other, [str(jsonl(folder / "theirs.jsonl", theirs))], SubmitOptions())
        await apply_submit(other, plan)
    return simulator.world.batches[-1].id


def of_another_model() -> list[dict[str, object]]:
    return [request(item["custom_id"], model="claude-opus-5-5") for item in requests(3)]


async def test_equal_custom_ids_without_one_answer_prove_nothing_and_a_person_decides(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    theirs = await lose_ours_beside_theirs(workspace, tmp_path, simulator, clock, of_another_model())
    simulator.world.cancel(theirs)
    clock.turn(hours=3)
    resumed = await resume(workspace, consent=no)
    assert [(finding.kind, finding.verdict.choices) for finding in resumed.undecided] == [(VerdictKind.ASK, (theirs,))]
    assert [batch.id for batch in resumed.batches] == [None]


async def test_results_that_cannot_tell_are_fetched_once(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    theirs = await lose_ours_beside_theirs(workspace, tmp_path, simulator, clock, of_another_model())
    simulator.world.cancel(theirs)
    clock.turn(hours=3)
    for _ in range(3):
        await resume(workspace, consent=no)
    assert len(simulator.world.calls_to("results")) == 1


async def test_a_batch_that_was_shown_as_likely_and_has_no_answer_is_not_called_saved(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    theirs = await lose_ours_beside_theirs(workspace, tmp_path, simulator, clock, of_another_model())
    await resume(workspace, consent=no)
    (part,) = await all_batches(workspace)
    assert (part.id, part.is_unproved) == (theirs, True)
    simulator.world.cancel(theirs)
    clock.turn(hours=3)
    await refresh_batches(workspace, [part])
    with pytest.raises(FateUnknown, match="none of its results names a model"):
        await collect(workspace, part)
    (part,) = await all_batches(workspace)
    assert (part.state, part.id, part.results) == (BatchState.UNKNOWN, None, ResultsState.NONE)


async def test_a_persons_choice_is_kept_when_results_cannot_prove_it(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_after"))
    simulator.world.faults.add(Fault(on="list", times=5, kind="hidden", skip=1))
    submitted = await submit(workspace, tmp_path, 3)
    ours = simulator.world.batches[0].id
    simulator.world.cancel(ours)
    clock.turn(hours=3)
    await resume(workspace, consent=no)
    batch = await adopt(workspace, [submitted.job.id], ours)
    saved = await collect(workspace, batch)
    assert (saved.id, saved.results, saved.is_unproved) == (ours, ResultsState.SAVED, False)


async def test_a_persons_choice_is_kept_when_the_requests_are_gone(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_after"))
    simulator.world.faults.add(Fault(on="list", times=5, kind="hidden", skip=1))
    submitted = await submit(workspace, tmp_path, 3)
    shutil.rmtree(tmp_path / "home" / "requests" / submitted.job.id)
    clock.turn(hours=3)
    batch = await adopt(workspace, [submitted.job.id], simulator.world.batches[0].id)
    assert (await collect(workspace, batch)).results is ResultsState.SAVED


async def test_a_persons_choice_is_revoked_when_the_results_refute_it(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    theirs = await lose_ours_beside_theirs(workspace, tmp_path, simulator, clock, requests(3, "theirs"))
    (part,) = await all_batches(workspace)
    batch = await adopt(workspace, [part.job], theirs)
    clock.turn(hours=3)
    await refresh_batches(workspace, [batch])
    with pytest.raises(FateUnknown):
        await collect(workspace, batch)
    assert theirs in await workspace.registry.verdicts.refuted_of(batch.key)


@pytest.mark.long
@pytest.mark.parametrize("bound", ["before the copy", "after the copy"])
async def test_a_copied_registry_remembers_its_twin_while_only_a_likely_batch_stands_for_a_part(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock, bound: str
) -> None:
    await lose_ours_beside_theirs(workspace, tmp_path, simulator, clock, requests(3, "theirs"))
    if bound == "before the copy":
        await resume(workspace, consent=no)
    await workspace.close()
    shutil.copytree(tmp_path / "home", tmp_path / "copy")
    async with workspace_at(tmp_path / "copy", simulator, clock) as copy:
        await resume(copy, consent=no)
        assert (await all_batches(copy))[0].is_unproved
    clock.turn(hours=3)
    async with workspace_at(tmp_path / "home", simulator, clock) as original:
        for _ in range(2):  # the first finds out that the likely one is somebody else's
            await maintenance.run_maintenance(original)
            for batch in await all_batches(original):
                if batch.state is BatchState.ENDED:
                    with pytest.raises(FateUnknown):
                        await collect(original, batch)
        await resume(original, consent=yes)
    assert len(simulator.world.batches) == 2
    clock.turn(hours=3)
    async with workspace_at(tmp_path / "copy", simulator, clock) as copy:
        await maintenance.run_maintenance(copy)
        for batch in await all_batches(copy):
            if batch.is_unproved:
                with pytest.raises(FateUnknown):
                    await collect(copy, batch)
        await resume(copy, consent=yes)
    assert len(simulator.world.batches) == 2, "the copy finds what its twin has sent"


@pytest.mark.long
@pytest.mark.parametrize("hours", [0, 1])
async def test_a_part_is_waited_for_from_when_its_sender_was_found_gone(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch,
    hours: int,
) -> None:  # fmt: skip
    part = await left_by_a_dead_sender(workspace, tmp_path, simulator, clock, monkeypatch)
    clock.turn(hours=hours)
    before = clock.now()
    resumed = await resume(workspace, consent=no)
    assert timedelta(minutes=11) <= clock.now() - before < timedelta(minutes=12)
    assert [finding.kind for finding in resumed.undecided] == [VerdictKind.ABSENT]
    assert part.key == resumed.batches[0].key


async def left_by_a_dead_sender(
    workspace: Workspace, folder: Path, simulator: Simulator, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> Batch:
    """A part that was marked by a process which this machine knows to be gone."""
    simulator.world.faults.add(Fault(on="create", times=1, kind="status", status=429, retry_after=600))
    await submit(workspace, folder, 3)
    (part,) = await all_batches(workspace)
    monkeypatch.setattr(process_identity, "is_gone", lambda name: name == "dead")
    account, sends = await workspace.front_account(), workspace.registry.sends
    assert await sends.claim(part.key, "dead", clock.now(), workspace.server_clock.start_send(), account)
    assert await sends.mark(part.key, "dead", workspace.server_clock.latest())
    return part


async def test_nothing_is_pending_where_all_that_runs_or_waits_belongs_to_another_account(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", kind="status", status=429, retry_after=600, skip=1))
    submitted = await submit(workspace, tmp_path, 4, intake=IntakeOptions(max_requests=2))
    assert await maintenance.has_pending(workspace)
    with Simulator("quiet-night", clock=clock) as elsewhere:
        async with workspace_at(tmp_path / "home", elsewhere, clock) as other:
            await other.front_account()
            assert not await maintenance.has_pending(other)
            with pytest.raises(OtherAccount):
                await wait(other, [batch.key for batch in submitted.batches])


async def test_nothing_is_pending_where_a_waiting_part_stands_behind_one_that_a_person_decides(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_before"))
    await submit(workspace, tmp_path, 4, intake=IntakeOptions(max_requests=2))
    _, behind = await all_batches(workspace)
    await workspace.registry.sends.explain(behind.key, "The queue is full.", not_before=clock.now())
    assert await maintenance.has_pending(workspace), "the first may still turn up"
    clock.turn(hours=1)
    assert not await maintenance.has_pending(workspace)
