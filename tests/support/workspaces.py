"""Workspaces for tests: a real registry, the real SDK, and a simulator on loopback, all on one turned clock."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from batchtui.services.submission.submit import SubmitOptions, Submitted, apply_submit, plan_submit
from batchtui.services.workspace import Workspace, open_workspace
from batchtui.settings.paths import Paths
from tests.support.builders import jsonl, requests

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.clock import Clock
    from batchtui.services.submission.dispatch import SendEvent
    from batchtui.services.submission.staging.stage import IntakeOptions
    from batchtui.simulator import Simulator
    from tests.support.edge import Edge

KEY = "sk-ant-test-not-a-key"


@asynccontextmanager
async def workspace_at(home: Path, simulator: Simulator | Edge, clock: Clock) -> AsyncIterator[Workspace]:
    """A workspace as a front end opens it, on this home, speaking to this simulator."""
    async with open_workspace(Paths.locate(home), base_url=simulator.url, clock=clock) as workspace:
        yield workspace


async def submit(
    workspace: Workspace,
    folder: Path,
    count: int = 3,
    *,
    prefix: str = "r",
    name: str | None = None,
    intake: IntakeOptions | None = None,
    on_event: Callable[[SendEvent], None] | None = None,
) -> Submitted:
    """Submit a file of that many right requests."""
    path = jsonl(folder / f"{name or prefix}.jsonl", requests(count, prefix))
    options = SubmitOptions(name=name) if intake is None else SubmitOptions(name=name, intake=intake)
    plan = await plan_submit(workspace, [str(path)], options)
    return await apply_submit(workspace, plan, on_event=on_event)


async def all_batches(workspace: Workspace) -> list[Batch]:
    """Every batch of the registry that was not deleted, oldest first."""
    return (await workspace.registry.queries.select())[::-1]


def sent_custom_ids(simulator: Simulator) -> list[str]:
    """Every custom_id that the simulator ever took, sorted: as often as it took it."""
    return sorted(custom_id for batch in simulator.world.batches for custom_id in batch.custom_ids)
