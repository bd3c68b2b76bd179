"""Find the type that JSON values have in common, for formats with typed columns.

`type_of` says the type of one value, `widest` the narrowest type that holds two. What has no type in common, or none
that a table knows, is `JSON`: text, JSON where it is no text already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LEVELS = 4
"""Lists and objects within each other; what is nested deeper stays JSON text."""
MAX_FIELDS = 100
"""Keys of one object that become fields; a larger one is rather a table of its own, and stays JSON text."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """Text, integer, number, flag or json."""

    name: str


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose items share a type; None where all of them were empty or null."""

    item: JsonType | None


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """An object with these keys, in order of appearance; None for a key that was always null."""

    fields: tuple[tuple[str, JsonType | None], ...]


JsonType: TypeAlias = Scalar | ListOf | ObjectOf
TEXT, INTEGER, NUMBER, FLAG = Scalar("text"), Scalar("integer"), Scalar("number"), Scalar("flag")
SCALARS = {scalar.name: scalar for scalar in (TEXT, INTEGER, NUMBER, FLAG)}
"""The types of a single column, by their names."""
JSON = Scalar("json")
"""Values of several types, or of one that no column has: `1` and `"1"` in a list cannot be told apart as text."""
_DECLARED = {"string": TEXT, "integer": INTEGER, "number": NUMBER, "boolean": FLAG}


def type_of(value: object, level: int = 0) -> JsonType:
    """Return the type of a value that is not None."""
    # Asked before int: in Python True is an int.
    if isinstance(value, bool):
        return FLAG
    if isinstance(value, int):
        # A column of Parquet holds 64 bits with a sign; longer numbers stay exact as text.
        return INTEGER if value.bit_length() < 64 else JSON
    if isinstance(value, float):
        return NUMBER
    if isinstance(value, str):
        return TEXT
    if level < MAX_LEVELS and isinstance(value, list):
        return _list_type(value, level)
    if level < MAX_LEVELS and isinstance(value, dict):
        return _object({key: None if item is None else type_of(item, level + 1) for key, item in value.items()})
    return JSON


def widest(one: JsonType | None, other: JsonType | None) -> JsonType | None:
    """Return the narrowest type that holds all values of two types; None is the type of null alone."""
    if one == other or other is None:
        return one
    if one is None:
        return other
    if isinstance(one, Scalar) and isinstance(other, Scalar):
        # Any other mixture stays exact as JSON text: `1` and `"1"` are different answers.
        return NUMBER if {one, other} == {INTEGER, NUMBER} else JSON
    if isinstance(one, ListOf) and isinstance(other, ListOf):
        return _list(widest(one.item, other.item))
    if isinstance(one, ObjectOf) and isinstance(other, ObjectOf):
        fields: dict[str, JsonType | None] = dict(one.fields)
        for key, kind in other.fields:
            fields[key] = widest(fields.get(key), kind)
        return _object(fields)
    return JSON


def declared_types(schema: object) -> dict[str, JsonType]:
    """Return the types that a JSON schema names for the keys of its object; what it leaves open is not in it."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict):
        return {}
    types = ((str(key), _declared(about)) for key, about in properties.items())
    return {key: kind for key, kind in types if kind is not None}


def _declared(about: Any) -> JsonType | None:
    """Return the type that a property declares; an additional null changes nothing, and several types give none."""
    if not isinstance(about, dict):
        return None
    options = about.get("anyOf")
    if isinstance(options, list):
        return _only({_declared(option) for option in options if not _is_null(option)})
    named = about.get("type")
    names = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    return _only({_named(str(name), about) for name in names if name != "null"})


def _named(name: str, about: Mapping[str, Any]) -> JsonType | None:
    if name == "array":
        return _list(_declared(about.get("items")))
    if name == "object":
        fields: dict[str, JsonType | None] = dict(declared_types(about))
        return _object(fields) if fields else None
    return _DECLARED.get(name)


def _only(types: set[JsonType | None]) -> JsonType | None:
    return types.pop() if len(types) == 1 else None


def _is_null(option: object) -> bool:
    return isinstance(option, dict) and option.get("type") == "null"


def _list_type(items: list[Any], level: int) -> JsonType:
    common: JsonType | None = None
    for item in items:
        if item is not None:
            common = widest(common, type_of(item, level + 1))
    return _list(common)


def _list(item: JsonType | None) -> JsonType:
    return JSON if item == JSON else ListOf(item)


def _object(fields: dict[str, JsonType | None]) -> JsonType:
    is_typed = 0 < len(fields) <= MAX_FIELDS and JSON not in fields.values()
    return ObjectOf(tuple(fields.items())) if is_typed else JSON
