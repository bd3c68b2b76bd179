"""A pilot goes first, is sent once, and the rest of its job follows a decision: a person's, or a bound's."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import UsageError
from batchtui.services.batches.cancel import apply_cancel, plan_cancel
from batchtui.services.batches.targets import find_target
from batchtui.services.insights.warnings import list_warnings
from batchtui.services.polling.maintenance import run_maintenance
from batchtui.services.polling.pilot.decision import go_on, held_of, release, report_ended
from batchtui.services.polling.wait import wait
from batchtui.services.results.collect import collect
from batchtui.services.results.export import apply_export, plan_export
from batchtui.services.results.export_plan import ExportOptions
from batchtui.services.submission.resume import resume
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.services.submission.submit import SubmitOptions, apply_submit, plan_submit
from batchtui.simulator import Fault, Scenario, Simulator
from tests.support.builders import jsonl, request
from tests.support.workspaces import all_batches, sent_custom_ids, workspace_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.submission.reconcile import Reconciliation
    from batchtui.services.submission.submit import Submitted
    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock

TOTAL, SIZE = 60, 12


@pytest.fixture
def simulator(clock: TurnedClock) -> Iterator[Simulator]:
    with Simulator(Scenario(takes=60.0, truncated=0.2), clock=clock) as running:
        yield running


def lines() -> list[dict[str, Any]]:
    """Requests of two shapes and many lengths, sorted by length."""
    plain = [request(f"p-{n}", "x" * 20 * (n + 1)) for n in range(TOTAL // 2)]
    return plain + [request(f"s-{n}", "y" * 20 * (n + 1), system="Be brief.") for n in range(TOTAL // 2)]


async def send(workspace: Workspace, folder: Path, **options: Any) -> Submitted:
    path = jsonl(folder / "in.jsonl", lines())
    chosen = SubmitOptions(name="in", intake=IntakeOptions(max_requests=25), pilot=SIZE, **options)
    return await apply_submit(workspace, await plan_submit(workspace, [str(path)], chosen))


async def yes(_finding: Reconciliation) -> bool:
    return True


async def ended(workspace: Workspace, clock: TurnedClock) -> list[Batch]:
    """Let what runs end, and have its results saved."""
    clock.turn(minutes=5)
    await run_maintenance(workspace, sends=False)
    for batch in await all_batches(workspace):
        if batch.state is BatchState.ENDED:
            await collect(workspace, batch)
    return sorted(await all_batches(workspace), key=lambda batch: batch.part)


async def test_the_pilot_goes_alone_and_nobody_sends_the_others_before_the_decision(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    submitted = await send(workspace, tmp_path)
    pilot, *rest = submitted.batches
    assert (pilot.is_pilot, pilot.requests, pilot.state) == (True, SIZE, BatchState.IN_PROGRESS)
    assert [(batch.part, batch.parts, batch.is_held) for batch in rest] == [(1, 3, True), (2, 3, True), (3, 3, True)]
    await ended(workspace, clock)
    for _ in range(3):
        clock.turn(hours=1)
        await run_maintenance(workspace)
        await resume(workspace, consent=yes)
        await resume(workspace, [submitted.job.id], consent=yes)
        await wait(workspace, [batch.key for batch in submitted.batches])
    assert len(sent_custom_ids(simulator)) == SIZE
    async with workspace.registry._database.transaction() as tx:
        await tx.execute("UPDATE batches SET reason = '', not_before = NULL")
    assert not await workspace.registry.sends.claim(rest[0].key, "me", clock.now())


async def test_a_sample_is_of_every_shape_and_of_all_lengths(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    await send(workspace, tmp_path)
    drawn = sent_custom_ids(simulator)
    for shape in ("p", "s"):
        places = sorted(int(each.partition("-")[2]) for each in drawn if each.startswith(shape))
        assert len(places) == SIZE // 2
        assert places[0] < 5
        assert places[-1] >= 25


async def test_after_the_decision_every_request_has_been_sent_once_and_the_results_are_in_input_order(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    job = (await send(workspace, tmp_path)).job.id
    await ended(workspace, clock)
    report = await report_ended(workspace, job)
    assert report is not None
    assert report.waiting == TOTAL - SIZE
    assert await release(workspace, job) == 3
    await resume(workspace, [job], consent=yes)
    assert sent_custom_ids(simulator) == sorted(line["custom_id"] for line in lines())
    batches = await ended(workspace, clock)
    output = tmp_path / "out.jsonl"
    await apply_export(
        workspace, await plan_export(workspace, batches, ExportOptions(output=str(output), order="input"))
    )
    ids = [json.loads(line)["custom_id"] for line in output.read_text().splitlines()]
    assert ids == [line["custom_id"] for line in lines()]
    for batch in simulator.world.batches:
        sent = dict(zip(batch.custom_ids, batch.params, strict=True))
        assert all(sent[line["custom_id"]] == line["params"] for line in lines() if line["custom_id"] in sent)


async def test_the_report_says_what_it_cost_what_is_truncated_and_what_the_others_will_cost(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    job = (await send(workspace, tmp_path)).job.id
    assert await report_ended(workspace, job) is None
    pilot = (await ended(workspace, clock))[0]
    report = await report_ended(workspace, job)
    assert report is not None
    assert sum(report.outcomes.values()) == SIZE
    assert report.cost == pilot.cost_actual
    assert report.projected is not None
    assert report.projected.low is not None
    assert report.projected.high is not None
    await release(workspace, job)
    await resume(workspace, [job], consent=yes)
    true = sum(batch.cost_actual or 0 for batch in (await ended(workspace, clock))[1:])
    assert report.projected.low <= float(true) <= report.projected.high


@pytest.mark.parametrize(("bound", "goes_on"), [("100", True), ("0.000001", False)])
async def test_a_bound_decides_by_itself_in_whatever_sends_waiting_parts(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock, bound: str, goes_on: bool
) -> None:
    submitted = await send(workspace, tmp_path, auto_below=Decimal(bound))
    await wait(workspace, [batch.key for batch in submitted.batches])
    assert len(sent_custom_ids(simulator)) == (TOTAL if goes_on else SIZE)
    batches = sorted(await all_batches(workspace), key=lambda batch: batch.part)
    if not goes_on:
        assert "more than the $0.000001 allowed" in batches[1].reason
        assert await held_of(workspace) == [submitted.job.id]


async def test_a_pilot_without_answers_sends_nothing_by_itself(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    simulator.world.retemper(Scenario(takes=60.0, errored={"invalid_request_error": 1.0}))
    job = (await send(workspace, tmp_path, auto_below=Decimal(100))).job.id
    batches = await ended(workspace, clock)
    assert await go_on(workspace) == []
    assert "Only 0 of 12" in (await workspace.registry.batches.get(batches[1].key)).reason
    assert await held_of(workspace) == [job]


async def test_cancel_keeps_what_the_pilot_has_and_drops_the_others(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    job = (await send(workspace, tmp_path)).job.id
    await ended(workspace, clock)
    await apply_cancel(
        workspace, await plan_cancel(workspace, [batch.key for batch in (await find_target(workspace, job)).batches])
    )
    [pilot] = await all_batches(workspace)
    assert pilot.is_pilot
    assert await held_of(workspace) == []
    assert await release(workspace, job) == 0
    assert len(sent_custom_ids(simulator)) == SIZE


async def test_the_others_are_not_released_while_the_pilot_runs(workspace: Workspace, tmp_path: Path) -> None:
    job = (await send(workspace, tmp_path)).job.id
    with pytest.raises(UsageError, match="has not ended yet"):
        await release(workspace, job)


async def test_a_pilot_that_was_killed_before_it_was_sent_is_resumed_and_the_others_stay_held(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", times=1, kind="status", status=429, retry_after=3600))
    await send(workspace, tmp_path)
    clock.turn(hours=2)
    await run_maintenance(workspace)
    assert len(sent_custom_ids(simulator)) == SIZE


async def test_no_warning_says_that_held_parts_were_not_sent(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    await send(workspace, tmp_path)
    clock.turn(hours=1)
    assert [each.kind for each in await list_warnings(workspace) if each.kind == "not_sent"] == []


@pytest.mark.parametrize("size", [TOTAL, TOTAL + 1])
async def test_a_pilot_of_all_requests_is_the_job_itself(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, size: int
) -> None:
    path = jsonl(tmp_path / "in.jsonl", lines())
    plan = await plan_submit(workspace, [str(path)], SubmitOptions(pilot=size))
    assert plan.pilot is None
    await apply_submit(workspace, plan)
    assert len(sent_custom_ids(simulator)) == TOTAL


async def test_what_excludes_a_pilot_is_said(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--prime and --pilot"):
        SubmitOptions(pilot=5, prime=True)
    with pytest.raises(UsageError, match="--auto-below needs --pilot"):
        SubmitOptions(auto_below=Decimal(1))
    path = jsonl(tmp_path / "in.jsonl", lines())
    with pytest.raises(UsageError, match="does not fit into one batch"):
        await plan_submit(workspace, [str(path)], SubmitOptions(pilot=20, intake=IntakeOptions(max_requests=10)))


async def test_two_programs_under_one_bound_send_the_others_once(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    await send(workspace, tmp_path, auto_below=Decimal(100))
    await ended(workspace, clock)
    async with workspace_at(tmp_path / "home", simulator, clock) as rival:
        await run_maintenance(rival)
        await run_maintenance(workspace)
    assert sent_custom_ids(simulator) == sorted(line["custom_id"] for line in lines())


async def test_a_pilot_whose_results_are_gone_leaves_the_decision_to_a_person(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    job = (await send(workspace, tmp_path, auto_below=Decimal(100))).job.id
    clock.turn(minutes=5)
    await run_maintenance(workspace, sends=False)
    clock.turn(hours=24 * 30)
    assert await report_ended(workspace, job) is None
    assert await go_on(workspace) == []
    assert await release(workspace, job) == 3
