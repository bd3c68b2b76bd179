"""Every request is at the API once, and nothing of somebody else's is touched, whatever went wrong."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.batch import RemotePage
from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import CostLimit, OtherAccount, UsageError
from batchtui.domain.submission.send_evidence import Account, VerdictKind
from batchtui.gateway.listing import BatchList
from batchtui.runtime import process_identity
from batchtui.services.batches.cancel import apply_cancel, plan_cancel
from batchtui.services.batches.sync import sync
from batchtui.services.submission import reconcile
from batchtui.services.submission.resume import adopt, reject, resume, send_waiting
from batchtui.services.submission.send import send
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.services.submission.submit import SubmitOptions, apply_submit, plan_submit
from batchtui.simulator import Fault, Simulator
from tests.support.builders import jsonl, remote, request, requests
from tests.support.clock import START, TurnedClock
from tests.support.workspaces import all_batches, sent_custom_ids, submit, workspace_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from batchtui.services.submission.reconcile import Reconciliation
    from batchtui.services.workspace import Workspace


async def yes(_finding: Reconciliation) -> bool:
    return True


async def no(_finding: Reconciliation) -> bool:
    return False


class WrongClock(TurnedClock):
    """This machine's clock, so many minutes off; it turns with another one."""

    def __init__(self, right: TurnedClock, minutes: float) -> None:
        super().__init__()
        self._right, self._off = right, timedelta(minutes=minutes)

    def now(self) -> datetime:
        return self._right.now() + self._off

    def monotonic(self) -> float:
        return self._right.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._right.sleep(seconds)


@pytest.fixture
def elsewhere(clock: TurnedClock) -> Iterator[Simulator]:
    """Another API: another address, so another account."""
    with Simulator("quiet-night", clock=clock) as other:
        yield other


def lose_the_response(simulator: Simulator, *, hidden: int = 0) -> None:
    """Let the next create work and its response be lost, and the batch be absent from so many lists."""
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_after"))
    if hidden:
        simulator.world.faults.add(Fault(on="list", times=hidden, kind="hidden", skip=1))


async def test_a_batch_that_sync_brought_in_first_is_merged_with_its_part_and_keeps_its_labels(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    # Hidden from the look that a sync begins with, too, and shown in its own list: as a list that lags shows it.
    lose_the_response(simulator, hidden=5)
    await submit(workspace, tmp_path, 3)
    (part,) = await all_batches(workspace)
    assert part.state is BatchState.UNKNOWN
    (foreign,) = (await sync(workspace)).added
    await workspace.registry.labels.change([foreign.job], lambda job: replace(job, tags=("mine",)))
    clock.turn(hours=3)
    resumed = await resume(workspace, consent=no)
    (batch,) = await all_batches(workspace)
    assert (batch.key, batch.state, batch.is_unproved) == (part.key, BatchState.ENDED, False)
    assert "mine" in batch.tags
    assert resumed.undecided == ()
    assert len(simulator.world.batches) == 1


async def test_a_sync_while_the_create_waits_for_its_response_does_not_cost_the_response(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="delayed", after=True, seconds=1.5))
    async with workspace_at(tmp_path / "home", simulator, clock) as other:
        sending = asyncio.create_task(submit(workspace, tmp_path, 3))
        while not simulator.world.batches:
            await asyncio.sleep(0.01)
        assert len((await sync(other)).added) == 1
        submitted = await sending
    assert [batch.state for batch in submitted.batches] == [BatchState.IN_PROGRESS]
    assert len(await all_batches(workspace)) == 1


@pytest.mark.parametrize("minutes", [-600, -10, -6, 6, 10, 600])
async def test_a_clock_that_was_wrong_at_submit_and_is_right_at_resume_makes_no_second_batch(
    tmp_path: Path, simulator: Simulator, clock: TurnedClock, minutes: float
) -> None:
    lose_the_response(simulator, hidden=5)
    async with workspace_at(tmp_path / "home", simulator, WrongClock(clock, minutes)) as wrong:
        await submit(wrong, tmp_path, 3)
    async with workspace_at(tmp_path / "home", simulator, clock) as right:
        resumed = await resume(right, consent=yes)
    assert [batch.state for batch in resumed.batches] == [BatchState.IN_PROGRESS]
    assert len(simulator.world.batches) == 1


