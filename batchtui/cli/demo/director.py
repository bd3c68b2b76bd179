"""Make things happen in the demo: change the simulator, submit jobs, let past days go by: `Director`."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from batchtui.cli.demo.sandbox import submit
from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.runtime.clock import SystemClock
from batchtui.services.insights import last_visit
from batchtui.services.polling import maintenance
from batchtui.services.results.collect import collect
from batchtui.simulator import SCENARIOS, Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from batchtui.cli.demo.sandbox import DemoJob
    from batchtui.cli.session import Session
    from batchtui.domain.batches.batch import Batch
    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator, World

EVEN = replace(SCENARIOS["demo"], spread=0.0, create_latency=0.1)
"""The temper that every scene starts from: things take exactly as long as the story says."""
LIVELY = 3.0
"""Seconds between two looks at the API: what happens in the story happens within seconds."""
LOOK = 0.5
"""Seconds between two looks whether something has ended."""


class Turnable(Protocol):
    """A clock that can be set forward."""

    def now(self) -> datetime:
        """Return the time."""
        ...

    def turn(self, seconds: float) -> object:
        """Let so much time go by."""
        ...


class PastClock(SystemClock):
    """The machine's clock, some time behind until it is turned: what the demo's past is made with."""

    def __init__(self, behind: timedelta) -> None:
        self._behind = behind

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        # Never ahead of the machine: the times of files, which nobody can turn, would lie in the past.
        return datetime.now(UTC) - self._behind

    def turn(self, seconds: float) -> None:
        """Come closer to the present, and never go beyond it."""
        self._behind = max(timedelta(), self._behind - timedelta(seconds=seconds))


@asynccontextmanager
async def lived_workspace(
    session: Session, simulator: Simulator, clock: PastClock, past: Sequence[tuple[timedelta, DemoJob]], **temper: Any
) -> AsyncIterator[Workspace]:
    """Open the demo's workspace after `past` was submitted: pieces with their age, at a service of this temper."""
    # In its settings file, which is gone with it: settings that only this process knows would end with the first one
    # that is changed in the dashboard.
    config = session.paths.config_file
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(f"[refresh]\nquick = {LIVELY}\nmiddle = {LIVELY}\nslow = {LIVELY}\n", encoding="utf-8")
    async with session.workspace(base_url=simulator.url, clock=clock) as workspace:
        await Director(workspace, simulator.world).live_through(past, clock, **temper)
        yield workspace


class Director:
    """Makes things happen at the simulator and in the registry; the dashboard shows them like anything else."""

    def __init__(self, workspace: Workspace, world: World) -> None:
        self.workspace = workspace
        self.world = world

    async def submit(self, piece: DemoJob, **temper: Any) -> None:
        """Submit a piece to a service of this temper: the keys of `Scenario`."""
        self.retemper(**temper)
        await submit(self.workspace, piece)

    def retemper(self, **temper: Any) -> None:
        """Have the service behave so from now on."""
        self.world.retemper(replace(EVEN, **temper))

    def strike(self, *faults: Fault) -> None:
        """Let these faults strike."""
        self.world.faults.add(*faults)

    @property
    def waiting(self) -> int:
        """How many requests wait in the queue at the service."""
        now = self.workspace.clock.now()
        return sum(len(batch) for batch in self.world.batches if now < batch.ends_at)

    async def until_there(self, name: str, at_most: float, *, ended: bool) -> None:
        """Wait until every batch of this name is at the API, or has ended and its results are here.

        It waits no longer than `at_most` seconds.
        """
        clock = self.workspace.clock
        until = clock.monotonic() + at_most
        while clock.monotonic() < until:
            # The registry and not the simulator: the story may go on only when the dashboard can show it.
            batches = [batch for batch in await self.workspace.registry.queries.select() if batch.name == name]
            if batches and all(_is_there(batch, ended=ended) for batch in batches):
                return
            await clock.sleep(LOOK)

    async def live_through(self, past: Sequence[tuple[timedelta, DemoJob]], clock: Turnable, **temper: Any) -> None:
        """Let the past go by, from the earliest piece to the present: each was submitted so long ago, and has ended."""
        present = clock.now() + max(ago for ago, _ in past)
        for ago, piece in past:
            # Each piece is submitted at its own time, so that history and forecasts are as real ones are.
            clock.turn((present - ago - clock.now()).total_seconds())
            await self.submit(piece, **temper)
        clock.turn((present - clock.now()).total_seconds())
        await last_visit.mark_visited(self.workspace)
        # After `mark_visited`: the ends that it notices are what the dashboard greets with, "since you were last here".
        await maintenance.run_maintenance(self.workspace)
        for batch in await self.workspace.registry.queries.uncollected(clock.now()):
            await collect(self.workspace, batch)


def _is_there(batch: Batch, *, ended: bool) -> bool:
    if ended:
        return batch.state is BatchState.ENDED and batch.results is ResultsState.SAVED
    return batch.state.is_at_api
