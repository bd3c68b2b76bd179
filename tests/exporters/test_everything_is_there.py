"""What an answer holds is in its export: every call, every source, every thought; and nothing that is no JSON."""

from __future__ import annotations

import csv
import io
import json
from itertools import pairwise
from typing import Any

import pytest
from markdown_it import MarkdownIt

from batchtui.cli.commands.results import results as command
from batchtui.exporters.columns import FIELDS, default_columns, named_columns, row_reader, structured_columns
from batchtui.exporters.formats import Format, write
from batchtui.exporters.record import ExportRecord
from batchtui.results.parsed_result import parse_result
from tests.support.builders import request
from tests.support.lines import bare, encoded, errored, succeeded, tool_use

SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "rain"}}


def exported(kind: Format, *items: ExportRecord, fields: tuple[str, ...] = (), **options: Any) -> str:
    columns = named_columns(fields, ()) if fields else None
    if kind.is_table and columns is None:
        columns = default_columns(structured_columns(items), with_requests=False, with_tools=True)
    out = io.BytesIO()
    write(kind, out, iter(items), columns, **options)
    return out.getvalue().decode()


def strict(text: str) -> Any:
    return json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


@pytest.mark.parametrize(("kind", "delimiter"), [(Format.CSV, ","), (Format.TSV, "\t")])
def test_a_table_has_every_tool_call_with_name_and_input(kind: Format, delimiter: str) -> None:
    calls = [tool_use("look", {"for": "Alice"}), tool_use("look", {"for": "Bob"}), tool_use("final_result", {"n": 2})]
    line = succeeded("a", "Looking.", *calls, stop_reason="tool_use")
    (row,) = csv.DictReader(io.StringIO(exported(kind, ExportRecord(line))), delimiter=delimiter)
    assert row["tool_names"] == "look, look, final_result"
    assert [(call["name"], call["input"]) for call in strict(row["tool_calls"])] == [
        ("look", {"for": "Alice"}), ("look", {"for": "Bob"}), ("final_result", {"n": 2}),
    ]  # fmt: skip


def test_a_call_without_input_is_no_empty_row() -> None:
    entry = ExportRecord(succeeded("a", tool_use("get_images", {}), stop_reason="tool_use"))
    (row,) = csv.DictReader(io.StringIO(exported(Format.CSV, entry)))
    assert (row["tool_names"], strict(row["tool_calls"])[0]["input"]) == ("get_images", {})


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (["before answering.", SEARCH, "2 + 2 = 4"], "before answering.\n\n2 + 2 = 4"),
        (["a\n", SEARCH, "b"], "a\n\nb"),
        (["a\n\n", SEARCH, "\nb"], "a\n\n\nb"),
        ([SEARCH, "b"], "b"),
        (["a", SEARCH, tool_use("f", {}), "", "b", SEARCH], "a\n\nb"),
        (["It is **", {"type": "text", "text": "20 °C", "citations": []}, "** today."], "It is **20 °C** today."),
    ],
)
def test_texts_around_a_call_are_paragraphs_and_cited_sentences_stay_whole(content: list[Any], text: str) -> None:
    line = succeeded("a", *content)
    assert parse_result(line).text == text
    (row,) = csv.DictReader(io.StringIO(exported(Format.CSV, ExportRecord(line)), newline=""))
    assert row["text"] == text


@pytest.mark.parametrize("kind", [Format.JSON, Format.JSONL])
@pytest.mark.parametrize("number", ["1e400", "-1e999", "NaN", "Infinity", "-Infinity", "1" * 5000, "-" + "9" * 20000])
def test_no_number_makes_an_export_that_is_no_json(kind: Format, number: str) -> None:
    answer = f'{{"p": {number}, "deep": [{{"q": {number}}}]}}'
    other = succeeded("b", "x").replace(b'"input_tokens":14', b'"input_tokens":1e400')
    items = [ExportRecord(succeeded("a", answer)), ExportRecord(other)]
    text = exported(kind, *items, fields=("custom_id", "answer.p", "answer.deep", "result.message.usage.input_tokens"))
    first = strict(text)[0] if kind is Format.JSON else strict(text.splitlines()[0])
    lost = number in ("NaN", "Infinity", "-Infinity")
    assert (first["answer.p"], first["answer.deep"]) == ((None, [{"q": None}]) if lost else (number, [{"q": number}]))


