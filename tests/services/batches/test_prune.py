"""Letting go of space: what dead processes left behind and what was deleted long ago, and nothing else."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import ResultsState
from batchtui.registry.original_ids import OriginalIdWriter, read_original_ids
from batchtui.runtime.atomic_file import open_atomic
from batchtui.services.batches.delete import apply_delete, plan_delete
from batchtui.services.batches.prune import apply_prune, plan_prune
from batchtui.services.polling.refresh import sweep
from batchtui.services.results.collect import collect
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.services.submission.submit import SubmitOptions, plan_submit
from tests.support.builders import jsonl, requests
from tests.support.clock import TurnedClock
from tests.support.results import keep_requests
from tests.support.workspaces import submit, workspace_at

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator

MONTH = timedelta(days=30)


@pytest.fixture
def clock() -> TurnedClock:
    """The machine's time, as files are dated by it, to be turned on from there."""
    return TurnedClock(datetime.now(UTC))


async def saved(workspace: Workspace, folder: Path, clock: TurnedClock, prefix: str = "r") -> Batch:
    """An ended batch whose results are saved."""
    submitted = await submit(workspace, folder, 3, prefix=prefix)
    clock.turn(hours=3)
    await sweep(workspace)
    return await collect(workspace, submitted.batches[0])


async def delete(workspace: Workspace, batch: Batch, *, locally: bool = False) -> None:
    plan = await plan_delete(workspace, [batch.key], locally=locally, force=True)
    await apply_delete(workspace, plan)


async def kinds(workspace: Workspace, *, older_than: timedelta | None = None) -> list[str]:
    plan = await plan_prune(workspace, older_than=older_than)
    return [removal.kind for removal in plan.removals]


def everything(workspace: Workspace) -> set[Path]:
    folders = (workspace.registry.requests.folder, workspace.registry.results.folder)
    return {path for folder in folders for path in folder.rglob("*")}


