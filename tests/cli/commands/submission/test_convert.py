"""Lines for other APIs become requests where that is safe, and what is left out is named line by line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Batchtui, Ran

HAIKU = "claude-haiku-5-5"
NO_SAMPLING = "claude-opus-5-5"
CLAUDE = {"max_tokens": 50, "messages": [{"role": "user", "content": "Hi"}]}


def openai(custom_id: Any = "a", **body: Any) -> dict[str, Any]:
    whole = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 50, **body}
    return {"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": whole}


def bedrock(record: str = "a", **given: Any) -> dict[str, Any]:
    return {"recordId": record, "modelInput": {"anthropic_version": "bedrock-2023-05-31", **CLAUDE, **given}}


class Converting:
    """The command, on a file of these lines."""

    def __init__(self, batchtui: Batchtui) -> None:
        self._batchtui = batchtui
        self.out = batchtui.folder / "out.jsonl"

    def __call__(self, *lines: Any, more: tuple[str, ...] = ("--model", HAIKU)) -> Ran:
        file = self._batchtui.folder / "in.jsonl"
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return self._batchtui("convert", str(file), "-o", str(self.out), *more)

    @property
    def requests(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.read_text().splitlines()]


@pytest.fixture
def convert(batchtui: Batchtui) -> Converting:
    return Converting(batchtui)


def test_converted_requests_pass_the_check(convert: Converting, batchtui: Batchtui) -> None:
    system = {"role": "system", "content": "Be brief."}
    said = (("user", "A?"), ("assistant", "B."), ("user", "C?"))
    turns = [{"role": role, "content": content} for role, content in said]
    assert convert(openai("a", messages=[system, *turns], stop="END"), openai("b", n=1, tools=[])).code == 0
    assert convert.requests == [
        {
            "custom_id": "a",
            "params": {
                "model": HAIKU,
                "max_tokens": 50,
                "system": "Be brief.",
                "messages": turns,
                "stop_sequences": ["END"],
            },
        },
        {"custom_id": "b", "params": {"model": HAIKU, **CLAUDE}},
    ]
    assert batchtui("check", str(convert.out)).code == 0


VERTEX = {"custom_id": "v", "request": {"anthropic_version": "vertex-2023-10-16", **CLAUDE}}
PARTS = [{"type": "text", "text": "Hi"}, {"type": "text", "text": "there"}]
RIGHT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Bedrock": (bedrock(), CLAUDE),
    "Bedrock with a system": (bedrock(system="Be kind."), {**CLAUDE, "system": "Be kind."}),
    "Bedrock with blocks": (
        bedrock(messages=[{"role": "user", "content": PARTS}]),
        {**CLAUDE, "messages": [{"role": "user", "content": PARTS}]},
    ),
    "Vertex": (VERTEX, CLAUDE),
    "OpenAI, newer limit": (openai(max_tokens=None, max_completion_tokens=7), {**CLAUDE, "max_tokens": 7}),
    "OpenAI, parts of text": (
        openai(messages=[{"role": "user", "content": PARTS}]),
        {**CLAUDE, "messages": [{"role": "user", "content": PARTS}]},
    ),
    "OpenAI, developer": (
        openai(messages=[{"role": "developer", "content": "Be kind."}, CLAUDE["messages"][0]]),  # type: ignore[index]
        {**CLAUDE, "system": "Be kind."},
    ),
    "a request": ({"custom_id": "a", "params": {"model": "x", **CLAUDE}}, CLAUDE),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_line_says_the_same_as_a_request(name: str, convert: Converting) -> None:
    line, params = RIGHT[name]
    assert convert(line).code == 0
    assert [each["params"] for each in convert.requests] == [{**params, "model": HAIKU}]


IMAGE = [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}
UNSAFE: dict[str, tuple[Any, str]] = {
    "tools": (openai(tools=[TOOL]), "convert-key"),
    "a JSON mode": (openai(response_format={"type": "json_object"}), "convert-key"),
    "several answers": (openai(n=2), "convert-key"),
    "biases": (openai(logit_bias={"50256": -100}), "convert-key"),
    "a key nobody knows": (openai(telepathy=True), "convert-key"),
    "an image": (openai(messages=[{"role": "user", "content": IMAGE}]), "convert-message"),
    "a call of a tool": (
        openai(messages=[{"role": "assistant", "content": "x", "tool_calls": [TOOL]}]),
        "convert-message",
    ),
    "an answer of a tool": (openai(messages=[{"role": "tool", "content": "x"}]), "convert-role"),
    "a late system message": (
        openai(messages=[{"role": "user", "content": "x"}, {"role": "system", "content": "y"}]),
        "convert-system",
    ),
    "no messages": ({"custom_id": "a", "url": "/v1/chat/completions", "body": {"prompt": "x"}}, "convert-body"),
    "responses": ({"custom_id": "a", "url": "/v1/responses", "body": {"input": "x"}}, "convert-url"),
    "embeddings": ({"custom_id": "a", "url": "/v1/embeddings", "body": {"input": "x"}}, "convert-url"),
    "Titan": ({"recordId": "a", "modelInput": {"inputText": "x"}}, "convert-not-messages"),
    "Nova": (bedrock(schemaVersion="messages-v1", inferenceConfig={}), "convert-not-messages"),
    "no modelInput": ({"recordId": "a"}, "convert-not-messages"),
    "results": ({"custom_id": "a", "result": {"type": "succeeded"}}, "results-line"),
    "Gemini": ({"key": "a", "request": {"contents": []}}, "gemini-line"),
    "something": ({"x": 1}, "convert-unknown"),
    "no object": (5, "not-object"),
    "a string": (json.dumps(openai()), "json-string"),
    "no max_tokens": (openai(max_tokens=None), "convert-max-tokens"),
    "no text for the check": (openai(messages=[]), "too-short"),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_unsafe_lines_are_left_out_and_named_and_the_rest_is_written(name: str, convert: Converting) -> None:
    line, code = UNSAFE[name]
    ran = convert(openai("before"), line, openai("after"), more=("--model", HAIKU, "--json"))
    assert ran.code == 3
    assert [each["custom_id"] for each in convert.requests] == ["before", "after"]
    assert {each["line"] for each in ran.document["left_out"]} == {2}
    if name != "no text for the check":
        assert [each["code"] for each in ran.document["left_out"]] == [code]


def test_each_line_is_named_for_people(convert: Converting) -> None:
    ran = convert(openai("good"), *(openai(f"r{number}", n=2) for number in range(8)))
    assert ran.code == 3
    assert [line for line in range(2, 10) if f"in.jsonl:{line}: error convert-key" not in ran.err] == []
    assert "left out 8" in ran.err
    assert ran.out == ""


def test_keys_that_only_steer_the_other_service_are_dropped_and_named(convert: Converting) -> None:
    ran = convert(openai(seed=7, user="u", temperature=1.5), bedrock("b"), more=("--model", HAIKU, "--json"))
    assert ran.code == 0
    said = " ".join(problem["message"] for problem in ran.document["problems"])
    assert all(f'"{key}"' in said for key in ("seed", "user", "temperature", "anthropic_version"))
    assert [each["params"].keys() for each in convert.requests] == [{"model", "max_tokens", "messages"}] * 2


@pytest.mark.parametrize("more", [(), ("--api-version", "2023-06-01")])
def test_sampling_that_is_refused_is_dropped_and_said(more: tuple[str, ...], convert: Converting) -> None:
    ran = convert(openai("a", temperature=0.2, top_p=0.9), openai("b"), more=("--model", NO_SAMPLING, *more))
    assert ran.code == 0, ran.err
    assert all(f'"{key}" was left out: it is refused' in ran.err for key in ("temperature", "top_p"))
    assert [each["params"].keys() for each in convert.requests] == [{"model", "max_tokens", "messages"}] * 2


def test_sampling_stays_for_an_api_version_and_a_model_that_take_it(convert: Converting) -> None:
    model = ("--model", "claude-haiku-4-5")
    assert "--api-version 2023-06-01" in convert(openai(temperature=0.2), more=model).err
    more = (*model, "--api-version", "2023-06-01", "--overwrite")
    assert convert(openai(temperature=0.2), more=more).code == 0
    assert convert.requests[0]["params"]["temperature"] == 0.2


def test_a_betas_header_of_bedrock_is_said_to_belong_to_submit(convert: Converting) -> None:
    ran = convert(bedrock(anthropic_beta=["x-2025"]))
    assert ran.code == 0
    assert "--beta" in ran.err


@pytest.mark.parametrize("line", [openai(), bedrock(), VERTEX], ids=["OpenAI", "Bedrock", "Vertex"])
def test_without_a_model_of_claude_nothing_is_written(line: dict[str, Any], convert: Converting) -> None:
    ran = convert(line, more=())
    assert ran.code == 3
    assert "--model" in ran.err
    assert not convert.out.exists()
    assert convert(line, more=("--json",)).document["output"] is None


def test_max_tokens_by_hand_hold_for_every_request(convert: Converting) -> None:
    assert convert(openai(max_tokens=None), bedrock("b"), more=("--model", HAIKU, "--max-tokens", "9")).code == 0
    assert [each["params"]["max_tokens"] for each in convert.requests] == [9, 9]


def test_ids_become_legal_and_stay_unique_and_none_takes_another_s(convert: Converting) -> None:
    lines = [openai("a b"), openai("a_b"), openai("x" * 70), openai(None), openai("a_b")]
    ran = convert(*lines, more=("--model", HAIKU, "--json"))
    ids = [each["custom_id"] for each in convert.requests]
    assert ids[1] == "a_b"
    assert len(set(ids)) == 5
    changed = [each for each in ran.document["problems"] if each["code"] == "convert-id-changed"]
    assert sorted(each["line"] for each in changed) == [1, 3, 4, 5]


def test_a_file_is_replaced_only_where_that_is_said(convert: Converting) -> None:
    convert.out.write_text("mine")
    assert convert(openai()).code == 1
    assert convert.out.read_text() == "mine"
    assert convert(openai(), more=("--model", HAIKU, "--overwrite")).code == 0
    assert len(convert.requests) == 1


def test_requests_go_through_a_pipe(batchtui: Batchtui, home: Path) -> None:
    text = json.dumps(openai("a b")) + "\n" + json.dumps(openai("a_b")) + "\n"
    ran = batchtui.process("convert", "-", "-o", "-", "--model", HAIKU, stdin=text)
    assert ran.code == 0, ran.err
    assert "a_b" in [json.loads(line)["custom_id"] for line in ran.out.splitlines()]
    assert batchtui("convert", "-", "-o", "-", "--json").code == 2


@pytest.mark.parametrize("content", [b"id,prompt\n1,x\n", b"<html></html>", b"", b"PK\x03\x04"])
def test_a_file_without_lines_of_any_kind_is_named(content: bytes, batchtui: Batchtui) -> None:
    file = batchtui.folder / "in.jsonl"
    file.write_bytes(content)
    ran = batchtui("convert", str(file), "-o", str(batchtui.folder / "out.jsonl"))
    assert (ran.code, "Nothing was written" in ran.err) == (3, True)
