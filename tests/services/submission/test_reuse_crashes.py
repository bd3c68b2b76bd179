"""A submission that reuses answers and is killed at any point: each new request is sent once, and the job is whole."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.costs.known_requests import ReusePolicy
from batchtui.services.polling.maintenance import run_maintenance
from batchtui.services.results.export import apply_export, plan_export
from batchtui.services.results.export_plan import ExportOptions
from batchtui.services.submission.resume import resume
from batchtui.services.submission.submit import SubmitOptions, apply_submit, plan_submit
from batchtui.simulator import Simulator
from tests.support.builders import jsonl
from tests.support.clock import TurnedClock
from tests.support.crashing import REUSE_POINTS
from tests.support.desk import Desk, asked
from tests.support.marks import every
from tests.support.workspaces import workspace_at

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.services.submission.reconcile import Reconciliation

KNOWN, RUNNING = asked("a", "b", "c"), asked("d", "e", prefix="r")
AGAIN = asked("e", "new", "a", "new", "b", "newer", "newest", "d", "a", prefix="y")
"""Answered, in progress, new, and duplicates of all three."""


async def yes(_finding: Reconciliation) -> bool:
    return True


@pytest.mark.parametrize("point", every(7, list(REUSE_POINTS)), ids=lambda value: str(value).replace(" ", "-"))
async def test_killed_and_resumed_each_new_request_is_sent_once_and_all_have_answers(
    tmp_path: Path, point: str
) -> None:
    clock = TurnedClock(datetime.now(UTC))
    source = jsonl(tmp_path / "again.jsonl", AGAIN)
    with Simulator("quiet-night", clock=clock) as simulator:
        home = tmp_path / "home"
        async with workspace_at(home, simulator, clock) as workspace:
            desk = Desk(workspace, clock, tmp_path)
            await desk.answered(KNOWN)
            await desk.submit(RUNNING, "running")
        command = ["-m", "tests.support.crashing", str(home), simulator.url, str(source), "2", point, "1", "reuse"]
        crashed = await asyncio.create_subprocess_exec(sys.executable, *command)
        assert await crashed.wait() == -signal.SIGKILL
        async with workspace_at(home, simulator, clock) as workspace:
            desk = Desk(workspace, clock, tmp_path)
            if not await workspace.registry.jobs.named("again"):
                options = SubmitOptions(reuse=ReusePolicy())
                await apply_submit(workspace, await plan_submit(workspace, [str(source)], options))
            await resume(workspace, consent=yes)
            await desk.end()
            await run_maintenance(workspace)
            [job] = await workspace.registry.jobs.named("again")
            batches = await workspace.registry.queries.of_job(job.id)
            output = tmp_path / "all.jsonl"
            await apply_export(
                workspace, await plan_export(workspace, batches, ExportOptions(output=str(output), order="input"))
            )
        sent = [params["messages"][0]["content"] for batch in simulator.world.batches for params in batch.params]
        assert sorted(sent) == ["a", "b", "c", "d", "e", "new", "newer", "newest"]
        lines = [json.loads(line) for line in output.read_text().splitlines()]
        assert [line["custom_id"] for line in lines] == [each["custom_id"] for each in AGAIN]
