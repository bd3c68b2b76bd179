"""Values that fit a JSON schema: what a tool is called with and what a structured answer holds."""

import math
from collections.abc import Mapping
from random import Random
from typing import Any

WORDS = (
    "amber",
    "basin",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "harbor",
    "inlet",
    "juniper",
    "kelp",
    "lagoon",
    "meadow",
    "nectar",
    "orchard",
    "pebble",
)
FORMATS: Mapping[str, str] = {
    "date": "2026-11-21",
    "date-time": "2026-11-21T09:00:00Z",
    "time": "09:00:00Z",
    "email": "ada@example.com",
    "uri": "https://example.com/item",
    "uuid": "6f1c2f0e-6c3a-4c55-9d7e-2f6b8f9a1c01",
    "hostname": "example.com",
    "ipv4": "192.0.2.7",
}
DEEPEST = 8
MOST = 1e15
LONGEST = 10_000


def value_for(schema: object, draw: Random, root: object = None, depth: int = 0) -> Any:
    """A value that fits `schema` as far as the common keywords go; recursion ends at eight levels, nonsense in null."""
    if not isinstance(schema, Mapping) or depth > DEEPEST:
        return None
    root = schema if root is None else root
    if "const" in schema:
        return schema["const"]
    if options := _list(schema, "enum"):
        return draw.choice(options)
    if "$ref" in schema:
        return value_for(_resolve(str(schema["$ref"]), root), draw, root, depth + 1)
    # The first branch: any of them is a valid value, and for allOf an approximation.
    for key in ("anyOf", "oneOf", "allOf"):
        if options := _list(schema, key):
            return value_for(options[0], draw, root, depth + 1)
    return _typed(schema, draw, root, depth)


def _typed(schema: Mapping[str, Any], draw: Random, root: object, depth: int) -> Any:
    match _kind(schema):
        case "object":
            properties = schema.get("properties")
            parts = properties if isinstance(properties, Mapping) else {}
            return {name: value_for(part, draw, root, depth + 1) for name, part in parts.items()}
        case "array":
            # Bounded: schemas are a client's, and a minItems of a billion must not fill the memory.
            least = min(int(_number(schema, "minItems", 1)), LONGEST)
            most = max(least, min(int(_number(schema, "maxItems", 3)), 3))
            items = schema.get("items", {"type": "string"})
            return [value_for(items, draw, root, depth + 1) for _ in range(draw.randint(max(least, 0), max(most, 0)))]
        case "integer":
            return _between(schema, draw, whole=True)
        case "number":
            return _between(schema, draw, whole=False)
        case "boolean":
            return draw.random() < 0.5
        case "string":
            return _text(schema, draw)
    return None


def _kind(schema: Mapping[str, Any]) -> object:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return next((name for name in kind if name != "null"), "null") if isinstance(kind, list) else kind


def _between(schema: Mapping[str, Any], draw: Random, *, whole: bool) -> float:
    low = _number(schema, "minimum", _number(schema, "exclusiveMinimum", 0))
    high = max(_number(schema, "maximum", _number(schema, "exclusiveMaximum", low + 100)), low)
    if whole:
        first = math.floor(low) + 1 if "exclusiveMinimum" in schema else math.ceil(low)
        last = math.ceil(high) - 1 if "exclusiveMaximum" in schema else math.floor(high)
        return draw.randint(first, max(first, last))
    return round(low + (high - low) * (0.1 + 0.8 * draw.random()), 3)


def _text(schema: Mapping[str, Any], draw: Random) -> str:
    if "format" in schema:
        return FORMATS.get(str(schema["format"]), draw.choice(WORDS))
    text = " ".join(draw.sample(WORDS, 2))
    least = min(int(_number(schema, "minLength", 0)), LONGEST)
    return text.ljust(least, "s")[: max(int(_number(schema, "maxLength", len(text))), least)]


def _resolve(reference: str, root: object) -> object:
    found = root
    for part in reference.removeprefix("#/").split("/"):
        found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
    return found


def _list(schema: Mapping[str, Any], key: str) -> list[Any]:
    value = schema.get(key)
    return value if isinstance(value, list) else []


def _number(schema: Mapping[str, Any], key: str, otherwise: float) -> float:
    """A bound from the schema; one that is no number, or beyond reason, is left out."""
    value = schema.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -MOST <= value <= MOST:
        return float(otherwise)
    return float(value)
