"""What the dashboard tells by itself: the bell, warnings with their act, and what happened while one was away."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.services.insights import last_visit
from batchtui.services.polling import maintenance
from batchtui.services.results.collect import collect
from batchtui.simulator import Fault
from batchtui.tui.app.app import DashboardApp
from batchtui.tui.screens.results.batch_screen import BatchScreen
from batchtui.tui.screens.warnings.screen import WarningsScreen
from tests.support.workspaces import workspace_at
from tests.tui.stage import MODERN, PATIENCE, stage, submit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.stage import Stage

STILL = "[refresh]\nautomatic = false\nfetch_results = false\n"


def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything that any dashboard sends the terminal besides its pictures."""
    sent: list[str] = []
    monkeypatch.setattr(DashboardApp, "write_to_terminal", lambda _app, sequence: sent.append(sequence))
    return sent


@pytest.mark.long
async def test_the_end_of_a_batch_rings_once_in_one_of_two_open_dashboards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = heard(monkeypatch)
    async with (
        stage(tmp_path, running=["nightly"], settings="[notify]\ndesktop = true\n") as shown,
        workspace_at(tmp_path / "home", shown.simulator, shown.clock) as other,
    ):
        await shown.shows("● in progress")
        second = DashboardApp(other, ground=MODERN)
        async with second.run_test() as pilot:
            shown.clock.turn(hours=2)
            await shown.until(lambda: any("ended" in sequence for sequence in sent))
            for _ in range(3):
                shown.clock.turn(10)
                await pilot.pause(0.02)
    rung = [sequence for sequence in sent if sequence.startswith("\a")]
    assert len(rung) == 1
    assert "nightly: ended" in rung[0]


async def test_a_bell_that_is_switched_off_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = heard(monkeypatch)
    async with stage(tmp_path, running=["nightly"], settings="[notify]\nbell = false\n") as shown:
        await shown.shows("● in progress")

        def ended() -> bool:
            shown.clock.turn(minutes=10)
            return "✓ 1 ended" in shown.text

        await shown.until(ended)
        shown.clock.turn(10)
        await shown.pilot.pause(0.05)
    assert not any("\a" in sequence for sequence in sent)


