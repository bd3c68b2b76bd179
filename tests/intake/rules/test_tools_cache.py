"""Tools that are known are passed over, and nobody can tell."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic_core import ValidationError

from batchtui.domain.limits import API_VERSION
from batchtui.intake.rules.tools_cache import ToolsCache
from batchtui.intake.schema.request import validator
from tests.intake.builders import request

SCHEMA = validator(API_VERSION)
LOOK = {"name": "look", "input_schema": {"type": "object", "properties": {"größe": {"type": "string"}}}}
FIND = {"name": "find", "input_schema": {"type": "object", "properties": {"tools": {"type": "array"}}}}
KNOWN = '"tools": ' + json.dumps([LOOK], ensure_ascii=False)


def line(text: str) -> bytes:
    """A request whose params end in that text."""
    return (json.dumps(request("a"))[:-2] + ", " + text + "}}").encode()


def calling(tools: str) -> str:
    """A request that has no tools, but a call of one with those inside."""
    call = '{"type": "tool_use", "id": "t", "name": "look", "input": {' + tools + "}}"
    return '"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": [' + call + "]}]"


LINES = {
    "the same": line(KNOWN),
    "the same, and more after": line(KNOWN + ', "stop_sequences": ["x"]'),
    "the same, spaced otherwise": line(KNOWN.replace(": ", ":")),
    "others": line('"tools": ' + json.dumps([FIND, LOOK])),
    "none": line('"tools": []'),
    "no list": line('"tools": {}'),
    "twice": line(KNOWN + ", " + KNOWN),
    "a wrong one after": line(KNOWN + ', "tools": [{"name": "what is this"}]'),
    "a wrong one before": line('"tools": [{"name": "what is this"}], ' + KNOWN),
    "known ones, and a wrong key": line(KNOWN + ', "colour": 1'),
    "known ones, and broken JSON": line(KNOWN + ", "),
    "known ones, with more in the list": line(KNOWN[:-1] + ', {"name": "what is this"}]'),
    "known ones under another key": line('"metadata": {' + KNOWN + "}"),
    "known ones in a call, none beside": line(calling(KNOWN)),
    "known ones in a call, wrong ones beside": line(calling(KNOWN) + ', "tools": 3'),
    "known ones in a call, an escaped key beside": line(calling(KNOWN) + ', "\\u0074ools": []'),
    "a key that ends like it": line('"my\\"tools": ' + json.dumps([LOOK], ensure_ascii=False)),
}


def outcome(validate: Any, text: bytes) -> tuple[str, Any]:
    """What a validator makes of a line."""
    try:
        return "right", validate(text)
    except ValidationError as error:
        return "wrong", error.errors(include_url=False)


@pytest.mark.parametrize("text", LINES.values(), ids=LINES)
def test_a_request_is_judged_as_if_its_tools_were_unknown(text: bytes) -> None:
    known = ToolsCache(SCHEMA.validate_json)
    for _ in range(3):
        assert outcome(known.validate, LINES["the same"]) == outcome(SCHEMA.validate_json, LINES["the same"])
    assert outcome(known.validate, text) == outcome(SCHEMA.validate_json, text)


def test_tools_that_stand_in_every_request_are_looked_at_once() -> None:
    seen: list[bytes] = []

    def validate(text: bytes) -> Any:
        seen.append(text)
        return SCHEMA.validate_json(text)

    known = ToolsCache(validate)
    for _ in range(4):
        known.validate(LINES["the same"])
    assert [text.count(b"look") for text in seen] == [1, 0, 0, 0]


def test_tools_that_are_never_met_again_are_soon_not_remembered_any_more() -> None:
    known = ToolsCache(SCHEMA.validate_json)
    for number in range(100):
        known.validate(line('"tools": ' + json.dumps([{**LOOK, "name": f"tool_{number}"}])))
    assert known._tried < 20
