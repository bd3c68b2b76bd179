"""Check the JSON Schemas of tools and structured outputs: `SchemaChecks` looks at each distinct schema once.

A schema must be valid JSON Schema 2020-12, and the API sets limits of its own: some for every tool, stricter ones for
strict tools and structured outputs, where an answer is held to the schema while it is written. A job sends the same
schema with every request, so that what was found is remembered by content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pydantic_core import to_json

from batchtui.intake.problems import CheckFault
from batchtui.intake.rules.plain_json_schema import is_plainly_valid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jsonschema.protocols import Validator

MOST_OPTIONAL = 24
"""Optional parameters in all strict schemas of a request together (documentation, structured outputs)."""
MOST_UNIONS = 16
"""Parameters with several types (anyOf, or a list of types) in all strict schemas of a request together."""
MOST_STRICT_TOOLS = 20
FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid", "text"}
)
"""Formats of strings in strict schemas; the SDK writes "text" where a schema names none."""
PROPERTY_KEY = re.compile(r"[a-zA-Z0-9_.-]{1,64}\Z")
_BOUNDS = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "maxItems",
    "uniqueItems", "minContains", "maxContains", "minProperties", "maxProperties",
)  # fmt: skip
_UNKNOWN_TO_STRICT = (
    "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependentRequired", "patternProperties", "propertyNames",
    "prefixItems", "contains", "unevaluatedProperties", "unevaluatedItems",
)  # fmt: skip
_LOOK_AROUND = re.compile(r"\(\?(?:=|!|<=|<!)")
_BACK_REFERENCE = re.compile(r"\\[1-9]|\(\?P=")
_WORD_BOUNDARY = re.compile(r"\\[bB]")
_IN_MAPPINGS = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
_IN_LISTS = ("anyOf", "allOf", "oneOf", "prefixItems")
_IN_PLACE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
             "unevaluatedItems", "unevaluatedProperties")  # fmt: skip
_MOST_KEPT = 2_000
_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class SchemaVerdict:
    """What was found in one schema. The places in its faults begin with `{}`, where the schema's own place goes."""

    faults: tuple[CheckFault, ...] = ()
    optional: int = 0
    """Parameters that need not be there."""
    unions: int = 0
    """Parameters with several types."""

    def faults_at(self, place: str) -> Iterator[CheckFault]:
        """Yield the faults with the place of the schema in the request."""
        for fault in self.faults:
            yield fault._replace(message=fault.message.replace("{}", place, 1))


class SchemaChecks:
    """Remembers what was found in each distinct schema."""

    def __init__(self) -> None:
        self._found: dict[tuple[bool, bool, bytes], SchemaVerdict] = {}

    def look(self, schema: dict[str, Any], *, is_strict: bool, is_tool: bool) -> SchemaVerdict:
        """Return what is wrong with a schema of a tool or of a structured output."""
        key = (is_strict, is_tool, to_json(schema))
        known = self._found.get(key)
        if known is None:
            known = _look(schema, is_strict=is_strict, is_tool=is_tool)
            if len(self._found) >= _MOST_KEPT:
                self._found.clear()
            self._found[key] = known
        return known


def _look(schema: dict[str, Any], *, is_strict: bool, is_tool: bool) -> SchemaVerdict:
    """Look at one schema for the first time."""
    try:
        return _looked_into(schema, is_strict=is_strict, is_tool=is_tool)
    except RecursionError:
        return SchemaVerdict(
            (CheckFault("schema-invalid", "{} is nested too deep for a JSON Schema", "make it flatter"),)
        )


def _looked_into(schema: dict[str, Any], *, is_strict: bool, is_tool: bool) -> SchemaVerdict:
    """Look at one schema. Raises RecursionError where it is nested too deep."""
    invalid = _invalid(schema)
    if invalid is not None:
        return SchemaVerdict((invalid,))
    faults = list(_tool_schema_faults(schema)) if is_tool else []
    if not is_strict:
        return SchemaVerdict(tuple(faults))
    faults += _strict_schema_faults(schema)
    places = list(_walk(schema))
    optional = sum(len(node.get("properties", {}).keys() - set(node.get("required", ()))) for _, node in places)
    unions = sum("anyOf" in node or isinstance(node.get("type"), list) for _, node in places)
    return SchemaVerdict(tuple(faults), optional, unions)


