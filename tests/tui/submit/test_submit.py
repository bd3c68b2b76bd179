"""Sending from inside the dashboard: a file is chosen, its plan is shown and asked about; lost parts are settled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from batchtui.domain.batches.states import BatchState
from batchtui.simulator import Fault
from batchtui.tui.dialogs.file_picker import entries
from tests.support.builders import jsonl, request, requests
from tests.support.workspaces import all_batches, sent_custom_ids
from tests.tui.stage import stage, submit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.stage import Stage


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a person's own, where the dashboard was started."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


async def choose(shown: Stage, name: str) -> None:
    await shown.press("n")
    await shown.shows("FILE")
    await shown.press(*name, "enter")


async def send(shown: Stage, batches: int) -> None:
    """Say yes, and wait until the service has so many batches."""
    shown.clock.turn(1)
    await shown.press("y")
    await shown.until(lambda: len(shown.simulator.world.batches) == batches)


async def test_a_file_is_chosen_shown_and_sent_after_a_yes(here: Path, tmp_path: Path) -> None:
    jsonl(here / "tickets.jsonl", requests(5))
    async with stage(tmp_path) as shown:
        await choose(shown, "tick")
        await shown.shows("Submit 5 requests, ", "tickets", "1 part")
        shown.clock.turn(1)
        await shown.press("y")
        await shown.shows("● in progress", "tickets")
        assert len(sent_custom_ids(shown.simulator)) == 5


@pytest.mark.long
async def test_one_request_of_each_shape_is_tried_first_and_what_came_of_it_is_said(here: Path, tmp_path: Path) -> None:
    odd = request("s-1", system="Be brief.")
    jsonl(here / "tickets.jsonl", [request("p-1"), request("p-2"), odd])
    async with stage(tmp_path) as shown:
        await choose(shown, "tick")
        await shown.shows("Submit 3 requests, ", "p  Try 2 requests in real time first, at most $")
        await shown.press("p")
        assert not shown.simulator.world.calls_to("messages"), "a key that comes at once is not meant"
        shown.clock.turn(1)
        await shown.press("p")
        await shown.shows("Tried in real time", "p-1: accepted", "s-1: accepted")
        assert "Try 2 requests" not in shown.text
        assert shown.simulator.world.batches == []
        await send(shown, 1)
        assert len(sent_custom_ids(shown.simulator)) == 3


@pytest.mark.long
async def test_the_question_says_what_was_answered_before_and_what_is_new(here: Path, tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["fine"]) as shown:
        [asked] = tmp_path.glob("*.jsonl")
        new = jsonl(tmp_path / "new", [request("new-1", "What else?")])
        (here / "more.jsonl").write_bytes(asked.read_bytes() + new.read_bytes())
        await choose(shown, "more")
        await shown.shows("Asked before", "3 of 4 requests already answered: 1 is new", "fine (job_")


@pytest.mark.long
async def test_only_what_is_new_is_sent_where_that_is_chosen(here: Path, tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["fine"]) as shown:
        [asked] = tmp_path.glob("*.jsonl")
        new = jsonl(tmp_path / "new", [request("new-1", "What else?")])
        (here / "more.jsonl").write_bytes(asked.read_bytes() + new.read_bytes())
        await choose(shown, "more")
        await shown.shows("Submit 4 requests", "Only 1 new")
        shown.clock.turn(1)
        await shown.press("r")
        await shown.shows("Submit 1 of 4 requests", "only what is new is sent")
        shown.clock.turn(1)
        await shown.press("y")
        await shown.until(lambda: len(shown.simulator.world.batches) == 2)
        assert len(shown.simulator.world.batches[-1]) == 1


@pytest.mark.long
async def test_the_setting_sends_only_what_is_new_without_a_choice(here: Path, tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["fine"], settings='[submit]\nreuse = "on"\n') as shown:
        [asked] = tmp_path.glob("*.jsonl")
        (here / "more.jsonl").write_bytes(asked.read_bytes())
        await choose(shown, "more")
        await shown.shows("Submit nothing, and reuse the answers to 3 requests?")


@pytest.mark.long
async def test_the_question_shows_checks_parts_and_what_it_costs(here: Path, tmp_path: Path) -> None:
    plain = [request(f"p-{number}") for number in range(3)]
    odd = [request("s-1", system="Be brief.", metadata={"user_id": "ann@example.com"})]
    jsonl(here / "tickets.jsonl", [*plain, *odd])
    async with stage(tmp_path, size=(100, 44)) as shown:
        await choose(shown, "tick")
        await shown.shows(
            "Submit 4 requests", "estimated cost: $", "at standard prices: $", "2 shapes",
            "3 × claude-haiku-5-5 · user",
            "Warnings", "line 4: metadata.user_id looks like an email address",
        )  # fmt: skip


@pytest.mark.long
async def test_the_same_again_is_said_with_what_became_of_it_and_is_sent_after_a_yes(
    here: Path, tmp_path: Path
) -> None:
    jsonl(here / "tickets.jsonl", requests(5))
    async with stage(tmp_path, size=(100, 44)) as shown:
        await choose(shown, "tick")
        await shown.shows("Submit ")
        await send(shown, 1)
        await choose(shown, "tick")
        await shown.shows(
            "Identical requests were already submitted", "tickets (job_", "(msgbatch_", "in progress, <$0.01"
        )
        await send(shown, 2)


async def test_a_submission_above_the_limit_is_refused_before_the_question(here: Path, tmp_path: Path) -> None:
    jsonl(here / "tickets.jsonl", requests(5))
    async with stage(tmp_path, settings="[submit]\nmax_cost = 0.0001\n") as shown:
        await choose(shown, "tick")
        await shown.shows("Cost limit exceeded", "This may cost up to $0.00034", "Nothing was sent")
        assert shown.simulator.world.batches == []
        assert list(shown.workspace.paths.requests.iterdir()) == []


async def test_a_no_sends_and_keeps_nothing(here: Path, tmp_path: Path) -> None:
    jsonl(here / "tickets.jsonl", requests(5))
    async with stage(tmp_path) as shown:
        await choose(shown, "tick")
        await shown.shows("Submit ")
        shown.clock.turn(1)
        await shown.press("n")
        await shown.until(lambda: not list(shown.workspace.paths.requests.iterdir()))
        assert shown.simulator.world.batches == []


@pytest.mark.long
async def test_a_file_with_errors_says_where_and_sends_nothing(here: Path, tmp_path: Path) -> None:
    jsonl(here / "wrong.jsonl", [request("fine"), request("not legal!")])
    async with stage(tmp_path) as shown:
        await choose(shown, "wrong")
        await shown.shows("line 2", "Nothing was sent")
        assert shown.simulator.world.batches == []


async def test_escape_leaves_the_choice_without_a_trace(here: Path, tmp_path: Path) -> None:
    async with stage(tmp_path) as shown:
        await shown.press("n")
        await shown.shows("FILE")
        await shown.press("escape")
        await shown.until(lambda: "FILE" not in shown.text)


async def test_read_only_offers_no_way_to_send(here: Path, tmp_path: Path) -> None:
    async with stage(tmp_path, read_only=True) as shown:
        await shown.press("n")
        assert "FILE" not in shown.text


@pytest.mark.long
@pytest.mark.parametrize(("grace", "early", "late"), [(60, 0, 700), (3600, 700, 2950)])
async def test_a_lost_part_is_sent_again_only_after_its_absence_is_proved_and_a_yes(
    tmp_path: Path, grace: int, early: int, late: int
) -> None:
    async with stage(tmp_path) as shown:
        settings = shown.workspace.settings
        shown.workspace.settings = replace(
            settings,
            refresh=replace(settings.refresh, automatic=False),
            submit=replace(settings.submit, grace=grace),
        )
        shown.app.poller.pause(True)
        shown.simulator.world.faults.add(Fault(on="create", kind="lost_before"))
        await lose(shown, tmp_path)
        await shown.shows("! unknown", "contracts")
        shown.clock.turn(early)
        await shown.press("u")
        await shown.shows("not found at the API yet")
        shown.clock.turn(late)
        await shown.press("u")
        await shown.shows("Resubmit contracts: ")
        shown.clock.turn(1)
        await shown.press("y")
        await shown.shows("Submit contracts: 3 requests?")
        shown.clock.turn(1)
        await shown.press("y")
        await shown.until(lambda: len(sent_custom_ids(shown.simulator)) == 3)
        assert [batch.state for batch in await all_batches(shown.workspace)] == [BatchState.IN_PROGRESS]


async def test_a_part_of_another_account_is_named_and_not_sent(tmp_path: Path) -> None:
    async with stage(tmp_path) as shown:
        shown.app.poller.pause(True)
        shown.simulator.world.faults.add(Fault(on="create", kind="lost_before"))
        await lose(shown, tmp_path)
        async with shown.workspace.registry._database.transaction() as tx:
            await tx.execute("UPDATE batches SET base_url = 'https://bob.example'")
        shown.clock.turn(700)
        await shown.press("u")
        await shown.shows("bob.example")
        assert sent_custom_ids(shown.simulator) == []


async def lose(shown: Stage, folder: Path) -> None:
    """Submit while the answer gets lost; the looks that follow at once find nothing."""
    import asyncio

    task = asyncio.create_task(submit(shown.workspace, folder, "contracts"))
    while not task.done():
        shown.clock.turn(1)
        await shown.pilot.pause(0.02)
    await task


def test_path_completion_offers_files_first(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "plan.txt").write_text("")
    jsonl(tmp_path / "products.jsonl", [])
    (tmp_path / ".hidden.jsonl").write_text("")
    assert [entry.path.name for entry in entries(tmp_path, "")] == ["products.jsonl", "parts"]
    assert [entry.path.name for entry in entries(tmp_path, "pr")] == ["products.jsonl"]
    (tmp_path / "gone.jsonl").symlink_to("nowhere")
    assert [entry.path.name for entry in entries(tmp_path, "")] == ["products.jsonl", "parts"]


@pytest.mark.parametrize("name", ["nowhere/x", "~nobody-of-this-name", "x" * 300 + "/x", "a\0b/x"])
def test_nothing_is_offered_where_there_is_nothing(tmp_path: Path, name: str) -> None:
    assert entries(tmp_path, name) == []


@pytest.mark.parametrize("name", ["~w", "x" * 300])
async def test_a_typed_path_that_is_not_a_file_is_not_accepted(tmp_path: Path, name: str) -> None:
    async with stage(tmp_path) as shown:
        await shown.press("n")
        await shown.shows("FILE")
        shown.app.screen.query_one(Input).value = name
        await shown.press("enter")
        await shown.shows("no matching file here")


async def test_a_pilot_goes_first_and_the_others_follow_after_a_yes(here: Path, tmp_path: Path) -> None:
    jsonl(here / "tickets.jsonl", requests(120))
    async with stage(tmp_path) as shown:
        await choose(shown, "tick")
        await shown.shows("Submit 120 requests, ", "Send 50 drawn at random first")
        shown.clock.turn(1)
        await shown.press("f")
        await shown.shows("Submit a pilot of 50 of 120 requests, and hold back the others?")
        await send(shown, 1)
        await shown.shows("● in progress", "tickets pilot", "Waiting for the decision about the pi")
        assert len(sent_custom_ids(shown.simulator)) == 50
        shown.clock.turn(7200)
        await shown.press("r")
        await shown.shows("✓ ended")
        await shown.press("u")
        await shown.shows("Send the other 70 requests, about", "certainty?", "pilot of 50 requests: 50 succeeded")
        shown.clock.turn(1)
        await send(shown, 2)
        assert sent_custom_ids(shown.simulator) == sorted(line["custom_id"] for line in requests(120))