async def test_a_lost_part_of_one_account_is_named_and_left_alone_at_another(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, elsewhere: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_before"))
    await submit(workspace, tmp_path, 3)
    async with workspace_at(tmp_path / "home", elsewhere, clock) as other:
        clock.turn(hours=1)
        resumed = await resume(other, consent=yes)
        [finding] = await reconcile.look_up(other, resumed.elsewhere)
        assert finding.kind is VerdictKind.OTHER_ACCOUNT
        with pytest.raises(OtherAccount):
            await send(other, resumed.elsewhere[0].key)
    assert elsewhere.world.batches == []
    assert [batch.state for batch in resumed.elsewhere] == [BatchState.UNKNOWN]


async def test_a_waiting_part_is_not_fed_to_another_account_nor_canceled_there(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, elsewhere: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", kind="status", status=429, retry_after=600, skip=1))
    await submit(workspace, tmp_path, 4, intake=IntakeOptions(max_requests=2))
    clock.turn(hours=1)
    async with workspace_at(tmp_path / "home", elsewhere, clock) as other:
        assert await send_waiting(other) == []
        running = [batch.key for batch in await all_batches(other) if batch.id]
        [outcome] = await apply_cancel(other, await plan_cancel(other, running))
        assert isinstance(outcome.error, OtherAccount)
    assert elsewhere.world.batches == []
    assert len(await send_waiting(workspace)) == 1


async def test_a_sender_that_was_taken_for_dead_and_wakes_changes_nothing(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="status", status=529))
    await submit(workspace, tmp_path, 3)
    (batch,) = await all_batches(workspace)
    sends = workspace.registry.sends
    await resume(workspace, consent=yes)
    sent = await workspace.registry.batches.get(batch.key)
    assert not await sends.mark(batch.key, "sleeper", clock.now())
    assert not await sends.answer_lost(batch.key, "woken", "sleeper")
    assert not await sends.not_created(batch.key, "woken", "sleeper")
    assert not await sends.accepted(batch.key, remote("msgbatch_other"), "sleeper")
    assert await workspace.registry.batches.get(batch.key) == sent


async def test_a_part_whose_sender_died_before_its_mark_may_be_sent_at_once(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="status", status=429, retry_after=600))
    await submit(workspace, tmp_path, 3)
    (batch,) = await all_batches(workspace)
    monkeypatch.setattr(process_identity, "is_gone", lambda name: name == "dead")
    account = await workspace.front_account()
    assert await workspace.registry.sends.claim(
        batch.key, "dead", clock.now(), workspace.server_clock.start_send(), account
    )
    before = clock.now()
    resumed = await resume(workspace, consent=no)
    assert [each.state for each in resumed.batches] == [BatchState.IN_PROGRESS]
    assert clock.now() == before


