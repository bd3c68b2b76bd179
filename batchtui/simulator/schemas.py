"""Values that fit a JSON schema: what a tool is called with and what a structured answer holds."""

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


def fit(schema: object, draw: Random, root: Mapping[str, Any] | None = None, depth: int = 0) -> Any:
    """A value that fits `schema` as far as the common keywords go; recursion ends at eight levels."""
    if not isinstance(schema, Mapping) or depth > DEEPEST:
        return None
    root = schema if root is None else root
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return draw.choice(list(schema["enum"]))
    if "$ref" in schema:
        return fit(_resolve(str(schema["$ref"]), root), draw, root, depth + 1)
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return fit(schema[key][0], draw, root, depth + 1)
    return _typed(schema, draw, root, depth)


def _typed(schema: Mapping[str, Any], draw: Random, root: Mapping[str, Any], depth: int) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = next((name for name in kind if name != "null"), "null") if isinstance(kind, list) else kind
    if kind == "object":
        properties = schema.get("properties") or {}
        return {name: fit(part, draw, root, depth + 1) for name, part in properties.items()}
    if kind == "array":
        least = int(schema.get("minItems", 1))
        number = draw.randint(least, max(least, min(int(schema.get("maxItems", 3)), 3)))
        return [fit(schema.get("items", {"type": "string"}), draw, root, depth + 1) for _ in range(number)]
    if kind in ("integer", "number"):
        return _number(schema, draw, whole=kind == "integer")
    if kind == "boolean":
        return draw.random() < 0.5
    return _text(schema, draw) if kind == "string" else None


def _number(schema: Mapping[str, Any], draw: Random, *, whole: bool) -> float:
    low = float(schema.get("minimum", schema.get("exclusiveMinimum", 0)))
    high = float(schema.get("maximum", schema.get("exclusiveMaximum", low + 100)))
    if whole:
        return draw.randint(int(low) + ("exclusiveMinimum" in schema), int(high) - ("exclusiveMaximum" in schema))
    return round(low + (high - low) * (0.1 + 0.8 * draw.random()), 3)


def _text(schema: Mapping[str, Any], draw: Random) -> str:
    if "format" in schema:
        return FORMATS.get(str(schema["format"]), draw.choice(WORDS))
    text = " ".join(draw.sample(WORDS, 2))
    least = int(schema.get("minLength", 0))
    return text.ljust(least, "s")[: max(int(schema.get("maxLength", len(text))), least)]


def _resolve(reference: str, root: Mapping[str, Any]) -> object:
    found: object = root
    for part in reference.removeprefix("#/").split("/"):
        found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
    return found
