"""The dashboard alive: what keys do, what dialogs refuse, and that nothing from outside can break or drive it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import BatchState
from batchtui.registry.registry import Registry
from batchtui.runtime.clock import SystemClock
from batchtui.services.results import collect as collecting
from batchtui.tui.commands.keymap import textual_name
from batchtui.tui.commands.table import COMMANDS
from batchtui.tui.dialogs.confirm import Confirm
from batchtui.tui.screens.batches.screen import BatchesScreen
from batchtui.tui.screens.results.batch_screen import BatchScreen
from batchtui.tui.screens.results.result_screen import ResultScreen
from tests.support.builders import job, part
from tests.support.workspaces import workspace_at
from tests.tui.sample_batches import HOSTILE
from tests.tui.stage import stage, submit

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.workspace import Workspace
    from tests.tui.stage import Stage

SIZES = [(60, 15), (80, 24), (100, 30), (120, 40), (140, 40), (200, 50), (20, 5), (10, 3)]


def _screen(shown: Stage) -> type[object]:
    return type(shown.app.screen)


async def test_the_first_screen_shows_the_registry_and_asks_nobody(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"], running=["nightly"]) as shown:
        await shown.shows("evaluation", "nightly", "● in progress", "ended", "1 in progress")


async def test_an_empty_registry_says_the_next_step(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as shown:
        await shown.shows("No batches yet", "submits a file of requests")


async def test_enter_opens_a_batch_then_a_result_and_esc_goes_back(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"]) as shown:
        await shown.shows("evaluation")
        await shown.press("enter")
        await shown.shows("OUTCOME", "succeeded", "result 1 of 3")
        await shown.press("enter")
        await shown.until(lambda: isinstance(shown.app.screen, ResultScreen))
        await shown.shows("answer", "request", "text", "rendered", "JSON", "1 of 3")
        await shown.press("escape")
        assert _screen(shown) is BatchScreen
        await shown.press("escape")
        assert _screen(shown) is BatchesScreen
        await shown.press("escape")
        assert _screen(shown) is BatchesScreen, "esc on the first screen leaves nothing"


@pytest.mark.long
async def test_a_result_is_shown_beside_its_request_as_text_rendered_and_as_a_tree(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"]) as shown:
        await shown.press("enter")
        await shown.shows("result 1 of 3")
        await shown.press("enter")
        await shown.shows("1 of 3", "Question", "max_tokens 256")
        await shown.press("m", "m")
        await shown.shows("custom_id:", "▾ result: 2 keys")
        await shown.press("tab", "m", "m")
        await shown.shows("▾ params: 3 keys")


@pytest.mark.long
async def test_the_marked_custom_ids_are_copied(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"]) as shown:
        await shown.press("enter")
        await shown.shows("result 1 of 3")
        await shown.press("*", "Y")
        await shown.shows("Copied 3 custom_ids")


async def test_a_commit_of_another_process_shows_up(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"]) as shown:
        async with workspace_at(tmp_path / "home", shown.simulator, shown.clock) as other:
            await submit(other, tmp_path, "from-elsewhere")
        shown.clock.turn(3)
        await shown.shows("from-elsewhere", "2 in progress")


@pytest.mark.long
async def test_the_end_of_a_batch_shows_and_its_results_are_fetched(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"]) as shown:
        await shown.shows("● in progress")

        def ended() -> bool:
            shown.clock.turn(minutes=1)
            return "ended" in shown.text and "results saved, " in shown.text

        await shown.until(ended)


async def test_the_cursor_stays_on_its_batch_when_rows_come_in_above(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["first", "second"]) as shown:
        await shown.shows("first", "second")
        await shown.press("G")
        await submit(shown.workspace, tmp_path, "third")
        await shown.shows("third")
        (line,) = [line for line in shown.text.splitlines() if "▌" in line]
        assert "first" in line


# ── cancel and delete ──────────────────────────────────────────────────────────────────────────────────────────────


async def _asked(shown: Stage, key: str) -> None:
    await shown.opened(key)
    assert isinstance(shown.app.screen, Confirm)


async def test_yes_cancels_at_the_api(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"]) as shown:
        await shown.shows("● in progress")
        await _asked(shown, "c")
        assert "nightly" in shown.text
        await shown.press("y")
        await shown.until(lambda: shown.simulator.world.calls_to("cancel"))
        await shown.shows("Cancel requested for nightly.")


@pytest.mark.long
@pytest.mark.parametrize("key", ["n", "escape", "enter", "q", "space", "Y"])
async def test_no_other_key_means_yes(tmp_path: Path, key: str) -> None:
    async with stage(tmp_path, running=["nightly"]) as shown:
        await shown.shows("● in progress")
        await _asked(shown, "c")
        await shown.press(key)
        await shown.pilot.pause()
        assert not shown.simulator.world.calls_to("cancel")
        (batch,) = await shown.workspace.registry.queries.select()
        assert batch.state is BatchState.IN_PROGRESS


async def test_keys_that_come_too_early_answer_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"]) as shown:
        await shown.shows("● in progress")
        await shown.press("c")
        await shown.until(lambda: isinstance(shown.app.screen, Confirm))
        await shown.press("y", "y")
        assert isinstance(shown.app.screen, Confirm)
        assert not shown.simulator.world.calls_to("cancel")


@pytest.mark.long
async def test_a_dialog_shows_what_was_marked_and_stays_as_it_was(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["one", "two", "three"]) as shown:
        await shown.shows("one", "two", "three")
        await shown.press("*")
        await shown.shows("3 marked")
        await _asked(shown, "c")
        await submit(shown.workspace, tmp_path, "four")
        await shown.pilot.pause(0.1)
        assert "Cancel 3 batches: " in shown.text
        await shown.press("y")
        await shown.until(lambda: len(shown.simulator.world.calls_to("cancel")) == 3)
        states = {batch.name: batch.state for batch in await shown.workspace.registry.queries.select()}
        assert states.pop("four") is BatchState.IN_PROGRESS


@pytest.mark.long
async def test_many_at_once_ask_for_their_number(tmp_path: Path) -> None:
    names = [f"batch-{number}" for number in range(11)]
    async with stage(tmp_path, ended=names) as shown:
        await shown.shows("batch-0")
        await shown.press("*")
        await _asked(shown, "d")
        await shown.shows("type 11")
        await shown.press("y")
        assert not shown.simulator.world.calls_to("delete"), "yes counts only with the number"
        await shown.press("1", "1", "y")
        await shown.until(lambda: len(shown.simulator.world.calls_to("delete")) == 11)


async def test_read_only_changes_nothing_and_offers_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"], read_only=True) as shown:
        await shown.shows("read-only", "● in progress")
        await shown.press("c", "d")
        assert isinstance(shown.app.screen, BatchesScreen)
        assert "cancel" not in shown.text.splitlines()[-1]


# ── keys ───────────────────────────────────────────────────────────────────────────────────────────────────────────

LEAVING = ("app.quit", "result.pager", "pair.pager")
TYPED = sorted({key for command in COMMANDS for key in command.keys if command.id not in LEAVING})


async def _go_to(shown: Stage, where: str) -> None:
    while len(shown.app.screen_stack) > 2:
        await shown.app.pop_screen()
    await shown.press("escape", "escape", "G")
    if where != "list":
        await shown.press("enter")
        await shown.shows("result 1 of 3")
    if where == "result":
        await shown.press("enter")
        await shown.until(lambda: isinstance(shown.app.screen, ResultScreen))


@pytest.mark.long
@pytest.mark.parametrize("where", ["list", "batch", "result"])
async def test_every_key_does_no_harm_anywhere(tmp_path: Path, where: str) -> None:
    """No key, pressed where it means something or nothing, ends the program or changes anything at the API."""
    async with stage(tmp_path, ended=["evaluation", "other"], running=["nightly"], size=(100, 30)) as shown:
        await shown.shows("nightly")
        await _go_to(shown, where)
        for key in TYPED:
            if key == "q" and where == "list":
                continue
            home = shown.app.screen
            await shown.press(textual_name(key))
            assert shown.app.is_running, key
            if shown.app.screen is not home or key in ("/", "f", "F"):
                await _go_to(shown, where)
        assert not shown.simulator.world.calls_to("cancel")
        assert not shown.simulator.world.calls_to("delete")


async def test_own_keys_work_and_are_shown(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"], settings='[keys]\n"batches.cancel" = "X"\n') as shown:
        await shown.shows("X cancel")
        await shown.press("c")
        assert isinstance(shown.app.screen, BatchesScreen)
        await _asked(shown, "X")


@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
async def test_quitting_is_quick_and_ends_with_0(tmp_path: Path, key: str) -> None:
    async with stage(tmp_path, running=["nightly"]) as shown:
        await shown.shows("nightly")
        await shown.pilot.press(key)
        async with asyncio.timeout(2):
            while shown.app.is_running and shown.app.return_value is None:
                await asyncio.sleep(0)
        assert shown.app.return_value == 0


@pytest.mark.long
async def test_filtering_is_live_and_esc_takes_it_back(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"], running=["nightly"]) as shown:
        await shown.shows("evaluation", "nightly")
        await shown.press("/", *"night")
        await shown.shows("1 of 2")
        assert "evaluation" not in shown.text
        await shown.press("enter", "escape")
        await shown.shows("evaluation", "nightly")


# ── hostile text, small screens ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.long
@pytest.mark.parametrize("hostile", [text for text in HOSTILE if "\ud800" not in text])
async def test_no_name_breaks_or_drives_any_screen(tmp_path: Path, hostile: str) -> None:
    async with stage(tmp_path, ended=[hostile], size=(150, 30)) as shown:
        await shown.until(lambda: "ended" in shown.text)
        seen = [shown.text]
        for keys in (("enter",), ("escape", "d"), ("n",), ("question_mark",), ("escape", "a"), ("enter",),
                     ("escape",), ("escape", "exclamation_mark"), ("escape", "y")):  # fmt: skip
            await shown.press(*keys)
            shown.clock.turn(1)
            await shown.pilot.pause(0.05)
            seen.append(shown.text)
            assert shown.app.is_running
        for text in seen:
            bad = [
                char
                for char in text
                if (ord(char) < 32 and char != "\n") or 0x7F <= ord(char) < 0xA0 or char in "\u202e\u2066"
            ]
            assert bad == []


@pytest.mark.long
@pytest.mark.parametrize("depth", [0, 1, 2])
async def test_every_size_is_painted_without_wrapping(tmp_path: Path, depth: int) -> None:
    async with stage(tmp_path, ended=["evaluation " * 9, "日本語の要約 🎉"], running=["nightly"]) as shown:
        await shown.shows("nightly")
        await shown.press("G", *["enter"] * min(depth, 1))
        if depth:
            await shown.shows("result 1 of 3")
        if depth == 2:
            await shown.press("enter")
            await shown.until(lambda: isinstance(shown.app.screen, ResultScreen))
        for width, height in SIZES:
            await shown.pilot.resize_terminal(width, height)
            await shown.pilot.pause()
            strips = shown.app.screen._compositor.render_strips()
            assert {sum(segment.cell_length for segment in strip) for strip in strips} == {width}
            assert len(strips) == height


async def test_80_by_24_shows_state_name_progress_and_what_became_of_the_requests(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"], running=["nightly"], size=(80, 24)) as shown:
        await shown.shows("STATE", "NAME", "PROGRESS", "OK", "SOME", "BAD")


async def test_a_plain_screen_is_ascii_but_for_names(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"], running=["nightly"], settings="[screen]\nascii = true\n") as shown:
        await shown.shows("* in progress", "> ")
        assert [char for char in shown.text if not char.isascii()] == []


@pytest.mark.long
async def test_a_failure_is_shown_in_a_box_and_closes_with_esc(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"]) as shown:
        await shown.shows("● in progress")
        shown.simulator.stop()
        await _asked(shown, "c")
        await shown.press("y")
        await shown.until(lambda: type(shown.app.screen).__name__ == "ErrorBox" or "rror" in shown.text)
        await shown.press("escape")
        assert shown.app.is_running


async def _replace_registry(shown: Stage) -> None:
    path = shown.app.workspace.registry.path
    other = Registry(path.with_name("other.db"), path.parent, path.parent, clock=SystemClock(), holder="other")
    await other.open()
    await other.jobs.plan(job("job_other"), [part(1)])
    await other.close()
    other.path.replace(path)
    assert shown.app.workspace.registry.is_replaced


async def test_a_download_ends_before_the_registry_that_was_replaced_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, was_replaced = asyncio.Event(), list[bool]()

    async def endless(workspace: Workspace, _batch: Batch, **_options: object) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            was_replaced.append(workspace.registry.is_replaced)

    monkeypatch.setattr(collecting, "collect", endless)
    async with stage(tmp_path, ended=["evaluation"], saves=False) as shown:
        await shown.until(began.is_set)
        await _replace_registry(shown)
        await shown.press("r")
        await shown.shows("Opened the registry that is there now: 1 batch", "planned")
        assert was_replaced == [True]
        assert [worker.group for worker in shown.app.workers if worker.is_running].count("poller") == 1


async def test_r_opens_the_registry_that_lies_in_the_place_of_one_that_was_replaced(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["evaluation"]) as shown:
        await shown.shows("evaluation")
        await _replace_registry(shown)
        await shown.press("r")
        await shown.shows("Opened the registry that is there now: 1 batch", "planned")
        assert "evaluation" not in shown.text