def _invalid(schema: dict[str, Any]) -> CheckFault | None:
    """Return why it is no JSON Schema 2020-12; None where it is one."""
    # The usual schema is decided in C; jsonschema takes 0.2 s to import.
    if is_plainly_valid(schema) and not any(_repeats(node) for _, node in _walk(schema)):
        return None
    from jsonschema.exceptions import best_match

    error = best_match(_meta_validator().iter_errors(schema))
    if error is not None:
        place = "".join(f".{step}" for step in error.absolute_path)
        message = f"{{}}{place} is not valid JSON Schema 2020-12: {error.message}"[:300]
        return CheckFault("schema-invalid", message, _hint(error.absolute_path, error.instance), kind=place)
    return None


def _repeats(node: dict[str, Any]) -> bool:
    """Whether a list names a type or a key twice."""
    return any(
        isinstance(each, list) and len(set(each)) < len(each) for each in (node.get("type"), node.get("required"))
    )


def _meta_validator() -> Validator:
    """Return the validator of schemas, which takes 0.1 s to import."""
    from jsonschema import Draft202012Validator

    found: Validator = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    return found


def _hint(path: Any, instance: Any) -> str:
    """Return what was probably meant."""
    last = path[-1] if path else ""
    if last == "items" and isinstance(instance, list):
        return "items is one schema for all entries of the list"
    if instance in ("str", "int", "float", "bool", "dict", "list", "none", "None", "any"):
        names = {
            "str": "string",
            "int": "integer",
            "float": "number",
            "bool": "boolean",
            "dict": "object",
            "list": "array",
        }
        return f'write "{names[instance]}"' if instance in names else "leave type out to allow any value"
    if last == "required" and isinstance(instance, bool):
        return "required is a list of keys, beside properties"
    if last in ("exclusiveMinimum", "exclusiveMaximum") and isinstance(instance, bool):
        return "it is a number itself since draft 6"
    if last == "type":
        return "types are string, number, integer, boolean, array, object and null"
    return "write it in the form of JSON Schema draft 2020-12"


def _resolve(ref: str, schema: dict[str, Any]) -> Any:
    """Return what a reference into this schema leads to; None where it leads nowhere."""
    here: Any = schema
    for step in ref[2:].split("/"):
        step = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(here, list) and step.isdecimal() and int(step) < len(here):
            here = here[int(step)]
        elif isinstance(here, dict) and step in here:
            here = here[step]
        else:
            return None
    return here


