"""Composing from inside the dashboard, over a real registry, real files and the simulator."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input

from batchtui.domain.errors import BatchtuiError
from batchtui.services.compose import draft as drafts
from batchtui.services.compose.draft import Draft
from batchtui.text.safe import sanitize
from batchtui.tui.dialogs.message_box import ErrorBox
from batchtui.tui.dialogs.name_picker import NamePicker
from batchtui.tui.dialogs.text_prompt import TextPrompt
from batchtui.tui.screens.compose import draft_session as draft_desk
from batchtui.tui.screens.compose import edit_flows as rewriting
from batchtui.tui.screens.compose.screen import ComposeScreen
from batchtui.tui.screens.compose.trial_screen import TrialScreen
from tests.tui.furnished import DRIVING
from tests.tui.sample_batches import HOSTILE
from tests.tui.stage import Stage, stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

TABLE = 'ticket,text,channel\n7,"The export\nstops",web\n8,Billed twice,mail\n8,Thanks,mail\n'
PROMPT = "By {{ channel }}: {{ text }}"
LEAD = "These are the rules of the house, the same for every ticket. " * 400


def table(folder: Path, text: str = TABLE, name: str = "tickets.csv") -> str:
    """A table on the disk; returns its path."""
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return str(path)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are looked at without waiting for a pause in the typing."""
    monkeypatch.setattr(draft_desk, "QUIET", 0.0)


@asynccontextmanager
async def composing(
    folder: Path, draft: Draft | None = None, size: tuple[int, int] = (160, 48), **options: Any
) -> AsyncIterator[tuple[Stage, ComposeScreen]]:
    """A dashboard in front of which a draft lies open, with all its rows looked at."""
    async with stage(folder, size=size, **options) as made:
        given = draft or Draft(data=table(folder), prompt=PROMPT, model="cheap", max_tokens=100, id="ticket")
        await drafts.keep(made.workspace, given)
        await made.press("N")
        await made.until(lambda: isinstance(made.app.screen, ComposeScreen))
        screen = made.app.screen
        assert isinstance(screen, ComposeScreen)
        await on_checked(made, screen)
        yield made, screen


async def on_checked(made: Stage, screen: ComposeScreen) -> None:
    """Wait until the draft as it is now was opened, and all its rows were looked at where it can be sent."""
    await made.until(lambda: screen.desk.opened.draft is screen.desk.draft)
    await made.until(lambda: screen.desk.opened.composition is None or screen.desk.composed is not None)


def asked(screen: ComposeScreen) -> dict[str, Any]:
    """The params of the request that is shown."""
    assert screen.outcome.shown is not None
    params: dict[str, Any] = json.loads(screen.outcome.shown.request)["params"]
    return params


@pytest.mark.long
async def test_three_keys_lead_a_newcomer_to_a_first_batch(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(160, 48)) as made:
        await made.shows("No batches yet", "makes requests from a table")
        await made.press("N")
        await made.shows("T-1001", "The export stops", "12 requests of 12 rows")
        await made.opened("ctrl+s")
        await made.shows("Submit 12 requests", "example-tickets")
        await made.press("y")
        await made.shows("Submitted ")
        assert [len(batch) for batch in made.simulator.world.batches] == [12]


@pytest.mark.long
async def test_the_request_follows_what_is_typed(tmp_path: Path) -> None:
    async with composing(tmp_path) as (made, screen):
        await made.shows("By web: The export", "3 requests of 3 rows")
        await made.press("j", "j", "enter", *" Ever?")
        await made.shows("stops Ever?")
        await made.press("escape", "n")
        await made.shows("By mail: Billed twice Ever?", "row 2 of 3")
        assert screen.desk.draft.prompt == f"{PROMPT} Ever?"


@pytest.mark.long
async def test_half_typed_input_is_reported_and_the_last_request_stays(tmp_path: Path) -> None:
    async with composing(tmp_path) as (made, screen):
        await made.press("j", "j", "enter", *" {{ te")
        await made.shows("Prompt, line 1", "By web: The export")
        await made.press("escape")
        assert not screen.is_available("compose.submit")
        await made.press("ctrl+s")
        await made.until(lambda: isinstance(made.app.screen, ErrorBox))
        await made.shows("Not ready yet")
        assert made.simulator.world.batches == []


