"""Fetching results: a fault that passes is waited out and said, and only the time limit ends the tries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import ResultsState
from batchtui.domain.errors import AnswerLost, RateLimited, ResultsBusy, ResultsDamaged, ResultsUnavailable
from batchtui.library.workspace import Workspace as Library
from batchtui.services.polling.refresh import refresh_batches
from batchtui.services.results.fetch_retries import FetchListeners, collect_all, collect_with_retries
from batchtui.simulator import Fault
from tests.support.workspaces import all_batches, submit

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.polling.wait import Waiting
    from batchtui.services.results.fetch_retries import FetchRetry
    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock

PASSING = {
    "overloaded": Fault(on="results", kind="status", status=529, times=2),
    "Internal error": Fault(on="results", kind="status", status=500, times=2),
    "a rate limit": Fault(on="results", kind="status", status=429, retry_after=40, times=2),
    "a broken download": Fault(on="results", kind="results_cut", at_byte=700, times=2),
    "a download that ends early": Fault(on="results", kind="results_cut", at_byte=700, clean=True, times=2),
    "not shown yet": Fault(on="results", kind="status", status=404, times=2),
    "no connection": Fault(on="results", kind="lost_before", times=2),
}


async def ended(workspace: Workspace, tmp_path: Path, clock: TurnedClock, *, prefix: str = "r") -> Batch:
    submitted = await submit(workspace, tmp_path, 4, prefix=prefix)
    clock.turn(hours=3)
    await refresh_batches(workspace, submitted.batches)
    clock.slept.clear()
    return await workspace.registry.batches.get(submitted.batches[0].key)


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
async def test_a_fault_that_passes_is_waited_out_and_each_try_is_told(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock, fault: Fault
) -> None:
    batch = await ended(workspace, tmp_path, clock)
    simulator.world.faults.add(fault)
    told: list[FetchRetry] = []
    saved = await collect_with_retries(workspace, batch, listeners=FetchListeners(on_retry=told.append))
    assert saved.results is ResultsState.SAVED
    assert [retry.seconds for retry in told] == ([40.0, 40.0] if fault.retry_after else [2.0, 5.0])


async def test_the_time_limit_ends_the_tries_with_the_reason(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    batch = await ended(workspace, tmp_path, clock)
    simulator.world.faults.add(Fault(on="results", kind="status", status=529, times=None))
    began = clock.monotonic()
    with pytest.raises(AnswerLost, match="overloaded"):
        await collect_with_retries(workspace, batch, timeout=100)
    assert clock.monotonic() - began == 100


async def test_the_api_is_not_asked_again_before_it_wants_to_be(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    batch = await ended(workspace, tmp_path, clock)
    simulator.world.faults.add(Fault(on="results", kind="status", status=429, retry_after=500, times=None))
    with pytest.raises(RateLimited):
        await collect_with_retries(workspace, batch, timeout=100)
    assert clock.slept == []


async def test_results_that_end_early_each_time_are_not_asked_for_without_end(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    batch = await ended(workspace, tmp_path, clock)
    simulator.world.faults.add(Fault(on="results", kind="results_cut", at_byte=700, clean=True, times=None))
    with pytest.raises(ResultsDamaged):
        await collect_with_retries(workspace, batch, timeout=86_400)
    assert len([call for call in simulator.world.calls if call.path.endswith("/results")]) == 3


async def test_a_404_that_lasts_for_minutes_is_believed(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    batch = await ended(workspace, tmp_path, clock)
    simulator.world.faults.add(Fault(on="results", kind="status", status=404, times=None))
    began = clock.monotonic()
    with pytest.raises(ResultsUnavailable):
        await collect_with_retries(workspace, batch, timeout=86_400)
    assert 300 <= clock.monotonic() - began < 400


async def test_one_batch_that_fails_holds_up_no_other(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    await ended(workspace, tmp_path, clock)
    await ended(workspace, tmp_path, clock, prefix="s")
    batches = await all_batches(workspace)
    simulator.world.faults.add(Fault(on="results", kind="status", status=529, times=2))
    failed = await collect_all(workspace, batches, timeout=1)
    assert [batch.key for batch, _ in failed] == [batches[0].key]
    assert [batch.results for batch in await all_batches(workspace)] == [ResultsState.NONE, ResultsState.SAVED]


@pytest.mark.long
async def test_the_library_waits_out_a_broken_download_and_tells_its_caller(
    workspace: Workspace, tmp_path: Path, simulator: Simulator
) -> None:
    submitted = await submit(workspace, tmp_path, 4)
    simulator.world.faults.add(Fault(on="results", kind="results_cut", at_byte=700))
    seen: list[Waiting] = []
    target = await Library(workspace).wait(submitted.job.id, on_progress=seen.append)
    assert [batch.results for batch in target.batches] == [ResultsState.SAVED]
    assert "Connection lost" in seen[-1].message


async def test_a_process_that_holds_the_download_is_waited_for_until_the_time_limit(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    batch = await ended(workspace, tmp_path, clock)
    began = clock.monotonic()
    with (
        workspace.registry.results.download(batch),
        pytest.raises(ResultsBusy, match=f"{batch.id} for 1m") as caught,
    ):
        await collect_with_retries(workspace, batch, timeout=60)
    assert clock.monotonic() - began == pytest.approx(60, abs=1)
    assert "stopped" in caught.value.hint
