"""What is gathered about a part: whose sends are dead, what results prove, which entries of a list could be it."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import FateUnknown, GatewayError, OtherAccount, Unreachable
from batchtui.domain.submission.ids_digest import IdsDigest
from batchtui.domain.submission.send_evidence import Account, Proof, VerdictKind
from batchtui.runtime import process_identity
from batchtui.services.submission import reconcile
from batchtui.services.submission.proof import cannot_tell, is_other_model, prove
from batchtui.services.submission.send import Progress, send
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.simulator import Fault
from tests.support.builders import MODEL, remote
from tests.support.edge import Edge, Forward, Request, Response
from tests.support.lines import succeeded
from tests.support.workspaces import all_batches, submit, workspace_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock


@pytest.fixture
def edge(simulator: Simulator) -> Iterator[Edge]:
    with Edge(simulator.url) as running:
        yield running


@pytest.fixture
async def behind(tmp_path: Path, edge: Edge, clock: TurnedClock) -> AsyncIterator[Workspace]:
    async with workspace_at(tmp_path / "home", edge, clock) as opened:
        yield opened


async def planned_parts(workspace: Workspace, folder: Path, simulator: Simulator, parts: int = 1) -> list[Batch]:
    """Parts of three requests each that a rate limit keeps planned."""
    simulator.world.faults.add(Fault(on="create", times=1, kind="status", status=429, retry_after=3600))
    await submit(workspace, folder, 3 * parts, intake=IntakeOptions(max_requests=3))
    return sorted(await all_batches(workspace), key=lambda batch: batch.part)


async def claimed(workspace: Workspace, batch: Batch, sender: str, *, heard_for: float, is_marked: bool = True) -> None:
    """Let another process begin to send a part."""
    until = workspace.clock.now() + timedelta(seconds=heard_for)
    account = await workspace.front_account()
    start = workspace.server_clock.start_send()
    assert await workspace.registry.sends.claim(batch.key, sender, until, start, account)
    if is_marked:
        assert await workspace.registry.sends.mark(batch.key, sender, workspace.server_clock.latest())


# ── dead senders ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("gone", "heard_for", "is_taken"),
    [(True, 90, True), (None, 90, False), (None, 0, True), (None, -1, True), (False, -100, False)],
)
async def test_a_part_is_taken_from_a_process_that_is_gone_or_silent_for_longer_than_it_promised(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, gone: bool | None,
    heard_for: float, is_taken: bool,
) -> None:  # fmt: skip
    (batch,) = await planned_parts(workspace, tmp_path, simulator)
    await claimed(workspace, batch, "them", heard_for=heard_for)
    monkeypatch.setattr(process_identity, "is_gone", lambda _name: gone)
    assert await reconcile.recover(workspace) == ([batch.key] if is_taken else [])
    state = (await workspace.registry.batches.get(batch.key)).state
    assert state is (BatchState.UNKNOWN if is_taken else BatchState.SUBMITTING)


async def test_a_process_takes_no_part_from_itself(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    (batch,) = await planned_parts(workspace, tmp_path, simulator)
    await claimed(workspace, batch, workspace.name, heard_for=-100)
    monkeypatch.setattr(process_identity, "is_gone", lambda _name: True)
    assert await reconcile.recover(workspace) == []


@pytest.mark.parametrize("gone", [True, None])
async def test_a_send_ended_when_its_process_was_found_gone(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock,
    monkeypatch: pytest.MonkeyPatch, gone: bool | None,
) -> None:  # fmt: skip
    (batch,) = await planned_parts(workspace, tmp_path, simulator)
    await claimed(workspace, batch, "them", heard_for=0)
    clock.turn(hours=8)
    monkeypatch.setattr(process_identity, "is_gone", lambda _name: gone)
    await reconcile.recover(workspace)
    (send_before, last) = (await workspace.registry.sends.sends_of(batch.key))[-2:]
    assert send_before.seq < last.seq
    assert last.ended is not None
    assert clock.now() - last.ended < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("gone", "heard_for", "kind"),
    [(False, 0, VerdictKind.SENDING), (None, 90, VerdictKind.SENDING), (None, -1, VerdictKind.WAIT)],
)
async def test_a_sender_that_lives_or_may_live_is_waited_for(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, gone: bool | None,
    heard_for: float, kind: VerdictKind,
) -> None:  # fmt: skip
    (batch,) = await planned_parts(workspace, tmp_path, simulator)
    await claimed(workspace, batch, "them", heard_for=heard_for)
    monkeypatch.setattr(process_identity, "is_gone", lambda _name: gone)
    [finding] = await reconcile.look_up(workspace, [await workspace.registry.batches.get(batch.key)])
    assert finding.kind is kind


async def test_nothing_is_asked_where_no_fate_is_open(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    (batch,) = await planned_parts(workspace, tmp_path, simulator)
    simulator.world.calls.clear()
    assert await reconcile.look_over(workspace, [batch]) == []
    assert await reconcile.look_up(workspace, []) == []
    assert simulator.world.calls == []


async def test_a_person_who_decides_is_taken_at_their_word(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    (batch,) = await planned_parts(workspace, tmp_path, simulator)
    async with workspace.registry._database.transaction() as tx:
        await tx.execute("UPDATE batches SET twin = 1")
    assert await reconcile.release(workspace, batch, rejected=["msgbatch_01Z"])
    assert not (await workspace.registry.batches.get(batch.key)).may_have_twin
    assert set(await workspace.registry.verdicts.refuted_of(batch.key)) == {"msgbatch_01Z"}
    assert await reconcile.adopt(workspace, batch, remote("msgbatch_01X"))
    adopted = await workspace.registry.batches.get(batch.key)
    assert (adopted.id, adopted.is_unproved, adopted.is_chosen) == ("msgbatch_01X", True, True)
    assert not await reconcile.adopt(workspace, batch, remote("msgbatch_01Y"))


async def test_a_look_may_settle_a_part_until_its_absence_is_proved(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_before"))
    await submit(workspace, tmp_path, 3)
    (batch,) = await all_batches(workspace)
    assert await reconcile.may_settle(workspace, [batch])
    assert not await reconcile.may_settle(workspace, [])
    clock.turn(minutes=12)
    assert not await reconcile.may_settle(workspace, [batch])
    longer = replace(workspace.settings.submit, grace=3600)
    workspace.__dict__["settings"] = replace(workspace.settings, submit=longer)
    assert await reconcile.may_settle(workspace, [batch])


async def test_a_send_whose_sender_could_not_tell_the_time_ends_with_the_next_look(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    (batch,) = await planned_parts(workspace, tmp_path, simulator)
    await claimed(workspace, batch, "them", heard_for=0)
    assert await workspace.registry.sends.answer_lost(batch.key, "time-out", "them", ended=None)
    for minutes, kind in ((60, VerdictKind.WAIT), (11, VerdictKind.WAIT), (1, VerdictKind.ABSENT)):
        clock.turn(minutes=minutes)
        [finding] = await reconcile.look_up(workspace, [await workspace.registry.batches.get(batch.key)])
        assert finding.kind is kind


@pytest.mark.parametrize("agrees", [True, False])
async def test_a_machine_whose_clocks_disagree_asks_for_the_time_before_it_ends_a_send(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, agrees: bool
) -> None:
    (batch,) = await planned_parts(workspace, tmp_path, simulator)
    await claimed(workspace, batch, "them", heard_for=0)
    assert await workspace.registry.sends.answer_lost(batch.key, "time-out", "them", ended=None)
    given = workspace.server_clock.latest() if agrees else None
    monkeypatch.setattr(workspace.server_clock, "agreed", lambda: given)
    simulator.world.faults.add(Fault(on="list", times=9, kind="status", status=403))
    with pytest.raises(GatewayError):
        await reconcile.look_up(workspace, [await workspace.registry.batches.get(batch.key)])
    last = (await workspace.registry.sends.sends_of(batch.key))[-1]
    assert last.ended == given


# ── the list ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_batch_that_fits_two_open_parts_is_neithers_yet(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    for prefix in ("a", "b"):
        simulator.world.faults.add(Fault(on="create", times=1, kind="lost_before"))
        simulator.world.faults.add(Fault(on="list", times=4, kind="status", status=529, skip=0))
        await submit(workspace, tmp_path, 3, prefix=prefix)
    async with workspace_at(tmp_path / "other", simulator, clock) as other:
        await submit(other, tmp_path, 3, prefix="theirs")
    parts = await all_batches(workspace)
    assert {batch.state for batch in parts} == {BatchState.UNKNOWN}
    stranger = simulator.world.batches[0].id
    for batch in parts:
        [finding] = await reconcile.look_up(workspace, [batch])
        assert (finding.kind, finding.verdict.choices) == (VerdictKind.WAIT, (stranger,))
        assert [each.id for each in finding.candidates] == [stranger]
    assert [finding.kind for finding in await reconcile.look_up(workspace, parts)] == [VerdictKind.WAIT] * 2


@pytest.mark.parametrize(
    ("entry", "is_in_doubt"),
    [
        ({"total": 3, "minutes": 0}, True),
        ({"total": 4, "minutes": 0}, False),
        ({"total": 3, "minutes": -60}, False),
        ({"total": 3, "minutes": None}, True),
        ({"total": None, "minutes": 0}, True),
    ],
)
async def test_an_entry_without_an_id_leaves_absence_open_only_where_it_could_be_the_part(
    behind: Workspace, tmp_path: Path, edge: Edge, simulator: Simulator, clock: TurnedClock, entry: dict[str, Any],
    is_in_doubt: bool,
) -> None:  # fmt: skip
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_before"))
    sent = clock.now()
    await submit(behind, tmp_path, 3)
    (batch,) = await all_batches(behind)

    def add(_request: Request, forward: Forward) -> Response:
        response = forward()
        page = json.loads(response.body)
        broken: dict[str, Any] = {"type": "message_batch", "processing_status": "in_progress"}
        if entry["total"] is not None:
            broken["request_counts"] = {
                "processing": entry["total"], "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0,
            }  # fmt: skip
        if entry["minutes"] is not None:
            broken["created_at"] = (sent + timedelta(minutes=entry["minutes"])).isoformat()
        page["data"].append(broken)
        return replace(response, body=json.dumps(page).encode())

    edge.rules["list"] = add
    clock.turn(minutes=15)
    [finding] = await reconcile.look_up(behind, [batch])
    assert finding.kind is (VerdictKind.WAIT if is_in_doubt else VerdictKind.ABSENT)
    clock.turn(hours=2)
    [finding] = await reconcile.look_up(behind, [batch])
    assert finding.kind is (VerdictKind.ASK if is_in_doubt else VerdictKind.ABSENT)


async def test_an_entry_that_fits_and_cannot_be_read_is_a_question_for_a_person(
    behind: Workspace, tmp_path: Path, edge: Edge, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_after"))
    await submit(behind, tmp_path, 3)
    (batch,) = await all_batches(behind)
    simulator.world.faults.clear()

    def garble(_request: Request, forward: Forward) -> Response:
        response = forward()
        page = json.loads(response.body)
        page["data"][0]["processing_status"] = "of another age"
        return replace(response, body=json.dumps(page).encode())

    edge.rules["list"] = garble
    clock.turn(hours=2)
    [finding] = await reconcile.look_up(behind, [batch])
    assert finding.kind is VerdictKind.ASK
    assert finding.verdict.choices == (simulator.world.batches[0].id,)


# ── proof ───────────────────────────────────────────────────────────────────────────────────────────────────────────

OURS = [f"r-{number:05}" for number in range(3)]
OTHER = "claude-opus-5-5"
BROKEN = b"{broken"


def line(custom_id: str, model: str | None = MODEL) -> bytes:
    """A result; without a model one that failed."""
    if model is None:
        return json.dumps({"custom_id": custom_id, "result": {"type": "canceled"}}).encode()
    value = json.loads(succeeded(custom_id))
    value["result"]["message"]["model"] = model
    return json.dumps(value).encode()


def lines(*ids: str, model: str | None = MODEL) -> list[bytes]:
    return [line(custom_id, model) for custom_id in ids]


CASES: dict[str, tuple[list[bytes], Proof, Proof]] = {
    "all of them": (lines(*OURS), Proof.CONFIRMED, Proof.CONFIRMED),
    "in another order": (lines(*OURS[::-1]), Proof.CONFIRMED, Proof.CONFIRMED),
    "one model is enough": ([*lines(*OURS[:1]), *lines(*OURS[1:], model=None)], Proof.CONFIRMED, Proof.CONFIRMED),
    "no model": (lines(*OURS, model=None), Proof.IMPOSSIBLE, Proof.IMPOSSIBLE),
    "nothing": ([], Proof.NOT_YET, Proof.NOT_YET),
    "an id of somebody else": (lines(*OURS[:2], "x"), Proof.REFUTED, Proof.REFUTED),
    "an id of another part": (lines(*OURS[:2], "r-00003"), Proof.REFUTED, Proof.REFUTED),
    "another model": (lines(*OURS, model=OTHER), Proof.REFUTED, Proof.REFUTED),
    "another model once": ([*lines(*OURS[:2]), line(OURS[2], OTHER)], Proof.REFUTED, Proof.REFUTED),
    "a broken line": ([BROKEN, *lines(*OURS[1:])], Proof.CONFIRMED, Proof.NOT_YET),
    "only broken lines": ([BROKEN] * 3, Proof.NOT_YET, Proof.NOT_YET),
    "one is missing": (lines(*OURS[:2]), Proof.CONFIRMED, Proof.NOT_YET),
    "one twice": (lines(*OURS, OURS[0]), Proof.CONFIRMED, Proof.NOT_YET),
}


@pytest.mark.parametrize("has_requests", [True, False], ids=["requests kept", "requests gone"])
@pytest.mark.parametrize("case", CASES)
async def test_results_prove_or_refute_a_batch(
    behind: Workspace, tmp_path: Path, edge: Edge, simulator: Simulator, case: str, has_requests: bool
) -> None:
    body, with_requests, without = CASES[case]
    (batch, _) = await planned_parts(behind, tmp_path, simulator, 2)
    if not has_requests:
        shutil.rmtree(behind.registry.requests.folder / batch.job)
    edge.rules["results"] = lambda _request, _forward: Response(
        200, b"".join(each + b"\n" for each in body), {"content-type": "application/x-jsonl"}
    )
    ended = remote("msgbatch_01AAAAAAAAAAAAAAAAAAAAAA", status="ended", created_at=behind.clock.now())
    assert await prove(behind, batch, ended) is (with_requests if has_requests else without)


@pytest.mark.parametrize(
    ("changes", "proof"),
    [
        ({"processing_status": "in_progress"}, Proof.NOT_YET),
        ({"archived": True}, Proof.IMPOSSIBLE),
        ({"days": 29}, Proof.IMPOSSIBLE),
        ({"days": 28.9}, Proof.CONFIRMED),
    ],
)
async def test_results_that_cannot_be_had_prove_nothing(
    behind: Workspace, tmp_path: Path, edge: Edge, simulator: Simulator, changes: dict[str, Any], proof: Proof
) -> None:
    (batch,) = await planned_parts(behind, tmp_path, simulator)
    edge.rules["results"] = lambda _request, _forward: Response(
        200, b"".join(each + b"\n" for each in lines(*OURS)), {"content-type": "application/x-jsonl"}
    )
    created = behind.clock.now() - timedelta(days=changes.get("days", 0))
    ended = remote(
        "msgbatch_01AAAAAAAAAAAAAAAAAAAAAA", status=changes.get("processing_status", "ended"), created_at=created,
        archived_at=created if changes.get("archived") else None,
    )  # fmt: skip
    assert await prove(behind, batch, ended) is proof


async def test_without_requests_and_digest_nothing_is_fetched(
    behind: Workspace, tmp_path: Path, edge: Edge, simulator: Simulator
) -> None:
    (batch,) = await planned_parts(behind, tmp_path, simulator)
    shutil.rmtree(behind.registry.requests.folder / batch.job)
    edge.passed.clear()
    ended = remote("msgbatch_01AAAAAAAAAAAAAAAAAAAAAA", status="ended", created_at=behind.clock.now())
    assert await prove(behind, replace(batch, ids_digest=""), ended) is Proof.IMPOSSIBLE
    assert edge.passed == []


@pytest.mark.parametrize(
    ("asked", "answered", "is_other"),
    [
        ("claude-haiku-4-5", "claude-haiku-4-5-20251001", False),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5-20251001", False),
        ("claude-haiku-4-5", "claude-opus-5-5", True),
        ("claude-haiku-4-5-latest", "claude-haiku-4-5", False),
        ("claude-haiku-4-5", "vendor/haiku", False),
        ("haiku", "claude-opus-5-5", False),
        (None, "claude-opus-5-5", False),
        ("claude-haiku-4-5", None, False),
        ("claude-haiku-4-5", "", False),
    ],
)
def test_only_two_names_of_the_api_can_be_two_models(asked: str | None, answered: str | None, is_other: bool) -> None:
    assert is_other_model(asked, answered) is is_other


# ── a send ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_send_tells_how_far_it_is_and_returns_the_part(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    (batch,) = await planned_parts(workspace, tmp_path, simulator)
    told: list[Progress] = []
    sent = await send(workspace, batch.key, told.append)
    assert (sent.key, sent.state) == (batch.key, BatchState.IN_PROGRESS)
    assert [(each.batch.key, each.sent, each.total) for each in told][-1] == (batch.key, batch.bytes, batch.bytes)
    assert (await send(workspace, batch.key)).id == sent.id
    assert len(simulator.world.batches) == 1


async def test_a_part_whose_account_was_never_learnt_is_sent_by_nobody(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    (batch,) = await planned_parts(workspace, tmp_path, simulator)
    async with workspace.registry._database.transaction() as tx:
        await tx.execute("UPDATE batches SET base_url = NULL, organization_id = NULL, workspace_id = NULL")
    with pytest.raises(OtherAccount, match="not known"):
        await send(workspace, batch.key)
    assert simulator.world.batches == []


async def test_an_account_that_cannot_be_learnt_just_now_is_no_lost_create(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    (batch,) = await planned_parts(workspace, tmp_path, simulator)
    workspace.account = None
    simulator.world.faults.add(Fault(on="list", times=1, kind="lost_before"))
    with pytest.raises(Unreachable):
        await send(workspace, batch.key)
    assert (await workspace.registry.batches.get(batch.key)).state is BatchState.PLANNED


async def test_a_batch_that_was_created_for_a_part_that_is_another_batch_by_now_is_named(
    behind: Workspace, tmp_path: Path, edge: Edge, simulator: Simulator
) -> None:
    (batch,) = await planned_parts(behind, tmp_path, simulator)

    def rename(_request: Request, forward: Forward) -> Response:
        response = forward()
        value = json.loads(response.body)
        return replace(response, body=json.dumps(value | {"id": "msgbatch_01BBBBBBBBBBBBBBBBBBBBBB"}).encode())

    await behind.registry.batches.add_foreign(remote("msgbatch_01BBBBBBBBBBBBBBBBBBBBBB"), await job_of(behind, batch))
    async with behind.registry._database.transaction() as tx:
        await tx.execute("UPDATE batches SET body = 'x', bytes = 1 WHERE id = 'msgbatch_01BBBBBBBBBBBBBBBBBBBBBB'")
    edge.rules["create"] = rename
    with pytest.raises(FateUnknown, match="msgbatch_01B"):
        await send(behind, batch.key)


async def job_of(workspace: Workspace, batch: Batch) -> Any:
    """Another job than that of a part."""
    job = await workspace.registry.jobs.get(batch.job)
    assert job is not None
    return replace(job, id="job_other", fingerprint="")


async def test_a_part_of_another_account_is_not_sent(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    (batch,) = await planned_parts(workspace, tmp_path, simulator)
    workspace.account = replace(workspace.account or Account(""), workspace="wrkspc_other")
    with pytest.raises(OtherAccount):
        await send(workspace, batch.key)
    assert simulator.world.batches == []


async def test_a_part_whose_sender_is_busy_is_its_own_for_as_long_as_it_promised(
    behind: Workspace, tmp_path: Path, edge: Edge, simulator: Simulator, clock: TurnedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (batch,) = await planned_parts(behind, tmp_path, simulator)
    monkeypatch.setattr(process_identity, "is_gone", lambda _name: None)
    arrived, goes_on = threading.Event(), threading.Event()

    def hold(_request: Request, forward: Forward) -> Response:
        arrived.set()
        goes_on.wait(30)
        return forward()

    edge.rules["create"] = hold
    sending = asyncio.create_task(send(behind, batch.key))
    try:
        await asyncio.to_thread(arrived.wait, 30)
        async with workspace_at(tmp_path / "home", edge, clock) as rival:
            assert await reconcile.recover(rival) == []
            clock.turn(minutes=3)
            assert await reconcile.recover(rival) == [batch.key]
    finally:
        goes_on.set()
    assert (await sending).id is not None
    assert len(simulator.world.batches) == 1


async def test_a_machine_that_sleeps_between_the_mark_and_the_last_block_sends_nothing(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (batch,) = await planned_parts(workspace, tmp_path, simulator)
    mark = workspace.registry.sends.mark

    async def mark_and_sleep(*given: Any) -> bool:
        is_marked = await mark(*given)
        clock.turn(minutes=10)
        return is_marked

    with monkeypatch.context() as patched:
        patched.setattr(workspace.registry.sends, "mark", mark_and_sleep)
        left = await send(workspace, batch.key)
    assert left.state is BatchState.PLANNED
    assert "went to sleep" in left.reason
    assert simulator.world.batches == []
    assert (await send(workspace, batch.key)).state is BatchState.IN_PROGRESS


async def test_a_look_goes_by_the_time_that_the_list_itself_came_with(
    behind: Workspace, tmp_path: Path, edge: Edge, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_before"))
    await submit(behind, tmp_path, 3)
    (batch,) = await all_batches(behind)
    clock.turn(minutes=20)
    [finding] = await reconcile.look_up(behind, [batch])
    assert finding.kind is VerdictKind.ABSENT
    late = format_datetime(clock.now() + timedelta(minutes=9), usegmt=True)
    edge.rules["list"] = lambda _request, forward: forward().with_headers(date=late)
    await reconcile.look_up(behind, [batch])
    assert behind.server_clock.latest() >= clock.now() + timedelta(minutes=8)


async def test_what_results_without_a_model_leave_open_is_said_of_the_part(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_after"))
    await submit(workspace, tmp_path, 3)
    (batch,) = await all_batches(workspace)
    there = simulator.world.batches[0]
    await workspace.registry.verdicts.adopt(batch.key, remote(there.id), is_proved=False)
    assert await workspace.registry.verdicts.unprovable(batch.key, there.id, cannot_tell(there.id))
    left = await workspace.registry.batches.get(batch.key)
    assert left.state is BatchState.UNKNOWN
    assert left.reason == (
        f"{there.id} has the same custom_ids, and none of its results names a model, so it may be somebody else's."
    )


def test_the_digest_of_ids_is_the_one_that_registries_hold() -> None:
    digest = IdsDigest()
    for custom_id in ("a-1", "a-2", "\ud800"):
        digest.add(custom_id)
    assert digest.text() == "3:fc24267ba1ca72a061eea97ba5b4b924"