async def test_a_misspelt_column_is_named_with_a_guess(tmp_path: Path) -> None:
    draft = Draft(data=table(tmp_path), prompt="By {{ chanel }}", model="cheap")
    async with stage(tmp_path, size=(160, 48)) as made:
        await drafts.keep(made.workspace, draft)
        await made.press("N")
        await made.shows('there is no "chanel"; did you mean "channel"?', "A column is missing")


@pytest.mark.long
async def test_rows_with_problems_are_gone_to_and_listed_alone(tmp_path: Path) -> None:
    rows = "".join(f"{n},{'x' if n % 40 else ''},web\n" for n in range(1, 301))
    data = table(tmp_path, "ticket,text,channel\n" + rows.replace("120,,web", '120,"a,web'))
    draft = Draft(data=data, prompt="{{ text }}{% if not text %}{{ row.nothing.there }}{% endif %}", model="cheap")
    async with composing(tmp_path, draft) as (made, screen):
        assert screen.desk.composed is not None
        wrong = list(screen.desk.composed.troubled)
        assert wrong[:2] == [40, 80]
        await made.press("]")
        await made.until(lambda: screen.outcome.table.key == 40)
        await made.press("]")
        await made.until(lambda: screen.outcome.table.key == 80)
        await made.press("[")
        await made.until(lambda: screen.outcome.table.key == 40)
        await made.press("f")
        assert list(screen.outcome.table.order) == wrong
        await made.shows("rows with a problem", "nothing")


@pytest.mark.long
async def test_one_key_caches_what_all_share_and_its_gain_is_said(tmp_path: Path) -> None:
    draft = Draft(data=table(tmp_path), prompt="{{ text }}", system=LEAD, model="capable", id="ticket")
    async with composing(tmp_path, draft) as (made, screen):
        await made.shows("about 6,100 tokens in common, up to system", "saves $")
        assert isinstance(asked(screen)["system"], str)
        await made.press("c")
        await made.until(lambda: screen.desk.draft.cache)
        await on_checked(made, screen)
        assert asked(screen)["system"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}

        await made.press("P")
        await on_checked(made, screen)
        await made.opened("ctrl+s")
        await made.shows("One request goes first")
        await made.press("y")
        await made.until(lambda: [len(batch) for batch in made.simulator.world.batches] == [1])


@pytest.mark.long
async def test_names_of_fields_become_a_schema_or_a_tool(tmp_path: Path) -> None:
    async with composing(tmp_path) as (made, screen):
        await made.press("j", "j", "j", "j", "j", "j", "j", "enter", *"label:bug|wish", "enter", *"why?")
        await on_checked(made, screen)
        form = asked(screen)["output_config"]["format"]["schema"]
        assert form["properties"]["label"]["enum"] == ["bug", "wish"]
        assert form["required"] == ["label"]
        await made.press("escape", "o")
        await on_checked(made, screen)
        assert asked(screen)["tools"][0]["input_schema"] == form
        assert "output_config" not in asked(screen)


@pytest.mark.long
async def test_a_row_is_tried_now_once_its_cost_was_said(tmp_path: Path) -> None:
    async with composing(tmp_path) as (made, _):
        await made.opened("t")
        await made.shows("Send 7 now?", "estimated cost", "no discount")
        await made.press("y")
        await made.until(lambda: isinstance(made.app.screen, TrialScreen))
        await made.shows("tokens 9 in, 100 out", "By web: The export", "tried now")
        await made.press("escape")
        assert isinstance(made.app.screen, ComposeScreen)


@pytest.mark.long
async def test_the_api_counts_where_it_is_asked(tmp_path: Path) -> None:
    async with composing(tmp_path) as (made, _):
        await made.shows("estimated from their size")
        await made.press("#")
        await made.shows("from the API's count of 3 of 3 requests")


@pytest.mark.long
async def test_requests_are_written_and_the_template_is_saved_in_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with composing(tmp_path) as (made, screen):
        await made.press("x")
        await made.until(lambda: isinstance(made.app.screen, TextPrompt))
        await made.press("enter")
        await made.shows("3 requests written to tickets.jsonl")
        lines = [json.loads(text) for text in (tmp_path / "tickets.jsonl").read_text().splitlines()]
        assert [line["custom_id"] for line in lines] == ["7", "8", "8-row3"]

        for version in (1, 2):
            await made.press("w")
            await made.until(lambda: isinstance(made.app.screen, TextPrompt))
            await made.press(*"sorting", "enter")
            await made.shows(f"Saved sorting, version {version}")
        assert screen.desk.draft.name == "sorting"
        assert PROMPT in (made.workspace.paths.templates / "sorting.md").read_text()


