"""What is said of the library, sentence by sentence, where no other test here says it."""

from __future__ import annotations

import asyncio
import signal
import sys
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

import batchtui
from batchtui.simulator import Fault, Simulator
from tests.support.builders import jsonl, request, requests
from tests.support.workspaces import sent_custom_ids

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.clock import TurnedClock

MEGABYTE = 1024 * 1024


async def test_a_generator_is_read_as_a_stream_and_memory_stays_flat(workspace: batchtui.Workspace) -> None:
    def made(count: int) -> Iterator[dict[str, Any]]:
        for number in range(count):
            yield request(f"r-{number}", "x" * 20_000)

    await workspace.check(made(1))  # imports what it needs
    tracemalloc.start()
    try:
        report = await workspace.check(made(2_000))
        assert tracemalloc.get_traced_memory()[1] < 10 * MEGABYTE
    finally:
        tracemalloc.stop()
    assert report.requests == 2_000
    assert report.bytes > 38 * MEGABYTE


async def test_the_same_files_parts_and_folders_as_on_the_command_line(
    workspace: batchtui.Workspace, tmp_path: Path
) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    paths = [jsonl(folder / f"{name}.jsonl", requests(2, name)) for name in "ab"]
    assert (await workspace.submit(str(folder))).requests == 4
    with pytest.raises(batchtui.SubmittedBefore):
        await workspace.submit(paths)


async def test_an_estimate_is_a_range(workspace: batchtui.Workspace, simulator: Simulator) -> None:
    estimate = await workspace.estimate(requests(10))
    low, high = estimate.cost.low, estimate.cost.at_most
    assert low is not None
    assert high is not None
    assert 0 < low < high
    assert sent_custom_ids(simulator) == []


async def test_a_job_is_found_by_id_beginning_name_and_as_the_last(workspace: batchtui.Workspace) -> None:
    job = await workspace.submit(requests(2), name="nightly")
    batch = (await workspace.find(job)).batches[0]
    assert batch.id is not None
    for word in (job.id, "nightly", "@last", batch.id, batch.id[:-2], batch):
        assert (await workspace.find(word)).batches[0].id == batch.id
    with pytest.raises(batchtui.UnknownTarget):
        await workspace.find("nobody")


async def test_refresh_asks_the_api_and_nothing_else_does(
    workspace: batchtui.Workspace, simulator: Simulator, clock: TurnedClock
) -> None:
    job = await workspace.submit(requests(2))
    clock.turn(hours=2)
    before = len(simulator.world.calls)
    assert str((await workspace.find(job)).batches[0].state) == "in_progress"
    assert await workspace.batches(limit=1)
    assert len(simulator.world.calls) == before
    assert str((await workspace.refresh(job)).batches[0].state) == "ended"


async def test_a_wait_that_times_out_cancels_nothing_and_can_go_on(
    workspace: batchtui.Workspace, simulator: Simulator
) -> None:
    job = await workspace.submit(requests(2))
    with pytest.raises(batchtui.WaitTimedOut):
        await workspace.wait(job, poll_interval=10, timeout=30)
    assert simulator.world.calls_to("cancel") == []
    assert [str(batch.results) for batch in (await workspace.wait(job, poll_interval=3600)).batches] == ["saved"]


@pytest.mark.long
async def test_results_are_lazy_and_cost_no_memory(workspace: batchtui.Workspace) -> None:
    job = await workspace.submit(request(f"r-{number}", "x" * 20_000) for number in range(3_000))
    await workspace.wait(job, poll_interval=3600)
    stream = workspace.results(job)
    tracemalloc.start()
    try:
        seen = [len(str(result.params)) + len(result.text) async for result in stream]
        assert tracemalloc.get_traced_memory()[1] < 20 * MEGABYTE
    finally:
        tracemalloc.stop()
    assert sum(seen) > 57 * MEGABYTE


async def test_a_retry_completes_the_job(tmp_path: Path, clock: TurnedClock) -> None:
    with Simulator("half-fail", clock=clock) as simulator:
        async with batchtui.open_workspace(tmp_path / "home", base_url=simulator.url, clock=clock) as workspace:
            job = await workspace.submit(requests(40))
            await workspace.wait(job, poll_interval=3600)
            first = {result.custom_id async for result in workspace.results(job, only=["succeeded"])}
            assert (await workspace.retry(job)).id == job.id
            await workspace.wait(job, poll_interval=3600)
            found = [result async for result in workspace.results(job)]
            assert [result.custom_id for result in found] == [each["custom_id"] for each in requests(40)]
            assert first < {result.custom_id for result in found if result.succeeded}