async def test_in_a_house_in_order_there_is_nothing_to_let_go(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    await saved(workspace, tmp_path, clock)
    await submit(workspace, tmp_path, 2, prefix="running")
    clock.turn(days=400)
    assert await kinds(workspace, older_than=timedelta()) == []


async def test_staged_requests_go_once_nobody_can_be_at_work_on_them(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    source = jsonl(tmp_path / "in.jsonl", requests(4))
    await plan_submit(workspace, [str(source)], SubmitOptions())
    assert await kinds(workspace) == []
    clock.turn(days=1, minutes=1)
    plan = await plan_prune(workspace)
    assert [removal.kind for removal in plan.removals] == ["staging"]
    assert plan.bytes > 400
    pruned = await apply_prune(workspace, plan)
    assert (pruned.bytes, pruned.failed, everything(workspace)) == (plan.bytes, (), set())


async def test_requests_of_no_job_go(workspace: Workspace, clock: TurnedClock) -> None:
    await submit_nothing(workspace)
    assert await kinds(workspace) == []
    clock.turn(days=2)
    await apply_prune(workspace, await plan_prune(workspace))
    assert not workspace.registry.requests.has("job_1")


async def submit_nothing(workspace: Workspace) -> None:
    """Keep requests as a submission does that is killed before its plan is committed."""
    await workspace.registry.journal.record(workspace.clock.now(), "test")
    keep_requests(workspace.registry.requests, ["a", "b"])


async def test_requests_that_were_there_before_the_registry_stay(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    await submit_nothing(workspace)
    clock.turn(days=2)
    for path in (tmp_path / "home").glob("registry.db*"):
        path.unlink()
    async with workspace_at(tmp_path / "home", simulator, clock) as new:
        clock.turn(days=2)
        assert await kinds(new) == []


async def test_the_files_of_a_retry_that_was_never_noted_go_and_the_first_attempt_stays(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    batch = await saved(workspace, tmp_path, clock)
    store = workspace.registry.requests
    writer = store.writer(2)
    with store.reader(batch.job) as reader:
        first = [facts.custom_id for facts in reader.in_order()]
    store.commit(writer.finish(), batch.job)
    clock.turn(days=2)
    plan = await plan_prune(workspace)
    assert [(one.kind, one.name) for one in plan.removals] == [("attempt", f"{batch.job}, attempt 2")]
    await apply_prune(workspace, plan)
    with store.reader(batch.job) as reader:
        assert [facts.custom_id for facts in reader.in_order() if reader.read(facts)] == first


async def test_half_downloads_go_only_where_the_results_are_saved_whole(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    whole = await saved(workspace, tmp_path, clock)
    half = (await submit(workspace, tmp_path, 2, prefix="half")).batches[0]
    store = workspace.registry.results
    for batch in (whole, half):
        store.paths(batch).part.write_bytes(b"{")
        store.paths(batch).new_index.write_bytes(b"half")
    clock.turn(days=2)
    plan = await plan_prune(workspace)
    assert sorted(removal.kind for removal in plan.removals) == ["download", "index"]
    await apply_prune(workspace, plan)
    assert store.paths(half).part.exists()
    assert not store.paths(whole).part.exists()
    with store.reader(whole) as reader:
        assert reader.count == 3


async def test_saved_results_of_a_deleted_batch_are_removed_only_on_request(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    batch = await saved(workspace, tmp_path, clock)
    await delete(workspace, batch)
    clock.turn(days=29)
    assert (await kinds(workspace), await kinds(workspace, older_than=MONTH)) == ([], [])
    clock.turn(days=2)
    assert (await kinds(workspace), await kinds(workspace, older_than=MONTH)) == ([], ["deleted"])
    pruned = await apply_prune(workspace, await plan_prune(workspace, older_than=MONTH))
    assert pruned.bytes > 0
    assert everything(workspace) == set()
    assert (await workspace.registry.batches.get(batch.key)).results is ResultsState.GONE


async def test_while_one_batch_of_a_job_is_kept_all_of_it_is(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    submitted = await submit(workspace, tmp_path, 4, intake=IntakeOptions(max_requests=2))
    clock.turn(hours=3)
    await sweep(workspace)
    first, second = [await collect(workspace, batch) for batch in submitted.batches]
    await delete(workspace, first)
    clock.turn(days=60)
    assert await kinds(workspace, older_than=MONTH) == []
    await delete(workspace, second)
    clock.turn(days=29)
    assert await kinds(workspace, older_than=MONTH) == []


async def test_a_batch_that_was_dropped_here_keeps_its_requests_while_its_results_can_be_had(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    submitted = await submit(workspace, tmp_path, 3)
    clock.turn(hours=3)
    await sweep(workspace)
    await delete(workspace, submitted.batches[0], locally=True)
    clock.turn(days=20)
    assert await kinds(workspace, older_than=timedelta(days=1)) == []
    clock.turn(days=20)
    assert await kinds(workspace, older_than=timedelta(days=1)) == ["deleted"]


async def test_files_changed_since_the_plan_are_kept(workspace: Workspace, tmp_path: Path, clock: TurnedClock) -> None:
    batch = await saved(workspace, tmp_path, clock)
    store = workspace.registry.results
    store.paths(batch).part.write_bytes(b"{")
    clock.turn(days=2)
    plan = await plan_prune(workspace)
    await workspace.registry.batches.set_results(batch, ResultsState.PARTIAL)
    assert (await apply_prune(workspace, plan)).removed == ()
    assert store.paths(batch).part.exists()


async def test_names_of_rows_stay_as_long_as_a_job_has_them_or_may_get_them(
    tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    async with workspace_at(tmp_path / "home", simulator, clock) as workspace:
        folder = workspace.paths.originals
        submitted = await submit(workspace, tmp_path, 2, prefix="r")
        with workspace.registry.requests.reader(submitted.job.id) as reader:
            ids = list(reader.custom_ids())
        for custom_ids in (ids, ["x-1", "x-2"]):
            with OriginalIdWriter(folder) as writer:
                writer.changed(custom_ids[0], "its own name", 2)
                writer.sent(custom_ids)
                kept = writer.keep()
        (folder / ".left.part").write_text("half")
        assert await kinds(workspace) == []  # nothing of today
        clock.turn(days=2)
        assert await kinds(workspace) == ["half-names"]
        assert await kinds(workspace, older_than=MONTH) == ["half-names"]
        clock.turn(days=40)
        assert await kinds(workspace, older_than=MONTH) == ["half-names", "names"]

        await apply_prune(workspace, await plan_prune(workspace, older_than=MONTH))
        assert len(list(folder.iterdir())) == 1
        assert kept is not None
        assert not kept.exists()
        assert read_original_ids(workspace.paths, workspace.registry, submitted.job.id) == {ids[0]: "its own name"}


async def test_half_a_file_of_a_killed_export_goes_and_that_of_a_running_one_stays(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom batchtui.runtime.atomic_file import open_atomic\n"
        "with open_atomic(Path(sys.argv[1]), None, overwrite=False, notes=Path(sys.argv[2])) as out:\n"
        "    out.write(b'half'); out.flush(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    notes = workspace.paths.exports
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", script, str(folder / "a.csv"), str(notes)])
    (half,) = folder.iterdir()
    with open_atomic(folder / "b.csv", None, overwrite=False, notes=notes) as out:
        out.write(b"still at it")
        plan = await plan_prune(workspace)
        pruned = await apply_prune(workspace, plan)

    assert [(removal.kind, removal.paths[0]) for removal in pruned.removed] == [("export", half)]
    assert [path.name for path in folder.iterdir()] == ["b.csv"]
    assert list(notes.iterdir()) == []


async def test_damaged_results_go_once_they_are_saved_again_and_else_only_by_their_age(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    whole = await saved(workspace, tmp_path, clock)
    lost = (await submit(workspace, tmp_path, 2, prefix="lost")).batches[0]
    store = workspace.registry.results
    for batch in (whole, lost):
        store.paths(batch).aside.write_bytes(b"{")
    aside = workspace.paths.registry.with_name("registry.db.damaged-20200101-000000")
    aside.write_bytes(b"once a registry")
    clock.turn(days=2)
    assert await kinds(workspace) == ["damaged"]
    clock.turn(days=40)
    plan = await plan_prune(workspace, older_than=MONTH)
    assert sorted(removal.kind for removal in plan.removals) == ["damaged", "damaged", "registry-damaged"]
    await apply_prune(workspace, plan)
    assert [path.exists() for path in (store.paths(lost).aside, aside, store.paths(whole).raw)] == [False, False, True]


async def test_the_registry_is_rebuilt_where_that_gives_room_back(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    batch = await saved(workspace, tmp_path, clock)
    old = [("2020-01-01T00:00:00.000000+00:00",)] * 10_000
    async with workspace.registry._database.transaction() as tx:
        await tx.executemany("INSERT INTO journal (at, kind, event) VALUES (?, 'call', 'list')", old)
    await workspace.registry.journal.record(clock.now(), "something.done")
    plan = await plan_prune(workspace)
    assert [removal.kind for removal in plan.removals] == ["registry"]
    pruned = await apply_prune(workspace, plan)
    assert not pruned.failed
    assert await kinds(workspace) == []
    assert (await workspace.registry.batches.get(batch.key)).results is ResultsState.SAVED