@pytest.mark.long
@pytest.mark.parametrize("name", ["~nobody-of-this-name/x", "x" * 300, "."])
async def test_requests_go_to_no_file_that_cannot_be(tmp_path: Path, name: str) -> None:
    async with composing(tmp_path) as (made, _):
        await made.press("x")
        await made.until(lambda: isinstance(made.app.screen, TextPrompt))
        made.app.screen.query_one(Input).value = name
        await made.press("enter")
        await made.until(lambda: isinstance(made.app.screen, ErrorBox))


@pytest.mark.long
async def test_parts_are_chosen_from_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table(tmp_path, "number,words\n1,Hello\n", "other.csv")
    monkeypatch.chdir(tmp_path)
    async with composing(tmp_path) as (made, screen):
        await made.press("j", "enter")
        await made.until(lambda: isinstance(made.app.screen, NamePicker))
        await made.shows("classify_bulk")
        await made.press(*"classify_b", "enter")
        await made.until(lambda: screen.desk.draft.name == "classify_bulk")
        await made.press("k", "enter", *"oth", "tab", "enter")
        await made.until(lambda: screen.desk.opened.columns == ("number", "words"))
        await made.press("j", "j", "j", "j", "enter")
        await made.until(lambda: isinstance(made.app.screen, NamePicker))
        await made.shows("claude-opus-5-5", "writes 128,000")
        await made.press(*"opus-5-5", "enter")
        await made.until(lambda: screen.desk.draft.model == "claude-opus-5-5")
        await made.press("j", "j", "enter")
        await made.until(lambda: isinstance(made.app.screen, NamePicker))
        await made.press(*"numb", "enter")
        await made.until(lambda: screen.desk.draft.id == "number")


@pytest.mark.long
async def test_wrong_rows_stop_everything_unless_they_are_left_out(tmp_path: Path) -> None:
    data = table(tmp_path, TABLE + "9,too,many,cells\n")
    draft = Draft(data=data, prompt=PROMPT, model="cheap", id="ticket")
    async with composing(tmp_path, draft) as (made, screen):
        await made.press("ctrl+s")
        await made.until(lambda: isinstance(made.app.screen, ErrorBox))
        await made.shows("Nothing was written")
        await made.press("escape", "G", "enter")
        await made.until(lambda: screen.desk.draft.skip_wrong)
        await on_checked(made, screen)
        await made.opened("ctrl+s")
        await made.shows("Submit 3 requests")


@pytest.mark.long
async def test_a_read_only_dashboard_sends_nothing_from_here(tmp_path: Path) -> None:
    async with composing(tmp_path, read_only=True) as (made, _):
        await made.press("ctrl+s")
        await made.shows("Read-only")
        await made.press("t")
        assert made.simulator.world.batches == []


@pytest.mark.long
async def test_hostile_tables_and_templates_never_drive_the_terminal(tmp_path: Path) -> None:
    bad = [text for text in (DRIVING, *HOSTILE) if "\ud800" not in text and "\0" not in text and '"' not in text]
    cells = "".join(f'"{text}","[bold]{text}[/]"\n' for text in bad)
    data = table(tmp_path, '"id\x1b[2J","text[red]"\n' + cells)
    draft = Draft(data=data, prompt=f"{DRIVING} {{{{ text_red }}}} {''.join(bad)}", system=DRIVING, model="cheap")
    async with composing(tmp_path, draft) as (made, _):
        for size in ((160, 48), (80, 24)):
            await made.pilot.resize_terminal(*size)
            for keys in ("j j", "enter", "escape tab", "m m", "m tab j", "f f", "tab"):
                await made.press(*keys.split())
                assert [line for line in made.text.split("\n") if line != sanitize(line)] == []


@pytest.mark.long
async def test_columns_are_listed_and_completed_while_one_writes(tmp_path: Path) -> None:
    async with composing(tmp_path) as (made, screen):
        await made.shows("{{ ticket }} {{ text }} {{ channel }}")
        await made.press("j", "j", "enter", *" {{ ch", "right")
        await made.until(lambda: screen.desk.draft.prompt == f"{PROMPT} {{{{ channel }}}}")


