"""Read the JSON schema of the answers from a file, or build it from the names of fields: `schema_of_fields`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

KINDS = {
    "string": "string", "text": "string", "str": "string", "number": "number", "float": "number",
    "integer": "integer", "int": "integer", "boolean": "boolean", "bool": "boolean",
}  # fmt: skip
"""What a field can be, by the words that people use."""
_FIELD = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]{0,63})(\?)?(?::(.+))?")
_LONGEST = 5_000_000


def schema_of_fields(fields: Sequence[str]) -> dict[str, Any]:
    """Build a schema of `name`, `name:kind`, `name:kind[]` or `name:one|two|three`; `name?` may be left out.

    Raises:
        UsageError: a field is not written so.
    """
    properties: dict[str, Any] = {}
    required = []
    for field in fields:
        found = _FIELD.fullmatch(field.strip())
        if found is None:
            raise UsageError(
                f'"{field}" is not a field.', hint="Write name:string, name:number[] or name:one|two|three."
            )
        name, is_optional, kind = found.groups()
        if name in properties:
            raise UsageError(f'The field "{name}" is given twice.')
        properties[name] = _kind(field, (kind or "string").strip())
        if not is_optional:
            required.append(name)
    # Closed and with every field required, as structured outputs want it (documentation).
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def read_schema(path: Path) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Read a JSON schema, or a tool with one (`{"name", "input_schema"}`); one of the two is None.

    Raises:
        InputError: the file cannot be read, is no JSON, or no schema.
    """
    try:
        with path.open("rb") as file:
            # One byte more than a schema may have: a longer file ends in the middle, and is then no JSON.
            said = json.loads(file.read(_LONGEST + 1))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON: {error}.", hint="A schema is a JSON object.") from None
    return schema_or_tool(said, str(path))


def schema_or_tool(said: Any, where: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return a JSON schema, or a tool with one (`{"name", "input_schema"}`); the other of the two is None.

    Raises:
        InputError: it is neither.
    """
    if isinstance(said, dict) and isinstance(said.get("input_schema"), dict):
        refuse_bad_schema(said["input_schema"], where)
        return None, said
    refuse_bad_schema(said, where)
    return said, None


def refuse_bad_schema(schema: object, where: str) -> None:
    """Stop where something is no JSON schema that answers could be held against.

    Raises:
        InputError: it is none; it says why.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    if not isinstance(schema, dict):
        raise InputError(f"{where} is not a JSON schema: it is not an object.")
    try:
        Draft202012Validator.check_schema(schema)
    except (SchemaError, RecursionError) as error:
        reason = error.message if isinstance(error, SchemaError) else "it refers to itself without end"
        raise InputError(f"{where} is not a JSON schema: {reason[:200]}.") from None


def _kind(field: str, kind: str) -> dict[str, Any]:
    if kind.endswith("[]"):
        return {"type": "array", "items": _kind(field, kind[:-2])}
    if "|" in kind:
        return {"type": "string", "enum": [choice.strip() for choice in kind.split("|") if choice.strip()]}
    if kind not in KINDS:
        raise UsageError(
            f'"{field}": unknown type "{kind}".', hint="Types are string, number, integer, boolean, one|two and []."
        )
    return {"type": KINDS[kind]}
