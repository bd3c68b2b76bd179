"""Compose as text: alone on a small screen, side by side on a large one, with problems, and with nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.services.compose import draft as drafts
from batchtui.services.compose.draft import Draft
from batchtui.tui.app.app import DashboardApp
from batchtui.tui.screens.compose import draft_session as draft_desk
from tests.tui.app.test_snapshots import MODERN, TYPEWRITER, compare, pressed, settled, text_of
from tests.tui.story import told

if TYPE_CHECKING:
    from pathlib import Path

SIZES = {"80x24": (80, 24), "160x48": (160, 48)}
PICTURES: dict[str, tuple[str, ...]] = {
    "compose": ("N",),
    "compose-request": ("tab", "n"),
    "compose-writing": ("tab", "tab", "j", "j", "enter"),
    "compose-half-typed": tuple(" {{ te"),
    "compose-models": ("escape", "j", "j", "enter"),
}
"""Each picture, and the keys that lead to it from the one before."""


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are looked at without waiting for a pause in the typing."""
    monkeypatch.setattr(draft_desk, "QUIET", 0.0)


@pytest.mark.long
@pytest.mark.parametrize("size", SIZES)
async def test_the_example_looks_as_it_did(tmp_path: Path, size: str) -> None:
    async with told(tmp_path, empty=True) as (workspace, _):
        app = DashboardApp(workspace, ground=MODERN)
        async with app.run_test(size=SIZES[size]) as pilot:
            await settled(pilot)
            for name, keys in PICTURES.items():
                await pressed(pilot, keys)
                compare(f"{name}-{size}", text_of(app))


@pytest.mark.long
@pytest.mark.parametrize("size", SIZES)
async def test_rows_with_problems_look_as_they_did(tmp_path: Path, size: str) -> None:
    table = tmp_path / "tickets.csv"
    table.write_text('ticket,text\n1,"The export\nstops"\n2,Billed twice\n2,Thanks,one cell too many\nFünf/5,Hello\n')
    draft = Draft(data=str(table), prompt="{{ text }}", model="claude-sonnet-4-5", id="ticket", max_tokens=100_000)
    async with told(tmp_path, empty=True) as (workspace, _):
        await drafts.keep(workspace, draft)
        app = DashboardApp(workspace, ground=TYPEWRITER if size == "80x24" else MODERN)
        async with app.run_test(size=SIZES[size]) as pilot:
            await settled(pilot)
            await pressed(pilot, ("N", "tab", "tab", "j", "j"))
            compare(f"compose-problems-{size}", text_of(app))


@pytest.mark.long
async def test_an_empty_draft_looks_as_it_did(tmp_path: Path) -> None:
    async with told(tmp_path, empty=True) as (workspace, _):
        await drafts.keep(workspace, Draft())
        app = DashboardApp(workspace, ground=MODERN)
        async with app.run_test(size=(120, 40)) as pilot:
            await settled(pilot)
            await pressed(pilot, ("N",))
            compare("compose-empty-120x40", text_of(app))
