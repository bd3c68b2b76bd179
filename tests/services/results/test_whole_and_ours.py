"""Results are called saved only where they are whole and ours, and stay so only while their file is as it was saved."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.batches.batch import RequestCounts
from batchtui.domain.batches.states import ResultsState
from batchtui.domain.errors import ResultsDamaged, ResultsUnavailable
from batchtui.library.workspace import Workspace as Library
from batchtui.services.batches.delete import plan_delete
from batchtui.services.polling.refresh import sweep
from batchtui.services.results.collect import collect
from batchtui.services.results.export import ExportOptions, apply_export, plan_export
from batchtui.simulator import Fault
from tests.support.lines import bare, succeeded
from tests.support.workspaces import submit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock

OURS = [succeeded(f"r-{number:05}", "Yes.") for number in range(3)]


@pytest.fixture
async def batch(workspace: Workspace, tmp_path: Path, clock: TurnedClock) -> Batch:
    """A batch of three requests that has ended."""
    submitted = await submit(workspace, tmp_path, 3)
    clock.turn(hours=1)
    await sweep(workspace)
    return await workspace.registry.batches.get(submitted.batches[0].key)


def sends(simulator: Simulator, *lines: bytes, times: int = 1) -> None:
    """Let the simulator send these lines in place of the results."""
    body = b"".join(line + b"\n" for line in lines).decode()
    simulator.world.faults.add(Fault(on="results", kind="garbled", body=body, times=times))


async def exported(workspace: Workspace, batch: Batch, **options: Any) -> list[dict[str, Any]]:
    stream = io.BytesIO()
    plan = await plan_export(workspace, [batch], ExportOptions(format="json", **options))
    await apply_export(workspace, plan, stream=stream)
    found: list[dict[str, Any]] = json.loads(stream.getvalue())
    return found


NOT_OURS = {
    "foreign": [succeeded(f"theirs-{number}", "Yes.") for number in range(3)],
    "one foreign": [*OURS[:2], succeeded("theirs", "Yes.")],
    "one missing": OURS[:2],
    "one too many": [*OURS, succeeded("theirs", "Yes.")],
    "none": [],
    "doubled": [*OURS[:2], OURS[0]],
    "unreadable": [*OURS[:2], b'{"custom_id": "r-00002", "result": null}'],
}


@pytest.mark.parametrize("lines", NOT_OURS.values(), ids=NOT_OURS)
@pytest.mark.parametrize("counts", [None, RequestCounts(), RequestCounts(succeeded=2)], ids=["right", "zero", "two"])
async def test_incomplete_or_foreign_results_are_kept_aside_and_not_called_saved(
    workspace: Workspace, batch: Batch, simulator: Simulator, lines: list[bytes], counts: RequestCounts | None
) -> None:
    """What the API counts proves nothing: other servers send 0, null or strings."""
    if counts is not None:
        simulator.world.faults.add(Fault(on="retrieve", kind="status", status=500, times=0))
        await recounted(workspace, batch, counts)
    sends(simulator, *lines)
    with pytest.raises(ResultsDamaged) as caught:
        await collect(workspace, batch)
    kept = workspace.registry.results.paths(batch).part
    assert str(kept) in caught.value.message
    assert (await workspace.registry.batches.get(batch.key)).results is not ResultsState.SAVED
    if lines:
        assert kept.read_bytes().splitlines() == lines


async def recounted(workspace: Workspace, batch: Batch, counts: RequestCounts) -> None:
    """Have the API count otherwise."""
    gateway = await workspace.gateway()
    page = await gateway.list_page()
    [remote] = [one for one in page.batches if one.id == batch.id]
    await workspace.registry.batches.heard([replace(remote, counts=counts)])


async def test_a_persons_word_saves_them_marked(workspace: Workspace, batch: Batch, simulator: Simulator) -> None:
    sends(simulator, *NOT_OURS["one foreign"])
    saved = await collect(workspace, batch, accept=True)
    assert saved.results is ResultsState.SAVED
    assert "1 result belongs to no request of this batch (theirs), and 1 request has no result" in saved.accepted
    plan = await plan_export(workspace, [saved], ExportOptions(format="csv"))
    stream = io.BytesIO()
    await apply_export(workspace, plan, stream=stream)
    marked = [line for line in stream.getvalue().decode().splitlines() if "belongs to no request of this batch" in line]
    assert [line.split(",")[0] for line in marked] == ["theirs"]


async def test_whole_results_need_no_word_and_carry_no_mark(workspace: Workspace, batch: Batch) -> None:
    assert (await collect(workspace, batch, accept=True)).accepted == ""


@pytest.mark.parametrize(
    ("lines", "readable"),
    [
        (NOT_OURS["doubled"], ["r-00000", "r-00000", "r-00001"]),
        (NOT_OURS["unreadable"], ["r-00000", "r-00001"]),
        ([*OURS[:2], b"{cut"], ["r-00000", "r-00001"]),
        ([OURS[0], bare("r-00001", "expired")], ["r-00000", "r-00001"]),
    ],
)
async def test_salvage_exports_every_line_that_can_be_read(
    workspace: Workspace, batch: Batch, simulator: Simulator, lines: list[bytes], readable: list[str]
) -> None:
    sends(simulator, *lines)
    with pytest.raises(ResultsDamaged):
        await collect(workspace, batch)
    now = await workspace.registry.batches.get(batch.key)
    rows = await exported(workspace, now, salvage=True)
    assert sorted(row["custom_id"] for row in rows) == readable
    assert not list(workspace.registry.results.folder.glob("*salvage*"))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def change(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data.replace(b"succeeded", b"succeedef", 1))


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + OURS[0] + b"\n")


def lose(path: Path) -> None:
    path.unlink()


ACCIDENTS = [cut, change, lengthen, lose]


@pytest.mark.parametrize("accident", ACCIDENTS)
async def test_a_file_that_is_not_as_it_was_saved_is_fetched_again(
    workspace: Workspace, batch: Batch, accident: Callable[[Path], None]
) -> None:
    saved = await collect(workspace, batch)
    raw = workspace.registry.results.paths(saved).raw
    whole = raw.read_bytes()
    accident(raw)
    with pytest.raises(ResultsUnavailable):
        workspace.registry.results.reader(saved)
    again = await collect(workspace, saved)
    assert raw.read_bytes() == whole
    assert (again.results, again.outcomes) == (ResultsState.SAVED, saved.outcomes)


@pytest.mark.parametrize("accident", ACCIDENTS)
async def test_results_gone_from_the_api_are_reported_and_nothing_is_removed(
    workspace: Workspace, batch: Batch, clock: TurnedClock, accident: Callable[[Path], None]
) -> None:
    saved = await collect(workspace, batch)
    accident(workspace.registry.results.paths(saved).raw)
    clock.turn(days=30)
    with pytest.raises(ResultsUnavailable, match="the API no longer has them"):
        await collect(workspace, saved)
    now = await workspace.registry.batches.get(saved.key)
    assert now.results is ResultsState.GONE
    if accident is not lose:
        rows = await exported(workspace, now, salvage=True)
        assert len(rows) >= 2


@pytest.mark.parametrize("accident", ACCIDENTS)
@pytest.mark.parametrize("locally", [False, True])
async def test_delete_looks_at_the_file(
    workspace: Workspace, batch: Batch, accident: Callable[[Path], None], *, locally: bool
) -> None:
    saved = await collect(workspace, batch)
    assert not (await plan_delete(workspace, [saved.key], locally=locally)).is_empty
    accident(workspace.registry.results.paths(saved).raw)
    plan = await plan_delete(workspace, [saved.key], locally=locally)
    assert plan.is_empty
    assert "not saved" in plan.skipped[0].reason
    forced = await plan_delete(workspace, [saved.key], locally=locally, force=True)
    assert [one.key for one in (*forced.delete, *forced.drop)] == [saved.key]


async def test_unchanged_saved_results_are_not_fetched_again(
    workspace: Workspace, batch: Batch, simulator: Simulator
) -> None:
    saved = await collect(workspace, batch)
    calls = len(simulator.world.calls)
    assert await collect(workspace, saved) == saved
    assert len(simulator.world.calls) == calls


async def test_the_library_takes_what_is_not_whole_on_a_persons_word_only(
    workspace: Workspace, batch: Batch, simulator: Simulator, tmp_path: Path
) -> None:
    sends(simulator, *NOT_OURS["one foreign"], times=20)
    library, named = Library(workspace), batch.id or ""
    with pytest.raises(ResultsDamaged):
        await library.collect(named)
    rescued = {result.custom_id: result.note async for result in library.results(named, salvage=True)}
    assert rescued == {"r-00000": None, "r-00001": None, "theirs": "belongs to no request of this batch"}
    report = await library.export(named, tmp_path / "rescued.csv", salvage=True)
    assert report.total == 3
    assert (await workspace.registry.batches.get(batch.key)).results is not ResultsState.SAVED
    [accepted] = (await library.collect(named, accept=True)).batches
    assert accepted.results is ResultsState.SAVED
    assert accepted.accepted
