"""Templates as files: what can be said, what is refused with its place, versions, and a sandbox that holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchtui.templates import (
    InvalidTemplate,
    TemplateText,
    find_template,
    list_templates,
    parse_template,
    save_template,
)
from batchtui.templates.serialization import template_text
from batchtui.templates.store import read_template
from batchtui.templates.template import make_template

if TYPE_CHECKING:
    from pathlib import Path

FULL = '''+++
version = 3
description = "What it is for"
model = "cheap"
max_tokens = 99
id = "Ticket ID"
cache = true
system = """
Two
lines with 'quotes' and \\\\ and \\u0001"""
prefill = "{"
schema = '{"type": "object", "properties": {"a": {"enum": [null, 1]}}}'
tools = [{name = "t", input_schema = {type = "object"}}]
params = {metadata = {user_id = "u"}}
[[turns]]
role = "user"
text = "Hello {{ name }}"
[[turns]]
role = "assistant"
text = "Hi"
+++
Now {{ text }}
'''


def test_a_template_survives_being_written_and_read(tmp_path: Path) -> None:
    first = parse_template("t", FULL)
    again = parse_template("t", template_text(first))
    assert template_text(again) == template_text(first)
    assert (again.version, again.id, again.cache, again.tools) == (3, "Ticket ID", True, first.tools)
    assert again.schema == {"type": "object", "properties": {"a": {"enum": [None, 1]}}}
    assert [(turn.role, turn.text.source.strip()) for turn in again.turns] == [
        ("user", "Hello {{ name }}"), ("assistant", "Hi"), ("user", "Now {{ text }}"), ("assistant", "{"),
    ]  # fmt: skip
    assert again.system is not None
    assert first.system is not None
    assert again.system.source == first.system.source


FIELDS = ("prompt", "system", "prefill", "description", "model", "id", "turn")
TEXTS = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            ["+++", "---", "[[turns]]", "x", "'''", '"""', "'", "\\", "\r", "", " ", "a = 1", "\x7f", "\u2028"]
        )
    ).map("\n".join),
)


@settings(deadline=None)
@given(
    st.fixed_dictionaries(dict.fromkeys(("prompt", "system", "prefill", "description", "model", "id", "turn"), TEXTS))
)
def test_any_text_in_any_field_survives(texts: dict[str, str]) -> None:
    said = {key: text for key, text in texts.items() if text and key != "turn"}
    try:
        made = make_template("t", {"turns": [{"role": "user", "text": texts["turn"]}], "prompt": "", **said})
    except InvalidTemplate:
        return
    again = parse_template("t", template_text(made))
    assert [(turn.role, turn.text.source.removesuffix("\n")) for turn in again.turns] == [
        (turn.role, turn.text.source.removesuffix("\n")) for turn in made.turns
    ]
    assert (again.system and again.system.source) == (made.system and made.system.source)
    assert (again.description, again.model, again.id) == (made.description, made.model, made.id)


@pytest.mark.parametrize("field", ["prompt", "system", "prefill", "description"])
@pytest.mark.parametrize("text", ["one\n+++\ntwo", "+++\n", "\n+++ \n", "one\n---\ntwo", "+++\r\nx"])
def test_a_line_that_looks_like_the_end_of_the_head_ends_nothing(field: str, text: str, tmp_path: Path) -> None:
    made = make_template("t", {"prompt": "Ask {{ x }}", field: text})
    save_template(made, tmp_path)
    again = find_template("t", tmp_path)
    assert again is not None
    assert [turn.text.source.removesuffix("\n") for turn in again.turns] == [
        turn.text.source.removesuffix("\n") for turn in made.turns
    ]
    assert (again.system and again.system.source, again.description) == (
        made.system and made.system.source,
        made.description,
    )


def test_a_file_that_an_earlier_version_wrote_and_could_not_read_is_read() -> None:
    template = parse_template("t", "+++\nversion = 1\nprefill = '''\none\n+++\ntwo'''\n+++\nAsk\n")
    assert [turn.text.source for turn in template.turns] == ["Ask\n", "one\n+++\ntwo"]


