"""Check whether an answer is JSON and matches the schema it was asked for: `match_schema`."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from batchtui.results.json_text import decode_json, join_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from batchtui.results.parsed_result import ParsedResult

MAX_FAULTS = 5
_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL | re.IGNORECASE)


class NotJsonError(ValueError):
    """The text is no JSON, with the parser's reason."""


@dataclass(frozen=True, slots=True)
class SchemaMatch:
    """Whether an answer has the structure that was asked for."""

    wanted: bool
    """Whether the request asked for any."""
    parses: bool
    fits: bool | None
    """None where it was not wanted, or the schema itself cannot be used."""
    faults: tuple[str, ...] = ()
    """Where it does not fit, one sentence each, the first `MAX_FAULTS`."""


def parse_text(text: str) -> Any:
    """Parse a text as JSON, also inside of one Markdown code fence: models often add it.

    Raises:
        NotJsonError: it is none.
    """
    fenced = _FENCE.match(text)
    try:
        return decode_json(fenced[1] if fenced else text)
    except (ValueError, RecursionError) as error:
        raise NotJsonError(str(error)) from None


def structured_value(answer: ParsedResult) -> dict[str, Any] | None:
    """Return what an answer says as one JSON object: its JSON text, or the input of its first tool call."""
    text = answer.text
    # Only what begins like an object is parsed: most answers are prose.
    if text.lstrip()[:1] in ("{", "`"):
        try:
            value = parse_text(text)
        except NotJsonError:
            value = None
        if isinstance(value, dict):
            return value
    for call in answer.tool_calls:
        given = call.get("input")
        if isinstance(given, dict):
            return given
    return None


def common_fields(values: Iterable[Mapping[str, Any]], *, most: int) -> tuple[str, ...]:
    """Return the fields that answers have in common, in their order; none where they are not of one kind.

    They are where there are at most so many fields in all, and each is in half of the answers: optional ones may lack.
    """
    counts: Counter[str] = Counter()
    number = 0
    for value in values:
        number += 1
        counts.update(dict.fromkeys(value, 1))
        if len(counts) > most:
            return ()
    if any(2 * count < number for count in counts.values()):
        return ()
    return tuple(counts)


def wanted_schema(params: Mapping[str, Any]) -> object:
    """Return the JSON schema that the request's text answer must fit; None where it asks for none."""
    config = params.get("output_config")
    # `output_format` is the older name of `output_config.format`.
    wanted = config.get("format") if isinstance(config, dict) else params.get("output_format")
    return wanted.get("schema") if isinstance(wanted, dict) else None


def match_schema(answer: ParsedResult, params: Mapping[str, Any]) -> SchemaMatch:
    """Return whether an answer has the structure that its request asked for, by output_config or by a tool's schema."""
    calls = answer.tool_calls
    schemas = _tool_schemas(params)
    schema = wanted_schema(params)
    if calls and schemas:
        faults = [fault for call in calls for fault in _call_faults(call, schemas)]
        return SchemaMatch(wanted=True, parses=True, fits=not faults, faults=tuple(faults[:MAX_FAULTS]))
    if schema is None:
        return SchemaMatch(wanted=False, parses=False, fits=None)
    try:
        value = parse_text(answer.text)
    except NotJsonError as error:
        return SchemaMatch(wanted=True, parses=False, fits=False, faults=(join_text(str(error)),))
    try:
        faults = list(islice(_faults(value, schema), MAX_FAULTS))
    except UnusableSchema as error:
        return SchemaMatch(wanted=True, parses=True, fits=None, faults=(str(error),))
    return SchemaMatch(wanted=True, parses=True, fits=not faults, faults=tuple(faults))


class UnusableSchema(ValueError):
    """The request's schema is none, or points outside itself."""


def _tool_schemas(params: Mapping[str, Any]) -> dict[str, object]:
    tools = params.get("tools")
    return {
        str(tool.get("name")): tool["input_schema"]
        for tool in (tools if isinstance(tools, list) else [])
        if isinstance(tool, dict) and isinstance(tool.get("input_schema"), dict)
    }


def _call_faults(call: Mapping[str, Any], schemas: Mapping[str, object]) -> Iterator[str]:
    name = str(call.get("name"))
    if name not in schemas:
        yield f"{name}: the request has no tool of this name"
        return
    try:
        yield from (f"{name}: {fault}" for fault in _faults(call.get("input"), schemas[name]))
    except UnusableSchema as error:
        yield f"{name}: {error}"


def _faults(value: object, schema: object) -> Iterator[str]:
    """Yield where the value does not fit; a schema is never fetched from anywhere."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    if not isinstance(schema, dict):
        raise UnusableSchema("the request's schema is not an object")
    try:
        Draft202012Validator.check_schema(schema)
        # An empty registry: with the default one jsonschema would fetch a `$ref` to an address.
        for error in Draft202012Validator(schema, registry=Registry()).iter_errors(value):
            yield f"{error.json_path}: {error.message[:200]}"
    except (SchemaError, Unresolvable, RecursionError) as error:
        raise UnusableSchema(f"the request's schema cannot be used: {str(error)[:200]}") from None