def _walk(schema: Any, place: str = "", depth: int = 0) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema inside a schema with its place, itself first."""
    if not isinstance(schema, dict):
        return
    if depth > _DEEPEST:
        raise RecursionError
    yield place, schema
    for key in _IN_MAPPINGS:
        held = schema.get(key)
        for name, inner in held.items() if isinstance(held, dict) else ():
            yield from _walk(inner, f"{place}.{key}.{name}", depth + 1)
    for key in _IN_LISTS:
        held = schema.get(key)
        for index, inner in enumerate(held if isinstance(held, list) else ()):
            yield from _walk(inner, f"{place}.{key}.{index}", depth + 1)
    for key in _IN_PLACE:
        yield from _walk(schema.get(key), f"{place}.{key}", depth + 1)


def _tool_schema_faults(schema: dict[str, Any]) -> Iterator[CheckFault]:
    """Yield what no input_schema of a tool may hold."""
    for key in ("oneOf", "anyOf", "allOf"):
        if key in schema:
            hint = "merge its parts into one object" if key == "allOf" else "put it under a property, as anyOf"
            yield CheckFault("schema-top-level", f"{{}} has {key} at its top, which the API refuses", hint, kind=key)
    for place, node in _walk(schema):
        for name in node.get("properties", ()):
            if not PROPERTY_KEY.match(name):
                message = f'{{}}{place} has the property "{name[:60]}"'
                yield CheckFault("schema-property-key", message, "1 to 64 letters, digits, _, . and -", kind=place)
                break


def _strict_schema_faults(schema: dict[str, Any]) -> list[CheckFault]:
    """Return what a schema may not hold where answers are held to it."""
    faults = [fault for place, node in _walk(schema) for check in _STRICT_CHECKS for fault in check(place, node)]
    refs = [(place, node["$ref"]) for place, node in _walk(schema) if isinstance(node.get("$ref"), str)]
    for place, ref in refs:
        if ref.startswith("#/") and _resolve(ref, schema) is None:
            message = f'{{}}{place} refers to "{ref[:60]}", which is not there'
            faults.append(CheckFault("schema-ref", message, "add the definition to $defs"))
    if _is_recursive(schema):
        faults.append(CheckFault("schema-recursive", "{} is recursive", "write out as many levels as are needed"))
    return faults


def _strict_object(place: str, node: dict[str, Any]) -> Iterator[CheckFault]:
    """Objects must be closed."""
    kind = node.get("type")
    is_object = kind == "object" or "properties" in node or (isinstance(kind, list) and "object" in kind)
    if is_object and node.get("additionalProperties") is not False:
        message = f"{{}}{place} is an object without additionalProperties: false"
        yield CheckFault(
            "schema-additional-properties", message, 'add "additionalProperties": false to every object', kind=place
        )


def _strict_bounds(place: str, node: dict[str, Any]) -> Iterator[CheckFault]:
    """Numbers, strings and lists have no bounds."""
    bounds = [key for key in _BOUNDS if key in node]
    if node.get("minItems", 0) not in (0, 1):
        bounds.append("minItems above 1")
    if bounds:
        hint = "state it in the description, and check the answer yourself"
        yield CheckFault(
            "schema-bounds", f"{{}}{place} has {bounds[0]}, which structured outputs refuse", hint, kind=bounds[0]
        )


def _strict_keywords(place: str, node: dict[str, Any]) -> Iterator[CheckFault]:
    """Some keywords are not there at all."""
    for key in _UNKNOWN_TO_STRICT:
        if key in node:
            hint = "use anyOf" if key == "oneOf" else "describe it in words"
            yield CheckFault(
                "schema-keyword", f"{{}}{place} has {key}, which structured outputs refuse", hint, kind=key
            )
    if any(isinstance(value, dict | list) for value in node.get("enum", ())):
        yield CheckFault("schema-enum", f"{{}}{place} has an enum of objects or lists", "use strings, numbers or null")
    if any(isinstance(part, dict) and "$ref" in part for part in node.get("allOf", ())):
        yield CheckFault("schema-keyword", f"{{}}{place} has a $ref in allOf", "write the definition out in its place")


def _strict_strings(place: str, node: dict[str, Any]) -> Iterator[CheckFault]:
    """Formats are of a list, and patterns of a simple kind."""
    named = node.get("format")
    if isinstance(named, str) and named not in FORMATS:
        hint = f"it can be {', '.join(sorted(FORMATS - {'text'}))}"
        yield CheckFault("schema-format", f'{{}}{place} has the format "{named[:40]}"', hint, kind=named[:40])
    pattern = node.get("pattern")
    if not isinstance(pattern, str):
        return
    for what, found in (("look-around", _LOOK_AROUND), ("a back-reference", _BACK_REFERENCE),
                        ("a word boundary", _WORD_BOUNDARY)):  # fmt: skip
        # An escaped backslash before a letter is no escape of that letter.
        if found.search(pattern.replace("\\\\", "")):
            yield CheckFault(
                "schema-pattern", f"{{}}{place} has a pattern with {what}", "write it without that", kind=what
            )


def _strict_refs(place: str, node: dict[str, Any]) -> Iterator[CheckFault]:
    """References stay inside the schema."""
    ref = node.get("$ref")
    if isinstance(ref, str) and not ref.startswith("#"):
        message = f'{{}}{place} refers to "{ref[:60]}", outside the schema'
        yield CheckFault("schema-ref", message, "copy the definition into $defs")


_STRICT_CHECKS: tuple[Callable[[str, dict[str, Any]], Iterator[CheckFault]], ...] = (
    _strict_object, _strict_bounds, _strict_keywords, _strict_strings, _strict_refs,
)  # fmt: skip


def _is_recursive(schema: dict[str, Any]) -> bool:
    """Whether following references leads back to a schema that one is inside of."""
    done: set[str] = set()

    def leads_back(ref: str, above: tuple[str, ...]) -> bool:
        if ref in above:
            return True
        if ref in done:
            return False
        target = schema if ref == "#" else _resolve(ref, schema) if ref.startswith("#/") else None
        inner = [node["$ref"] for _, node in _walk(target) if isinstance(node.get("$ref"), str)]
        found = any(leads_back(each, (*above, ref)) for each in inner)
        # A definition that leads nowhere back is followed once, however many refer to it.
        done.add(ref)
        return found

    refs = {node["$ref"] for _, node in _walk(schema) if isinstance(node.get("$ref"), str)}
    return any(ref == "#" or leads_back(ref, ()) for ref in refs)