@pytest.mark.parametrize("hostile", [b'{"custom_id":"a","x":NaN}', b'{"custom_id":"a","x":"\xff"}', b"<html>", b"{}"])
def test_a_json_array_is_json_whatever_a_line_holds(hostile: bytes) -> None:
    assert (
        len(strict(exported(Format.JSON, ExportRecord(hostile), ExportRecord(hostile, b"{}"), with_requests=True))) == 2
    )


def test_a_line_with_a_number_of_5000_digits_is_read_and_written_as_it_came() -> None:
    line = succeeded("a", "fine").replace(b'"input_tokens":14', b'"input_tokens":' + b"7" * 5000)
    assert parse_result(line).text == "fine"
    assert exported(Format.JSONL, ExportRecord(line)) == line.decode() + "\n"


def test_a_note_of_a_row_is_in_every_format_that_has_a_place_for_it() -> None:
    entry = ExportRecord(succeeded("a", "x"))
    entry.note = "not sent by this job"
    assert strict(exported(Format.JSONL, entry))["note"] == "not sent by this job"
    assert exported(Format.CSV, entry, fields=("custom_id", "note")) == "custom_id,note\na,not sent by this job\n"
    assert "not sent by this job" in exported(Format.MD, entry)


def test_help_names_every_field_and_outcome() -> None:
    assert set(command.FIELDS.split()) == set(FIELDS)


# ── Markdown ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_markdown_has_thinking_sources_and_what_tools_returned() -> None:
    cited = {
        "type": "web_search_result_location",
        "title": "Weather *now*",
        "url": "https://w",
        "cited_text": "rain\n#1",
    }
    said = exported(Format.MD, ExportRecord(succeeded(
        "a", {"type": "thinking", "thinking": "hm ``` hm"}, {"type": "redacted_thinking", "data": "xxxx"},
        {"type": "thinking", "thinking": "", "signature": "s"}, SEARCH,
        {"type": "web_search_tool_result", "tool_use_id": "x", "content": [{"title": "T", "url": "https://t"}]},
        "It is **", {"type": "text", "text": "wet", "citations": [cited]}, "**.",
    )))  # fmt: skip
    assert "thinking:\n\n````\nhm ``` hm\n````" in said
    assert "thinking, hidden by the service: 4 characters, encrypted" in said
    assert "thinking, hidden by the service: no text was sent" in said
    assert "T\n  https://t" in said
    assert r"It is **wet\[1\]**." in said
    assert 'Sources:\n\n1. Weather \\*now\\*, https://w: "rain \\#1"' in said


LEAKING = [
    "```\nnever closed", "~~~~\n```\nx", "- a\n  ```\n  code", "1. a\n   ```\n   code\ntext\n```\nrest", "> ```\n> x",
    "````\n```\n", "text\n\n    ```\n\n```", "<pre>\n\n", "<!-- never closed", "<script>alert(1)", "</script>", "<?php",
    "<![CDATA[", "<textarea>", "a <b>bold</b> `<i>` <br>", "`a\n<img src=x onerror=alert(1)>`", "| `a | <script>` |",
    "```html\n<script>fine</script>\n```\n<script>", "<https://example.org> and <a href='x'>", "# heading", "x\n---",
    "\\`<script>\\`", "`` ` <script> ` ``", "- `a\n- <script>b`", "<details><summary>s</summary>\n\n```\nx\n</details>",
    "```" * 40_000, "<" * 1000, "<a" * 60_000,
]  # fmt: skip


