"""Every kind of defect is found in its line, under its code, as an error or a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.intake.builders import PNG, assistant, check_bytes, faults, lines, only, request, user

if TYPE_CHECKING:
    from pathlib import Path

TOOL = {"name": "weather", "input_schema": {"type": "object"}}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}
ANSWER = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "rain"}
MARKED = {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}
LONG_MARKED = {"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
OLD = "claude-haiku-4-5"


def image(**source: Any) -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG, **source}}


def said(content: Any, role: str = "user") -> list[dict[str, Any]]:
    return [{"role": role, "content": content}]


ERRORS: dict[str, Any] = {
    "custom-id-missing": {"params": request()["params"]},
    "custom-id-type": request(7),
    "custom-id-pattern": request("a.b@c"),
    "custom-id-length": request("x" * 65),
    "params-missing": {"custom_id": "a"},
    "params-type": {"custom_id": "a", "params": []},
    "model-missing": request(model=None),
    "max-tokens-missing": request(max_tokens=None),
    "messages-missing": request(messages=None),
    "messages-empty": request(messages=[]),
    "wrong-type": request(max_tokens="100"),
    "max-tokens-range": request(max_tokens=0),
    "max-tokens-limit": request(max_tokens=200_000),
    "empty-text": request(messages=said(" \n")),
    "empty-content": request(messages=said([])),
    "bad-role": request(messages=said("x", "tool")),
    "unknown-block": request(messages=said([{"type": "image_url", "image_url": {"url": "x"}}])),
    "missing-key": request(messages=said([{"text": "no type"}])),
    "media-type": request(messages=said([image(media_type="image/tiff")])),
    "base64": request(messages=said([image(data="data:image/png;base64," + PNG)])),
    "bad-value": request(messages=said([{"type": "image", "source": {"type": "path", "path": "/a"}}])),
    "cache-control": request(cache_control={"type": "persistent"}),
    "cache-control-count": request(messages=said([MARKED] * 5)),
    "cache-control-order": request(messages=said([MARKED, LONG_MARKED])),
    "not-in-batch": request(stream=True),
    "sdk-only-key": request(extra_headers={"a": "b"}),
    "foreign-key": request(max_completion_tokens=5),
    "sampling-removed": request(temperature=1),
    "document-in-assistant": request(
        messages=[
            user("x"),
            assistant({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}}),
            user("y"),
        ]
    ),
    "citations-removed": request(
        messages=said([{"type": "text", "text": "x", "citations": [{"type": "char_location", "cited_text": "x"}]}])
    ),
    "tool-name": request(tools=[{**TOOL, "name": "what is this"}]),
    "tool-name-duplicate": request(tools=[TOOL, TOOL]),
    "unknown-tool": request(tools=[{"type": "function", "function": TOOL}]),
    "tool-choice-without-tools": request(model=OLD, tool_choice={"type": "any"}),
    "tool-choice-unknown": request(model=OLD, tools=[TOOL], tool_choice={"type": "tool", "name": "other"}),
    "tool-choice-refused": request(tools=[TOOL], tool_choice={"type": "any"}),
    "tool-choice-thinking": request(
        model=OLD,
        max_tokens=5000,
        tools=[TOOL],
        tool_choice={"type": "any"},
        thinking={"type": "enabled", "budget_tokens": 2000},
    ),
    "tool-result-missing": request(messages=[user("x"), assistant(CALL), user("y")]),
    "tool-result-orphan": request(messages=[user("x"), assistant("z"), user(ANSWER)]),
    "thinking-budget": request(model=OLD, thinking={"type": "enabled", "budget_tokens": 2000}),
    "thinking-refused": request(max_tokens=5000, thinking={"type": "enabled", "budget_tokens": 2000}),
    "prefill-refused": request(messages=[user("x"), assistant("{")]),
    "prefill-space": request(model=OLD, messages=[user("x"), assistant("Well, ")]),
    "stop-sequence-blank": request(stop_sequences=["  "]),
    "model-retired": request(model="claude-sonnet-4-20250514"),
    "results-line": {"custom_id": "a", "result": {"type": "canceled"}},
    "unknown-key": request(colour="red"),
    "unknown-value": request(thinking={"type": "adaptive", "display": "loud"}),
    "effort-refused": request(output_config={"effort": "enormous"}),
    "openai-line": {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {}},
    "bare-params": request()["params"],
    "requests-wrapper": {"x": 1, "requests": [request()]},
    "not-object": 5,
}
WARNINGS: dict[str, Any] = {
    "unknown-envelope-key": {**request(), "note": "mine"},
    "unknown-tool": request(tools=[{"type": "telepathy_20270101", "name": "telepathy"}]),
    "model-unknown": request(model="claude-sonet-5-5"),
    "model-retiring": request(model="claude-sonnet-4-5"),
    "user-id-email": request(metadata={"user_id": "Ada <ada@example.com>"}),
    "assistant-first": request(messages=[assistant("x"), user("y")]),
    "whole-number": request(max_tokens=1e2),
    "system-first": request(messages=[{"role": "system", "content": "Be kind"}, user("x")]),
    "beta-missing": request(context_management={"edits": []}),
    "tool-choice-without-tools": request(tool_choice={"type": "auto"}),
}


@pytest.mark.parametrize("code", ERRORS)
def test_an_error_is_found_in_its_line(code: str, tmp_path: Path) -> None:
    problem = only(faults(tmp_path, request("before"), ERRORS[code]))
    assert (problem.code, problem.line, problem.severity.value) == (code, 2, "error")


@pytest.mark.parametrize("code", WARNINGS)
def test_a_warning_is_found_in_its_line(code: str, tmp_path: Path) -> None:
    problem = only(faults(tmp_path, request("before"), WARNINGS[code]))
    assert (problem.code, problem.line, problem.severity.value) == (code, 2, "warning")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"custom_id": "a", "params": {', "not-json"),
        (b"{'custom_id': 'a'}", "not-json"),
        (b'{"custom_id": "caf\xe9", "params": {}}', "not-utf8"),
        (b"[" * 100_000, "too-deep"),
        (b'{"a": ' + b"[" * 300 + b"]" * 300 + b"}", "custom-id-missing"),
        (b'{"a": ' + b"7" * 5000 + b"}", "number-too-long"),
        (b'{"a": "\\q"}', "not-json"),
        (b'{"a": "\x01"}', "not-json"),
    ],
)
def test_a_broken_line_is_named_and_the_rest_is_read(line: bytes, code: str, tmp_path: Path) -> None:
    good, report = check_bytes(tmp_path, lines(request("a")) + line + b"\n" + lines(request("b")))
    assert [each.custom_id for each in good] == ["a", "b"]
    assert (report.problems[0].code, report.problems[0].line) == (code, 2)


def test_nan_is_an_error_wherever_it_hides(tmp_path: Path) -> None:
    tool = {**TOOL, "input_schema": {"type": "object", "default": float("nan")}}
    assert only(faults(tmp_path, request(tools=[tool]))).code == "nan"


def test_a_lone_surrogate_is_an_error(tmp_path: Path) -> None:
    assert "lone-surrogate" in {each.code for each in faults(tmp_path, request(messages=said("\ud800")))}


def test_a_key_that_stands_twice_is_said(tmp_path: Path) -> None:
    line = b'{"custom_id": "a", "custom_id": "b", "params": {"model": "claude-opus-5-5", "max_tokens": 9, "messages": '
    _, report = check_bytes(tmp_path, line + b'[{"role": "user", "content": "x"}]}}\n')
    assert "duplicate-key" in {each.code for each in report.problems}


def test_a_request_larger_than_a_batch_is_an_error(tmp_path: Path) -> None:
    problem = only(faults(tmp_path, request("big", messages=said("x" * 5000)), max_bytes=5000))
    assert (problem.code, problem.custom_id) == ("request-too-large", "big")


def test_nesting_that_only_a_strict_reader_refuses_is_an_error(tmp_path: Path) -> None:
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    problem = only(faults(tmp_path, request(tools=[{**TOOL, "input_schema": {"type": "object", "x": deep}}])))
    assert problem.code == "too-deep"


def test_a_batch_of_one_is_allowed_with_a_hint(tmp_path: Path) -> None:
    problem = only(faults(tmp_path))
    assert (problem.code, problem.severity.value, problem.line) == ("batch-of-one", "warning", 1)


@pytest.mark.parametrize(
    "key", ["speed", "store", "fallbacks", "cache_hint", "context_hint", "research_preview_2026_02"]
)
def test_params_that_batches_forbid_are_errors(key: str, tmp_path: Path) -> None:
    assert only(faults(tmp_path, request(**{key: "active"}))).code == "not-in-batch"


def test_several_faults_of_one_request_are_all_said(tmp_path: Path) -> None:
    found = faults(tmp_path, request("a b", max_tokens=0, stream=True, temperature=0, colour="red"))
    assert {each.code for each in found} == {
        "custom-id-pattern",
        "max-tokens-range",
        "not-in-batch",
        "sampling-removed",
        "unknown-key",
    }


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (request(sistem="Be kind"), 'did you mean "system"?'),
        (request("a.b"), 'for example "a_b"'),
        (request(model="claude-opus-55"), 'did you mean "claude-opus-5-5"?'),
        (request(max_tokens=200_000), "--beta output-300k-2026-03-24"),
        (request(model=OLD, temperature=0.5), "--api-version 2023-06-01"),
        (request(temperature=0.5), "claude-sonnet-5-5 also refuses it at the older version"),
        ({"custom_id": "a", "parameters": {}}, 'is "parameters" meant to be "params"?'),
        (request(messages=said("x", "developer")), 'instructions go into "system"'),
        (request(messages=said([image(data="a-_b")])), "standard alphabet"),
        (request(model="claude-sonnet-4-20250514"), "--model"),
    ],
)
def test_a_hint_says_what_to_do(value: Any, hint: str, tmp_path: Path) -> None:
    assert hint in only(faults(tmp_path, value)).hint


def test_the_last_message_of_the_assistant_may_be_empty(tmp_path: Path) -> None:
    assert faults(tmp_path, request(model=OLD, messages=[user("x"), {"role": "assistant", "content": ""}])) == []


def test_the_data_of_an_image_is_held_against_its_media_type(tmp_path: Path) -> None:
    assert "image/png" in only(faults(tmp_path, request(messages=said([image(media_type="image/jpeg")])))).message


def test_calls_and_answers_of_tools_that_fit_are_right(tmp_path: Path) -> None:
    assert faults(tmp_path, request(tools=[TOOL], messages=[user("x"), assistant(CALL), user(ANSWER)])) == []


def test_long_output_is_right_with_its_beta(tmp_path: Path) -> None:
    assert faults(tmp_path, request(max_tokens=300_000), betas=("output-300k-2026-03-24",)) == []


def test_a_fault_deep_inside_is_named_by_its_path(tmp_path: Path) -> None:
    bad = {**ANSWER, "content": [{"type": "text", "text": ""}]}
    problem = only(faults(tmp_path, request(tools=[TOOL], messages=[user("x"), assistant(CALL), user("y", bad)])))
    assert problem.message == "messages.2.content.1.content.0.text is empty"


SERVER_CALL = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}
SERVER_ANSWER = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
RIGHT: dict[str, Any] = {
    "an empty system": request(system=""),
    "blank text from a tool": request(
        tools=[TOOL],
        messages=[user("x"), assistant(CALL), user({**ANSWER, "content": [{"type": "text", "text": " "}]})],
    ),
    "server tools": request(
        tools=[{"type": "web_search_20260318", "name": "web_search", "max_uses": 3}],
        messages=[
            user("x"),
            assistant({"type": "thinking", "thinking": "", "signature": "s"}, SERVER_CALL, SERVER_ANSWER),
        ],
    ),
    "a document": request(
        messages=said(
            [{"type": "document", "source": {"type": "url", "url": "https://a/b.pdf"}, "title": "B"}, image()]
        )
    ),
    "structured output": request(output_config={"effort": "low", "format": {"type": "json_schema", "schema": {}}}),
    "adaptive thinking": request(thinking={"type": "adaptive", "display": "omitted"}),
    "stream that is off": request(stream=False),
    "instructions on the way": request(messages=[user("x"), {"role": "system", "content": "Be kind"}]),
    "a beta's block": request(
        messages=[user("x"), {"role": "assistant", "content": [{"type": "compaction", "content": "x"}]}]
    ),
    "the rest": request(
        metadata={"user_id": "u"},
        stop_sequences=["END"],
        service_tier="auto",
        cache_control={"type": "ephemeral", "ttl": "1h"},
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_valid_requests_have_no_findings(name: str, tmp_path: Path) -> None:
    assert faults(tmp_path, RIGHT[name]) == []


def test_sampling_is_right_at_the_older_version(tmp_path: Path) -> None:
    value = request(model=OLD, temperature=1, top_k=3)
    assert faults(tmp_path, value, api_version="2023-06-01") == []
    assert only(faults(tmp_path, request(model=OLD, temperature=1.5), api_version="2023-06-01")).code == "out-of-range"
