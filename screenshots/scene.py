"""The scene that the pictures are taken of: a working week over the simulator, on a clock that is turned by hand."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import asynccontextmanager, chdir
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from batchtui.services.insights import last_visit as presence
from batchtui.services.polling import maintenance as tend
from batchtui.services.results.collect import collect
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.services.submission.submit import SubmitOptions, apply_submit, plan_submit
from batchtui.simulator import SCENARIOS, Fault, Simulator
from tests.support.builders import jsonl, request
from tests.support.clock import START, StandingClock
from tests.support.workspaces import KEY, workspace_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from batchtui.services.workspace import Workspace

SERVICE = replace(
    SCENARIOS["demo"],
    takes=5_400.0,
    spread=0.2,
    latency=0.0,
    create_latency=0.0,
    errored={"overloaded_error": 0.03, "api_error": 0.02, "invalid_request_error": 0.01},
)
TICKETS = (
    "The parcel came damaged and the shop does not answer. What should I write to them?",
    "Summarise the attached ticket in two sentences and name the product.",
    "My invoice shows two charges for the same order; please sort out which one is right.",
)
EVALUATION = ("Which of the two answers is right, and why? Answer in Markdown.",)


class HastyClock(StandingClock):
    """Stands still for the dashboard; whoever waits while the scene is set has waited at once."""

    is_set = False
    _looked = 0

    def monotonic(self) -> float:
        """What is measured takes some time, the same each time."""
        self._looked += 1
        return super().monotonic() + self._looked * 0.019 + self._looked % 7 * 0.011

    async def sleep(self, seconds: float) -> None:
        until = self.now() + timedelta(seconds=seconds)
        if not self.is_set:
            self.turn(seconds)
        while self.now() < until:  # noqa: ASYNC110  (a clock that is turned tells nobody)
            await asyncio.sleep(0.005)
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class Work:
    """Something that was submitted."""

    name: str
    count: int
    model: str
    tags: tuple[str, ...] = ()
    prompts: tuple[str, ...] = TICKETS
    ids: str = ""
    parts_of: int = 100_000


class Scene:
    """Lets a week go by. What it does is done through the ways that everybody does it."""

    def __init__(self, workspace: Workspace, simulator: Simulator, clock: HastyClock, folder: Path) -> None:
        self.workspace = workspace
        self.simulator = simulator
        self.clock = clock
        self._folder = folder

    def until(self, **before: float) -> None:
        """Turn the clock so that the present lies so far ahead."""
        self.clock.turn((START - timedelta(**before) - self.clock.now()).total_seconds())

    async def submit(self, work: Work, **temper: Any) -> None:
        """Submit it to a service of this temper."""
        self.simulator.world.retemper(replace(SERVICE, faults=(), **temper))
        numbered = (
            request(
                f"{work.ids or work.name[:20]}-{number:05}", work.prompts[number % len(work.prompts)],
                model=work.model, max_tokens=512,
            )
            for number in range(work.count)
        )  # fmt: skip
        path = jsonl(self._folder / f"{work.name}.jsonl", numbered)
        options = SubmitOptions(name=work.name, tags=work.tags, intake=IntakeOptions(max_requests=work.parts_of))
        plan = await plan_submit(self.workspace, [str(path)], options)
        await apply_submit(self.workspace, replace(plan, job=replace(plan.job, source=path.name)))

    async def collect(self) -> None:
        """Ask how things stand, and fetch what can be had."""
        await tend.run_maintenance(self.workspace)
        for batch in await self.workspace.registry.queries.uncollected(self.clock.now()):
            await collect(self.workspace, batch)

    async def play(self) -> None:
        """Let everything happen."""
        for days, count in ((6, 1_800), (5, 2_100), (3, 1_500), (2, 1_900)):
            self.until(days=days)
            await self.submit(Work("nightly-tickets", count, "claude-haiku-5-5", ("nightly",)))
        self.until(hours=26)
        await self.submit(Work("eval-prompt-v6", 400, "claude-sonnet-5-5", ("eval",), EVALUATION, "eval"))
        self.until(hours=7)
        await self.submit(Work("contract-summaries", 320, "claude-opus-5-5", ("legal",)))
        await self.collect()
        await presence.mark_visited(self.workspace)
        self.until(hours=3)
        await self.submit(Work("eval-prompt-v7", 400, "claude-opus-5-5", ("eval",), EVALUATION, "eval"))
        self.until(minutes=45)
        await self.collect()
        await self.submit(Work("nightly-tickets", 200_000, "claude-haiku-5-5", ("nightly",)))
        self.until(minutes=31)
        await self.submit(
            Work("old-letters", 90, "claude-sonnet-5-5", ("archive",)), expires_after=2_700.0, expired=0.4
        )
        self.until(minutes=29)
        await self.submit(Work("shop-translations", 600, "claude-haiku-5-5", ("shop",)), moving_counts=True)
        self.until(minutes=1)
        self.simulator.world.faults.add(Fault(on="create", kind="lost_before"))
        await self.submit(Work("contracts", 800, "claude-sonnet-5-5", ("legal",)))
        full = sum(len(batch) for batch in self.simulator.world.batches if self.clock.now() < batch.ends_at)
        texts = Work("product-texts", 1_200, "claude-haiku-5-5", ("shop",), parts_of=600)
        await self.submit(texts, queue_limit=full + 900)
        self.until()
        await tend.run_maintenance(self.workspace)
        self.clock.is_set = True


def write_files(folder: Path) -> None:
    """Write what somebody may submit or compose from."""
    jsonl(
        folder / "reviews.jsonl",
        (
            request(f"review-{n:04}", f"Review {n}: {TICKETS[n % 3]}", model="claude-haiku-5-5", max_tokens=300)
            for n in range(1_500)
        ),
    )
    rows = ("4711,A red chair,wood", "4712,A lamp,brass", "4713,Two cups,porcelain", "4714,A shelf,oak")
    (folder / "products.csv").write_text("id,product,material\n" + "\n".join(rows) + "\n")


@asynccontextmanager
async def scene(
    folder: Path, *, empty: bool = False, settings: str = ""
) -> AsyncIterator[tuple[Workspace, HastyClock]]:
    """Open a workspace over a simulator, with the week behind it, in a folder with files; local time is UTC."""
    os.environ.update(ANTHROPIC_API_KEY=KEY, TZ="UTC", HOME=str(folder))
    time.tzset()
    clock = HastyClock()
    home, desk = folder / "home", folder / "desk"
    for place in (home, desk):
        place.mkdir(parents=True)
    write_files(desk)
    with Simulator(SERVICE, clock=clock) as simulator, chdir(desk):
        async with workspace_at(home, simulator, clock) as workspace:
            if not empty:
                clock.turn(-7 * 86_400)
                await Scene(workspace, simulator, clock, folder).play()
            yield workspace, clock
