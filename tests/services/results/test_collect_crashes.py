"""A collection that is killed at any point leaves nothing that only looks whole; the next one finishes it, once."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import ResultsState
from batchtui.services.polling.refresh import sweep
from batchtui.services.results.collect import collect
from batchtui.services.spending.accounting import count_missing
from tests.support.crashing_collect import POINTS
from tests.support.workspaces import submit

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock

COUNT = 30
CASES = [(point, "here") for point in POINTS] + [
    (point, "apart") for point in ("after bytes are written", "before the index is finished")
]


@pytest.mark.long
@pytest.mark.parametrize(("point", "where"), CASES, ids=lambda value: str(value).replace(" ", "-"))
async def test_killed_and_tried_again_results_are_whole_and_costs_counted_once(
    workspace: Workspace, simulator: Simulator, clock: TurnedClock, tmp_path: Path, point: str, where: str
) -> None:
    key = (await submit(workspace, tmp_path, COUNT)).batches[0].key
    clock.turn(hours=1)
    await sweep(workspace)
    command = ["-m", "tests.support.crashing_collect", str(tmp_path / "home"), simulator.url, str(key)]
    crashed = await asyncio.create_subprocess_exec(sys.executable, *command, point, where)
    assert await crashed.wait() == -signal.SIGKILL

    left = await workspace.registry.batches.get(key)
    if workspace.registry.results.has(left):
        with workspace.registry.results.reader(left) as reader:
            assert reader.count == COUNT, "what has its name is whole"
    else:
        assert left.results is not ResultsState.SAVED

    saved = await collect(workspace, left)
    await count_missing(workspace)
    assert saved.results is ResultsState.SAVED
    assert sorted(path.suffix for path in workspace.registry.results.folder.iterdir()) == [".db", ".jsonl"]
    with workspace.registry.results.reader(saved) as reader:
        assert reader.count == COUNT
        used = reader.summary.usage
    [spent] = await workspace.registry.spending.spent()
    assert (spent.spending.results, spent.spending.usage) == (COUNT, used)
