"""Recognise plain JSON Schemas in C (`is_plainly_valid`), so that the usual ones need no meta-schema check in Python.

Plain means: only the keywords below, each with a value that the meta-schema of 2020-12 allows. A schema that is not
plain may still be valid: jsonschema decides, which takes 0.2 s to import and milliseconds a schema.
"""

# Annotations stay evaluated here: pydantic reads them when the schema is built.
from functools import cache
from typing import Annotated, Any, Literal, NotRequired, cast

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from pydantic_core import SchemaValidator
from typing_extensions import TypedDict

_Type = Literal["string", "number", "integer", "boolean", "object", "array", "null"]
_Count = Annotated[int, Field(ge=0)]
_Inner = Annotated["bool | PlainSchema", Field(union_mode="left_to_right")]
_Named = dict[str, _Inner]
_Several = Annotated[list[_Inner], Field(min_length=1)]

PlainSchema = TypedDict(
    "PlainSchema",
    {
        "type": NotRequired[Annotated[_Type | list[_Type], Field(union_mode="left_to_right")]],
        "properties": NotRequired[_Named],
        "required": NotRequired[list[str]],
        "additionalProperties": NotRequired[_Inner],
        "items": NotRequired[_Inner],
        "enum": NotRequired[list[Any]],
        "const": NotRequired[Any],
        "default": NotRequired[Any],
        "examples": NotRequired[list[Any]],
        "title": NotRequired[str],
        "description": NotRequired[str],
        "format": NotRequired[str],
        "pattern": NotRequired[str],
        "minimum": NotRequired[float],
        "maximum": NotRequired[float],
        "exclusiveMinimum": NotRequired[float],
        "exclusiveMaximum": NotRequired[float],
        "multipleOf": NotRequired[Annotated[float, Field(gt=0)]],
        "minLength": NotRequired[_Count],
        "maxLength": NotRequired[_Count],
        "minItems": NotRequired[_Count],
        "maxItems": NotRequired[_Count],
        "uniqueItems": NotRequired[bool],
        "anyOf": NotRequired[_Several],
        "allOf": NotRequired[_Several],
        "oneOf": NotRequired[_Several],
        "$defs": NotRequired[_Named],
    },
)
with_config(ConfigDict(extra="forbid", strict=True))(PlainSchema)


@cache
def _validator() -> SchemaValidator:
    """Return what recognises a plain schema."""
    return cast("SchemaValidator", TypeAdapter(PlainSchema).validator)


def is_plainly_valid(schema: dict[str, Any]) -> bool:
    """Whether a schema is plain, and so valid JSON Schema 2020-12 but for lists that must not repeat themselves.

    These lists are `type` and `required`: the walk through the schema looks at them.
    """
    try:
        _validator().validate_python(schema)
    except (ValidationError, RecursionError):
        return False
    return True
