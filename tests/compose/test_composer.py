"""A row and a template become a request: its shape, its model, its mark for the cache, and what does not fit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.compose.answer_schema import read_schema, schema_of_fields
from batchtui.domain.errors import InputError, UsageError
from batchtui.intake.checker import Checker
from batchtui.templates.request_builder import CACHED
from tests.compose.builders import composed, composer, request, table
from tests.intake.builders import options

if TYPE_CHECKING:
    from pathlib import Path

CSV = "id,text\na,x\nb,y\n"
LONG = "All of this is the same for every ticket. " * 40


def first(folder: Path, template: str, content: str = CSV, **choices: Any) -> dict[str, Any]:
    """The params of the first row, which nothing is wrong with."""
    made, problems = composed(table(folder, content), template, **choices)
    assert problems == []
    params: dict[str, Any] = made[0]["params"]
    return params


def test_a_template_says_everything_but_the_data(tmp_path: Path) -> None:
    template = (
        '+++\nmodel = "cheap"\nmax_tokens = 9\nid = "id"\nsystem = "Be {{ text }}."\n[params]\n'
        'stop_sequences = ["END"]\n'
        '[schema]\ntype = "object"\nadditionalProperties = false\n'
        '[[tools]]\nname = "look"\ninput_schema = {type = "object"}\n+++\nGo {{ text }}\n'
    )
    made, problems = composed(table(tmp_path, CSV), template, tiers={"cheap": "claude-haiku-4-5"})
    assert problems == []
    assert made[0] == request(
        "a",
        "Go x",
        model="claude-haiku-4-5",
        max_tokens=9,
        tools=[{"name": "look", "input_schema": {"type": "object"}}],
        stop_sequences=["END"],
        output_config={"format": {"type": "json_schema", "schema": {"type": "object", "additionalProperties": False}}},
        system="Be x.",
    )


def test_several_turns_come_before_the_prompt(tmp_path: Path) -> None:
    turns = '[[turns]]\nrole = "user"\ntext = "Is {{ id }} ok?"\n[[turns]]\nrole = "assistant"\ntext = "Yes."\n'
    params = first(tmp_path, f"+++\n{turns}+++\nAnd {{{{ text }}}}?")
    assert params["messages"] == [
        {"role": "user", "content": "Is a ok?"},
        {"role": "assistant", "content": "Yes."},
        {"role": "user", "content": "And x?"},
    ]


def test_a_prefill_is_refused_where_the_model_refuses_it(tmp_path: Path) -> None:
    template = '+++\nprefill = "{"\n+++\n{{ text }}'
    params = first(tmp_path, template, model="claude-haiku-4-5")
    assert params["messages"][-1] == {"role": "assistant", "content": "{"}
    made, [problem] = composed(table(tmp_path, CSV), template, model="claude-sonnet-5-5")
    assert (made, problem.code, problem.count) == ([], "prefill-refused", 2)


@pytest.mark.parametrize(
    ("choices", "head", "model"),
    [
        ({}, "", "claude-sonnet-5-5"), ({"model": "premium"}, "", "claude-opus-5-5"),
        ({}, 'model = "claude-haiku-4-5"', "claude-haiku-4-5"),
        ({"model": "cheap"}, 'model = "premium"', "claude-haiku-5-5"),
    ],
)  # fmt: skip
def test_the_model_of_the_options_goes_first(choices: dict[str, Any], head: str, model: str, tmp_path: Path) -> None:
    assert first(tmp_path, f"+++\n{head}\n+++\n{{{{ text }}}}", **choices)["model"] == model


def test_a_misspelt_column_is_one_error_with_a_guess(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        composed(table(tmp_path, "Ticket Id,Titel\n1,x\n"), "\n{{ title }}")
    assert "line 2" in raised.value.message
    assert "Titel" in raised.value.hint
    assert 'did you mean "Titel"' in raised.value.message
    with pytest.raises(InputError, match='did you mean "Ticket Id"'):
        composed(table(tmp_path, "Ticket Id,Titel\n1,x\n"), "{{ Titel }}", id="ticket_i")


def test_a_column_that_may_be_missing_is_no_error(tmp_path: Path) -> None:
    assert first(tmp_path, "{{ text }}{{ note | default('') }}{% if more is defined %}!{% endif %}")["messages"] == [
        {"role": "user", "content": "x"}
    ]


def test_columns_whose_names_are_none_in_a_template_are_reached(tmp_path: Path) -> None:
    content = "Ticket ID,2nd line,ok\nT 1,b,c\n"
    params = first(tmp_path, '{{ Ticket_ID }} {{ _2nd_line }} {{ row["2nd line"] }}', content, id="Ticket ID")
    assert params["messages"][0]["content"] == "T 1 b b"


def test_data_is_never_taken_for_a_template(tmp_path: Path) -> None:
    content = "id,text\na,{{ id.__class__ }} {% for %} <b>&\n"
    assert first(tmp_path, "{{ text }}", content)["messages"][0]["content"] == "{{ id.__class__ }} {% for %} <b>&"


def test_ids_that_were_changed_are_told_with_their_originals(tmp_path: Path) -> None:
    told: list[tuple[str, str, int]] = []
    from batchtui.compose import Composer, ComposerOptions
    from batchtui.templates import parse_template
    from tests.intake.builders import options

    source = table(tmp_path, "id,text\na@b,x\nok,y\na@b,z\n,w\n")
    made = Composer(
        source,
        parse_template("t", "{{ text }}"),
        ComposerOptions(check=options(), id="id"),
        lambda *each: told.append(each),
    )
    ids = [each.custom_id for block in made.blocks() for each in block]
    assert ids == ["a_b", "ok", "a_b-row3", "row-4"]
    assert told == [("a_b", "a@b", 2), ("a_b-row3", "a@b", 4)]
    assert (made.ids.changed, made.ids.repeated, made.ids.made) == (2, 1, 1)


@pytest.mark.parametrize(
    ("template", "ends_in", "place"),
    [
        (f"+++\nsystem = '''{LONG}'''\n+++\n{{{{ text }}}}", "system", ("system", 0)),
        (f"{LONG}\n{{{{ text }}}}", "the beginning of prompt", ("messages", 0)),
        (f'+++\nsystem = "{{{{ text }}}}"\n+++\n{LONG}', "", None),
        (f"+++\nsystem = '''{LONG}'''\n+++\nIn short: {{{{ text }}}}", "the beginning of prompt", ("system", 0)),
    ],
)
def test_the_shared_prefix_is_found_and_marked(
    template: str, ends_in: str, place: tuple[str, int] | None, tmp_path: Path
) -> None:
    plain = composer(table(tmp_path, CSV), template)
    assert plain.fitting.prefix is not None
    assert (plain.fitting.prefix.ends_in, plain.fitting.prefix.is_marked) == (ends_in, False)
    marked, problems = composed(table(tmp_path, CSV), template, cache=True)
    assert problems == []
    params = marked[0]["params"]
    blocks = params["system"] if place and place[0] == "system" else params["messages"][0]["content"]
    if place is None:
        assert "cache_control" not in json.dumps(params)
        return
    assert blocks[0] == {"type": "text", "text": LONG.strip(), "cache_control": CACHED}
    assert json.dumps(params).count("cache_control") == 1
    assert plain.fitting.prefix.bytes >= len(LONG.strip())


def test_without_a_system_the_last_tool_carries_the_mark(tmp_path: Path) -> None:
    tool = '{{name = "{}", input_schema = {{type = "object"}}}}'
    tools = f"tools = [{tool.format('a')}, {tool.format('b')}]"
    params = first(tmp_path, f"+++\ncache = true\n{tools}\n+++\n{{{{ text }}}}")
    assert [tool.get("cache_control") for tool in params["tools"]] == [None, CACHED]


def test_a_row_is_the_input_data_where_the_table_has_no_such_column(tmp_path: Path) -> None:
    [message] = first(tmp_path, "Sort {{ input_data }}")["messages"]
    assert message["content"] == 'Sort {\n  "id": "a",\n  "text": "x"\n}'
    [message] = first(tmp_path, "Sort {{ input_data }}", content="id,input data\na,x\n")["messages"]
    assert message["content"] == "Sort x"


def test_tasks_go_by_their_own_templates_and_tiers(tmp_path: Path) -> None:
    tasks = [
        {"task_id": "t.1", "task_type": "classify_bulk", "input_data": ["a"], "model_tier": "cheap"},
        {"task_id": "t2", "task_type": "unheard_of", "input_data": "raw"},
        {"task_id": "t3", "task_type": "classify_bulk", "input_data": "x", "model_tier": "golden"},
    ]
    source = table(tmp_path, json.dumps(tasks), "tasks.json")
    made, [problem] = composed(source, None)
    assert (source.kind, problem.code, problem.line) == ("tasks", "task-tier", 3)
    assert [(each["custom_id"], each["params"]["model"]) for each in made] == [
        ("t_1", "claude-haiku-5-5"), ("t2", "claude-sonnet-5-5"),
    ]  # fmt: skip
    assert made[1] == request("t2", "raw")
    assert "Classify each item" in made[0]["params"]["messages"][0]["content"]


def test_a_chosen_template_goes_before_the_tasks_own(tmp_path: Path) -> None:
    tasks = [{"task_id": "a", "task_type": "classify_bulk", "input_data": {"k": 1}, "model_tier": "premium"}]
    made, _ = composed(table(tmp_path, json.dumps(tasks), "t.json"), "{{ k }} {{ task_type }}", max_tokens=7)
    assert made == [request("a", "1 classify_bulk", model="claude-opus-5-5", max_tokens=7)]


def test_a_model_that_is_named_goes_before_a_tier_that_nobody_knows(tmp_path: Path) -> None:
    tasks = [{"task_id": "a", "task_type": "x", "input_data": "raw", "model_tier": "golden"}]
    made, problems = composed(table(tmp_path, json.dumps(tasks), "t.json"), None, model="premium")
    assert (made, problems) == ([request("a", "raw", model="claude-opus-5-5")], [])


def test_a_limit_takes_the_first_rows(tmp_path: Path) -> None:
    source = table(tmp_path, "text\n" + "x\n" * 2000)
    made = composer(source, limit=700)
    assert (sum(len(block) for block in made.blocks()), made.rows) == (700, 700)


def test_a_row_can_be_looked_at_alone(tmp_path: Path) -> None:
    source = table(tmp_path, 'id,text\na.b,x\nc,""\n')
    made = composer(source, "{{ text }}", id="id")
    rows = [row for block in source.rows() for row in block]
    good, wrong = made.render(rows[0], 1), made.render(rows[1], 2)
    assert (good.custom_id, good.line, good.params["messages"][0]["content"], good.problems) == ("a_b", 2, "x", ())
    assert (wrong.line, wrong.problems[0].code) == (3, "empty-text")
    assert (made.rows, made.report().requests) == (0, 0)


def test_a_schema_is_built_of_fields() -> None:
    assert schema_of_fields(["why", "score:number", "tags:string[]", "label:bug | wish", "note?:text"]) == {
        "type": "object",
        "properties": {
            "why": {"type": "string"},
            "score": {"type": "number"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "label": {"type": "string", "enum": ["bug", "wish"]},
            "note": {"type": "string"},
        },
        "required": ["why", "score", "tags", "label"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize("fields", [["a b"], ["a:blob"], ["a", "a:int"], [""]])
def test_an_invalid_answer_field_is_named(fields: list[str]) -> None:
    with pytest.raises(UsageError):
        schema_of_fields(fields)


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"type": "strnig"}', '{"name": "t", "input_schema": {"type": 3}}', "[" * 9999]
)
def test_an_invalid_schema_is_named(content: str, tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text(content)
    with pytest.raises(InputError):
        read_schema(path)


def test_a_tool_is_distinguished_from_a_schema(tmp_path: Path) -> None:
    tool = {"name": "t", "input_schema": {"type": "object"}}
    (tmp_path / "tool.json").write_text(json.dumps(tool))
    (tmp_path / "schema.json").write_text('{"type": "object"}')
    assert read_schema(tmp_path / "tool.json") == (None, tool)
    assert read_schema(tmp_path / "schema.json") == ({"type": "object"}, None)


@pytest.mark.parametrize(
    "template",
    [
        "Say {{ text }}",
        "{{ text }}",
        "+++\nsystem = 'Be brief.'\ntools = [{name = 'a', input_schema = {type = 'object'}}]\n+++\n{{ text }}",
        "+++\nprefill = 'So'\n+++\n{{ text }}",
        "+++\nparams = {temperature = 7}\n+++\n{{ text }}",
        "+++\nparams = {max_tokens = 100.0, metadata = {user_id = 'a'}}\n+++\n{{ text }}",
        "+++\nmodel = 'claude-3-opus-20240229'\n+++\n{{ text }}",
    ],
)
def test_rows_are_checked_as_requests_of_a_file_are(tmp_path: Path, template: str) -> None:
    """What one row proves of all of them must not hide what is wrong with another one."""
    texts = ["one", " ", "", "\u3000", "\x1f", "a\x00b", 'quoted "it"', "NaN", "\u2028\U0001f600", "\\", "x" * 300_000]
    source = table(tmp_path, json.dumps([{"text": text} for text in texts]), "t.json")
    made = composer(source, template)
    found = [request for block in made.blocks() for request in block]

    rows = [row for block in source.rows() for row in block]
    builders = [made.fitting.fit(row)[0] for row in rows]
    lines = [
        each.payload(f"row-{place}", row.values)
        for place, (each, row) in enumerate(zip(builders, rows, strict=True), 1)
    ]
    checker = Checker(options())
    checker.places.open(source.name)
    expected = checker.check(source.name, 1, lines)
    assert found == expected
    report, wanted = made.report(), checker.report()
    assert (report.errors, report.shapes, report.models) == (wanted.errors, wanted.shapes, wanted.models)


TEMPLATES = {
    "a text": "Say {{ text }}",
    "a system prompt": '+++\nsystem = "Be brief."\nid = "id"\n+++\nSay {{ text }}, {{ id }}',
    "params": '+++\nid = "id"\nmax_tokens = 9\n[params]\nstop_sequences = ["END", "ß"]\n+++\n{{ text }}',
    "params that are walked through": '+++\n[params]\nmetadata = {user_id = "u"}\n+++\n{{ text }}',
    "tools": '+++\n[[tools]]\nname = "look"\ninput_schema = {type = "object"}\n+++\n{{ text }}',
    "a schema": '+++\n[schema]\ntype = "object"\nadditionalProperties = false\n+++\n{{ text }}',
    "two turns": '+++\n[[turns]]\nrole = "user"\ntext = "Hi"\n[[turns]]\nrole = "assistant"\ntext = "A"\n+++\n{{text}}',
    "a system prompt that differs": '+++\nsystem = "Be {{ text }}."\n+++\nSay {{ text }}',
    "too many tokens": "+++\nmax_tokens = 9000000\n+++\n{{ text }}",
}


@pytest.mark.parametrize("longest", [10_000, 240])
@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_rows_that_are_checked_together_come_out_as_those_that_are_checked_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: str, longest: int
) -> None:
    texts = ["x", "Grüße 👋", 'said "so"', "\\n", "0", "a" * 200, "NaN", " blank ", "two  words", "\u2028"]
    rows = [f'r{n % 700},"{texts[n % 10].replace(chr(34), chr(34) * 2)} {n % 90}"' for n in range(1_300)]
    rows[601] = 'r.5,""'
    rows[800:800] = [""] * 3
    source = table(tmp_path, "\n".join(["id,text", *rows, ""]))

    def outcome() -> tuple[Any, ...]:
        made = composer(source, template)
        made._checker._longest = longest
        requests = [each for block in made.blocks() for each in block]
        report, places = made.report(), made._checker.places
        return requests, report, [places.find(each.seq) for each in requests]

    together = outcome()

    def one_by_one(self: Checker, file: str, at: int, items: Any, frame: Any, ids: Any, texts: Any) -> Any:
        return self.check(file, at, items, map(frame.value, ids, texts))

    monkeypatch.setattr(Checker, "check_proven", one_by_one)
    assert together == outcome()
    assert together[0] or "9000000" in template
