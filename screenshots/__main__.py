"""Make every picture: `python -m screenshots [NAME…]` writes PNG files beside this one, and their gallery.

The dashboard is the real one, over a real registry and the simulator; only the clock is turned by hand, so that the
pictures are the same whenever they are made.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from batchtui.cli.demo.director import EVEN, Director
from batchtui.cli.demo.story import PAST, PAST_TEMPER, STEPS
from batchtui.cli.demo.tour import Tour
from batchtui.domain.errors import Unreachable
from batchtui.simulator import Simulator
from batchtui.tui.app.app import DashboardApp
from batchtui.tui.commands.keymap import textual_name
from batchtui.tui.messages import ActionFailed
from batchtui.tui.rendering.themes import LOOKS
from batchtui.tui.screens.batches.view_state import KEY
from batchtui.tui.terminal.environment import TerminalInfo
from screenshots.pictures import write
from screenshots.scene import HastyClock, scene
from screenshots.shots import GROUNDS, VIEWS, Ground, View
from tests.support.workspaces import workspace_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.pilot import Pilot

    from batchtui.services.workspace import Workspace

HERE = Path(__file__).parent
RESTING = 3
"""Times in a row that the screen is found unchanged before it is taken to be at rest."""
MANY = 8
"""Keys from which on some of them are typed text, and need no rest after each."""
FAILURE = Unreachable(
    "Nothing answers at api.anthropic.com: the name is not known.",
    hint="Check the network, then press r.",
    request_id="req_011CVn1ZWuGrPhEhcGTMM2Vb",
)


def looks(app: DashboardApp) -> list[str]:
    """What is on the screen, as text."""
    return [strip.text for strip in app.screen._compositor.render_strips()]  # noqa: SLF001 (as its own tests do)


async def rest(pilot: Pilot[int], app: DashboardApp) -> None:
    """Let everything come to rest that comes to rest by itself."""
    found, times = looks(app), 0
    while times < RESTING:
        await pilot.pause(0.09)
        before, found = found, looks(app)
        times = times + 1 if found == before else 0


async def take(
    view: View, grounds: Sequence[Ground], workspace: Workspace, clock: HastyClock, tour: Tour | None = None
) -> None:
    """Open the dashboard, press the keys, and write a picture of it on each of these grounds."""
    screen = replace(workspace.settings.screen, theme=grounds[0].theme, hints=False)
    workspace.settings = replace(workspace.settings, screen=screen)
    await workspace.registry.values.put(KEY, {})  # how the picture before has left the list
    os.environ.pop("NO_COLOR", None)
    if not grounds[0].colour:
        os.environ["NO_COLOR"] = "1"
    colours = 1 << 24 if grounds[0].colour else 0
    terminal = TerminalInfo(colours=colours, ascii_only=False, light=False, remote=False, multiplexer="")
    app = DashboardApp(workspace, demo=tour is not None, guide=tour, ground=terminal)
    async with app.run_test(size=grounds[0].size) as pilot:
        await pilot.pause(0.3)
        await rest(pilot, app)
        for key in view.keys:
            await pilot.press(textual_name(key))
            await pilot.pause(0.1)
            if len(view.keys) < MANY or key in ("enter", "tab"):
                await rest(pilot, app)
        clock.turn(1)  # a dialog is deaf for a moment
        if view.name == "error":
            app.post_message(ActionFailed(FAILURE))
        for ground in grounds:
            await pilot.resize_terminal(*ground.size)
            if ground.colour:
                app.show_look(LOOKS[ground.theme])
            await rest(pilot, app)
            name = "-".join(filter(None, (view.name, ground.name)))
            write(HERE, name, app.export_screenshot(title="batchtui"), light=ground.theme == "light")
            print(name)


async def take_all(view: View, workspace: Workspace, clock: HastyClock, tour: Tour | None = None) -> None:
    """Take a view on all of its grounds; those without colour need a start of their own."""
    for coloured in (True, False):
        grounds = [ground for ground in _grounds(view) if ground.colour is coloured]
        if grounds:
            await take(view, grounds, workspace, clock, tour)


async def main(wanted: list[str]) -> None:
    """Make them all, or those views that are named."""
    views = [view for view in VIEWS if not wanted or view.name in wanted]
    for name in dict.fromkeys(view.scene for view in views):
        shown = [view for view in views if view.scene == name]
        with tempfile.TemporaryDirectory() as folder:
            if name == "tour":
                await take_tour(shown, Path(folder))
                continue
            async with scene(Path(folder), empty=name == "empty") as (workspace, clock):
                for view in shown:
                    await take_all(view, workspace, clock)
    (HERE / "README.md").write_text(gallery(), encoding="utf-8")


async def take_tour(views: Sequence[View], folder: Path) -> None:
    """Take the tour of the demo, each time from its beginning."""
    for number, view in enumerate(views):
        for coloured in (True, False):
            grounds = [ground for ground in _grounds(view) if ground.colour is coloured]
            if not grounds:
                continue
            clock, home = HastyClock(), folder / f"{number}-{coloured}"
            with Simulator(EVEN, clock=clock) as simulator:
                async with workspace_at(home, simulator, clock) as workspace:
                    backstage = Director(workspace, simulator.world)
                    await backstage.live_through(PAST, clock, **PAST_TEMPER)
                    clock.is_set = True
                    await take(view, grounds, workspace, clock, Tour(backstage, STEPS))


def _grounds(view: View) -> list[Ground]:
    return [ground for ground in GROUNDS if not ground.only or view.name in ground.only]


def gallery() -> str:
    """Write the page that shows all of them."""
    lines = [
        "# Every screen",
        "",
        "Made by `python -m screenshots`, from the simulator's scenarios.",
        "",
    ]
    for view in VIEWS:
        lines += [f"## {view.name}", "", f"{view.about[:1].upper()}{view.about[1:]}.", ""]
        for ground in _grounds(view):
            name = "-".join(filter(None, (view.name, ground.name)))
            lines += [f"![{view.name}, {ground.title}]({name}.png)"]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
