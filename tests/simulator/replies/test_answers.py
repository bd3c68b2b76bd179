"""What the simulated models say: fitting, repeatable, and never more than was asked."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from batchtui.simulator.batch_plan import PAUSED, REFUSED, TRUNCATED
from batchtui.simulator.replies.messages import answer
from batchtui.simulator.replies.schema_values import value_for
from batchtui.simulator.validation.late import Terms, find_problem
from tests.simulator.calling import params

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["title", "score", "tags", "author", "kind"],
    "additionalProperties": False,
    "properties": {
        "title": {"type": "string", "minLength": 3, "maxLength": 40},
        "score": {"type": "integer", "minimum": 1, "maximum": 5},
        "share": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 2},
        "author": {"$ref": "#/$defs/person"},
        "kind": {"enum": ["letter", "note"]},
        "flag": {"type": ["boolean", "null"]},
        "more": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    },
    "$defs": {"person": {"type": "object", "properties": {"name": {"type": "string"}, "mail": {"format": "email"}}}},
}
TOOL = {"name": "file_it", "input_schema": SCHEMA}


def _answer(custom_id: str = "a", fate: int = 0, **changes: Any) -> dict[str, Any]:
    return answer(params(**changes), seed=1, custom_id=custom_id, message_id="msg_01x", answer_tokens=100, fate=fate)


def _text(message: dict[str, Any]) -> str:
    return "".join(block["text"] for block in message["content"] if block["type"] == "text")


def test_the_same_request_is_always_answered_the_same() -> None:
    assert _answer() == _answer()


def test_different_requests_are_answered_differently() -> None:
    assert len({_text(_answer(f"r-{number}")) for number in range(20)}) > 10


def test_a_tool_is_called_with_what_its_schema_wants() -> None:
    message = _answer(tools=[TOOL])
    call = message["content"][-1]
    assert (message["stop_reason"], call["name"]) == ("tool_use", "file_it")
    Draft202012Validator(SCHEMA).validate(call["input"])


def test_no_tool_is_called_when_none_may_be_or_one_has_answered() -> None:
    done = [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_01", "content": "ok"}]}]
    assert _answer(tools=[TOOL], tool_choice={"type": "none"})["stop_reason"] == "end_turn"
    assert _answer(tools=[TOOL], messages=done)["stop_reason"] == "end_turn"


def test_a_structured_answer_fits_its_schema() -> None:
    message = _answer(output_config={"format": {"type": "json_schema", "schema": SCHEMA}})
    Draft202012Validator(SCHEMA).validate(json.loads(_text(message)))


def test_thinking_comes_first_and_is_counted_within_the_output() -> None:
    message = _answer(thinking={"type": "adaptive"})
    usage = message["usage"]
    assert [block["type"] for block in message["content"]] == ["thinking", "text"]
    assert 0 < usage["output_tokens_details"]["thinking_tokens"] < usage["output_tokens"]


def test_a_small_max_tokens_cuts_the_answer_short() -> None:
    message = _answer(max_tokens=5)
    assert (message["stop_reason"], message["usage"]["output_tokens"]) == ("max_tokens", 5)
    assert 0 < len(_text(message)) <= 20


@pytest.mark.parametrize(
    ("fate", "reason"), [(TRUNCATED, "max_tokens"), (REFUSED, "refusal"), (PAUSED, "pause_turn"), (0, "end_turn")]
)
def test_each_fate_has_its_stop_reason(fate: int, reason: str) -> None:
    message = _answer(fate=fate)
    assert message["stop_reason"] == reason
    assert (message["stop_details"] is not None) == (reason == "refusal")


def test_an_alias_is_answered_with_the_models_full_name() -> None:
    assert _answer(model="claude-haiku-4-5")["model"] == "claude-haiku-4-5-20251001"


@pytest.mark.parametrize(("ttl", "written"), [("5m", "ephemeral_5m_input_tokens"), ("1h", "ephemeral_1h_input_tokens")])
def test_a_cached_prefix_is_written_or_read_and_the_input_adds_up(ttl: str, written: str) -> None:
    prefix = {"type": "text", "text": "word " * 2_000, "cache_control": {"type": "ephemeral", "ttl": ttl}}
    usages = [_answer(f"r-{number}", system=[prefix])["usage"] for number in range(40)]
    reads = [usage for usage in usages if usage["cache_read_input_tokens"]]
    writes = [usage for usage in usages if usage["cache_creation"][written]]
    totals = {
        usage["input_tokens"] + usage["cache_creation_input_tokens"] + usage["cache_read_input_tokens"]
        for usage in usages
    }
    assert len(reads) + len(writes) == 40
    assert min(len(reads), len(writes)) > 0
    assert len(totals) == 1


def test_a_short_prefix_is_not_cached() -> None:
    prefix = {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}
    usage = _answer(system=[prefix])["usage"]
    assert (usage["cache_creation_input_tokens"], usage["cache_read_input_tokens"]) == (0, 0)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
KEYS = (
    "system",
    "messages",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
    "cache_control",
    "model",
    "max_tokens",
)


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_any_params_are_refused_or_answered(changes: dict[str, Any]) -> None:
    strange = params(**changes)
    if find_problem(strange, Terms("2026-10-21")) is None:
        json.dumps(answer(strange, seed=1, custom_id="a", message_id="m", answer_tokens=10))


WORDS = (
    "type",
    "properties",
    "items",
    "enum",
    "anyOf",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "minLength",
    "$ref",
)


@given(st.dictionaries(st.sampled_from(WORDS), JSON))
def test_a_nonsensical_schema_is_survived(schema: dict[str, Any]) -> None:
    json.dumps(value_for(schema, Random(1)))


def test_a_schema_that_refers_to_itself_comes_to_an_end() -> None:
    looped = {"type": "object", "properties": {"next": {"$ref": "#"}}}
    assert "next" in value_for(looped, Random(1))