@pytest.mark.parametrize("text", LEAKING, ids=range(len(LEAKING)))
@pytest.mark.parametrize("fields", [(), ("text",), ("request.prompt",)], ids=["answer", "field", "prompt"])
def test_no_answer_swallows_the_next_entry_or_brings_a_tag_into_the_page(text: str, fields: tuple[str, ...]) -> None:
    items = [ExportRecord(succeeded(name, text), encoded(request(name, text))) for name in ("a", "b", "last")]
    tokens = MarkdownIt("commonmark").parse(exported(Format.MD, *items, fields=fields, with_requests=True))

    heads = [after.content for token, after in pairwise(tokens)
             if token.type == "heading_open" and token.tag == "h2" and token.level == 0]  # fmt: skip
    assert [head for head in heads if head in ("`a`", "`b`", "`last`")] == ["`a`", "`b`", "`last`"]
    inside = [child.type for token in tokens for child in token.children or ()]
    assert "html_block" not in {token.type for token in tokens}
    assert "html_inline" not in inside


@pytest.mark.parametrize(
    "text", ["plain", "a < b and c > d", "```python\nif a<b: pass\n```\nthen", "see <https://example.org>", "`<b>`"]
)
def test_markdown_that_harms_nothing_stays_as_it_is(text: str) -> None:
    assert text in exported(Format.MD, ExportRecord(succeeded("a", text)))


# ── chat ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def chat(line: bytes, **params: Any) -> Any:
    body = request("a", "What is 2 + 2?")
    body["params"] |= params
    text = exported(Format.CHAT, ExportRecord(line, encoded(body)))
    return strict(text) if text else None


def test_chat_is_request_and_answer_as_messages() -> None:
    assert chat(succeeded("a", {"type": "thinking", "thinking": "hm"}, "4"), system="Be brief.") == {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What is 2 + 2?"},
            {"role": "assistant", "content": "4"},
        ]
    }


def test_chat_has_tools_their_calls_and_their_results() -> None:
    turns = [
        {"role": "user", "content": "Sum?"},
        {"role": "assistant", "content": ["ignored", {"type": "text", "text": "I ask."}, tool_use("add", {"a": 1})]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_01A", "content": "3"}]},
    ]
    tools = [{"name": "add", "description": "adds", "input_schema": {"type": "object"}}]
    line = chat(succeeded("a", tool_use("add", {"a": 3}), stop_reason="tool_use"), messages=turns, tools=tools)
    call = {"id": "toolu_01A", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}
    assert line["messages"][1:3] == [
        {"role": "assistant", "content": "I ask.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "toolu_01A", "content": "3"},
    ]
    assert line["messages"][3]["tool_calls"][0]["function"] == {"name": "add", "arguments": '{"a":3}'}
    assert line["tools"][0]["function"] == {"name": "add", "description": "adds", "parameters": {"type": "object"}}


def test_chat_puts_the_beginning_of_the_answer_before_it() -> None:
    turns = [{"role": "user", "content": "Say hello."}, {"role": "assistant", "content": "Hel"}]
    assert chat(succeeded("a", "lo."), messages=turns)["messages"][-1] == {"role": "assistant", "content": "Hello."}


@pytest.mark.parametrize(
    "content",
    [[{"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "aa"}}], []],
)
def test_chat_writes_no_half_conversation(content: list[Any]) -> None:
    turns = [{"role": "user", "content": content}] if content else []
    assert chat(succeeded("a", "4"), messages=turns) is None


def test_a_row_read_at_once_is_the_row_read_cell_by_cell() -> None:
    lines = [succeeded("a", "x", tool_use("f", {})), succeeded("b"), errored("c", message="no"), bare("d", "expired"),
             b"<html>", succeeded("e", "cut", stop_reason="max_tokens")]  # fmt: skip
    for with_requests in (False, True):
        columns = default_columns((), with_requests=with_requests, with_originals=True, with_tools=True)
        for line in lines:
            entry = ExportRecord(line, encoded(request("a", "Hi", system=[{"type": "text", "text": "Brief."}])))
            assert list(row_reader(columns)(entry)) == [column.read(entry) for column in columns]
