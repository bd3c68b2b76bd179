"""Random keys and sizes on every screen: nothing ends the program, and every line is as wide as the screen.

BATCHTUI_TEST_SEED gives another run, BATCHTUI_TEST_KEYS fewer keys on each screen of the long one (5,000 take about a
minute); a failure names its seed and the last keys.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from textual.events import Key, Resize
from textual.geometry import Size

from batchtui.simulator import Simulator
from batchtui.tui.app.app import DashboardApp
from batchtui.tui.commands.keymap import textual_name
from batchtui.tui.commands.table import COMMANDS
from batchtui.tui.terminal.environment import TerminalInfo
from tests.tui.furnished import furnish, hostile
from tests.tui.places import PLACES, way_to
from tests.tui.story import told

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SEED = int(os.environ.get("BATCHTUI_TEST_SEED", "20261121"))
QUICK, LONG = 10, int(os.environ.get("BATCHTUI_TEST_KEYS", "5000"))
PATIENCE = 20.0
"""Real seconds: the machine may be busy with other tests."""
IN_A_BURST = 10
"""Keys between two looks at what is painted."""
DRIVING = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
"""What no terminal may be sent."""
ASTRAY = 60
"""Keys after which the monkey is brought back to the screen it is there for."""
SIZES = ((60, 15), (400, 100))
KEYS = sorted({key for command in COMMANDS for key in command.keys})
TYPED = [*"abcdefghijklmnopqrstuvwxyz0123456789:!-<>._/~ é日\"'[]", "backspace", "enter", "tab", "shift+tab", "delete"]
MODERN = TerminalInfo(colours=1 << 24, ascii_only=False, light=False, remote=False, multiplexer="")


@dataclass
class Monkey:
    """Presses keys and pulls at the window. It never means anything."""

    app: DashboardApp
    chance: random.Random
    done: list[str] = field(default_factory=list)

    async def play(self, place: str, keys: int) -> None:
        """Do so much at a screen, and look at what is painted now and then."""
        for number in range(0, keys, IN_A_BURST):
            if number % ASTRAY == 0:
                await self.go_to(place)
            # What lies between two looks need not be painted; it is where somebody watches, in the long run.
            with nullcontext() if keys == LONG else self.app.batch_update():
                for _ in range(IN_A_BURST):
                    await self.do_something()
                await self.rest()
            await self.look()

    async def do_something(self) -> None:
        if self.chance.random() < 0.03:
            await self.resize()
        else:
            await self.press(self.chance.choice(KEYS if self.chance.random() < 0.7 else TYPED))

    async def press(self, key: str) -> None:
        self.done.append(key)
        name = textual_name(key)
        self.app.post_message(Key(name, key if len(key) == 1 else " " if key == "space" else None))
        await asyncio.sleep(0)

    async def resize(self) -> None:
        (least_columns, least_lines), (most_columns, most_lines) = SIZES
        columns = min(self.chance.randint(least_columns, most_columns) for _ in range(3))
        lines = min(self.chance.randint(least_lines, most_lines) for _ in range(3))
        self.done.append(f"{columns}x{lines}")
        size = Size(columns, lines)
        self.app.post_message(Resize(size, size))
        await asyncio.sleep(0)

    async def rest(self) -> None:
        """Let what was pressed take effect; what the background does goes on."""
        until = asyncio.get_running_loop().time() + PATIENCE
        while self.app._key_queue.is_busy and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.002)

    async def go_to(self, place: str) -> None:
        while len(self.app.screen_stack) > 2:
            await self.app.pop_screen()
        for step in way_to(place):
            for key in step.keys:
                await self.press(key)
            await self.rest()

    async def look(self) -> None:
        """Every line is exactly as wide as the screen, and nothing in it drives a terminal."""
        until = asyncio.get_running_loop().time() + PATIENCE
        lines = self.lines()
        while misfits := [line for line in lines if cell_len(line) != self.app.size.width]:
            assert asyncio.get_running_loop().time() < until, f"not as wide as the screen: {misfits!a}"
            await asyncio.sleep(0.01)  # a new size is taken on little by little
            lines = self.lines()
        assert [line for line in lines if DRIVING.search(line)] == []

    def lines(self) -> list[str]:
        return [strip.text for strip in self.app.screen._compositor.render_strips()]


async def play(folder: Path, places: Sequence[str], keys: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a monkey loose at these screens of a furnished dashboard, over a simulator that takes what it sends."""
    seed = f"{SEED}-{places[0]}"
    for name in ("PAGER", "EDITOR", "VISUAL"):
        monkeypatch.setenv(name, "true")
    async with told(folder / "home", empty=True) as (workspace, clock):
        with Simulator("quiet-night", clock=clock) as simulator:
            monkeypatch.chdir(folder)  # where it writes what it exports
            workspace.base_url = simulator.url
            await furnish(workspace, clock, hostile())
            app = DashboardApp(workspace, ground=MODERN)
            app.exit = lambda *_, **__: None  # type: ignore[method-assign]  # it cannot be left
            monkey = Monkey(app, random.Random(seed))
            try:
                async with app.run_test(size=(100, 30), notifications=True) as pilot:
                    await pilot.pause()
                    for place in places:
                        await monkey.play(place, keys)
            except BaseException as error:
                error.add_note(f"seed {seed}; the last keys: {' '.join(monkey.done[-60:])}")
                raise


NAMES = [place.name for place in PLACES]


@pytest.mark.long
async def test_random_keys_break_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await play(tmp_path, NAMES, QUICK, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("place", NAMES)
async def test_thousands_of_random_keys_break_nothing(
    tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await play(tmp_path, [place], LONG, monkeypatch)
