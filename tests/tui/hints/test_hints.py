"""The hints of the first days: they stand where they are of use, and go for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.tui.app.first_steps import HINTS, REMEMBERED
from batchtui.tui.commands.table import BY_ID
from tests.tui.stage import stage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.stage import Stage


async def learnt(shown: Stage) -> set[str]:
    kept = await shown.workspace.registry.values.get(REMEMBERED)
    return set(kept[0]) if kept else set()


async def test_a_first_run_hints_at_the_key_that_opens_a_batch(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"], size=(80, 24)) as shown:
        await shown.shows(" hint   ⏎ opens a batch", "[.] next", "[,] no hints")


async def test_a_hint_goes_once_it_was_followed_and_the_next_one_comes(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"], running=["nightly"]) as shown:
        await shown.shows("⏎ opens a batch")
        await shown.press("enter", "escape")
        await shown.shows("? lists every key")
        assert "opens a batch" not in shown.text
        assert "list.open" in await learnt(shown)


async def test_a_hint_can_be_put_away_and_all_of_them_too(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"]) as shown:
        await shown.shows("⏎ opens a batch")
        await shown.press("full_stop")
        await shown.shows("? lists every key")
        await shown.press("comma")
        await shown.until(lambda: " hint " not in shown.text)


async def test_a_dismissed_hint_stays_away_at_the_next_start(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"]) as shown:
        await shown.shows("⏎ opens a batch")
        await shown.press("comma")
        await shown.until(lambda: " hint " not in shown.text)
        await shown.until(lambda: not shown.app.guide or shown.app.guide.hint is None)
    async with stage(tmp_path) as shown:
        await shown.shows("nightly")
        await shown.pilot.pause(0.1)
        assert " hint " not in shown.text


async def test_an_empty_list_says_its_keys_itself(tmp_path: Path) -> None:
    async with stage(tmp_path) as shown:
        await shown.shows("No batches yet")
        assert " hint " not in shown.text


async def test_the_settings_can_switch_hints_off(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"], settings="[screen]\nhints = false\n") as shown:
        await shown.shows("● in progress")
        assert shown.app.guide is None


async def test_read_only_says_so_where_something_would_be_changed(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"], read_only=True) as shown:
        await shown.press("c")
        await shown.shows("Read-only: nothing is sent")


def test_every_hint_names_a_command_that_there_is() -> None:
    assert all(hint.command in BY_ID for hint in HINTS)


@pytest.mark.long
async def test_a_hint_is_not_ticked_by_a_key_that_had_no_effect(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"], running=["nightly"]) as shown:
        assert shown.app.guide is not None
        followed: list[str] = []
        shown.app.guide.followed = followed.append  # type: ignore[method-assign, assignment]
        await shown.shows("evaluation")
        await shown.press("G", "c")
        await shown.shows("Not canceled: evaluation: it has ended already.")
        assert "batches.cancel" not in followed
        await shown.opened("d")
        await shown.until(lambda: "batches.delete" in followed)