async def test_the_cost_is_known_at_the_end_and_unknown_before(workspace: batchtui.Workspace) -> None:
    job = await workspace.submit(requests(2))
    assert await workspace.cost(job) is None
    await workspace.wait(job, poll_interval=3600)
    spent = await workspace.cost(job)
    assert spent is not None
    assert spent > 0


async def test_a_deleted_batch_keeps_its_results_here(workspace: batchtui.Workspace, simulator: Simulator) -> None:
    job = await workspace.submit(requests(2))
    await workspace.wait(job, poll_interval=3600)
    await workspace.delete(job)
    assert simulator.world.batches[0].deleted_at is not None
    assert len([result async for result in workspace.results(job)]) == 2


async def test_budgets_hold_here_too(tmp_path: Path, simulator: Simulator, clock: TurnedClock) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text("[submit]\nmax_cost_a_day = 0.00001\n")
    async with batchtui.open_workspace(tmp_path / "home", base_url=simulator.url, clock=clock) as workspace:
        with pytest.raises(batchtui.CostLimit):
            await workspace.submit(requests(2))
    assert sent_custom_ids(simulator) == []


async def test_a_lost_answer_is_never_sent_again_without_consent(
    workspace: batchtui.Workspace, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault("create", "lost_before"))
    job = await workspace.submit(requests(2))
    clock.turn(600)
    assert [str(batch.state) for batch in await workspace.resume(job)] == ["unknown"]
    with pytest.raises(batchtui.FateUnknown):
        await workspace.wait(job, poll_interval=3600)
    assert sent_custom_ids(simulator) == []
    asked: list[object] = []

    def agree(finding: object) -> bool:
        asked.append(finding)
        return True

    settled = await workspace.resume(job, consent=agree)
    assert [str(batch.state) for batch in settled] == ["in_progress"]
    assert len(asked) == 1
    assert len(sent_custom_ids(simulator)) == 2


SCRIPT = """
import sys
import batchtui
from tests.support.crashing import POINTS, arm

arm(POINTS[sys.argv[3]], 1)
with batchtui.open_workspace(sys.argv[1], base_url=sys.argv[2]) as workspace:
    tasks = [batchtui.BatchRequest(f"t{number}", "any", "x") for number in range(4)]
    workspace.execute_batch(tasks)
"""


@pytest.mark.long
@pytest.mark.parametrize("point", ["while a part is sent", "after a part is sent"])
async def test_a_script_that_is_killed_is_finished_by_the_command_line(tmp_path: Path, point: str) -> None:
    home = str(tmp_path / "home")
    with Simulator("quiet-night") as simulator:
        script = await asyncio.create_subprocess_exec(sys.executable, "-c", SCRIPT, home, simulator.url, point)
        assert await script.wait() == -signal.SIGKILL
        command = ["-m", "batchtui", "resume", "--yes", "--grace", "0", "--home", home]
        resumed = await asyncio.create_subprocess_exec(
            sys.executable, *command, env={**_environment(), "ANTHROPIC_BASE_URL": simulator.url}
        )
        assert await resumed.wait() == 0
        assert sent_custom_ids(simulator) == ["t0", "t1", "t2", "t3"]
        async with batchtui.open_workspace(home, base_url=simulator.url) as workspace:
            assert await workspace.create_batch(
                [batchtui.BatchRequest(f"t{number}", "any", "x") for number in range(4)]
            )
        assert len(simulator.world.batches) == 1


async def test_the_dashboard_sees_a_program_s_batch_at_once(
    workspace: batchtui.Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    from batchtui.tui.app.app import DashboardApp
    from tests.support.workspaces import workspace_at

    async with workspace_at(tmp_path / "home", simulator, clock) as other:
        app = DashboardApp(other)
        async with app.run_test(size=(120, 30)) as pilot:
            await workspace.submit(requests(2), name="from-a-program")
            async with asyncio.timeout(20):
                while "from-a-program" not in _painted(app):
                    await pilot.pause(0.02)


def _painted(app: Any) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def _environment() -> dict[str, str]:
    import os

    return {name: value for name, value in os.environ.items() if name != "BATCHTUI_HOME"}
