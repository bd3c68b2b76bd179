"""Every request is at the API once, whatever is between: slow creates, odd responses, odd lists, killed programs."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

import batchtui
from batchtui.cli import run as door
from batchtui.cli.main import program
from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import ResultsDamaged, UsageError
from batchtui.domain.submission.send_evidence import VerdictKind
from batchtui.gateway import listing
from batchtui.services import workspace as composition
from batchtui.services.batches.sync import sync
from batchtui.services.polling.maintenance import run_maintenance
from batchtui.services.polling.wait import wait
from batchtui.services.results.collect import collect
from batchtui.services.submission.resume import resume, send_waiting
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.services.submission.submit import SubmitOptions, apply_submit, plan_submit
from batchtui.simulator import Fault, Simulator
from tests.support.builders import jsonl, requests
from tests.support.clock import START, TurnedClock
from tests.support.edge import Edge, Forward, Request, Response
from tests.support.workspaces import all_batches, sent_custom_ids, submit, workspace_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.submission.dispatch import SendEvent
    from batchtui.services.submission.reconcile import Reconciliation
    from batchtui.services.workspace import Workspace


async def yes(_finding: Reconciliation) -> bool:
    return True


async def no(_finding: Reconciliation) -> bool:
    return False


@pytest.fixture
def edge(simulator: Simulator) -> Iterator[Edge]:
    with Edge(simulator.url) as running:
        yield running


@pytest.fixture
async def behind(tmp_path: Path, edge: Edge, clock: TurnedClock) -> AsyncIterator[Workspace]:
    """A workspace that reaches the simulator through the edge."""
    async with workspace_at(tmp_path / "home", edge, clock) as opened:
        yield opened


def lose(simulator: Simulator, *, skip: int = 0) -> None:
    """Let a create be lost before it does anything."""
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_before", skip=skip))


def make_wait(simulator: Simulator, *, times: int | None = 1, skip: int = 0) -> None:
    """Let creates be refused for ten minutes."""
    simulator.world.faults.add(Fault(on="create", times=times, kind="status", status=429, retry_after=600, skip=skip))


# ── slow creates, killed programs ───────────────────────────────────────────────────────────────────────────────────


class Slow(TurnedClock):
    """A clock; while a create is on its way through the edge, whoever sleeps past the time of its arrival awaits it."""

    def __init__(self, seconds: float) -> None:
        super().__init__(datetime.now(UTC))
        self._seconds = seconds
        self._due: datetime | None = None
        self.arrived = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def hold(self, _request: Request, forward: Forward) -> Response | None:
        """Pass a create on when so many seconds have gone by."""
        self._due = self.now() + timedelta(seconds=self._seconds)
        self._loop.call_soon_threadsafe(self.arrived.set)
        while self.now() < self._due:
            pass
        try:
            return forward()
        finally:
            self._due = None

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        while self._due is not None and self.now() >= self._due:
            await asyncio.sleep(0.001)


@pytest.mark.long
async def test_a_program_killed_in_a_create_of_ninety_seconds_and_resumed_sends_nothing_twice(tmp_path: Path) -> None:
    clock = Slow(90)
    source = jsonl(tmp_path / "in.jsonl", requests(3))
    with Simulator("quiet-night", clock=clock) as simulator, Edge(simulator.url) as edge:
        edge.rules["create"] = clock.hold
        command = ["-m", "tests.support.crashing", str(tmp_path / "home"), edge.url, str(source), "3"]
        program = await asyncio.create_subprocess_exec(sys.executable, *command, "after a part is sent", "1")
        await clock.arrived.wait()
        program.send_signal(signal.SIGKILL)
        await program.wait()
        async with workspace_at(tmp_path / "home", edge, clock) as workspace:
            resumed = await resume(workspace, consent=yes)
        assert [batch.state for batch in resumed.batches] == [BatchState.IN_PROGRESS]
        assert sent_custom_ids(simulator) == [item["custom_id"] for item in requests(3)]


async def test_an_upload_of_seventy_minutes_whose_response_is_lost_is_found(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_after"))
    # One more list than there are looks: after so long the account is asked for again.
    simulator.world.faults.add(Fault(on="list", times=5, kind="hidden", skip=1))
    uploading: list[SendEvent] = []

    def crawl(event: SendEvent) -> None:
        if event.kind == "uploading" and not uploading:
            clock.turn(minutes=70)
            uploading.append(event)

    await submit(workspace, tmp_path, 3, on_event=crawl)
    assert uploading
    assert [batch.state for batch in await all_batches(workspace)] == [BatchState.UNKNOWN]
    await resume(workspace, consent=yes)
    assert [batch.state for batch in await all_batches(workspace)] == [BatchState.IN_PROGRESS]
    assert len(simulator.world.batches) == 1


@pytest.mark.long
@pytest.mark.parametrize("front", ["command line", "library", "maintenance"])
async def test_the_setting_for_grace_lengthens_the_wait_for_every_front_end(
    tmp_path: Path, simulator: Simulator, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch, front: str
) -> None:
    home = tmp_path / "home"
    async with workspace_at(home, simulator, clock) as workspace:
        workspace.paths.config_file.parent.mkdir(parents=True, exist_ok=True)
        workspace.paths.config_file.write_text("[submit]\ngrace = 3600\n")
        lose(simulator)
        await submit(workspace, tmp_path, 3)
        clock.turn(minutes=30)
    before = clock.now()
    if front == "library":
        async with batchtui.open_workspace(home, base_url=simulator.url, clock=clock) as opened:
            await opened.resume(consent=lambda *_: True)
    elif front == "command line":
        monkeypatch.setattr(composition, "SystemClock", lambda: clock)
        monkeypatch.setenv("BATCHTUI_HOME", str(home))
        monkeypatch.setenv("ANTHROPIC_BASE_URL", simulator.url)
        await asyncio.to_thread(door.run, program, ("resume", "--yes"))
    async with workspace_at(home, simulator, clock) as workspace:
        if front == "maintenance":
            await run_maintenance(workspace)
            assert simulator.world.batches == []
            clock.turn(minutes=30)
            await resume(workspace, consent=yes, patient=False)
        assert [batch.state for batch in await all_batches(workspace)] == [BatchState.IN_PROGRESS]
    assert timedelta(minutes=29) <= clock.now() - before <= timedelta(minutes=31)
    assert len(simulator.world.batches) == 1


# ── odd responses ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("charset", ["idna", "undefined", "no-such-charset"])
async def test_a_502_that_cannot_be_decoded_does_not_count_as_not_created(
    behind: Workspace, tmp_path: Path, edge: Edge, simulator: Simulator, charset: str
) -> None:
    def garble(_request: Request, forward: Forward) -> Response:
        forward()
        return Response(502, b"\xff\xfe bad \x80 gateway", {"content-type": f"text/html; charset={charset}"})

    edge.rules["create"] = garble
    await submit(behind, tmp_path, 3)
    del edge.rules["create"]
    await resume(behind, consent=yes)
    assert [batch.state for batch in await all_batches(behind)] == [BatchState.IN_PROGRESS]
    assert len(simulator.world.batches) == 1


@pytest.mark.parametrize(
    "said",
    ["1e20", "1e300", "Fri, 31 Dec 9999 23:59:59 GMT", "0", "-5", "nan", "soon", "Fri, 01 Jan 2010 00:00:00 GMT"],
)
async def test_whatever_retry_after_says_creates_keep_apart_and_end_with_the_part_planned(
    behind: Workspace, tmp_path: Path, edge: Edge, clock: TurnedClock, said: str
) -> None:
    edge.rules["create"] = lambda _request, _forward: Response(
        429,
        json.dumps({"type": "error", "error": {"type": "rate_limit_error", "message": "Slow down."}}).encode(),
        {"content-type": "application/json", "retry-after": said},
    )
    (batch,) = (await submit(behind, tmp_path, 3)).batches
    creates = [request for request in edge.passed if request.operation == "create"]
    assert batch.state is BatchState.PLANNED
    assert batch.not_before is not None
    assert 1 <= len(creates) <= 12
    assert all(seconds >= 1 for seconds in clock.slept)


@pytest.mark.parametrize("said", ["1e20", "Fri, 31 Dec 9999 23:59:59 GMT", "-5"])
async def test_a_list_that_names_an_impossible_time_to_wait_ends_no_round(
    behind: Workspace, tmp_path: Path, edge: Edge, said: str
) -> None:
    edge.rules["list"] = lambda _request, forward: forward().with_headers(retry_after=said)
    await submit(behind, tmp_path, 3)
    swept = await run_maintenance(behind)
    assert swept.retry_after is None or 0 <= swept.retry_after <= 86_400


# ── odd lists ───────────────────────────────────────────────────────────────────────────────────────────────────────


def page_of(response: Response) -> dict[str, list[dict[str, object]]]:
    return json.loads(response.body)  # type: ignore[no-any-return]


def as_json(value: object, like: Response) -> Response:
    return replace(like, body=json.dumps(value).encode())


async def test_a_list_that_repeats_a_page_ends_a_look_and_a_sync(
    behind: Workspace, tmp_path: Path, edge: Edge, simulator: Simulator
) -> None:
    def repeat(_request: Request, forward: Forward) -> Response:
        if not first:
            response = forward()
            first.append(as_json({**page_of(response), "has_more": True}, response))
        return first[0]

    first: list[Response] = []

    async with workspace_at(tmp_path / "other", simulator, behind.clock) as other:
        await submit(other, tmp_path, 2)
    lose(simulator)
    edge.rules["list"] = repeat
    await submit(behind, tmp_path, 3)
    report = await sync(behind)
    assert (len(report.added), report.is_whole) == (1, False)
    resumed = await resume(behind, consent=yes, patient=False)
    assert [finding.kind for finding in resumed.undecided] == [VerdictKind.WAIT]
    assert len(edge.passed) < 40


async def test_a_list_without_an_end_comes_to_one(
    behind: Workspace, edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_PAGES", 5)
    number = iter(range(10**6))

    def grow(_request: Request, _forward: Forward) -> Response:
        batch = {
            "id": f"msgbatch_{next(number):024}", "type": "message_batch", "processing_status": "in_progress",
            "request_counts": {"processing": 1, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0},
            "created_at": START.isoformat(), "expires_at": START.isoformat(),
        }  # fmt: skip
        value = {"data": [batch], "has_more": True, "first_id": batch["id"], "last_id": batch["id"]}
        return Response(200, json.dumps(value).encode(), {"content-type": "application/json"})

    edge.rules["list"] = grow
    report = await sync(behind)
    assert (report.seen, report.is_whole) == (5, False)
    assert len([request for request in edge.passed if request.operation == "list"]) == 5


@pytest.mark.parametrize("broken", [{"processing_status": "failed"}, {"id": None}], ids=["unknown status", "no id"])
async def test_an_entry_that_cannot_be_read_spoils_itself_alone_and_is_noted_once(
    behind: Workspace, tmp_path: Path, edge: Edge, simulator: Simulator, clock: TurnedClock, broken: dict[str, object]
) -> None:
    def spoil(_request: Request, forward: Forward) -> Response:
        response = forward()
        page = page_of(response)
        page["data"] = [entry | broken if index == 0 else entry for index, entry in enumerate(page["data"])]
        return as_json(page, response)

    async with workspace_at(tmp_path / "other", simulator, clock) as other:
        await submit(other, tmp_path, 2, prefix="a")
        clock.turn(hours=1)
        simulator.world.faults.add(Fault(on="create", times=1, kind="lost_after"))
        await submit(behind, tmp_path, 3)
        clock.turn(hours=1)
        await submit(other, tmp_path, 5, prefix="b")
    (ours,) = await all_batches(behind)
    assert ours.state is BatchState.IN_PROGRESS
    edge.rules["list"] = spoil
    reports = [await sync(behind), await sync(behind)]
    assert [len(report.added) for report in reports] == [1, 0]
    assert [len(report.unreadable) for report in reports] == [1, 1]
    await run_maintenance(behind)
    async with workspace_at(tmp_path / "home", edge, clock) as again:
        await sync(again)
        noted = [entry for entry in await again.registry.journal.entries() if entry.event == "list.unreadable"]
    assert len(noted) == 1


# ── accounts ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def bobs(clock: TurnedClock) -> Iterator[Simulator]:
    with Simulator("quiet-night", clock=clock, salt="bob") as running:
        yield running


async def test_planned_parts_of_one_key_are_sent_with_no_other(
    tmp_path: Path, edge: Edge, simulator: Simulator, bobs: Simulator, clock: TurnedClock
) -> None:
    """One address, two keys: only the headers of responses tell the accounts apart."""

    def by_key(request: Request, forward: Forward) -> Response:
        if "bob" in request.headers.get("authorization", request.headers.get("Authorization", "")):
            return edge.forward(request, bobs.url).with_headers(anthropic_workspace_id="wrkspc_bob")
        return forward().with_headers(anthropic_workspace_id="wrkspc_alice")

    for operation in ("create", "list", "retrieve"):
        edge.rules[operation] = by_key
    home = tmp_path / "home"
    async with batchtui.open_workspace(home, base_url=edge.url, api_key="sk-ant-alice", clock=clock) as alice:
        make_wait(simulator, skip=1)
        await alice.submit([str(jsonl(tmp_path / "in.jsonl", requests(4)))], max_requests=2)
        assert {batch.part: batch.state for batch in await alice.batches()} == {
            1: BatchState.IN_PROGRESS,
            2: BatchState.PLANNED,
        }
    clock.turn(hours=1)
    async with batchtui.open_workspace(home, base_url=edge.url, api_key="sk-ant-bob", clock=clock) as bob:
        await bob.resume(consent=lambda *_: True)
        engine = bob._engine
        assert await send_waiting(engine) == []
        await run_maintenance(engine)
        resumed = await resume(engine, consent=yes)
        assert [batch.state for batch in resumed.elsewhere] == [BatchState.PLANNED]
    assert bobs.world.batches == []
    async with batchtui.open_workspace(home, base_url=edge.url, api_key="sk-ant-alice", clock=clock) as alice:
        await alice.resume(consent=lambda *_: True)
    assert sent_custom_ids(simulator) == [item["custom_id"] for item in requests(4)]


# ── copies ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_older_registry_that_is_restored_sends_nothing_again_without_a_question(
    tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    home = tmp_path / "home"
    async with workspace_at(home, simulator, clock) as workspace:
        make_wait(simulator)
        await submit(workspace, tmp_path, 3)
        registry = workspace.paths.registry
    shutil.copy2(registry, tmp_path / "backup.db")
    clock.turn(hours=1)
    async with workspace_at(home, simulator, clock) as workspace:
        await send_waiting(workspace)
    assert len(simulator.world.batches) == 1
    for name in ("registry.db-wal", "registry.db-shm"):
        registry.with_name(name).unlink(missing_ok=True)
    shutil.copyfile(tmp_path / "backup.db", registry)
    async with workspace_at(home, simulator, clock) as workspace:
        await send_waiting(workspace)
        resumed = await resume(workspace, consent=no)
        assert [batch.id for batch in resumed.batches] == [simulator.world.batches[0].id]
    assert len(simulator.world.batches) == 1


# ── one job and the others ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.long
@pytest.mark.parametrize("trouble", ["is refused", "has lost its requests"])
async def test_a_wait_for_one_job_does_not_end_because_another_cannot_be_sent(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock, trouble: str
) -> None:
    awaited = await submit(workspace, tmp_path, 3, prefix="a")
    make_wait(simulator)
    other = await submit(workspace, tmp_path, 3, prefix="b")
    if trouble == "is refused":
        simulator.world.faults.add(Fault(on="create", times=0, kind="status", status=400))
    else:
        shutil.rmtree(workspace.registry.requests.folder / other.job.id)
    clock.turn(minutes=11)
    (batch,) = await wait(workspace, [awaited.batches[0].key])
    assert batch.state is BatchState.ENDED
    (blocked,) = [each for each in await all_batches(workspace) if each.job == other.job.id]
    assert (blocked.state, bool(blocked.reason)) == (BatchState.PLANNED, True)


async def test_a_resume_of_all_jobs_goes_on_behind_one_whose_requests_are_gone(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    make_wait(simulator, times=2)
    first = await submit(workspace, tmp_path, 3, prefix="a")
    await submit(workspace, tmp_path, 3, prefix="b")
    shutil.rmtree(workspace.registry.requests.folder / first.job.id)
    clock.turn(hours=1)
    resumed = await resume(workspace, consent=yes)
    assert [batch.job for batch, _ in resumed.failed] == [first.job.id]
    assert sent_custom_ids(simulator) == [item["custom_id"] for item in requests(3, "b")]


async def test_a_read_only_wait_ends_at_once_for_a_part_that_nothing_will_send(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    make_wait(simulator)
    submitted = await submit(workspace, tmp_path, 3)
    workspace._read_only = True
    before = clock.now()
    (batch,) = await wait(workspace, [submitted.batches[0].key])
    assert (batch.state, clock.now() - before) == (BatchState.PLANNED, timedelta())
    assert simulator.world.batches == []


# ── who may submit ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_library_that_may_only_read_leaves_no_job_behind(
    tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    home = tmp_path / "home"
    async with batchtui.open_workspace(home, base_url=simulator.url, clock=clock, read_only=True) as reader:
        with pytest.raises(UsageError):
            await reader.submit(requests(3))
    async with workspace_at(home, simulator, clock) as workspace:
        assert await all_batches(workspace) == []
        await resume(workspace, consent=yes)
    assert simulator.world.batches == []


# ── what proves a batch ─────────────────────────────────────────────────────────────────────────────────────────────


async def lost_and_ended(workspace: Workspace, folder: Path, simulator: Simulator, clock: TurnedClock) -> Batch:
    """A part whose response was lost and whose batch has ended before anybody looked."""
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_after"))
    simulator.world.faults.add(Fault(on="list", times=4, kind="status", status=529, skip=1))
    await submit(workspace, folder, 3)
    clock.turn(hours=3)
    (batch,) = await all_batches(workspace)
    assert batch.state is BatchState.UNKNOWN
    return batch


@pytest.mark.parametrize("line", ["{garbage", '{"custom_id": null, "result": null}', '{"custom_id": "r-0'])
async def test_a_result_that_cannot_be_read_does_not_make_a_batch_somebody_elses(
    behind: Workspace, tmp_path: Path, edge: Edge, simulator: Simulator, clock: TurnedClock, line: str
) -> None:
    def garble(_request: Request, forward: Forward) -> Response:
        response = forward()
        first, _, rest = response.body.partition(b"\n")
        assert first
        return replace(response, body=line.encode() + b"\n" + rest)

    edge.rules["results"] = garble
    batch = await lost_and_ended(behind, tmp_path, simulator, clock)
    await resume(behind, consent=yes)
    assert await behind.registry.verdicts.refuted_of(batch.key) == {}
    assert (await behind.registry.batches.get(batch.key)).id == simulator.world.batches[0].id
    assert len(simulator.world.batches) == 1


@pytest.mark.parametrize("line", ["{garbage", '{"custom_id": null, "result": null}'])
async def test_results_that_arrive_broken_do_not_disown_an_unproved_batch_and_are_fetched_again(
    behind: Workspace, tmp_path: Path, edge: Edge, simulator: Simulator, clock: TurnedClock, line: str
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_after"))
    await submit(behind, tmp_path, 3)
    clock.turn(hours=3)
    await run_maintenance(behind)
    (batch,) = await all_batches(behind)
    assert (batch.state, batch.is_unproved) == (BatchState.ENDED, True)

    def garble(_request: Request, forward: Forward) -> Response:
        response = forward()
        return replace(response, body=line.encode() + b"\n" + response.body.partition(b"\n")[2])

    edge.rules["results"] = garble
    with pytest.raises(ResultsDamaged):
        await collect(behind, batch)
    assert (await behind.registry.batches.get(batch.key)).id == batch.id
    assert await behind.registry.verdicts.refuted_of(batch.key) == {}
    del edge.rules["results"]
    saved = await collect(behind, batch)
    assert (saved.results, saved.is_unproved) == (ResultsState.SAVED, False)


async def test_a_batch_is_proved_by_the_digest_of_its_ids_where_its_requests_are_gone(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    batch = await lost_and_ended(workspace, tmp_path, simulator, clock)
    shutil.rmtree(workspace.registry.requests.folder / batch.job)
    await resume(workspace, consent=no)
    found = await workspace.registry.batches.get(batch.key)
    assert (found.state, found.is_unproved, found.id) == (BatchState.ENDED, False, simulator.world.batches[0].id)


@pytest.mark.long
async def test_several_strangers_that_have_ended_are_each_looked_into_once_and_hold_nothing_up(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    lose(simulator)
    simulator.world.faults.add(Fault(on="list", times=4, kind="status", status=529, skip=1))
    await submit(workspace, tmp_path, 6, intake=IntakeOptions(max_requests=3))
    async with workspace_at(tmp_path / "other", simulator, clock) as other:
        for name in ("x", "y", "z"):
            await submit(other, tmp_path, 3, prefix=name)
    clock.turn(hours=3)
    for _ in range(3):
        await run_maintenance(workspace)
        resumed = await resume(workspace, consent=no)
        assert [finding.kind for finding in resumed.undecided] == [VerdictKind.ABSENT]
    assert len(simulator.world.calls_to("results")) == 3
    await resume(workspace, consent=yes)
    mine = [name for name in sent_custom_ids(simulator) if name.startswith("r-")]
    assert mine == [item["custom_id"] for item in requests(6)]


async def test_a_stranger_is_refuted_by_the_digest_where_the_requests_are_gone(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_before"))
    simulator.world.faults.add(Fault(on="list", times=4, kind="status", status=529, skip=1))
    await submit(workspace, tmp_path, 3)
    async with workspace_at(tmp_path / "other", simulator, clock) as other:
        await submit(other, tmp_path, 3, prefix="theirs")
    clock.turn(hours=3)
    (batch,) = await all_batches(workspace)
    shutil.rmtree(workspace.registry.requests.folder / batch.job)
    resumed = await resume(workspace, consent=no)
    assert [finding.kind for finding in resumed.undecided] == [VerdictKind.ABSENT]
    assert set(await workspace.registry.verdicts.refuted_of(batch.key)) == {simulator.world.batches[0].id}


# ── every front end looks ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_sync_binds_a_batch_whose_response_was_lost_instead_of_importing_it(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_after"))
    simulator.world.faults.add(Fault(on="list", times=4, kind="hidden", skip=1))
    await submit(workspace, tmp_path, 3)
    report = await sync(workspace)
    (batch,) = await all_batches(workspace)
    assert (report.added, batch.state, batch.id) == ((), BatchState.IN_PROGRESS, simulator.world.batches[0].id)


@pytest.mark.parametrize("command", ["status", "sync"])
async def test_commands_that_ask_the_api_settle_a_part_of_unknown_fate(
    tmp_path: Path, simulator: Simulator, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    home = tmp_path / "home"
    async with workspace_at(home, simulator, clock) as workspace:
        simulator.world.faults.add(Fault(on="create", times=1, kind="lost_after"))
        simulator.world.faults.add(Fault(on="list", times=4, kind="hidden", skip=1))
        job = (await submit(workspace, tmp_path, 3)).job.id
    monkeypatch.setattr(composition, "SystemClock", lambda: clock)
    monkeypatch.setenv("BATCHTUI_HOME", str(home))
    monkeypatch.setenv("ANTHROPIC_BASE_URL", simulator.url)
    words = ("status", job) if command == "status" else ("sync",)
    assert await asyncio.to_thread(door.run, program, words) == 0
    async with workspace_at(home, simulator, clock) as workspace:
        assert [batch.state for batch in await all_batches(workspace)] == [BatchState.IN_PROGRESS]
    assert len(simulator.world.batches) == 1


async def test_two_processes_that_submit_at_once_do_not_both_pass_under_a_daily_limit(
    tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    home = tmp_path / "home"
    async with workspace_at(home, simulator, clock) as one, workspace_at(home, simulator, clock) as two:
        plans = [
            await plan_submit(each, [str(jsonl(tmp_path / f"{name}.jsonl", requests(3, name)))], SubmitOptions())
            for each, name in ((one, "a"), (two, "b"))
        ]
        at_most = plans[0].estimate.cost.at_most
        assert at_most is not None
        for each in (one, two):
            limits = replace(each.settings.submit, max_cost_a_day=at_most * 3 / 2)
            each.__dict__["settings"] = replace(each.settings, submit=limits)
        outcomes = await asyncio.gather(
            *(apply_submit(each, plan) for each, plan in zip((one, two), plans, strict=True)), return_exceptions=True
        )
    assert len([outcome for outcome in outcomes if isinstance(outcome, Exception)]) == 1
    assert len(simulator.world.batches) == 1


async def test_parts_behind_an_unknown_one_are_warned_of_once_it_is_found(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    from batchtui.services.insights.warnings import list_warnings

    simulator.world.faults.add(Fault(on="create", times=1, kind="lost_after"))
    simulator.world.faults.add(Fault(on="list", times=4, kind="hidden", skip=1))
    await submit(workspace, tmp_path, 4, intake=IntakeOptions(max_requests=2))
    await run_maintenance(workspace)
    first, second = sorted(await all_batches(workspace), key=lambda batch: batch.part)
    assert (first.state, second.state) == (BatchState.IN_PROGRESS, BatchState.PLANNED)
    assert [each.kind for each in await list_warnings(workspace)] == []
    clock.turn(minutes=16)
    (warned,) = [each for each in await list_warnings(workspace) if each.kind == "not_sent"]
    assert warned.batch is not None
    assert warned.batch.key == second.key