@pytest.mark.parametrize(
    ("text", "is_toml"),
    [
        ("Hello {{ x }}", False), ("---\nmax_tokens: 4096\n---\nHello {{ x }}", False),
        ("+++\r\nmax_tokens = 4096\r\n+++\r\nHello {{ x }}", False), ("\ufeffHello {{ x }}", False),
        ('prompt = "Hello {{ x }}"', True), ('+++\nprompt = "Hello {{ x }}"\n+++\n', False),
        ("+++\n+++\nHello {{ x }}", False),
    ],
)  # fmt: skip
def test_a_template_can_be_written_in_several_ways(text: str, is_toml: bool) -> None:
    template = parse_template("t", text, is_toml=is_toml)
    assert template.turns[0].text.fill({"x": "you"}).strip() == "Hello you"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("+++\nsystm = 'x'\n+++\ny", 'did you mean "system"'), ("+++\nmax_tokens = '9'\n+++\ny", "whole number"),
        ("+++\nmax_tokens = 0\n+++\ny", "whole number"), ("+++\na = \n+++\ny", "line 2"), ("+++\nx", "does not end"),
        ("---\nx\n---\ny", "key: value"), ("+++\nschema = '{'\n+++\ny", "not valid JSON"), ("{{ x", "line 1"),
        ("\n{% if %}", "line 2"), ("{{ x | nope }}", "nope"), ("+++\nprompt = 'x'\n+++\ny", "below it"),
        ("+++\nturns = [{role = 'system', text = 'x'}]\n+++\ny", "system"), ("+++\ntools = ['x']\n+++\ny", "tools"),
        ("+++\nturns = [{role = 'user'}]\n+++\ny", "turn 1"), ("+++\nsystem = '{{ x'\n+++\ny", "system"),
        ("+++\ncache = 1\n+++\ny", "true or false"),
    ],
)  # fmt: skip
def test_template_faults_name_their_place(text: str, said: str) -> None:
    with pytest.raises(InvalidTemplate, match='the template "t"') as raised:
        parse_template("t", text)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("one\n{{ nme }}", 'line 2: there is no "nme"; did you mean "name"?'),
        ("{{ name }}\n\n{{ name.first.last }}", "line 3"), ("{% if name %}{{ nme }}{% endif %}", "line 1"),
        ("{{ row['nope'] }}", "line 1"),
    ],
)  # fmt: skip
def test_a_gap_without_a_value_is_said_with_its_line(text: str, said: str) -> None:
    with pytest.raises(InvalidTemplate) as raised:
        TemplateText(text).fill({"name": "x", "row": {}})
    assert said in str(raised.value)


@pytest.mark.parametrize("text", ["a {{ x }}b{{ y }}\nc", "{{ x }}", "", "no gaps", "{{ x }}\n", "{# no #}{{ y }}"])
@pytest.mark.parametrize("x", ["text", None, True, 1, 1.5, ["ü", None], {"k": "v"}, "{{ y }}", b"bytes"])
def test_plain_gaps_are_filled_as_jinja_fills_them(text: str, x: object) -> None:
    values = {"x": x, "y": "why"}
    assert TemplateText(text).fill(values) == TemplateText(text + "{% if false %}{% endif %}").fill(
        values
    ) or text.endswith("\n")


def test_saving_counts_versions_and_keeps_the_earlier_ones(tmp_path: Path) -> None:
    first = save_template(parse_template("mine", "one"), tmp_path)
    second = save_template(parse_template("mine", "+++\nversion = 77\n+++\ntwo"), tmp_path)
    assert (first.version, second.version) == (1, 2)
    newest, earlier = find_template("mine", tmp_path), find_template("mine@1", tmp_path)
    assert newest is not None
    assert earlier is not None
    assert (newest.turns[0].text.source.strip(), earlier.turns[0].text.source.strip()) == ("two", "one")
    assert find_template("mine@9", tmp_path) is None
    assert (tmp_path / "mine.md").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".x", "x" * 200, "a b", "x@../y", "a\0b"])
def test_a_name_is_never_a_path(name: str, tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text("secret")
    assert find_template(name, tmp_path / "templates") is None
    if "@" not in name:
        with pytest.raises(InvalidTemplate, match="not a valid template name"):
            save_template(parse_template(name, "x"), tmp_path / "templates")


def test_all_templates_are_listed_the_users_first(tmp_path: Path) -> None:
    save_template(parse_template("zz", '+++\ndescription = "mine"\n+++\nx'), tmp_path)
    (tmp_path / "broken.md").write_text("{% if %}")
    (tmp_path / "classify_bulk.toml").write_text('prompt = "mine"')
    found = {each.name: each for each in list_templates(tmp_path)}
    assert list(found)[:3] == ["broken", "classify_bulk", "zz"]
    assert (found["zz"].description, found["zz"].is_own, bool(found["broken"].fault)) == ("mine", True, True)
    assert found["classify_bulk"].is_own
    assert {"analyze_logs", "generate_report", "generate_docs", "generate_tests", "default"} <= found.keys()


@pytest.mark.parametrize("content", [b"\x00\x01", b"caf\xe9", b""])
def test_a_file_that_is_no_template_is_said(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "t.md"
    path.write_bytes(content)
    if not content:
        assert read_template(path).turns
        return
    with pytest.raises(InvalidTemplate):
        read_template(path)