@pytest.mark.long
async def test_a_table_is_read_as_a_person_says_and_anew_when_it_changes(tmp_path: Path) -> None:
    async with composing(tmp_path) as (made, screen):
        await made.press("u")
        await made.until(lambda: isinstance(made.app.screen, TextPrompt))
        await made.press(*"no-header", "enter")
        await made.until(lambda: screen.desk.opened.columns == ("column_1", "column_2", "column_3"))
        await made.shows("header: none")
        table(tmp_path, "a;b\n1;2\n")
        made.app.tick()
        await made.until(lambda: screen.desk.opened.columns == ("column_1", "column_2"))


def test_a_template_that_was_spoilt_in_the_editor_is_kept_to_be_mended() -> None:
    draft = Draft(prompt=PROMPT, system="Sort.", model="cheap")
    text = rewriting.template_of_draft(draft)
    spoilt = rewriting.from_whole(draft, text.replace("model =", "modle ="))
    with pytest.raises(BatchtuiError, match='did you mean "model"'):
        drafts.template_of(spoilt)
    mended = rewriting.from_whole(spoilt, rewriting.template_of_draft(spoilt).replace("modle =", "model ="))
    assert (mended.prompt, mended.system, mended.model) == (PROMPT, "Sort.", "cheap")


@pytest.mark.long
async def test_a_folder_of_pictures_is_one_request_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))
    (folder / "empty.txt").write_text("")
    draft = Draft(data=str(folder), prompt="What is on {{ name }}?", model="cheap", max_tokens=50)
    async with composing(tmp_path, draft) as (made, screen):
        await made.shows("3 requests of 4 rows", "the file is empty", "image/png")
        assert screen.desk.composed is not None
        assert list(screen.desk.composed.troubled) == [4]


@pytest.mark.long
async def test_a_small_screen_shows_one_side_at_a_time(tmp_path: Path) -> None:
    async with composing(tmp_path, size=(80, 24)) as (made, _):
        await made.shows("max_tokens  [ 100", "3 requests of 3 rows")
        assert "By web: The export" not in made.text
        await made.press("tab")
        await made.shows("By web: The export", "CUSTOM_ID")
        assert "max_tokens  100" not in made.text
        await made.press("tab", "tab", "j", "j", "enter", *"!")
        await made.shows("{{ text }}!", "By web: The export")  # what is written, and what becomes of it


@pytest.mark.long
async def test_the_request_stays_where_it_is_read_while_one_types(tmp_path: Path) -> None:
    long = "\n".join(f"Rule {number}" for number in range(200))
    async with composing(
        tmp_path, Draft(data=table(tmp_path), prompt=f"{long}\n{{{{ text }}}}", model="cheap")
    ) as both:
        made, _ = both
        await made.press("tab", "G")
        await made.shows("Rule 199", "The export")
        await made.press("tab", "tab", "j", "j", "enter", *" Now?")
        await made.shows("stops Now?")


@pytest.mark.long
async def test_a_new_draft_is_empty_and_says_what_to_do(tmp_path: Path) -> None:
    async with composing(tmp_path) as (made, screen):
        await made.opened("D")
        await made.press("y")
        await made.until(lambda: screen.desk.draft == Draft())
        await made.shows("choose a table, or a", "the question for each row")


@pytest.mark.long
async def test_a_query_over_files_is_a_table_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with composing(tmp_path) as (made, screen):
        await made.press("Q")
        await made.until(lambda: isinstance(made.app.screen, TextPrompt))
        await made.press(*"from 'tickets.csv' limit 1", "enter")
        await on_checked(made, screen)
        await made.shows("DuckDB", "1 request of 1 row")


@pytest.mark.long
async def test_the_draft_is_there_again_the_next_time(tmp_path: Path) -> None:
    async with composing(tmp_path) as (made, screen):
        await made.press("j", "j", "enter", *" More")
        await on_checked(made, screen)
        assert await drafts.kept(made.workspace) == screen.desk.draft
        await made.press("escape", "escape")
        await made.shows("No batches yet")
        await made.press("N")
        await made.shows("By web: The export", "More")
