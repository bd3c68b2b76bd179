"""Drafts: what is said in parts becomes a template and back, half typed texts are said, tables are taken over."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.errors import BatchtuiError
from batchtui.services.compose import draft as drafts
from batchtui.services.compose.draft import Draft, options_of, table_options_of, template_of, with_template
from batchtui.services.compose.draft_preview import find_problem, open_draft, show_row, show_rows
from batchtui.services.compose.example import example_draft, without_example
from batchtui.templates import parse_template

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.services.workspace import Workspace

WHOLE = """+++
model = "premium"
max_tokens = 300
id = "ticket"
cache = true
system = "You sort."
params = '{"temperature": 0}'
schema = '{"type": "object", "properties": {"a": {"type": "string"}}}'
prefill = "{"
[[turns]]
role = "user"
text = "Hello {{ who }}"
[[turns]]
role = "assistant"
text = "Hello."
+++
Sort {{ text }}.
"""


def test_a_template_goes_into_a_draft_and_comes_out_the_same() -> None:
    template = parse_template("sorting", WHOLE)
    draft = with_template(Draft(data="t.csv"), template)
    made = template_of(draft)
    assert made is not None
    assert (draft.prompt, draft.system, draft.model, draft.id, draft.data) == (
        "Sort {{ text }}.", "You sort.", "premium", "ticket", "t.csv",
    )  # fmt: skip
    assert [(turn.role, turn.text.source.strip()) for turn in made.turns] == [
        (turn.role, turn.text.source.strip()) for turn in template.turns
    ]
    assert (made.schema, made.params, made.cache, made.max_tokens) == (
        template.schema, template.params, template.cache, template.max_tokens,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "as_tool", "where"),
    [
        ("label:bug|wish\nwhy?", False, "schema"),
        ("label:bug|wish\nwhy?", True, "tools"),
        ('{"type": "object", "properties": {"label": {"type": "string"}}}', False, "schema"),
        ('{"name": "sort", "input_schema": {"type": "object", "properties": {"label": {}}}}', False, "tools"),
    ],
)
def test_the_form_of_answers_is_a_schema_or_a_tool(answers: str, as_tool: bool, where: str) -> None:
    template = template_of(Draft(prompt="x", answers=answers, as_tool=as_tool))
    assert template is not None
    form = template.schema if where == "schema" else template.tools[-1]["input_schema"]
    assert form is not None
    assert "label" in form["properties"]
    assert (template.schema is None) == (where == "tools")


def test_the_form_of_answers_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "form.json"
    file.write_text(json.dumps({"type": "object", "properties": {"label": {"type": "string"}}}))
    template = template_of(Draft(prompt="x", answers=str(file)))
    assert template is not None
    assert template.schema == json.loads(file.read_text())


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"prompt": "Hello {{ "}, "Prompt, line 1"),
        ({"prompt": "x", "system": "{% if %}"}, "System, line 1"),
        ({"prompt": "x", "answers": '{"type": '}, "not valid JSON yet"),
        ({"prompt": "x", "answers": "label:flower"}, 'unknown type "flower"'),
    ],
)
def test_half_typed_drafts_are_explained_in_words(said: dict[str, Any], words: str) -> None:
    with pytest.raises(BatchtuiError) as caught:
        template_of(Draft(**said))
    assert words in caught.value.message


def test_a_select_is_distinguished_from_a_file() -> None:
    assert options_of(Draft(data="select 1", prompt="x")).sql == "select 1"
    assert options_of(Draft(data="selected.csv", prompt="x")).data == "selected.csv"


async def test_a_draft_is_kept_and_what_does_not_fit_any_more_is_passed_over(workspace: Workspace) -> None:
    assert await drafts.kept(workspace) is None
    draft = Draft(data="t.csv", prompt="Hello \x1b {{ a }}", max_tokens=5, cache=True)
    await drafts.keep(workspace, draft)
    assert await drafts.kept(workspace) == draft
    facts = workspace.registry.values
    await facts.put(drafts.REMEMBERED, {"prompt": 7, "cache": "yes", "max_tokens": -1, "system": "S", "new": 1})
    assert await drafts.kept(workspace) == Draft(system="S")


async def test_a_table_is_taken_over_until_it_is_another_one(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("id,text\n1,one\n2,two\n")
    first = await open_draft(workspace, Draft(data=str(file), prompt="{{ text }}"))
    second = await open_draft(workspace, Draft(data=str(file), prompt="{{ text }}!"), first)
    assert second.rows is first.rows
    shown = await show_row(second, 2)
    assert shown is not None
    assert json.loads(shown.request)["params"]["messages"][0]["content"] == "two!"
    file.write_text("id,text\n1,one\n2,two\n3,three\n")
    third = await open_draft(workspace, second.draft, second)
    assert third.rows is not second.rows
    assert len(await show_rows(third, range(1, 10))) == 3


async def test_a_table_is_there_while_its_template_is_half_typed(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("id,text\n1,one\n")
    opened = await open_draft(workspace, Draft(data=str(file), prompt="{{ "))
    assert opened.composition is None
    assert opened.columns == ("id", "text")
    assert "Prompt, line 1" in opened.complaints[0]
    missing = await open_draft(workspace, Draft(data=str(file), prompt="{{ text }}", id="nmuber"))
    assert 'no column "nmuber"' in missing.complaints[0]
    nowhere = await open_draft(workspace, Draft(data=str(tmp_path / "none.csv"), prompt="x"))
    assert nowhere.rows is None
    assert "none.csv" in nowhere.complaints[0]


async def test_a_template_that_fits_no_row_is_one_complaint(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("id,text\n1,one\n2,two\n")
    opened = await open_draft(workspace, Draft(data=str(file), prompt="{{ txet }}"))
    assert (opened.composition, len(opened.complaints)) == (None, 1)
    assert 'did you mean "text"' in opened.complaints[0]
    assert [row.rendered for row in await show_rows(opened, range(1, 3))] == [None, None]


async def test_the_first_row_is_row_one(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("text,other\none,1\n\ntwo,2\n")
    opened = await open_draft(workspace, Draft(data=str(file), prompt="Say {{ text }}"))
    shown = await show_rows(opened, range(1, 4))
    assert [row.rendered and row.rendered.custom_id for row in shown] == ["row-1", "row-2"]


async def test_a_table_of_ones_own_replaces_the_example_whole(tmp_path: Path) -> None:
    own = replace(without_example(example_draft(tmp_path)), data="tickets.csv")
    assert own == Draft(data="tickets.csv")
    written = replace(example_draft(tmp_path), prompt="My own {{ question }}", model="premium")
    assert without_example(written) == replace(Draft(data=written.data), prompt=written.prompt, model="premium")
    assert without_example(own) is own


async def test_words_set_the_encoding_delimiter_and_header_of_a_table() -> None:
    options = table_options_of("cp1252 ; no-header skip=3 comment=# sheet=Tickets")
    assert (options.encoding, options.delimiter, options.header) == ("cp1252", ";", False)
    assert (options.skip, options.comment, options.sheet) == (3, "#", "Tickets")


async def test_the_next_problem_is_found_both_ways(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("id,text\n" + "".join(f"{n},{'' if n in (3, 7) else 'x'}\n" for n in range(1, 10)))
    draft = Draft(data=str(file), prompt="{% if not text %}{{ row.none.at_all }}{% endif %}{{ text }}")
    opened = await open_draft(workspace, draft)
    assert [await find_problem(opened, here, 1, 100) for here in (1, 3, 7)] == [3, 7, None]
    assert [await find_problem(opened, here, -1, 100) for here in (9, 7, 3)] == [7, 3, None]


async def test_the_example_can_be_sent_as_it_is(workspace: Workspace, tmp_path: Path) -> None:
    opened = await open_draft(workspace, example_draft(tmp_path))
    assert opened.complaints == ()
    shown = await show_rows(opened, range(1, 20))
    assert len(shown) == 12
    assert all(row.rendered and row.rendered.problems == () for row in shown)


async def test_tasks_need_no_prompt_and_still_take_a_model(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "tasks.json"
    task = {"task_id": "a", "task_type": "analyze_logs", "input_data": "x", "model_tier": "cheap"}
    file.write_text(json.dumps([task]))
    opened = await open_draft(workspace, Draft(data=str(file), model="premium", max_tokens=77))
    shown = await show_row(opened, 1)
    assert shown is not None
    params = json.loads(shown.request)["params"]
    assert (params["model"], params["max_tokens"]) == ("claude-opus-5-5", 77)
    odd = await open_draft(workspace, Draft(data=str(file), answers="kind"))
    assert "need a prompt" in odd.complaints[0]


@pytest.mark.parametrize("changes", [{"data": "~nobody-of-this-name/x.csv"}, {"answers": "~nobody-of-this-name.json"}])
async def test_the_home_of_nobody_is_a_problem_in_words(workspace: Workspace, changes: dict[str, Any]) -> None:
    opened = await open_draft(workspace, replace(example_draft(workspace.paths.cache), **changes))
    assert opened.composition is None
    assert "nobody-of-this-name" in "".join(opened.complaints)
