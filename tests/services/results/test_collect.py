"""Collecting results from the simulator: whole and saved, or nothing that looks so, whatever goes wrong on the way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.batch import RequestCounts
from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import (
    AnswerLost,
    BatchtuiError,
    FateUnknown,
    GatewayError,
    ResultsDamaged,
    ResultsUnavailable,
    StorageError,
)
from batchtui.domain.results.usage import Usage
from batchtui.registry.results.summary import IdMismatch, ResultSummary
from batchtui.services.batches.sync import sync
from batchtui.services.polling.refresh import sweep
from batchtui.services.results.collect import CollectProgress, collect, damage, discrepancies
from batchtui.services.submission.resume import resume
from batchtui.simulator import Fault
from tests.support.builders import requests
from tests.support.workspaces import all_batches, submit, workspace_at

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock

COUNT = 40


@pytest.fixture
async def batch(workspace: Workspace, tmp_path: Path, clock: TurnedClock) -> Batch:
    """A batch of forty requests that has ended."""
    return await ended(workspace, tmp_path, clock)


async def ended(workspace: Workspace, folder: Path, clock: TurnedClock, count: int = COUNT) -> Batch:
    submitted = await submit(workspace, folder, count)
    clock.turn(hours=1)
    await sweep(workspace)
    return await workspace.registry.batches.get(submitted.batches[0].key)


def kept_files(workspace: Workspace) -> list[str]:
    """What the results folder holds, but for what is kept aside."""
    folder = workspace.registry.results.folder
    return sorted(path.suffix for path in folder.iterdir() if path.suffix != ".part") if folder.exists() else []


async def test_results_are_saved_with_an_index_and_the_registry_says_so(workspace: Workspace, batch: Batch) -> None:
    saved = await collect(workspace, batch)
    assert saved.results is ResultsState.SAVED
    assert kept_files(workspace) == [".db", ".jsonl"]
    with workspace.registry.results.reader(saved) as reader:
        assert reader.count == COUNT
        assert reader.summary.bytes == saved.results_bytes
        assert reader.summary.ids == IdMismatch()
        assert discrepancies(reader.summary, saved.counts) == ()
        facts = reader.find("r-00007")
        assert facts is not None
        assert b'"custom_id":"r-00007"' in reader.raw(facts.seq).replace(b": ", b":")


async def test_bytes_are_those_that_the_api_sends(workspace: Workspace, batch: Batch) -> None:
    saved = await collect(workspace, batch)
    gateway = await workspace.gateway()
    async with gateway.results(saved.id or "") as blocks:
        sent = b"".join([block async for block in blocks])
    assert workspace.registry.results.paths(saved).raw.read_bytes() == sent


async def test_saved_results_are_not_fetched_again(workspace: Workspace, batch: Batch, simulator: Simulator) -> None:
    saved = await collect(workspace, batch)
    calls = len(simulator.world.calls)
    assert await collect(workspace, batch) == saved
    assert len(simulator.world.calls) == calls


async def test_progress_goes_from_fetching_to_indexing(workspace: Workspace, batch: Batch) -> None:
    told: list[CollectProgress] = []
    saved = await collect(workspace, batch, on_progress=told.append)
    assert [progress.step for progress in told] == ["fetching", "indexing"]
    assert told[-1] == CollectProgress("indexing", saved.results_bytes, saved.results_bytes)


@pytest.mark.parametrize("at_byte", [0, 1, 700, 9000])
@pytest.mark.parametrize("clean", [False, True])
async def test_a_cut_leaves_nothing_that_looks_whole_and_the_next_try_is_whole(
    workspace: Workspace, batch: Batch, simulator: Simulator, at_byte: int, *, clean: bool
) -> None:
    simulator.world.faults.add(Fault(on="results", kind="results_cut", at_byte=at_byte, clean=clean))
    with pytest.raises((AnswerLost, ResultsDamaged)):
        await collect(workspace, batch)
    now = await workspace.registry.batches.get(batch.key)
    assert now.results is not ResultsState.SAVED
    assert kept_files(workspace) == []
    saved = await collect(workspace, batch)
    assert saved.results is ResultsState.SAVED
    with workspace.registry.results.reader(saved) as reader:
        assert reader.count == COUNT


async def test_a_cut_is_noted_with_the_bytes_that_came(
    workspace: Workspace, batch: Batch, simulator: Simulator
) -> None:
    simulator.world.faults.add(Fault(on="results", kind="results_cut", at_byte=5000, clean=True))
    with pytest.raises(ResultsDamaged, match="5 results came for 40 requests"):
        await collect(workspace, batch)
    now = await workspace.registry.batches.get(batch.key)
    assert (now.results, now.results_bytes) == (ResultsState.PARTIAL, 5000)


@pytest.mark.parametrize("line", ["<html>Bad gateway</html>", '{"custom_id":"r-00001","result":{"type":"expired"}}'])
async def test_a_wrong_line_among_the_results(
    workspace: Workspace, batch: Batch, simulator: Simulator, line: str
) -> None:
    simulator.world.faults.add(Fault(on="results", kind="wrong_line", at_byte=3000, body=line))
    with pytest.raises(ResultsDamaged):
        await collect(workspace, batch)
    assert (await collect(workspace, batch)).results is ResultsState.SAVED


@pytest.mark.parametrize("status", [429, 500, 529])
async def test_an_error_answer_leaves_nothing(
    workspace: Workspace, batch: Batch, simulator: Simulator, status: int
) -> None:
    simulator.world.faults.add(Fault(on="results", kind="status", status=status))
    with pytest.raises(GatewayError):
        await collect(workspace, batch)
    assert list(workspace.registry.results.folder.iterdir()) == []
    assert (await workspace.registry.batches.get(batch.key)).results is ResultsState.NONE


async def test_a_404_before_29_days_is_not_the_end_of_it(
    workspace: Workspace, batch: Batch, simulator: Simulator
) -> None:
    simulator.world.faults.add(Fault(on="results", kind="status", status=404))
    with pytest.raises(BatchtuiError):
        await collect(workspace, batch)
    assert (await collect(workspace, batch)).results is ResultsState.SAVED


async def test_after_29_days_they_are_gone(workspace: Workspace, batch: Batch, clock: TurnedClock) -> None:
    clock.turn(days=30)
    with pytest.raises(ResultsUnavailable):
        await collect(workspace, batch)
    assert (await workspace.registry.batches.get(batch.key)).results is ResultsState.GONE
    with pytest.raises(ResultsUnavailable, match="gone"):
        await collect(workspace, batch)


async def test_before_the_end_there_are_none(workspace: Workspace, tmp_path: Path, simulator: Simulator) -> None:
    running = (await submit(workspace, tmp_path)).batches[0]
    calls = len(simulator.world.calls)
    with pytest.raises(ResultsUnavailable, match="still in progress"):
        await collect(workspace, running)
    assert len(simulator.world.calls) == calls


async def test_a_full_disk_leaves_nothing_that_looks_whole(workspace: Workspace, batch: Batch) -> None:
    store = workspace.registry.results
    store.folder.mkdir(parents=True, exist_ok=True)
    store.paths(batch).part.symlink_to("/dev/full")
    with pytest.raises(StorageError, match="No space left"):
        await collect(workspace, batch)
    assert kept_files(workspace) == []
    assert (await collect(workspace, batch)).results is ResultsState.SAVED


async def test_two_processes_fetch_it_once(
    workspace: Workspace, batch: Batch, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    async with workspace_at(tmp_path / "home", simulator, clock) as other:
        first, second = await asyncio.gather(collect(workspace, batch), collect(other, batch))
    assert first.results is second.results is ResultsState.SAVED
    fetched = [call for call in simulator.world.calls if call.path.endswith("/results")]
    assert len(fetched) == 1


async def test_a_cancelled_collection_leaves_nothing_that_looks_whole(
    workspace: Workspace, batch: Batch, simulator: Simulator
) -> None:
    simulator.world.faults.add(Fault(on="results", kind="results_stalled", at_byte=4000, seconds=5))
    task = asyncio.create_task(collect(workspace, batch))
    while not simulator.world.calls[-1].path.endswith("/results"):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert kept_files(workspace) == []
    assert (await collect(workspace, batch)).results is ResultsState.SAVED


async def test_a_kill_between_the_rename_and_the_registry_costs_no_second_fetch(
    workspace: Workspace, batch: Batch, simulator: Simulator
) -> None:
    await collect(workspace, batch)
    await workspace.registry.batches.set_results(batch, ResultsState.NONE)
    calls = len(simulator.world.calls)
    saved = await collect(workspace, batch)
    assert (saved.results, len(simulator.world.calls)) == (ResultsState.SAVED, calls)
    assert saved.results_bytes > 0


async def test_files_that_were_lost_are_fetched_again(workspace: Workspace, batch: Batch) -> None:
    saved = await collect(workspace, batch)
    workspace.registry.results.remove(saved)
    again = await collect(workspace, saved)
    with workspace.registry.results.reader(again) as reader:
        assert reader.count == COUNT


async def test_a_batch_made_elsewhere_is_collected_without_requests_to_compare_with(
    workspace: Workspace, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.plant(requests(1, "theirs"))
    clock.turn(hours=1)
    await sync(workspace)
    (foreign,) = await all_batches(workspace)
    saved = await collect(workspace, foreign)
    with workspace.registry.results.reader(saved) as reader:
        assert (reader.count, reader.summary.ids) == (1, None)


async def test_an_adopted_batch_with_the_answers_of_somebody_else_is_disowned(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault(on="create", kind="lost_before"))
    await submit(workspace, tmp_path, 2)
    simulator.world.plant(requests(2, "theirs"))
    await resume(workspace, consent=never)
    clock.turn(hours=1)
    await sweep(workspace)
    (adopted,) = await all_batches(workspace)
    assert adopted.state is BatchState.ENDED
    with pytest.raises(FateUnknown):
        await collect(workspace, adopted)
    now = await workspace.registry.batches.get(adopted.key)
    assert (now.state, now.id, now.results) == (BatchState.UNKNOWN, None, ResultsState.NONE)
    assert kept_files(workspace) == []


async def never(_: object) -> bool:
    return False


def summary(results: int = 3, *, unreadable: int = 0, duplicates: int = 0, **types: int) -> ResultSummary:
    counted = {**types, **({"": unreadable} if unreadable else {})}
    return ResultSummary(results, 100, counted, {}, Usage(), duplicates=duplicates)


@pytest.mark.parametrize(
    ("came", "said"),
    [
        (summary(3, succeeded=3), None),
        (summary(2, succeeded=2), "2 results came for 3 requests."),
        (summary(4, succeeded=4), "4 results came for 3 requests."),
        (summary(3, succeeded=2, unreadable=1), "1 of 3 lines cannot be read."),
        (summary(3, succeeded=3, duplicates=1), "1 of 3 results repeat a custom_id."),
    ],
)
def test_missing_surplus_and_repeated_results_are_damage(came: ResultSummary, said: str | None) -> None:
    assert damage(came, 3) == said


def test_counts_that_differ_by_type_are_said_and_accepted() -> None:
    came = summary(3, succeeded=2, errored=1)
    assert damage(came, 3) is None
    assert discrepancies(came, RequestCounts(succeeded=3)) == (
        "The API counts 3 succeeded, but sent 2.",
        "The API counts 0 errored, but sent 1.",
    )
