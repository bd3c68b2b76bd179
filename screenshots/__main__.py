"""Make every picture: `python -m screenshots` writes SVG and PNG files beside this one.

The dashboard is the real one, over a real registry and the simulator; only the clock is turned by hand, so that the
pictures are the same whenever they are made.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from batchtui.services import tend
from batchtui.services.collect import collect
from batchtui.services.staging import IntakeOptions
from batchtui.services.submit import SubmitOptions, apply_submit, plan_submit
from batchtui.simulator import SCENARIOS, Fault, Simulator
from batchtui.tui.app import DashboardApp
from batchtui.tui.terminal import Terminal
from tests.support.builders import jsonl, request
from tests.support.clock import START, StandingClock
from tests.support.workspaces import KEY, workspace_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from batchtui.services.workspace import Workspace

HERE = Path(__file__).parent
FONT = "DejaVu Sans Mono"
SERVICE = replace(
    SCENARIOS["demo"], takes=5_400.0, spread=0.2, latency=0.0, create_latency=0.0, queue_limit=205_000, faults=()
)


class HastyClock(StandingClock):
    """Stands still for the dashboard; whoever waits while the scene is set has waited at once."""

    is_set = False

    async def sleep(self, seconds: float) -> None:
        if self.is_set:
            await super().sleep(seconds)
        else:
            self.turn(seconds)
            await asyncio.sleep(0)


@dataclass(frozen=True)
class Shot:
    """One picture: a name, the keys that lead to it, and how the terminal is."""

    name: str
    keys: Sequence[str] = ()
    size: tuple[int, int] = (120, 30)
    theme: str = "dark"
    colour: bool = True


SHOTS = (
    Shot("dashboard"),
    Shot("dashboard-80x24", size=(80, 24)),
    Shot("dashboard-light", theme="light"),
    Shot("dashboard-no-colour", size=(80, 24), colour=False),
    Shot("batch", keys=("G", "k", "enter")),
    Shot("batch-80x24", keys=("G", "k", "enter"), size=(80, 24)),
    Shot("result", keys=("G", "k", "enter", "j", "j", "enter")),
    Shot("cancel", keys=("j", "j", "c")),
    Shot("activity", keys=("a",)),
    Shot("help", keys=("?",)),
)

QUESTIONS = (
    "The parcel came damaged and the shop does not answer. What should I write to them?",
    "Summarise the attached ticket in two sentences and name the product.",
    "My invoice shows two charges for the same order; please sort out which one is right.",
)


async def submit(
    workspace: Workspace, folder: Path, name: str, count: int, model: str, *tags: str, parts_of: int = 100_000
) -> None:
    """Submit so many requests under a name."""
    numbered = (
        request(f"{name[:20]}-{number:05}", QUESTIONS[number % 3], model=model, max_tokens=512)
        for number in range(count)
    )
    path = jsonl(folder / f"{name}.jsonl", numbered)
    options = SubmitOptions(name=name, tags=tags, intake=IntakeOptions(max_requests=parts_of))
    plan = await plan_submit(workspace, [str(path)], options)
    await apply_submit(workspace, replace(plan, job=replace(plan.job, source=path.name)))


async def set_scene(workspace: Workspace, simulator: Simulator, clock: HastyClock, folder: Path) -> None:
    """Let a working day go by: what has ended, what runs, what waits, and an answer that was lost."""
    clock.turn(hours=-26)
    await submit(workspace, folder, "eval-prompt-v6", 2_000, "claude-sonnet-5-5", "eval")
    clock.turn(hours=19)
    await submit(workspace, folder, "contract-summaries", 320, "claude-opus-5-5")
    clock.turn(hours=4)
    await submit(workspace, folder, "eval-prompt-v7", 2_000, "claude-sonnet-5-5", "eval")
    clock.turn(hours=2, minutes=15)
    await tend.round_of_care(workspace)
    for batch in await workspace.registry.views.uncollected(workspace.clock.now()):
        await collect(workspace, batch)
    await submit(workspace, folder, "nightly-tickets", 250_000, "claude-haiku-5-5", "nightly", parts_of=100_000)
    clock.turn(minutes=14)
    await submit(workspace, folder, "product-texts", 1_200, "claude-haiku-5-5", parts_of=600)
    clock.turn(minutes=8)
    simulator.world.faults.add(Fault(on="create", kind="lost_before"))
    await submit(workspace, folder, "contracts", 800, "claude-sonnet-5-5")
    clock.turn(seconds=(START - clock.now()).total_seconds())
    await tend.round_of_care(workspace)


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[tuple[Workspace, HastyClock]]:
    """A workspace with a past, over a simulator."""
    clock = HastyClock()
    os.environ["ANTHROPIC_API_KEY"] = KEY
    with Simulator(SERVICE, clock=clock) as simulator:
        async with workspace_at(folder / "home", simulator, clock) as workspace:
            await set_scene(workspace, simulator, clock, folder)
            clock.is_set = True
            yield workspace, clock


async def take(shot: Shot, workspace: Workspace, clock: HastyClock) -> None:
    """Open the dashboard, press the keys, and write the picture."""
    screen = workspace.settings.screen.model_copy(update={"theme": shot.theme})
    workspace.settings = workspace.settings.model_copy(update={"screen": screen})
    os.environ.pop("NO_COLOR", None)
    if not shot.colour:
        os.environ["NO_COLOR"] = "1"
    ground = Terminal(colours=1 << 24, ascii_only=False, light=False, remote=False, multiplexer="")
    app = DashboardApp(workspace, ground=ground)
    async with app.run_test(size=shot.size) as pilot:
        for _ in range(20):
            await pilot.pause(0.02)
        for key in shot.keys:
            await pilot.press(key)
            await pilot.pause(0.3)
        await pilot.pause(0.3)
        svg = app.export_screenshot(title="batchtui")
    write(shot.name, svg)


def write(name: str, svg: str) -> None:
    """Write a picture as SVG, and as PNG with the same letters in the same places."""
    import resvg_py

    # Rich names a font on the net; what is drawn here must not depend on one.
    plain = re.sub(r"@font-face\s*\{.*?\}", "", svg, flags=re.DOTALL).replace("Fira Code", FONT)
    (HERE / f"{name}.svg").write_text(plain)
    png = resvg_py.svg_to_bytes(svg_string=plain, monospace_family=FONT)
    (HERE / f"{name}.png").write_bytes(bytes(png))


async def main() -> None:
    """Make them all."""
    with tempfile.TemporaryDirectory() as folder:
        async with scene(Path(folder)) as (workspace, clock):
            for shot in SHOTS:
                await take(shot, workspace, clock)
                print(shot.name)


if __name__ == "__main__":
    asyncio.run(main())
