"""Equal questions have equal digests however they are written, and different ones never do."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from batchtui.domain.limits import API_VERSION, DIGEST_BYTES, LEGACY_API_VERSION
from batchtui.intake import CheckOptions
from batchtui.intake.checker import Checker
from batchtui.intake.request_digest import RequestHasher
from batchtui.intake.shapes import Key, raw_key
from tests.support.builders import request

TODAY = datetime(2026, 11, 20, tzinfo=UTC).date()


def digests(*lines: str, **options: Any) -> list[bytes]:
    """The digests of lines that all may be sent."""
    checker = Checker(CheckOptions(**{"api_version": API_VERSION, "today": TODAY, **options}))
    checker.places.open("f")
    found = [each.digest for each in checker.check("f", 1, [line.encode() for line in lines])]
    assert len(found) == len(lines), list(checker.findings.problems())
    return found


def line(**params: Any) -> str:
    return json.dumps(request("a", **params))


TOOL = {"name": "look", "input_schema": {"type": "object", "properties": {"n": {"type": "integer", "default": 1}}}}
TURNS: list[Any] = [
    {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "text", "text": "there"}]},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "look", "input": {"b": 1, "a": [2]}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "x"}]},
]
BODIES: dict[str, dict[str, Any]] = {
    "plain": {},
    "a system prompt": {"system": "Be brief.", "stop_sequences": ["x"]},
    "blocks": {"system": [{"type": "text", "text": "Be brief."}], "messages": TURNS, "tools": [TOOL]},
    "tools": {"tools": [TOOL], "metadata": {"user_id": "u-1"}},
}


def rewritten(value: Any) -> Any:
    """The same JSON with the keys of every object the other way round."""
    if isinstance(value, dict):
        return {key: rewritten(each) for key, each in reversed(value.items())}
    return [rewritten(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", BODIES)
def test_the_order_of_keys_blanks_escapes_and_the_custom_id_do_not_count(name: str) -> None:
    whole = request("a", "Grüße 😀", **BODIES[name])
    other = {**rewritten(whole), "custom_id": "b"}
    written = [json.dumps(whole), json.dumps(other, ensure_ascii=False, indent=1).replace("\n", " "), json.dumps(other)]
    assert len(set(digests(*written))) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('"default": 1}', '"default": 1.0}'),
        ('"default": 1}', '"default": 1e0}'),
        ('"max_tokens": 256', '"max_tokens": 2.56e2'),
        ('"default": 1}', '"default": 10e-1}'),
    ],
)
def test_the_form_of_a_number_does_not_count(one: str, other: str) -> None:
    text = line(tools=[TOOL])
    assert one in text
    assert len(set(digests(text, text.replace(one, other)))) == 1


DIFFERENT: list[dict[str, Any]] = [
    {},
    {"model": "claude-sonnet-5-5"},
    {"max_tokens": 257},
    {"system": "Be brief."},
    {"system": [{"type": "text", "text": "Be brief."}]},
    {"stop_sequences": ["Be brief."]},
    {"tools": [TOOL]},
    {"tools": [{**TOOL, "description": "Looks."}]},
    {"tools": [TOOL, {**TOOL, "name": "look2"}]},
    {"tools": [TOOL], "tool_choice": {"type": "auto"}},
    {"tools": [TOOL], "tool_choice": {"type": "none"}},
    {"messages": [{"role": "user", "content": "Say hello"}]},
    {"messages": [{"role": "user", "content": [{"type": "text", "text": "Say hello."}]}]},
    {"messages": [{"role": "user", "content": "Say hello."}, {"role": "user", "content": "Say hello."}]},
    {"messages": [{"role": "user", "content": "Say "}, {"role": "user", "content": "hello."}]},
    {"messages": [{"role": "user", "content": "1"}], "tools": [{**TOOL, "input_examples": [{"n": 1}]}]},
    {"messages": [{"role": "user", "content": "1"}], "tools": [{**TOOL, "input_examples": [{"n": True}]}]},
    {"messages": [{"role": "user", "content": "1"}], "tools": [{**TOOL, "input_examples": [{"n": "1"}]}]},
    {"messages": [{"role": "user", "content": "1"}], "tools": [{**TOOL, "input_examples": [{"n": [1]}]}]},
    {"messages": [{"role": "user", "content": "1"}], "tools": [{**TOOL, "input_examples": [{"n": {"1": None}}]}]},
    {"messages": [{"role": "user", "content": "1"}], "tools": [{**TOOL, "input_examples": [{"n": [None, "1", None]}]}]},
]


def test_requests_that_ask_something_else_have_other_digests() -> None:
    found = digests(*(line(**params) for params in DIFFERENT))
    assert len(set(found)) == len(DIFFERENT)


def test_headers_and_overrides_are_part_of_the_question() -> None:
    text = line()
    found = [
        *digests(text),
        *digests(text, api_version=LEGACY_API_VERSION),
        *digests(text, betas=("context-1m-2025-08-07",)),
        *digests(text, model="claude-sonnet-5-5"),
    ]
    assert len(set(found)) == 4
    assert digests(line(model="claude-sonnet-5-5")) == [found[3]]
    assert digests(text, betas=("a", "b")) == digests(text, betas=("b", "a", "b"))


@pytest.mark.parametrize(
    "params",
    [
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        {
            "messages": [
                {"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://x/y"}}]}
            ]
        },
    ],
)
def test_an_answer_that_depends_on_the_day_is_told_by_the_length(params: dict[str, Any]) -> None:
    assert [len(each) for each in digests(line(**params), line())] == [DIGEST_BYTES + 1, DIGEST_BYTES]


def test_a_stored_request_has_the_digest_of_its_check() -> None:
    hasher = RequestHasher(API_VERSION)
    for params in (*BODIES.values(), *DIFFERENT):
        [checked] = digests(line(**params))
        stored = json.loads(line(**params))["params"]
        assert hasher.function_for(Key(*raw_key(stored)))(stored) == checked


def test_another_process_finds_the_same_digest() -> None:
    script = (
        "from batchtui.intake.request_digest import RequestHasher as H;"
        "print(H('v').digest({'model': 'm', 'messages': [{'role': 'user', 'content': 'x', 'n': 1.0}]}).hex())"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    # Digests are on people's disks: another value here means that nothing is known again after an update.
    assert run.stdout.strip() == "b65acca07ed8bebe1288b042413bb140"
