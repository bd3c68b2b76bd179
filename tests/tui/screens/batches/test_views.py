"""Saved views, the menu of orders, undo, and where the cursor stands after an act."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import BatchState
from batchtui.settings.loading import parse_settings
from batchtui.tui.dialogs.confirm import Confirm
from tests.support.builders import job, part
from tests.tui.stage import stage, submit

if TYPE_CHECKING:
    from pathlib import Path

STILL = "[screen]\nhints = false\n"
VIEWS = f"""{STILL}
[views.mine]
filter = "name:alpha"
sort = "name"
reversed = true

[views."all by cost"]
sort = "cost"
columns = ["cost"]
"""


@pytest.mark.long
async def test_a_number_key_shows_a_saved_view_and_0_goes_back_to_ones_own_list(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["alpha", "beta"], settings=VIEWS) as shown:
        await shown.shows("─ Batches ─", "row 1 of 2 · by attention")
        await shown.press("1")
        await shown.shows("─ Batches › mine ─", "row 1 of 1 · by name, reversed")
        assert "beta" not in shown.text
        await shown.press("2")
        await shown.shows("─ Batches › all by cost ─", "of 2 · by cost")
        assert "PROGRESS" not in shown.text
        await shown.press("0")
        await shown.shows("─ Batches ─", "of 2 · by attention", "PROGRESS")


async def test_a_number_without_a_view_says_how_to_save_one(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["alpha"], settings=STILL) as shown:
        await shown.press("7")
        await shown.shows("There is no saved view 7; f saves this list as one.")


@pytest.mark.long
async def test_the_list_is_saved_as_a_view_under_a_typed_name_and_the_file_keeps_its_comments(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["alpha"], settings=f"# mine\n{STILL}") as shown:
        await shown.press("slash", *"alpha", "enter")
        await shown.opened("f")
        await shown.press(*"morning", "enter")
        await shown.shows("Saved this list as the view morning: 1 shows it.")
        text = shown.workspace.paths.config_file.read_text()
        assert text.startswith("# mine")
        assert tomllib.loads(text)["views"] == {"morning": {"filter": "alpha", "sort": "attention"}}
        await shown.press("escape", "1")
        await shown.shows("Batches › morning")


@pytest.mark.long
async def test_a_view_is_removed_from_the_menu(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["alpha"], settings=VIEWS) as shown:
        await shown.opened("f")
        await shown.shows("mine", "name:alpha", "all by cost")
        await shown.press("ctrl+x")
        await shown.shows("Removed the view mine.")
        assert list(shown.workspace.settings.views) == ["all by cost"]


def test_views_are_read_from_the_settings_with_errors_that_name_them() -> None:
    views = parse_settings('[views."failed this week"]\nfilter = "failed:>0"\n', where="config.toml").views
    assert views["failed this week"].filter == "failed:>0"
    assert views["failed this week"].sort == "attention"


@pytest.mark.long
async def test_the_menu_of_orders_sorts_and_the_one_in_force_reverses(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["alpha", "beta"], settings=STILL) as shown:
        await shown.opened("s")
        await shown.shows("SORT BY", "attention: unknown")
        await shown.press(*"name", "enter")
        await shown.shows("by name")
        await shown.opened("s")
        await shown.press("enter")
        await shown.shows("by name, reversed")


@pytest.mark.long
async def test_a_rename_is_undone(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["alpha"], settings=STILL) as shown:
        await shown.opened("L")
        await shown.press(*"omega", "enter")
        await shown.shows("Renamed alpha to omega. U undoes it.")
        await shown.press("U")
        await shown.shows("Undone: renamed alpha to omega.")
        [batch] = await shown.workspace.registry.queries.select()
        assert batch.name == "alpha"
        await shown.press("U")
        await shown.shows("There is nothing to undo")


async def test_a_part_that_was_dropped_only_here_is_put_back(tmp_path: Path) -> None:
    async with stage(tmp_path, settings=f"{STILL}[refresh]\nautomatic = false\n") as shown:
        await shown.workspace.registry.jobs.plan(job("job_1"), [part(1, 10)])
        await shown.shows("row 1 of 1")
        await shown.opened("c")
        await shown.press("y")
        await shown.shows("will not be sent. U undoes it.", "No batches yet")
        await shown.press("U")
        await shown.shows("Undone: ", "planned")
        [batch] = await shown.workspace.registry.queries.select()
        assert batch.state is BatchState.PLANNED


async def test_the_cursor_goes_to_what_an_act_has_made(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["alpha", "beta"], settings=STILL) as shown:
        await shown.press("G")
        await submit(shown.workspace, tmp_path, "gamma")
        await shown.shows("gamma")
        [made] = [batch for batch in await shown.workspace.registry.queries.select() if batch.name == "gamma"]
        shown.app.go_to_batch(made.key)
        await shown.until(lambda: shown.app.screen.query_one("#batches").key == made.key)  # type: ignore[attr-defined]


@pytest.mark.long
async def test_ten_batches_are_canceled_only_once_their_number_is_typed(tmp_path: Path) -> None:
    names = [f"job-{number}" for number in range(10)]
    async with stage(tmp_path, running=names, settings=STILL) as shown:
        await shown.shows("row 1 of 10")
        await shown.press("asterisk")
        await shown.opened("c")
        assert isinstance(shown.app.screen, Confirm)
        await shown.shows("Cancel 10 batches: 30 requests", "type 10 to cancel")
        await shown.press("y")
        assert isinstance(shown.app.screen, Confirm)
        await shown.press("1", "0")
        await shown.shows("y  Cancel")
        await shown.press("n")
    assert not shown.simulator.world.calls_to("cancel")


async def test_marks_are_cleared_after_an_act_and_the_message_names_the_batch(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["alpha"], settings=STILL) as shown:
        await shown.shows("alpha")
        await shown.press("space")
        await shown.shows("1 marked")
        await shown.opened("c")
        await shown.press("y")
        await shown.shows("Cancel requested for alpha.", "canceling")
        await shown.until(lambda: "marked" not in shown.text)


async def test_on_a_narrow_screen_the_details_are_shown_when_asked_for_and_found_again(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["alpha"], settings=STILL, size=(80, 24)) as shown:
        await shown.shows("─ Batches ─", "alpha")
        assert "counts and results at the end" not in shown.text
        await shown.press("z")
        await shown.shows("─ alpha ─", "counts and results at the end")
    async with stage(tmp_path, settings=STILL, size=(80, 24)) as again:
        await again.shows("─ alpha ─", "counts and results at the end")
        await again.press("z")
        await again.shows("─ Batches ─")
        assert "counts and results at the end" not in again.text
