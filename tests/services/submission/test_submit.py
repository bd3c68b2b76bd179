"""Submitting: what is sent is what was planned, once; what is wrong is said and nothing is sent."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import InputError, Refused, SpendLimitReached, SubmittedBefore, Unreachable
from batchtui.domain.limits import API_VERSION, LEGACY_API_VERSION
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.services.submission.submit import SubmitOptions, apply_submit, discard, plan_submit
from batchtui.services.workspace import open_workspace
from batchtui.settings.paths import Paths
from batchtui.simulator import Fault
from tests.support.builders import jsonl, request, requests
from tests.support.workspaces import all_batches, sent_custom_ids, submit

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.services.submission.dispatch import SendEvent
    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock


async def test_a_file_becomes_a_running_batch_in_the_registry(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    submitted = await submit(workspace, tmp_path, 3, name="nightly")
    (batch,) = submitted.batches
    assert (batch.state, batch.name, batch.requests, batch.counts.processing) == (
        BatchState.IN_PROGRESS,
        "nightly",
        3,
        3,
    )
    assert [created.id for created in simulator.world.batches] == [batch.id]
    assert sent_custom_ids(simulator) == ["r-00000", "r-00001", "r-00002"]


async def test_the_requests_are_kept_exactly_as_they_were_sent(workspace: Workspace, tmp_path: Path) -> None:
    submitted = await submit(workspace, tmp_path, 3)
    with workspace.registry.requests.reader(submitted.job.id) as reader:
        assert json.loads(reader.find("r-00001") or b"") == requests(3)[1]
        assert list(reader.custom_ids()) == ["r-00000", "r-00001", "r-00002"]
    job, name = await workspace.registry.sends.body_of(submitted.batches[0].key)
    body = (workspace.paths.requests / job / name).read_bytes()
    assert json.loads(body) == {"requests": requests(3)}


async def test_parts_are_cut_by_count_and_sent_in_order(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    submitted = await submit(workspace, tmp_path, 5, intake=IntakeOptions(max_requests=2))
    assert [(b.part, b.parts, b.requests) for b in submitted.batches] == [(1, 3, 2), (2, 3, 2), (3, 3, 1)]
    assert sent_custom_ids(simulator) == [f"r-{n:05}" for n in range(5)]


async def test_parts_are_cut_by_bytes_and_none_is_longer(workspace: Workspace, tmp_path: Path) -> None:
    submitted = await submit(workspace, tmp_path, 20, intake=IntakeOptions(max_bytes=1000))
    assert len(submitted.batches) > 1
    assert all(batch.bytes <= 1000 for batch in submitted.batches)


async def test_a_plan_alone_sends_and_keeps_nothing(workspace: Workspace, tmp_path: Path, simulator: Simulator) -> None:
    path = jsonl(tmp_path / "a.jsonl", requests(3))
    plan = await plan_submit(workspace, [str(path)], SubmitOptions())
    discard(workspace, plan)
    assert (plan.job.requests, len(plan.parts)) == (3, 1)
    assert simulator.world.batches == []
    assert list(workspace.paths.requests.iterdir()) == []
    assert await all_batches(workspace) == []


async def test_input_with_an_error_is_refused_whole(workspace: Workspace, tmp_path: Path, simulator: Simulator) -> None:
    path = jsonl(tmp_path / "a.jsonl", [request("fine"), request("not legal!")])
    plan = await plan_submit(workspace, [str(path)], SubmitOptions())
    with pytest.raises(InputError):
        await apply_submit(workspace, plan)
    discard(workspace, plan)
    assert [(p.line, p.custom_id, p.severity) for p in plan.report.problems] == [(2, "not legal!", "error")]
    assert simulator.world.batches == []


async def test_a_custom_id_that_stands_twice_is_found_over_the_whole_job(workspace: Workspace, tmp_path: Path) -> None:
    one = jsonl(tmp_path / "1.jsonl", requests(3))
    two = jsonl(tmp_path / "2.jsonl", [request("fresh"), request("r-00001")])
    plan = await plan_submit(workspace, [str(one), str(two)], SubmitOptions(intake=IntakeOptions(max_requests=2)))
    discard(workspace, plan)
    assert not plan.is_sendable
    (problem,) = [p for p in plan.report.problems if p.severity == "error"]
    assert problem.custom_id == "r-00001"


@pytest.mark.parametrize(("asked", "stored"), [(None, API_VERSION), (LEGACY_API_VERSION, LEGACY_API_VERSION)])
async def test_the_version_that_was_checked_for_is_sent_and_stored(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, asked: str | None, stored: str
) -> None:
    submitted = await submit(workspace, tmp_path, 2, intake=IntakeOptions(api_version=asked))
    assert submitted.batches[0].api_version == stored
    assert [call.headers["anthropic-version"] for call in simulator.world.calls_to("create")] == [stored]


async def test_the_same_content_again_needs_force(workspace: Workspace, tmp_path: Path, simulator: Simulator) -> None:
    first = await submit(workspace, tmp_path, 3)
    again = await plan_submit(workspace, [str(tmp_path / "r.jsonl")], SubmitOptions())
    assert [job.id for job in again.earlier] == [first.job.id]
    with pytest.raises(SubmittedBefore, match="were submitted"):
        await apply_submit(workspace, again)
    await apply_submit(workspace, again, force=True)
    assert len(simulator.world.batches) == 2


async def test_of_two_who_planned_the_same_at_once_one_sends_it(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    jsonl(tmp_path / "r.jsonl", requests(3))
    async with open_workspace(workspace.paths, base_url=simulator.url, clock=workspace.clock) as other:
        plans = [await plan_submit(who, [str(tmp_path / "r.jsonl")], SubmitOptions()) for who in (workspace, other)]
        assert [plan.earlier for plan in plans] == [(), ()]
        sending = [apply_submit(who, plan) for who, plan in zip((workspace, other), plans, strict=True)]
        done = await asyncio.gather(*sending, return_exceptions=True)
        (refused,) = [each for each in done if isinstance(each, BaseException)]
        assert isinstance(refused, SubmittedBefore)
        for plan in plans:
            discard(workspace, plan)
    assert len(simulator.world.batches) == 1
    assert len(list(workspace.paths.requests.iterdir())) == 1


async def test_a_definite_no_creates_nothing_and_leaves_the_part_planned_with_the_reason(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="status", status=400))
    with pytest.raises(Refused):
        await submit(workspace, tmp_path, 3)
    (batch,) = await all_batches(workspace)
    assert batch.state is BatchState.PLANNED
    assert batch.reason
    assert simulator.world.batches == []


async def test_a_rate_limit_is_waited_out_visibly(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", times=2, kind="status", status=429, retry_after=32))
    events: list[SendEvent] = []
    submitted = await submit(workspace, tmp_path, 3, on_event=events.append)
    assert submitted.batches[0].state is BatchState.IN_PROGRESS
    assert [round(event.seconds) for event in events if event.kind == "waiting"] == [32, 32]
    assert len(simulator.world.batches) == 1


async def test_a_long_rate_limit_leaves_the_parts_planned_with_their_time(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="status", status=429, retry_after=3600))
    submitted = await submit(workspace, tmp_path, 4, intake=IntakeOptions(max_requests=2))
    assert [batch.state for batch in submitted.batches] == [BatchState.PLANNED, BatchState.PLANNED]
    assert submitted.batches[0].not_before is not None
    assert simulator.world.batches == []


async def test_a_spend_limit_stops_the_job_with_a_sentence(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    simulator.world.faults.add(
        Fault(on="create", times=1, kind="status", status=429, error_code="enforced_spend_limit_reached")
    )
    with pytest.raises(SpendLimitReached):
        await submit(workspace, tmp_path, 3)
    assert len([call for call in simulator.world.calls if call.method == "POST"]) == 1


async def test_a_server_that_is_not_there_is_a_sentence_and_nothing_is_open(tmp_path: Path, clock: TurnedClock) -> None:
    paths = Paths.locate(tmp_path / "home")
    async with open_workspace(paths, base_url="http://127.0.0.1:9", clock=clock) as workspace:
        with pytest.raises(Unreachable):
            await submit(workspace, tmp_path, 3)
        (batch,) = await all_batches(workspace)
        assert batch.state is BatchState.PLANNED


async def test_neither_the_key_nor_content_is_in_the_journal_or_the_registry(
    workspace: Workspace, tmp_path: Path
) -> None:
    await submit(workspace, tmp_path, 3)
    await workspace.close()
    stored = (tmp_path / "home" / "registry.db").read_bytes()
    assert b"sk-ant-test" not in stored
    assert b"Question 1" not in stored
