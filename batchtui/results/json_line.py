"""Parse one raw line of results into plain values, whatever is wrong with it: `parse_json_object`."""

from __future__ import annotations

import re
from typing import Any

from pydantic_core import from_json

from batchtui.results.json_text import MAX_DEPTH, decode_json

# Possessive (`*+`): a string without an end must not make the expression try every shorter one.
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
_CUSTOM_ID = re.compile(rb'^\s*\{\s*"custom_id"\s*:\s*"([^"\\]{1,200})"')


class UnreadableLine(ValueError):
    """The line is no JSON object; `custom_id` is set where the beginning still shows one."""

    def __init__(self, reason: str, custom_id: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.custom_id = custom_id


def parse_json_object(line: bytes) -> dict[str, Any]:
    """Read one line as a JSON object.

    Strict reading in C first; what that refuses and a server might still send (lone surrogates, bytes that are not
    UTF-8, numbers of thousands of digits, deep nesting) goes a slower, tolerant way.

    Raises:
        UnreadableLine: where it is no JSON object at all.
    """
    try:
        # Keys repeat in every line, texts do not: caching those, too, costs memory and saves nothing.
        value = from_json(line, cache_strings="keys")
    except ValueError as error:
        value = _read_tolerantly(line, str(error))
    if not isinstance(value, dict):
        raise UnreadableLine(f"a JSON {_kind(value)} instead of an object")
    return value


def _read_tolerantly(line: bytes, reason: str) -> Any:
    text = line.decode("utf-8", "replace")
    try:
        return decode_json(text)
    except (ValueError, RecursionError):
        pass
    try:
        return decode_json(shorten_values(line, MAX_DEPTH).decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        start = _CUSTOM_ID.match(line)
        raise UnreadableLine(f"not JSON: {reason}", start[1].decode("utf-8", "replace") if start else "") from None


def shorten_values(line: bytes, depth: int) -> bytes:
    """Return the JSON text with every container nested deeper than `depth` replaced by null."""
    kept: list[bytes] = []
    level = start = 0
    for token in _TOKENS.finditer(line):
        mark = line[token.start()]
        if mark in b"[{":
            level += 1
            if level == depth + 1:
                kept.append(line[start : token.start()])
        elif mark in b"]}":
            if level == depth + 1:
                kept.append(b"null")
                start = token.end()
            level -= 1
    if level <= depth:
        kept.append(line[start:])
    return b"".join(kept)


def _kind(value: object) -> str:
    names = {list: "array", str: "string", bool: "true or false", int: "number", float: "number"}
    return names.get(type(value), "null")
