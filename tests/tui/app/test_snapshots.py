"""Every screen as text: small, large, without colour. `UPDATE_SNAPSHOTS=1` writes them anew: read the diff."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.worker import WorkerCancelled

from batchtui.domain.errors import Unreachable
from batchtui.tui.app.app import DashboardApp
from batchtui.tui.messages import ActionFailed
from batchtui.tui.terminal.environment import TerminalInfo
from tests.support.marks import every
from tests.tui.furnished import furnish
from tests.tui.story import told

if TYPE_CHECKING:
    from textual.pilot import Pilot

KEPT = Path(__file__).parents[1] / "snapshots"
MODERN = TerminalInfo(colours=1 << 24, ascii_only=False, light=False, remote=False, multiplexer="")
TYPEWRITER = TerminalInfo(colours=0, ascii_only=True, light=False, remote=False, multiplexer="")
WAYS = 4
"""Into how many parts the way through all screens is cut."""
SMALL, LARGE = (80, 24), (160, 48)
SCREENS: dict[str, tuple[str, ...]] = {
    "dashboard": (),
    "dashboard-marked": ("j", "space", "space"),
    "dashboard-sorted-by-name": ("s", "s", "s"),
    "dashboard-filtered": ("/", *"status:run", "enter"),
    "dashboard-none-match": ("/", *"zebra", "enter"),
    "dashboard-by-job": ("b", "j", "enter"),
    "columns": ("C", "j", "j", "space", "J"),
    "dashboard-completing": ("/", *"nightly sta", "tab"),
    "dashboard-shifted": ("l", "l", "l"),
    "batch-running": ("j", "j", "enter"),
    "batch-unknown": ("enter",),
    "batch-ended": ("G", "enter"),
    "batch-only-errored": ("G", "enter", "F"),
    "result-answer": ("G", "enter", "enter"),
    "result-thinking": ("G", "enter", "j", "enter"),
    "result-errored": ("G", "enter", "j", "j", "enter"),
    "result-rendered": ("G", "enter", "enter", "m"),
    "result-tree": ("G", "enter", "enter", "m", "m"),
    "cancel": ("*", "c"),
    "delete": ("G", "d"),
    "help": ("?",),
    "palette": (":", *"can"),
    "activity": ("a",),
    "activity-errors": ("a", "f", "f", "f"),
    "activity-entry": ("a", "enter"),
    "warnings": ("!",),
    "spending": ("$",),
    "spending-by-tag": ("$", "b", "b"),
    "settings": ("O",),
    "settings-found": ("O", "/", *"theme", "enter"),
}
"""Each screen, and the keys that lead to it."""
ARRANGED = {"dashboard-sorted-by-name", "dashboard-by-job", "dashboard-shifted", "columns"}
"""Those that leave the list arranged in another way."""
FURNISHED: dict[str, tuple[str, ...]] = {
    "batch-failures": ("G", "enter", "tab"),
    "batch-preview": ("G", "enter", "z", "j"),
    "batch-searched": ("G", "enter", "/", *"the", "enter"),
    "batch-charts": ("G", "enter", "%"),
    "batch-attempts": ("G", "enter", "j", "H"),
    "result-hits": ("G", "enter", "enter", "/", *"the", "enter", "n"),
    "export": ("G", "x", "j"),
    "retry-typed": ("G", "R", "t"),
    "compare-choose": ("G", "enter", "="),
    "compare": ("G", "enter", "=", "enter"),
    "compare-only-changed": ("G", "enter", "=", "enter", "f"),
    "compare-pair": ("G", "enter", "=", "enter", "f", "enter"),
    "compare-pair-json": ("G", "enter", "=", "enter", "f", "enter", "m"),
}
"""The same, in a home where several batches answer the same custom_ids."""
NAMES = {
    "/": "slash", ":": "colon", "?": "question_mark", "*": "asterisk", "-": "minus", "!": "exclamation_mark",
    "$": "dollar_sign", "=": "equals_sign", "%": "percent_sign",
}  # fmt: skip


async def settled(pilot: Pilot[int]) -> None:
    """Let everything come to rest that comes to rest by itself."""
    for _ in range(4):
        await pilot.pause()
        under_way = [worker for worker in pilot.app.workers if worker.group.startswith(("latest", "show", "remember"))]
        if under_way:  # Textual takes none for all, and the background goes on for ever
            async with asyncio.timeout(20):
                # What a newer text replaced was cancelled, and has come to rest, too.
                with suppress(WorkerCancelled):
                    await pilot.app.workers.wait_for_complete(under_way)
    await pilot.pause()


async def pressed(pilot: Pilot[int], keys: tuple[str, ...]) -> None:
    """Press keys one by one, each when the one before has had its effect."""
    for key in keys:
        await pilot.press(NAMES.get(key, key))
        await settled(pilot)
        if key in ("c", "d"):  # plans are made beside the keys
            for _ in range(50):
                await pilot.pause(0.01)
                if len(pilot.app.screen_stack) > 2:
                    break
            await settled(pilot)


def text_of(app: DashboardApp) -> str:
    """What is on the screen in front."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips()) + "\n"


