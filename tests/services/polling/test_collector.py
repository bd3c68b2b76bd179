"""Collecting in the background: no batch is ever given up, one notice is enough, and what is opened goes first."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.services.polling import collector
from batchtui.services.polling.collector import Collector
from batchtui.services.polling.refresh import refresh_batches
from batchtui.services.results import collect
from batchtui.services.results.lost_files import unsave_lost
from batchtui.simulator import Fault
from tests.support.workspaces import all_batches, submit

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.errors import BatchtuiError
    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock


class Running:
    """A collector at work, and what it tells."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.errors: list[BatchtuiError] = []
        self.progress: list[tuple[str, int, int]] = []
        self.collector = Collector(
            workspace,
            on_progress=lambda *said: self.progress.append(said) if said[0] else None,
            on_error=self.errors.append,
        )

    async def until_saved(self, number: int) -> None:
        task = asyncio.create_task(self.collector.run())
        try:
            async with asyncio.timeout(20):
                while [one.results for one in await all_batches(self.workspace)].count(ResultsState.SAVED) < number:
                    await asyncio.sleep(0.005)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def ended(workspace: Workspace, tmp_path: Path, clock: TurnedClock, number: int = 1) -> list[Batch]:
    for one in range(number):
        await submit(workspace, tmp_path, 2, prefix=f"p{one}-")
    clock.turn(hours=3)
    await refresh_batches(workspace, await all_batches(workspace))
    return await all_batches(workspace)


@pytest.fixture
def running(workspace: Workspace) -> Running:
    return Running(workspace)


async def test_a_download_that_fails_again_and_again_is_tried_until_it_is_saved(
    running: Running, workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    await ended(workspace, tmp_path, clock)
    simulator.world.faults.add(Fault(on="results", kind="status", status=529, times=9))
    await running.until_saved(1)
    assert len(running.errors) == 1
    noted = [entry for entry in await workspace.registry.journal.entries() if entry.event == "results.failed"]
    assert len(noted) == 9


async def test_many_that_fail_at_once_are_one_notice(
    running: Running, workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    await ended(workspace, tmp_path, clock, 3)
    simulator.world.faults.add(Fault(on="results", kind="lost_after", times=3))
    await running.until_saved(3)
    assert ["3 batches" in error.message for error in running.errors] == [True]


async def test_a_fault_of_our_own_ends_nothing(
    running: Running, workspace: Workspace, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ended(workspace, tmp_path, clock)
    real, strikes = collect.collect, iter([KeyError("a row that cannot be read"), OSError("no space left")])

    async def collect_badly(*args: object, **more: object) -> object:
        if error := next(strikes, None):
            raise error
        return await real(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(collect, "collect", collect_badly)
    await running.until_saved(1)
    assert len(running.errors) == 1


async def test_a_registry_that_cannot_be_read_for_a_while_ends_nothing(
    running: Running, workspace: Workspace, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ended(workspace, tmp_path, clock)
    real, strikes = workspace.registry.queries.uncollected, iter([RuntimeError("locked"), RuntimeError("locked")])

    async def uncollected_badly(*args: object, **more: object) -> object:
        if error := next(strikes, None):
            raise error
        return await real(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(workspace.registry.queries, "uncollected", uncollected_badly)
    await running.until_saved(1)


async def test_results_of_an_opened_batch_are_fetched_next(
    running: Running, workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    batches = await ended(workspace, tmp_path, clock, 4)
    newest = max(batches, key=lambda batch: batch.key)
    running.collector.prefer(newest.key)
    await running.until_saved(4)
    assert running.progress[0][0] == newest.id
    assert [said[1:] for said in running.progress] == [(1, 4), (2, 4), (3, 4), (4, 4)]


async def test_while_the_api_cannot_be_reached_it_is_asked_once_and_not_for_every_batch(
    running: Running, workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    await ended(workspace, tmp_path, clock, 3)
    simulator.world.faults.add(Fault(on="results", kind="status", status=429, retry_after=600))
    began = clock.monotonic()
    await running.until_saved(3)
    assert clock.monotonic() - began >= 600
    assert len([call for call in simulator.world.calls if call.path.endswith("/results")]) == 4


async def test_more_batches_than_are_read_at_once_are_all_fetched(
    running: Running, workspace: Workspace, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collector, "AT_ONCE", 2)
    await ended(workspace, tmp_path, clock, 5)
    await running.until_saved(5)
    assert {batch.state for batch in await all_batches(workspace)} == {BatchState.ENDED}


@pytest.mark.parametrize("how", ["it is not this part's any more", "its time is over"])
async def test_a_failure_that_nobody_waits_for_any_more_lets_the_collector_rest(
    running: Running, workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock, how: str
) -> None:
    [batch] = await ended(workspace, tmp_path, clock)
    simulator.world.faults.add(Fault(on="results", kind="status", status=529, times=None))
    await running.collector._round()
    assert len(running.collector._failures) == 1
    if how == "its time is over":
        clock.turn(days=30)
    else:
        async with workspace.registry._database.transaction() as tx:
            await tx.execute("UPDATE batches SET unproved = 1")
        await workspace.registry.verdicts.disown(batch.key, batch.id or "", "It is somebody else's.")
        clock.turn(hours=1)
    await running.collector._round()
    assert not running.collector.has_failed
    assert running.collector._pause() >= 60


async def test_results_that_another_process_fetches_hold_up_no_other_batch(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    first, second = await ended(workspace, tmp_path, clock, 2)
    running = Running(workspace)
    with workspace.registry.results.download(first):
        await running.until_saved(1)
    assert running.errors == []
    saved = {batch.key: batch.results for batch in await all_batches(workspace)}
    assert saved[second.key] is ResultsState.SAVED


@pytest.mark.parametrize("harm", ["gone", "truncated"])
async def test_a_saved_file_that_was_taken_away_is_downloaded_again_and_told(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, harm: str
) -> None:
    [batch] = await ended(workspace, tmp_path, clock)
    saved = await collect.collect(workspace, batch)
    raw = workspace.registry.results.paths(saved).raw
    content = raw.read_bytes()
    raw.unlink() if harm == "gone" else raw.write_bytes(content[:-9])
    running = Running(workspace)
    task = asyncio.create_task(running.collector.run())
    try:
        async with asyncio.timeout(20):
            while not running.progress or (await all_batches(workspace))[0].results is not ResultsState.SAVED:
                await asyncio.sleep(0.005)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert raw.read_bytes() == content
    [told] = running.errors
    assert f"saved results of {batch.id} are no longer complete" in told.message


async def test_a_saved_file_that_the_api_no_longer_has_is_left_as_it_is(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    [batch] = await ended(workspace, tmp_path, clock)
    saved = await collect.collect(workspace, batch)
    workspace.registry.results.paths(saved).raw.unlink()
    clock.turn(days=30)
    assert await unsave_lost(workspace) == []
