"""The service's judgement of JSON Schemas in tools and structured outputs, each distinct one made once."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

MOST_OPTIONAL, MOST_UNIONS, MOST_STRICT = 24, 16, 20
FORMATS = ("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid", "text")
PROPERTY_KEY = re.compile(r"^[a-zA-Z0-9_.-]{1,64}\Z")
REFUSED_IN_STRICT = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "maxItems",
    "uniqueItems", "minContains", "maxContains", "minProperties", "maxProperties", "oneOf", "not", "if", "then", "else",
    "dependentSchemas", "dependentRequired", "patternProperties", "propertyNames", "prefixItems", "contains",
    "unevaluatedProperties", "unevaluatedItems",
)  # fmt: skip
# Look-around, back-references and word boundaries: answers cannot be sampled along them.
REFUSED_IN_PATTERNS = re.compile(r"\(\?(?:[=!]|<[=!])|\\[1-9bB]|\(\?P=")
SUBSCHEMAS = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
              "unevaluatedItems", "unevaluatedProperties")  # fmt: skip


def format_sentences(tools: Sequence[Mapping[str, Any]], output: Mapping[str, Any] | None) -> Iterator[str]:
    """What is wrong with the schemas of a request's tools and of its structured output, and with their sums."""
    optional = unions = strict = 0
    for index, tool in enumerate(tools):
        strict += tool.get("strict") is True
        schema = tool.get("input_schema")
        if not isinstance(schema, dict):
            continue
        found, more, several = _judged(_text(schema), is_tool=True, is_strict=tool.get("strict") is True)
        yield from (f"tools.{index}.custom.input_schema{sentence}" for sentence in found)
        optional, unions = optional + more, unions + several
    if output is not None and isinstance(output.get("schema"), dict):
        found, more, several = _judged(_text(output["schema"]), is_tool=False, is_strict=True)
        yield from (f"output_config.format.schema{sentence}" for sentence in found)
        optional, unions = optional + more, unions + several
    if strict > MOST_STRICT:
        yield f"tools: Too many strict tools: {strict} > {MOST_STRICT}."
    if optional > MOST_OPTIONAL:
        yield f"Schemas contain too many optional parameters ({optional}), the limit is {MOST_OPTIONAL}."
    if unions > MOST_UNIONS:
        yield f"Schemas contain too many parameters with union types ({unions}), the limit is {MOST_UNIONS}."


def _text(schema: Mapping[str, Any]) -> str:
    # A dict cannot be the key of a cache, and a batch may repeat one schema 100,000 times.
    return json.dumps(schema, ensure_ascii=False)


@lru_cache(maxsize=500)
def _judged(text: str, *, is_tool: bool, is_strict: bool) -> tuple[tuple[str, ...], int, int]:
    """The sentences about a schema, without its place, and its optional parameters and unions where it is strict."""
    from jsonschema import Draft202012Validator

    schema = json.loads(text)
    try:
        error = next(Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema), None)
        nodes = list(_nodes(schema))
    # jsonschema and `_nodes` descend by recursion: a hostile schema is nested deeper than Python's stack.
    except RecursionError:
        return (": JSON schema is invalid: it is nested too deep",), 0, 0
    if error is not None:
        return (f": JSON schema is invalid. It must match JSON Schema draft 2020-12 ({error.message[:80]})",), 0, 0
    found = list(_tool_sentences(schema, nodes)) if is_tool else []
    if not is_strict:
        return tuple(found), 0, 0
    found += [sentence for node in nodes for sentence in _strict_sentences(node)]
    if any(_returns(schema, node["$ref"], ()) for node in nodes if isinstance(node.get("$ref"), str)):
        found.append(": Recursive schemas are not supported.")
    found += [
        ": $ref does not resolve."
        for node in nodes
        if str(node.get("$ref", "#")) != "#" and _target(schema, node["$ref"]) is None
    ]
    optional = sum(len(set(node.get("properties", ())) - set(node.get("required", ()))) for node in nodes)
    unions = sum("anyOf" in node or isinstance(node.get("type"), list) for node in nodes)
    return tuple(found), optional, unions


def _nodes(schema: object, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Every schema in a schema."""
    if depth > 100:
        raise RecursionError
    if not isinstance(schema, dict):
        return
    yield schema
    held: list[Any] = [schema.get(key) for key in SUBSCHEMAS]
    for key in ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas"):
        held += list(schema[key].values()) if isinstance(schema.get(key), dict) else []
    for key in ("anyOf", "allOf", "oneOf", "prefixItems"):
        held += schema[key] if isinstance(schema.get(key), list) else []
    for inner in held:
        yield from _nodes(inner, depth + 1)


def _tool_sentences(schema: Mapping[str, Any], nodes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if any(key in schema for key in ("oneOf", "allOf", "anyOf")):
        yield ": input_schema does not support oneOf, allOf, or anyOf at the top level"
    keys = [key for node in nodes for key in node.get("properties", ())]
    if not all(PROPERTY_KEY.match(key) for key in keys):
        yield ".properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'"


def _strict_sentences(node: Mapping[str, Any]) -> Iterator[str]:
    kinds = node.get("type")
    is_object = "properties" in node or "object" in (kinds if isinstance(kinds, list) else [kinds])
    if is_object and node.get("additionalProperties") is not False:
        yield ": For 'object' type, 'additionalProperties' must be explicitly set to false"
    for key in REFUSED_IN_STRICT:
        if key in node:
            yield f": property '{key}' is not supported"
    if node.get("minItems", 0) > 1:
        yield ": For 'array' type, 'minItems' values other than 0 or 1 are not supported"
    if node.get("format", "text") not in FORMATS:
        yield f": format '{node['format']}' is not supported"
    # Escaped backslashes go first: `\\b` is a backslash and a letter, and no word boundary.
    if REFUSED_IN_PATTERNS.search(str(node.get("pattern", "")).replace("\\\\", "")):
        yield ": pattern is not supported"
    if any(isinstance(each, dict | list) for each in node.get("enum", ())):
        yield ": enum values must be strings, numbers, booleans or null"
    if any("$ref" in part for part in node.get("allOf", ()) if isinstance(part, dict)):
        yield ": allOf with $ref is not supported"


def _target(schema: Mapping[str, Any], ref: str) -> Any:
    """What a reference leads to inside the schema; None for anything outside of it."""
    if ref == "#":
        return schema
    if not ref.startswith("#/"):
        return None
    here: Any = schema
    for step in ref[2:].split("/"):
        here = here.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(here, dict) else None
    return here


def _returns(schema: Mapping[str, Any], ref: str, way: tuple[str, ...]) -> bool:
    """Whether following a reference comes back to it."""
    if ref == "#" or ref in way:
        return True
    inner = [node["$ref"] for node in _nodes(_target(schema, ref)) if isinstance(node.get("$ref"), str)]
    return any(_returns(schema, each, (*way, ref)) for each in inner)