def compare(name: str, text: str) -> None:
    """Compare with what was kept, or keep it."""
    kept = KEPT / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        KEPT.mkdir(exist_ok=True)
        kept.write_text(text, encoding="utf-8")
    assert text == kept.read_text(encoding="utf-8")


async def pictures(app: DashboardApp, name: str, keys: tuple[str, ...]) -> None:
    """Compare a screen as it opens on a small terminal, and once that is made large."""
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        await pressed(pilot, keys)
        compare(f"{name}-80x24", text_of(app))
        await pilot.resize_terminal(*LARGE)
        await settled(pilot)
        compare(f"{name}-160x48", text_of(app))


@pytest.mark.parametrize("name", every(6, SCREENS))
async def test_the_screen_looks_as_it_did(tmp_path: Path, name: str) -> None:
    async with told(tmp_path) as (workspace, _):
        await pictures(DashboardApp(workspace, ground=MODERN), name, SCREENS[name])


@pytest.mark.parametrize("name", every(4, FURNISHED))
async def test_the_screen_of_a_furnished_home_looks_as_it_did(tmp_path: Path, name: str) -> None:
    async with told(tmp_path, empty=True) as (workspace, clock):
        await furnish(workspace, clock)
        await pictures(DashboardApp(workspace, ground=MODERN), name, FURNISHED[name])


@pytest.mark.long
@pytest.mark.parametrize("first", range(WAYS))
async def test_every_screen_without_colour_and_signs_looks_as_it_did(tmp_path: Path, first: int) -> None:
    async with told(tmp_path) as (workspace, _):
        app = DashboardApp(workspace, ground=TYPEWRITER)
        async with app.run_test(size=SMALL) as pilot:
            await settled(pilot)
            for name in [name for name in SCREENS if name not in ARRANGED][first::WAYS]:
                await pressed(pilot, ("g", *SCREENS[name]))
                compare(f"{name}-ascii-80x24", text_of(app))
                assert text_of(app).isascii(), name
                while len(app.screen_stack) > 2:
                    await app.pop_screen()
                await pressed(pilot, ("escape", "escape"))  # what was marked, and what was filtered


async def test_an_empty_registry_looks_as_it_did(tmp_path: Path) -> None:
    async with told(tmp_path, empty=True) as (workspace, _):
        app = DashboardApp(workspace, ground=MODERN)
        async with app.run_test(size=SMALL) as pilot:
            await settled(pilot)
            compare("dashboard-empty-80x24", text_of(app))


async def test_a_failure_looks_as_it_did(tmp_path: Path) -> None:
    async with told(tmp_path) as (workspace, _):
        app = DashboardApp(workspace, ground=MODERN)
        async with app.run_test(size=SMALL) as pilot:
            await settled(pilot)
            message = "Nothing answers at api.example.org: the name is not known."
            app.post_message(
                ActionFailed(Unreachable(message, hint="Check the network, then press r.", request_id="req_1"))
            )
            await settled(pilot)
            compare("error-80x24", text_of(app))