@pytest.mark.long
async def test_a_create_that_may_still_be_worked_on_is_waited_for(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_before"))
    await submit(workspace, tmp_path, 3)
    before = clock.now()
    await resume(workspace, consent=yes)
    assert timedelta(minutes=10) <= clock.now() - before <= timedelta(minutes=12)
    assert len(simulator.world.batches) == 1


@pytest.mark.long
async def test_a_strangers_batch_made_before_the_send_is_never_taken(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    async with workspace_at(tmp_path / "other", simulator, clock) as other:
        await submit(other, tmp_path, 3)
    clock.turn(seconds=14)
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_before"))
    await submit(workspace, tmp_path, 3, name="mine")
    resumed = await resume(workspace, consent=no)
    assert [finding.kind for finding in resumed.undecided] == [VerdictKind.ABSENT]
    assert [batch.id for batch in resumed.batches] == [None]


async def strangers_batch(
    workspace: Workspace, folder: Path, simulator: Simulator, clock: TurnedClock, items: list[dict[str, object]]
) -> None:
    """Lose our create before it does anything, while somebody else makes a batch of the same size."""
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_before"))
    simulator.world.faults.add(Fault(on="list", times=4, kind="status", status=529, skip=1))
    await submit(workspace, folder, 3)
    async with workspace_at(folder / "other", simulator, clock) as other:
        plan = await plan_submit(other, [str(jsonl(folder / "theirs.jsonl", items))], SubmitOptions())
        await apply_submit(other, plan)


@pytest.mark.parametrize("kind", ["other custom_ids", "another model"])
async def test_a_strangers_batch_is_refuted_by_its_results_and_never_tried_again(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock, kind: str
) -> None:
    theirs = requests(3, "theirs")
    if kind == "another model":
        theirs = [request(item["custom_id"], model="claude-opus-5-5") for item in requests(3)]
    await strangers_batch(workspace, tmp_path, simulator, clock, theirs)
    clock.turn(hours=3)
    resumed = await resume(workspace, consent=yes)
    mine = next(batch for batch in resumed.batches)
    stranger = simulator.world.batches[0].id
    assert (mine.state, mine.id != stranger) == (BatchState.IN_PROGRESS, True)
    assert stranger in await workspace.registry.verdicts.refuted_of(mine.key)


async def test_an_unproved_batch_is_canceled_only_by_its_typed_id(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    await strangers_batch(workspace, tmp_path, simulator, clock, requests(3, "theirs"))
    await resume(workspace, consent=no)
    (batch,) = await all_batches(workspace)
    assert batch.is_unproved
    assert (await plan_cancel(workspace, [batch.key])).is_empty
    assert (await plan_cancel(workspace, [batch.key], typed=(batch.id or "",))).cancel == (batch,)


@pytest.mark.long
async def test_a_batch_that_a_person_rules_out_is_never_tried_again(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    await strangers_batch(workspace, tmp_path, simulator, clock, requests(3, "theirs"))
    await resume(workspace, consent=no)
    (batch,) = await all_batches(workspace)
    await reject(workspace, [batch.job], batch.id or "")
    resumed = await resume(workspace, consent=yes)
    assert [each.state for each in resumed.batches] == [BatchState.IN_PROGRESS]
    assert sorted(custom_id for custom_id in sent_custom_ids(simulator) if custom_id.startswith("r-")) == [
        item["custom_id"] for item in requests(3)
    ]


async def test_two_submissions_at_once_do_not_both_pass_under_a_limit(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    plans = [
        await plan_submit(workspace, [str(jsonl(tmp_path / f"{name}.jsonl", requests(3, name)))], SubmitOptions())
        for name in ("a", "b")
    ]
    at_most = plans[0].estimate.cost.at_most
    assert at_most is not None
    limits = replace(workspace.settings.submit, max_cost_a_day=at_most * Decimal("1.5"))
    workspace.__dict__["settings"] = replace(workspace.settings, submit=limits)
    outcomes = await asyncio.gather(*(apply_submit(workspace, plan) for plan in plans), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)] == [CostLimit]
    assert len(simulator.world.batches) == 1


async def test_a_read_only_submission_plans_nothing(tmp_path: Path, simulator: Simulator, clock: TurnedClock) -> None:
    async with workspace_at(tmp_path / "home", simulator, clock) as workspace:
        workspace._read_only = True
        with pytest.raises(UsageError):
            await submit(workspace, tmp_path, 3)
        assert await all_batches(workspace) == []


async def test_a_job_whose_stored_requests_are_gone_holds_up_no_other(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", times=2, kind="status", status=429, retry_after=600))
    first = await submit(workspace, tmp_path, 3, prefix="a")
    await submit(workspace, tmp_path, 3, prefix="b")
    shutil.rmtree(workspace.registry.requests.folder / first.job.id)
    clock.turn(hours=1)
    await send_waiting(workspace)
    assert sent_custom_ids(simulator) == [item["custom_id"] for item in requests(3, "b")]
    broken = next(batch for batch in await all_batches(workspace) if batch.job == first.job.id)
    assert "missing" in broken.reason


async def test_a_part_that_was_sent_since_the_plan_is_reported_and_the_rest_is_canceled(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", kind="status", status=429, retry_after=600, skip=1))
    await submit(workspace, tmp_path, 4, intake=IntakeOptions(max_requests=2))
    plan = await plan_cancel(workspace, [batch.key for batch in await all_batches(workspace)])
    assert (len(plan.drop), len(plan.cancel)) == (1, 1)
    clock.turn(minutes=11)
    await send_waiting(workspace)
    outcomes = await apply_cancel(workspace, plan)
    assert [outcome.error is None for outcome in outcomes] == [False, True]


@pytest.mark.parametrize("retry_after", [0.0, -5.0, 1e20])
async def test_creates_keep_at_least_a_second_apart_and_come_to_an_end(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock, retry_after: float
) -> None:
    simulator.world.faults.add(Fault(on="create", times=None, kind="status", status=429, retry_after=retry_after))
    submitted = await submit(workspace, tmp_path, 3)
    (batch,) = submitted.batches
    assert batch.state is BatchState.PLANNED
    assert batch.sends <= 12
    assert all(seconds >= 1 for seconds in clock.slept)


async def test_a_copied_registry_sends_nothing_of_its_twin_without_a_question(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="status", status=429, retry_after=600))
    await submit(workspace, tmp_path, 3)
    await workspace.close()
    shutil.copytree(tmp_path / "home", tmp_path / "copy")
    clock.turn(hours=1)
    async with workspace_at(tmp_path / "copy", simulator, clock) as copy:
        await send_waiting(copy)
        resumed = await resume(copy, consent=no)
        assert [finding.kind for finding in resumed.undecided] == [VerdictKind.ASK]
        assert simulator.world.batches == []
        await resume(copy, consent=yes)
    async with workspace_at(tmp_path / "home", simulator, clock) as original:
        assert not (await all_batches(original))[0].may_have_twin
    assert len(simulator.world.batches) == 1


async def test_an_adopted_batch_is_taken_on_a_persons_word(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    lose_the_response(simulator, hidden=5)
    submitted = await submit(workspace, tmp_path, 3)
    batch = await adopt(workspace, [submitted.job.id], simulator.world.batches[0].id)
    assert batch.state is BatchState.IN_PROGRESS


class Pages:
    """A list endpoint that says what a test scripts, the last page for ever."""

    def __init__(self, *pages: RemotePage) -> None:
        self.pages = list(pages)
        self.calls = 0

    async def list_page(self, *, limit: int = 1000, after_id: str | None = None) -> RemotePage:
        self.calls += 1
        return self.pages[min(self.calls, len(self.pages)) - 1]


ACCOUNT = Account("https://api.example")


@pytest.mark.parametrize("last_id", ["msgbatch_01A", "moves"])
async def test_a_list_that_repeats_itself_comes_to_an_end_and_is_called_broken(last_id: str) -> None:
    page = RemotePage((remote(),), has_more=True, last_id=last_id, account=ACCOUNT)
    endpoint = Pages(page)
    reading = BatchList(endpoint)  # type: ignore[arg-type]
    shown = [batch.id async for page in reading.pages() for batch in page.batches]
    assert shown == ["msgbatch_01A"]
    assert (endpoint.calls, reading.is_broken) == (2, True)


async def test_a_list_that_ends_is_whole() -> None:
    first = RemotePage((remote("a"),), has_more=True, last_id="a", account=ACCOUNT)
    last = RemotePage((remote("b", created_at=START - timedelta(hours=1)),), has_more=False, last_id="b")
    reading = BatchList(Pages(first, last))  # type: ignore[arg-type]
    assert [batch.id async for page in reading.pages() for batch in page.batches] == ["a", "b"]
    assert not reading.is_broken
