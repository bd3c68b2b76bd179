"""The guide's own way: tasks in, results in the order of the input out, and a killed program goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import batchtui
from batchtui.domain.errors import InputError, OutputExists
from batchtui.simulator import Simulator
from tests.support.workspaces import sent_custom_ids

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clock import TurnedClock

TASKS = [
    batchtui.BatchRequest("t3", "classify_bulk", {"items": ["a", "b"]}),
    batchtui.BatchRequest("t1", "summarise the moon", "the text itself", model_tier="cheap"),
    batchtui.BatchRequest("t2", "analyze_logs", "line 1\nline 2", model_tier="premium"),
]


async def test_results_come_in_the_order_of_the_tasks(workspace: batchtui.Workspace) -> None:
    results = await workspace.execute_batch(TASKS, poll_interval=3600, timeout=90_000)
    assert [result.task_id for result in results] == ["t3", "t1", "t2"]
    assert all(result.success and result.error is None for result in results)
    assert isinstance(results[0].output["content"], str)
    assert results[0].output["usage"]["output_tokens"] > 0


async def test_a_program_that_runs_again_gets_the_same_batch(
    workspace: batchtui.Workspace, simulator: Simulator
) -> None:
    first = await workspace.create_batch(TASKS)
    assert await workspace.create_batch(TASKS) == first
    await workspace.wait_for_batch(first, poll_interval=3600)
    assert len(await workspace.execute_batch(TASKS, poll_interval=3600)) == 3
    assert sent_custom_ids(simulator) == ["t1", "t2", "t3"]
    assert await workspace.create_batch(TASKS, fresh=True) != first


async def test_a_failed_task_says_why(tmp_path: Path, clock: TurnedClock) -> None:
    with Simulator("half-fail", clock=clock) as simulator:
        async with batchtui.open_workspace(tmp_path / "home", base_url=simulator.url, clock=clock) as workspace:
            results = await workspace.execute_batch(
                [batchtui.BatchRequest(f"t{number}", "any", "x") for number in range(30)],
                poll_interval=3600,
            )
            failed = [result for result in results if not result.success]
            assert failed
            assert all(result.error for result in failed)


async def test_a_cancelled_batch_gives_results_that_say_so(workspace: batchtui.Workspace) -> None:
    job = await workspace.create_batch(TASKS)
    await workspace.cancel_batch(job)
    results = await workspace.execute_batch(TASKS, poll_interval=3600)
    assert [result.success for result in results] == [False] * 3
    assert "cancel" in (results[0].error or "")


async def test_no_tasks_are_refused(workspace: batchtui.Workspace) -> None:
    with pytest.raises(InputError, match="no requests"):
        await workspace.execute_batch([])


def test_tasks_are_read_from_an_array_and_from_lines(tmp_path: Path) -> None:
    documents = [task.document() for task in TASKS]
    (tmp_path / "a.json").write_text(json.dumps(documents))
    (tmp_path / "b.jsonl").write_text("\n".join(map(json.dumps, documents)))
    assert batchtui.load_requests_from_file(tmp_path / "a.json") == TASKS
    assert batchtui.load_requests_from_file(tmp_path / "b.jsonl") == TASKS


def test_a_file_that_is_no_task_file_says_where(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_text('{"task_id": "a", "task_type": "b", "input_data": 1}\n{"task_id": "c"}\n')
    with pytest.raises(InputError, match="task 2 has no task_type"):
        batchtui.load_requests_from_file(tmp_path / "b.jsonl")


def test_results_are_written_whole_and_replace_nothing(tmp_path: Path) -> None:
    results = [batchtui.TaskResult("a", success=True, output={"content": "\ud800 ü", "usage": {}})]
    target = tmp_path / "out.json"
    batchtui.save_results_to_file(results, target)
    assert json.loads(target.read_text())[0]["task_id"] == "a"
    with pytest.raises(OutputExists):
        batchtui.save_results_to_file(results, target)
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]
