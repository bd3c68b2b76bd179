"""The tour of the demo on a turned clock: what it tells happens, and it goes on with the keys or without them."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from batchtui.cli.demo.director import EVEN, Director
from batchtui.cli.demo.sandbox import DemoJob
from batchtui.cli.demo.story import PAST, PAST_TEMPER, STEPS
from batchtui.cli.demo.tour import APPLAUSE, PATIENCE, Step, Tour
from batchtui.domain.batches.states import BatchState
from batchtui.simulator import Simulator
from batchtui.tui.app.app import DashboardApp
from batchtui.tui.commands.key_text import with_keys
from batchtui.tui.commands.keymap import merge_keymap
from batchtui.tui.commands.table import BY_ID
from batchtui.tui.rendering.spans import Tone, flow
from tests.support.clock import StandingClock
from tests.support.workspaces import KEY, workspace_at
from tests.tui.stage import MODERN, Stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch


@asynccontextmanager
async def toured(folder: Path, steps: Sequence[Step] = STEPS) -> AsyncIterator[tuple[Stage, Tour]]:
    clock = StandingClock()
    key = patch.dict(os.environ, {"ANTHROPIC_API_KEY": KEY})
    with key, Simulator(EVEN, clock=clock) as simulator:
        async with workspace_at(folder / "home", simulator, clock) as workspace:
            backstage = Director(workspace, simulator.world)
            await backstage.live_through(PAST[-2:], clock, **PAST_TEMPER)
            tour = Tour(backstage, steps)
            app = DashboardApp(workspace, demo=True, guide=tour, ground=MODERN)
            async with app.run_test(size=(80, 24), notifications=True) as pilot:
                stage = Stage(app, pilot, workspace, clock, simulator)
                await stage.until(lambda: tour.step is not None)
                await pilot.pause()
                yield stage, tour


def only(*ids: str) -> list[Step]:
    """These steps; what the first one needs would have happened before."""
    first, *others = (step for step in STEPS if step.id in ids)
    return [replace(first, needs=""), *others]


async def named(shown: Stage, name: str) -> list[Batch]:
    return [batch for batch in await shown.workspace.registry.queries.select() if batch.name == name]


async def go_on_until(shown: Stage, claim: str) -> None:
    """Let time go by, as it does while one looks, until the screen shows it."""
    for _ in range(400):
        if claim in shown.text:
            return
        shown.clock.turn(1)
        await shown.pilot.pause(0.02)
    raise AssertionError(f"{claim} never came in\n{shown.text}")


@pytest.mark.long
async def test_the_first_step_says_what_this_is_and_which_key_to_try(tmp_path: Path) -> None:
    async with toured(tmp_path) as (shown, _):
        await shown.shows(" tour 1/", "The real program on a simulator", " j moves down the list", "eval-prompt-v7")


@pytest.mark.long
async def test_a_key_that_was_tried_is_praised_and_the_story_goes_on(tmp_path: Path) -> None:
    async with toured(tmp_path) as (shown, _):
        await shown.press("j")
        await shown.shows("✓ moves down the list")
        shown.clock.turn(APPLAUSE)
        await shown.shows(" tour 2/", "support-tickets")


@pytest.mark.long
async def test_the_tour_goes_on_without_a_key_being_pressed(tmp_path: Path) -> None:
    async with toured(tmp_path, only("hello", "look")) as (shown, _):
        shown.clock.turn(PATIENCE)
        await shown.shows(" tour 2/2", "Dark, light")
        shown.clock.turn(PATIENCE)
        await shown.until(lambda: " tour " not in shown.text)


@pytest.mark.long
async def test_the_tour_can_be_left_and_what_happens_goes_on(tmp_path: Path) -> None:
    async with toured(tmp_path, only("hello", "queue")) as (shown, _):
        await shown.press("comma")
        await shown.until(lambda: " tour " not in shown.text)
        await go_on_until(shown, "product-te")


@pytest.mark.long
async def test_a_part_that_the_queue_refuses_waits(tmp_path: Path) -> None:
    async with toured(tmp_path, only("queue", "look")) as (shown, _):
        await go_on_until(shown, "Waiting for room")
        states = {batch.part: batch.state for batch in await named(shown, "product-texts")}
        assert states == {1: BatchState.IN_PROGRESS, 2: BatchState.IN_PROGRESS, 3: BatchState.PLANNED}


@pytest.mark.long
async def test_a_lost_answer_is_found_and_the_batch_exists_once(tmp_path: Path) -> None:
    async with toured(tmp_path, only("lost", "found")) as (shown, _):
        await go_on_until(shown, "had been created")
        [batch] = await named(shown, "contract-summaries")
        assert batch.id is not None
        assert [len(made) for made in shown.simulator.world.batches].count(60) == 1


@pytest.mark.long
async def test_each_failure_that_the_tour_names_has_happened(tmp_path: Path) -> None:
    async with toured(tmp_path, only("found", "failed")) as (shown, tour):
        await shown.press("full_stop")
        await go_on_until(shown, "24 of its 60")
        assert tour.step is not None
        [batch] = await named(shown, "translations")
        assert batch.counts.failed == 24


@pytest.mark.long
async def test_the_key_that_goes_on_says_what_the_next_step_waits_for(tmp_path: Path) -> None:
    async with toured(tmp_path, only("found", "failed")) as (shown, _):
        await shown.press("full_stop")
        await shown.pilot.pause(0.1)
        await shown.press("full_stop")
        await shown.shows("The next step waits until translations has ended.")
        await go_on_until(shown, "24 of its 60")


@pytest.mark.long
async def test_the_batch_that_will_not_make_it_is_warned_of_and_then_expires(tmp_path: Path) -> None:
    async with toured(tmp_path, only("warned", "expired")) as (shown, _):
        await go_on_until(shown, "1 warning")
        await shown.press("exclamation_mark")
        await shown.shows("old-letters", "expire")
        await go_on_until(shown, "Expired: what was processed")
        [batch] = await named(shown, "old-letters")
        assert batch.counts.expired == 32


@pytest.mark.long
async def test_a_hint_for_another_screen_says_how_to_get_there(tmp_path: Path) -> None:
    async with toured(tmp_path, only("compare")) as (shown, _):
        await shown.shows("⏎ opens it; there = compares")
    async with toured(tmp_path / "again", only("mistake")) as (shown, _):
        await shown.press("a")
        await shown.shows("esc goes back; there c asks")


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.id)
def test_every_step_fits_a_small_terminal_and_names_commands_that_there_are(step: Step) -> None:
    keymap = merge_keymap({})
    said = with_keys(f" tour 27/27   {step.said}", keymap, Tone.TEXT, plain=False)
    assert len(flow(said, 78)) <= 2
    assert step.command in BY_ID
    assert len(step.does) + 6 <= 78


def test_the_story_takes_about_ten_minutes_and_something_happens_in_most_of_its_steps() -> None:
    assert timedelta(minutes=8) < timedelta(seconds=sum(step.patience for step in STEPS)) < timedelta(minutes=12)
    assert sum(step.scene is not None for step in STEPS) >= 9


def test_the_past_goes_forward() -> None:
    agos = [ago for ago, _ in PAST]
    assert agos == sorted(agos, reverse=True)
    assert all(isinstance(piece, DemoJob) for _, piece in PAST)
