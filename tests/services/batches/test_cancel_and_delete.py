"""Cancelling and deleting: planned, carried out, read back; nothing is lost without a word."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import UnknownTarget
from batchtui.services.batches.cancel import apply_cancel, plan_cancel
from batchtui.services.batches.delete import apply_delete, plan_delete
from batchtui.services.batches.sync import sync
from batchtui.services.batches.targets import find_target
from batchtui.services.polling.refresh import sweep
from batchtui.services.results.collect import collect
from batchtui.simulator import Fault
from tests.support.workspaces import all_batches, submit, workspace_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock


async def ended(workspace: Workspace, folder: Path, clock: TurnedClock) -> int:
    submitted = await submit(workspace, folder, 3)
    clock.turn(hours=3)
    await sweep(workspace)
    return submitted.batches[0].key


async def test_a_running_batch_goes_through_canceling_to_its_end(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    submitted = await submit(workspace, tmp_path, 3)
    key = submitted.batches[0].key
    plan = await plan_cancel(workspace, [key])
    (outcome,) = await apply_cancel(workspace, plan)
    assert (outcome.error, outcome.batch.state) == (None, BatchState.CANCELING)
    clock.turn(hours=1)
    await sweep(workspace)
    batch = await workspace.registry.batches.get(key)
    assert (batch.state, batch.counts.total) == (BatchState.ENDED, 3)
    assert batch.counts.canceled + batch.counts.succeeded == 3


async def test_an_ended_batch_is_left_alone_with_the_reason(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    plan = await plan_cancel(workspace, [await ended(workspace, tmp_path, clock)])
    assert plan.is_empty
    assert plan.skipped[0].reason == "it has already ended; nothing to cancel"


async def test_one_failure_does_not_hold_up_the_others(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    keys = [(await submit(workspace, tmp_path, 2, prefix=prefix)).batches[0].key for prefix in ("a", "b")]
    simulator.world.faults.add(Fault(on="cancel", kind="status", status=500))
    outcomes = await apply_cancel(workspace, await plan_cancel(workspace, keys))
    assert sorted(outcome.error is None for outcome in outcomes) == [False, True]


async def test_delete_refuses_while_results_are_not_saved(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    key = await ended(workspace, tmp_path, clock)
    plan = await plan_delete(workspace, [key])
    assert plan.is_empty
    assert "not saved" in plan.skipped[0].reason
    assert (await plan_delete(workspace, [key], force=True)).losing[0].key == key


async def test_a_batch_whose_results_are_saved_is_deleted_and_the_results_stay(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    key = await ended(workspace, tmp_path, clock)
    await collect(workspace, await workspace.registry.batches.get(key))
    (outcome,) = await apply_delete(workspace, await plan_delete(workspace, [key]))
    assert (outcome.error, outcome.batch.state, outcome.batch.results) == (
        None,
        BatchState.DELETED,
        ResultsState.SAVED,
    )
    assert await all_batches(workspace) == []


async def test_sync_brings_in_what_was_made_elsewhere_and_says_what_is_gone(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    mine = (await submit(workspace, tmp_path, 2, prefix="mine")).batches[0]
    async with workspace_at(tmp_path / "other", simulator, clock) as other:
        theirs = (await submit(other, tmp_path, 2, prefix="theirs")).batches[0]
        clock.turn(hours=3)
        await sweep(other)
        await apply_delete(other, await plan_delete(other, [theirs.key], force=True))
        second = (await submit(other, tmp_path, 2, prefix="second")).batches[0]
    report = await sync(workspace)
    assert [batch.id for batch in report.added] == [second.id]
    assert [batch.id for batch in report.updated] == [mine.id]
    assert report.gone == ()
    again = await sync(workspace)
    assert (again.added, again.updated) == ((), ())


async def test_a_word_finds_a_batch_by_id_prefix_name_job_and_last(workspace: Workspace, tmp_path: Path) -> None:
    first = await submit(workspace, tmp_path, 2, prefix="a", name="nightly")
    second = await submit(workspace, tmp_path, 2, prefix="b", name="other")
    batch = first.batches[0]
    assert batch.id is not None
    assert (await find_target(workspace, batch.id)).batches[0].key == batch.key
    assert (await find_target(workspace, batch.id[:20])).batches[0].key == batch.key
    assert (await find_target(workspace, "nightly")).batches[0].key == batch.key
    assert (await find_target(workspace, first.job.id)).batches[0].key == batch.key
    assert (await find_target(workspace, "@last")).batches[0].key == second.batches[0].key
    with pytest.raises(UnknownTarget, match="matches 2 batches or jobs"):
        await find_target(workspace, "msgbatch_")
    with pytest.raises(UnknownTarget, match="There is no batch or job"):
        await find_target(workspace, "nonsense")


async def test_a_part_that_is_being_sent_is_not_dropped_whatever_is_said(workspace: Workspace, tmp_path: Path) -> None:
    submitted = await submit(workspace, tmp_path, 2)
    key = submitted.batches[0].key
    async with workspace.registry._database.transaction() as tx:
        await tx.execute("UPDATE batches SET id = NULL, state = 'submitting' WHERE key = ?", (key,))
    plan = await plan_delete(workspace, [key], locally=True, force=True)
    assert plan.is_empty
    assert [skipped.reason for skipped in plan.skipped] == ["it is being sent; wait until the API has responded"]


@pytest.fixture
async def colleague(tmp_path: Path, simulator: Simulator, clock: TurnedClock) -> AsyncIterator[Workspace]:
    """Somebody else in the same workspace of the API, with a registry of their own."""
    async with workspace_at(tmp_path / "colleague", simulator, clock) as opened:
        yield opened


@pytest.mark.parametrize(
    ("typed", "is_canceled"),
    [("@last", False), ("msgbatch_", False), ("the name", False), ("the whole id", True), ("its beginning", True)],
)
async def test_a_batch_made_elsewhere_is_canceled_only_where_its_id_was_typed(
    workspace: Workspace, colleague: Workspace, tmp_path: Path, typed: str, is_canceled: bool
) -> None:
    await submit(colleague, tmp_path, 3)
    (foreign,) = (await sync(workspace)).added
    assert foreign.id is not None
    await workspace.registry.labels.change([foreign.job], lambda job: replace(job, name="the name"))
    words = {"the whole id": foreign.id, "its beginning": foreign.id[:14]}
    plan = await plan_cancel(workspace, [foreign.key], typed=(words.get(typed, typed),))
    assert [batch.key for batch in plan.cancel] == ([foreign.key] if is_canceled else [])
    assert all("created elsewhere" in skipped.reason and foreign.id in skipped.reason for skipped in plan.skipped)


async def test_a_batch_made_elsewhere_is_deleted_only_where_its_id_was_typed_but_forgotten_here_by_any_word(
    workspace: Workspace, colleague: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    await submit(colleague, tmp_path, 3)
    clock.turn(hours=3)
    (foreign,) = (await sync(workspace)).added
    assert (await plan_delete(workspace, [foreign.key], typed=("@last",), force=True)).is_empty
    named = await plan_delete(workspace, [foreign.key], typed=(foreign.id or "",), force=True)
    assert [batch.key for batch in named.delete] == [foreign.key]
    forgotten = await plan_delete(workspace, [foreign.key], typed=("@last",), locally=True, force=True)
    assert [batch.key for batch in forgotten.drop] == [foreign.key]


async def test_an_ended_batch_made_elsewhere_is_said_to_have_ended(
    workspace: Workspace, colleague: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    await submit(colleague, tmp_path, 3)
    clock.turn(hours=3)
    (foreign,) = (await sync(workspace)).added
    (skipped,) = (await plan_cancel(workspace, [foreign.key], typed=("@last",))).skipped
    assert "it has already ended" in skipped.reason
