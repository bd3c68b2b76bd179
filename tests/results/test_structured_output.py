"""Answers that should be JSON: whether they parse and fit what the request asked for."""

from __future__ import annotations

from typing import Any

import pytest

from batchtui.results.parsed_result import parse_result
from batchtui.results.structured_output import NotJsonError, match_schema, parse_text, structured_value
from tests.support.lines import succeeded, tool_use

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}
PARAMS: dict[str, Any] = {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}
TOOLS: dict[str, Any] = {"tools": [{"name": "count", "input_schema": SCHEMA}]}


@pytest.mark.parametrize(
    ("text", "parses", "fits"),
    [
        ('{"n": 3}', True, True),
        ('```json\n{"n": 3}\n```', True, True),
        ('{"n": "three"}', True, False),
        ("{}", True, False),
        ('{"n": 3', False, False),
        ("three", False, False),
    ],
)
def test_text_against_the_schema_of_output_config(text: str, *, parses: bool, fits: bool) -> None:
    fit = match_schema(parse_result(succeeded("a", text)), PARAMS)
    assert (fit.wanted, fit.parses, fit.fits) == (True, parses, fits)


def test_a_fault_says_where() -> None:
    fit = match_schema(parse_result(succeeded("a", '{"n": "three"}')), PARAMS)
    assert fit.faults == ("$.n: 'three' is not of type 'integer'",)


@pytest.mark.parametrize(("value", "fits"), [({"n": 3}, True), ({"m": 3}, False), (None, False)])
def test_tool_input_against_the_schema_of_its_tool(value: object, *, fits: bool) -> None:
    answer = parse_result(succeeded("a", tool_use("count", value), stop_reason="tool_use"))
    assert match_schema(answer, TOOLS).fits is fits


def test_a_call_of_a_tool_that_the_request_does_not_have() -> None:
    answer = parse_result(succeeded("a", tool_use("invented", {}), stop_reason="tool_use"))
    assert match_schema(answer, TOOLS).faults == ("invented: the request has no tool of this name",)


def test_a_request_that_asks_for_no_structure() -> None:
    fit = match_schema(parse_result(succeeded("a", "hello")), {"messages": []})
    assert (fit.wanted, fit.fits) == (False, None)


@pytest.mark.parametrize(
    "schema", [{"type": "wrong"}, {"$ref": "https://example.org/schema.json"}, {"$ref": "#/missing"}, []]
)
def test_a_schema_that_cannot_be_used_says_so_and_is_never_fetched(schema: object) -> None:
    params = {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
    fit = match_schema(parse_result(succeeded("a", "{}")), params)
    assert (fit.parses, fit.fits) == (True, None)
    assert "schema" in fit.faults[0]


def test_json_nested_beyond_every_limit_is_no_json() -> None:
    with pytest.raises(NotJsonError):
        parse_text("[" * 100_000)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (('{"n": 3}',), {"n": 3}),
        (("[1, 2]",), None),
        (("three",), None),
        ((tool_use("count", {"n": 3}),), {"n": 3}),
        (("I count.", tool_use("count", {"n": 3})), {"n": 3}),
        ((tool_use("count", "odd"),), None),
    ],
)
def test_a_structured_answer_is_parsed_as_one_object(content: tuple[Any, ...], value: object) -> None:
    assert structured_value(parse_result(succeeded("a", *content))) == value
