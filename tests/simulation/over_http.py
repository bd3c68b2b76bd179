"""The same stories through the real SDK, over HTTP to the simulator, with aiosqlite and its threads.

Only what virtual time can do without sockets is left out: actors act one after the other, and who waits for long is not
among them. What is looked at is what the API really holds afterwards.
"""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING
from unittest.mock import patch

from batchtui.domain.errors import BatchtuiError
from batchtui.runtime import process_identity
from batchtui.simulator import Fault, Simulator
from tests.simulation import actors
from tests.simulation.invariants import FAULT, NO_END, SENT_TWICE, SHOWN_AS_OURS, Violated
from tests.simulation.story import ACTORS, LONG_ACTORS, Step, tell
from tests.support.builders import jsonl, requests
from tests.support.clock import TurnedClock
from tests.support.mortal import Fate, Killed, make_mortal
from tests.support.workspaces import KEY, all_batches, workspace_at

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.workspace import Workspace
    from tests.simulation.story import Story
    from tests.simulation.world import ApiBatch
    from tests.simulation.world import Fault as WorldFault

ENDPOINTS = ("create", "retrieve", "list", "cancel", "delete", "results", "models")
KINDS = ("status", "lost_before", "lost_after", "garbled", "hidden")
ROUNDS = 4


class _Believer:
    """A person without a console: what is said to be absent is believed."""

    def __init__(self) -> None:
        self.hand_given: set[tuple[str, int, int]] = set()

    def really(self, _part: Batch) -> ApiBatch | None:
        """Nobody knows."""
        return None


async def run_over_http(seed: int, folder: Path) -> None:
    """Run the story of a seed.

    Raises:
        Violated: an invariant does not hold.
    """
    story, dead = tell(seed), set[str]()
    environment = {"ANTHROPIC_API_KEY": KEY}
    with (
        patch.object(process_identity, "is_gone", lambda name: name in dead),
        patch.dict(os.environ, environment),
        Simulator("quiet-night", clock=(clock := TurnedClock())) as simulator,
    ):
        simulator.world.faults.add(*(fault for each in story.weather.faults if (fault := _translated(each))))
        await _Telling(story, folder, simulator, clock, dead).run()


def _translated(fault: WorldFault) -> Fault | None:
    """The fault as the simulator has it; None where it has none like it."""
    if fault.operation not in ENDPOINTS or fault.kind not in KINDS:
        return None
    if fault.kind == "hidden" and fault.operation != "list":
        return None
    try:
        seconds = float(fault.retry_after or "")
    except ValueError:
        seconds = 7.0
    return Fault(
        on=fault.operation,  # type: ignore[arg-type]
        kind=fault.kind,  # type: ignore[arg-type]
        skip=fault.nth - 1,
        after=fault.after,
        status=fault.status or 500,
        retry_after=min(max(seconds, 0.0), 1e6) if fault.status == 429 else None,
        error_code="enforced_spend_limit_reached" if fault.is_spend_limit else "",
    )


class _Telling:
    def __init__(self, story: Story, folder: Path, simulator: Simulator, clock: TurnedClock, dead: set[str]) -> None:
        self._story = story
        self._folder = folder
        self._simulator = simulator
        self._clock = clock
        self._dead = dead
        self._sources = [
            jsonl(folder / f"file{number}.jsonl", requests(size, f"j{number}"))
            for number, size in enumerate(story.sizes)
        ]
        self._theirs: set[str] = set()
        """Ids of what colleagues have made."""

    async def run(self) -> None:
        for step in self._story.steps:
            self._clock.turn(step.after)
            if step.kind == "colleague":
                await self._colleague()
            elif step.kind in ACTORS and step.kind not in (*LONG_ACTORS, "retry"):
                await self._live(step)
            await self._look()
        self._simulator.world.faults.clear()
        for _ in range(ROUNDS):
            self._clock.turn(hours=2)
            await self._live(Step(0.0, "resume", more=(("consent", True),)))
            await self._look()
        await self._look_at_the_end()

    async def _live(self, step: Step) -> None:
        fate = Fate(None if step.dies_at is None else max(step.dies_at // 8, 1))
        async with AsyncExitStack() as stack:
            workspace = await stack.enter_async_context(self._home("home"))
            person = actors.Person(_Believer(), says_yes=bool(step.get("consent", True)))
            try:
                await make_mortal(workspace, fate)
                await actors.act(actors.Scene(workspace, step, self._sources, self._story.part, person, {}))
            except (BatchtuiError, Killed):
                return
            except Exception as error:
                raise Violated(FAULT, f"{step} ends with {error!r}") from error
            finally:
                self._dead.add(workspace.name)

    async def _colleague(self) -> None:
        """A colleague submits as many requests with other ids, from a machine of their own."""
        before = {batch.id for batch in self._simulator.world.batches}
        source = jsonl(self._folder / "theirs.jsonl", requests(self._story.part, f"their{len(self._theirs)}"))
        async with self._home("theirs") as workspace:
            step, person = Step(0.0, "submit"), actors.Person(_Believer())
            try:
                await actors.act(actors.Scene(workspace, step, [source], self._story.part, person, {}))
            except BatchtuiError:
                return
            finally:
                self._dead.add(workspace.name)
                self._theirs |= {batch.id for batch in self._simulator.world.batches} - before

    def _home(self, name: str) -> AbstractAsyncContextManager[Workspace]:
        return workspace_at(self._folder / name, self._simulator, self._clock)

    async def _look(self) -> None:
        ours = [batch for batch in self._simulator.world.batches if batch.id not in self._theirs]
        sent = [custom_id for batch in ours for custom_id in batch.custom_ids]
        twice = sorted({custom_id for custom_id in sent if sent.count(custom_id) > 1})
        if twice:
            raise Violated(SENT_TWICE, ", ".join(twice))
        async with self._home("home") as workspace:
            self._dead.add(workspace.name)
            for batch in await all_batches(workspace):
                if batch.source and batch.id in self._theirs and not batch.is_unproved:
                    raise Violated(SHOWN_AS_OURS, f"{batch.id} stands as part {batch.part} of {batch.job}")

    async def _look_at_the_end(self) -> None:
        async with self._home("home") as workspace:
            for batch in await all_batches(workspace):
                if batch.source and batch.state.is_open:
                    raise Violated(NO_END, f"part {batch.part} of {batch.job} is {batch.state}: {batch.reason}")