@pytest.mark.long
async def test_a_door_that_is_shut_is_said_once_and_stays_among_the_warnings(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"]) as shown:
        shown.simulator.world.faults.add(Fault(on="list", kind="status", status=401, times=None))
        said: list[str] = []
        shown.app.say = lambda sentence, **_: said.append(sentence)  # type: ignore[method-assign]
        for tries in (1, 2, 3):
            await shown.press("r")
            await shown.until(partial(lambda least: len(shown.simulator.world.calls_to("list")) > least, tries))
        await _opened(shown)
        await shown.shows("no credentials", "The API refuses the credentials (401)")
        assert len(said) == 1


async def _opened(shown: Stage) -> None:
    await shown.press("exclamation_mark")
    await shown.until(lambda: isinstance(shown.app.screen, WarningsScreen))


@pytest.mark.long
async def test_without_warnings_the_list_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"]) as shown:
        await shown.shows("● in progress")
        assert "1 warning" not in shown.text
        await _opened(shown)
        await shown.shows("No warnings")


@pytest.mark.long
async def test_results_that_go_soon_are_fetched_from_the_list_of_warnings(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"], saves=False, settings=STILL) as shown:
        shown.clock.turn(days=27)
        await _opened(shown)
        await shown.shows("1 warning", "results expire", "deletes the results of evaluation", "fetches the results")
        await shown.press("enter")
        await shown.shows("No warnings")
        [batch] = await shown.workspace.registry.queries.select()
        assert batch.results is ResultsState.SAVED


async def test_a_batch_that_may_expire_is_opened(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"], settings=STILL) as shown:
        shown.clock.turn(hours=22, minutes=30)
        await _opened(shown)
        await shown.shows("expires", "may not finish in time")
        await shown.press("enter")
        await shown.until(lambda: isinstance(shown.app.screen, BatchScreen))


@pytest.mark.long
async def test_an_unknown_part_is_resumed_from_the_list_of_warnings(tmp_path: Path) -> None:
    async with stage(tmp_path, settings=STILL) as shown:
        shown.simulator.world.faults.add(Fault(on="create", kind="lost_after"))
        shown.simulator.world.faults.add(Fault(on="list", kind="status", status=529, times=None, skip=1))
        sending = asyncio.create_task(submit(shown.workspace, tmp_path, "contracts"))
        async with asyncio.timeout(PATIENCE):
            while not sending.done():
                shown.clock.turn(5)
                await shown.pilot.pause(0.01)
        await shown.shows("1 warning")
        await _opened(shown)
        await shown.shows("No response to the create request of contracts")
        shown.simulator.world.faults.clear()
        await shown.press("enter")
        await shown.shows("No warnings")
        [batch] = await shown.workspace.registry.queries.select()
        assert batch.state is BatchState.IN_PROGRESS


@pytest.mark.long
async def test_events_since_the_last_visit_are_summed_up_at_start_and_marked_in_the_activity(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"], settings=STILL) as shown:
        await last_visit.mark_visited(shown.workspace)
        shown.clock.turn(hours=2)
        await maintenance.run_maintenance(shown.workspace)
        [batch] = await shown.workspace.registry.queries.select()
        await collect(shown.workspace, batch)
        back = DashboardApp(shown.workspace, ground=MODERN)
        async with back.run_test(size=(120, 40), notifications=True) as pilot:
            again = type(shown)(back, pilot, shown.workspace, shown.clock, shown.simulator)
            await again.shows("Since you were last here: 1 batch ended, 1 batch saved.", "a history")
            await again.press("a")
            await again.shows("▲ since you were last here")
            lines = again.text.splitlines()
            [marker] = [at for at, text in enumerate(lines) if "▲ since" in text]
            assert any("all 3 succeeded" in text for text in lines[:marker])
            assert any("sent " in text for text in lines[marker:])


async def test_the_first_start_of_the_demo_welcomes_nobody_back(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"], settings=STILL) as shown:
        await last_visit.mark_visited(shown.workspace)
        shown.clock.turn(hours=2)
        await maintenance.run_maintenance(shown.workspace)
        demo = DashboardApp(shown.workspace, ground=MODERN, demo=True)
        async with demo.run_test(size=(120, 40), notifications=True) as pilot:
            started = type(shown)(demo, pilot, shown.workspace, shown.clock, shown.simulator)
            await started.until(lambda: demo.away is not None)
            await started.shows("nightly", "✓ 1 ended")
            assert "Since you were last here" not in started.text


async def test_a_first_visit_reports_no_missed_events(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"], settings=STILL) as shown:
        await shown.shows("evaluation")
        assert "Since you were last here" not in shown.text
        await shown.press("a")
        await shown.shows("planned")
        assert "since you were last here" not in shown.text


@pytest.mark.long
async def test_leaving_remembers_what_was_seen(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"], settings=STILL) as shown:
        async with DashboardApp(shown.workspace, ground=MODERN).run_test() as pilot:
            await pilot.press("q")
        away = await last_visit.since_last_visit(shown.workspace)
        assert away is not None
        assert (away.seq, away.actions) == (await shown.workspace.registry.journal.last(), {})


@pytest.mark.long
async def test_an_entry_shows_its_request_id_and_gives_it_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = heard(monkeypatch)
    async with stage(tmp_path, running=["nightly"], size=(80, 24)) as shown:
        shown.simulator.world.faults.add(Fault(on="list", kind="status", status=529))
        await shown.press("r", "a", "f", "f", "f")
        await shown.shows("list", "529", "errors only")
        await shown.press("enter")
        await shown.shows("request id  req_", "status      529")
        await shown.press("escape", "y")
        await shown.until(lambda: any("\x1b]52" in sequence for sequence in sent))
        await shown.press("escape")
        await shown.shows("create")


@pytest.mark.long
async def test_the_list_says_when_a_batch_may_end_once_there_is_a_history(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["a", "b", "c"], running=["nightly"], size=(160, 40), settings=STILL) as shown:
        await shown.shows("usually ", "9 of 10 by")
        assert "no history yet" not in shown.text
