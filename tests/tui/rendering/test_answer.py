"""One answer and one request as a person reads them: every block under its name, and nothing lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from batchtui.results.parsed_result import parse_result
from batchtui.tui.rendering.answer import answer_parts
from batchtui.tui.rendering.plain import plain_parts
from batchtui.tui.rendering.request import request_parts
from batchtui.tui.rendering.spans import plain
from tests.support.lines import bare, encoded, errored, succeeded, tool_use


def _answer(line: bytes) -> str:
    return "\n".join(plain(part) for part in plain_parts(answer_parts(parse_result(line), raw=line)))


def _prompt(**params: Any) -> str:
    return "\n".join(plain(part) for part in plain_parts(request_parts(encoded({"custom_id": "a", "params": params}))))


def test_a_plain_answer_is_its_text() -> None:
    assert _answer(succeeded("a", "just this")) == "just this"


def test_every_block_stands_under_its_name_and_the_text_comes_first() -> None:
    said = _answer(succeeded(
        "a", {"type": "thinking", "thinking": "hm"}, {"type": "redacted_thinking", "data": "xx"},
        {"type": "server_tool_use", "name": "web_search", "input": {"query": "rain"}},
        {"type": "text", "text": "It rains.", "citations": [
            {"type": "web_search_result_location", "title": "Weather", "url": "https://w", "cited_text": "rain now"}]},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
        {"type": "brand_new", "foo": [1]}, tool_use("file", {"to": "archive"}), stop_reason="tool_use",
    ))  # fmt: skip
    assert said.startswith("It rains.[1]\n[1] Weather")
    for words in ('"rain now"', "thinking\nhm", "thinking, hidden", "server tool web_search", "image image/png",
                  "unknown block brand_new", '"foo"', "tool call file", '"to": "archive"'):  # fmt: skip
        assert words in said


def test_a_cited_sentence_stays_whole_and_its_sources_have_numbers_of_their_own() -> None:
    def cited(text: str, title: str) -> dict[str, Any]:
        where = {"type": "web_search_result_location", "title": title, "url": "https://w", "cited_text": "x"}
        return {"type": "text", "text": text, "citations": [where]}

    search = {"type": "server_tool_use", "name": "web_search", "input": {}}
    said = _answer(succeeded("a", "I search.", search, "Top: **", cited("rain", "One"), "** and ", cited("sun", "Two")))
    assert said.startswith('I search.\n\nTop: **rain[1]** and sun[2]\n[1] One, https://w: "x"\n[2] Two, https://w: "x"')


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (errored("a", "overloaded_error", "Overloaded"), ["overloaded_error", "Overloaded", "the request is fine"]),
        (bare("a", "expired"), ["Expired before it was processed"]),
        (succeeded("a", "cut", stop_reason="max_tokens"), ["cut", "truncates it again"]),
        (succeeded("a", stop_reason="refusal"), ["no content", "refused"]),
        (encoded({"custom_id": "a", "result": {"type": "novel", "why": {"deep": 1}}}), ['"novel"', '"deep": 1']),
        (b"no json at all", ["cannot be read", "no json at all"]),
    ],
)
def test_a_failed_result_says_why_and_what_to_do(line: bytes, words: list[str]) -> None:
    said = _answer(line)
    assert [word for word in words if word not in said] == []
    assert not said.startswith("\n")


def test_a_request_says_its_settings_and_turns() -> None:
    said = _prompt(
        model="claude-haiku-5-5", max_tokens=256, system="Be brief.", temperature=0.5,
        messages=[{"role": "user", "content": "Hi"},
                  {"role": "assistant", "content": [tool_use("file", {"to": "x"})]}],
        tools=[{"name": "file", "input_schema": {}}, {"type": "web_search_20250305", "name": "web_search"}],
    )  # fmt: skip
    head, *_ = said.splitlines()
    assert head.split() == ["claude-haiku-5-5", "max_tokens", "256", "temperature", "0.5"]
    for words in ("tools file, web_search", "system\nBe brief.", "user\nHi", "assistant\ntool call file"):
        assert words in said


def test_a_request_says_the_schema_its_answer_must_fit() -> None:
    said = _prompt(output_config={"format": {"type": "json_schema", "schema": {"type": "object"}}}, messages=[])
    assert "must be JSON of this schema" in said
    assert '"type": "object"' in said


@pytest.mark.parametrize("request_line", [b"{}", b"no json", json.dumps({"params": []}).encode()])
def test_a_strange_request_is_shown_as_it_is(request_line: bytes) -> None:
    assert "\n".join(plain(part) for part in plain_parts(request_parts(request_line)))
