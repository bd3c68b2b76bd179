"""Turning what the schema says of a request into faults that a person can act on."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from batchtui.domain.problem import Severity
from batchtui.intake import schema
from batchtui.intake import schema_blocks as blocks
from batchtui.intake.error_location import UNION_KINDS, ErrorLocation, intended_branch, locate
from batchtui.intake.problems import CheckFault
from batchtui.intake.rejected_keys import (
    FOREIGN_BLOCKS,
    FOREIGN_KEYS,
    FOREIGN_TOOLS,
    LEGACY_HINT,
    NOT_IN_BATCH,
    ROLES,
    SAMPLING,
    SDK_ONLY,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic_core import ErrorDetails, ValidationError

MOST_FAULTS = 20
"""Of one request; more say nothing new."""
_NUMBER = re.compile(r"\.\d+")
_SHAPES = {"string_type": "a string", "list_type": "a list", "dict_type": "an object", "int_type": "a whole number",
           "bool_type": "true or false", "float_type": "a number", "int_from_float": "a whole number",
           "string_unicode": "text"}  # fmt: skip
_GROWING = frozenset({"effort", "display"})
"""Values that new models add to: an unknown one is a warning."""


def explain(error: ValidationError, request: dict[str, Any]) -> list[CheckFault]:
    """Say what is wrong with the params of a request; the envelope is looked at elsewhere."""
    found = [
        (detail, locate(detail["loc"][1:], request.get("params")))
        for detail in error.errors(include_url=False, include_input=False)[: 4 * MOST_FAULTS]
        if detail["loc"][0] == "params"
    ]
    messages = request["params"].get("messages")
    found = [(detail, at) for detail, at in found if not at.is_wrong_branch and not _is_empty_ending(at, messages)]
    new_tools = {at.path[:2] for detail, at in found if at.path[:1] == ("tools",) and at.path[2:] == ("type",)}
    found = [
        (detail, at) for detail, at in found if detail["type"] != "extra_forbidden" or at.path[:2] not in new_tools
    ]
    return [fault for detail, place in intended_branch(found) for fault in _say(detail, place)][:MOST_FAULTS]


def _is_empty_ending(place: ErrorLocation, messages: Any) -> bool:
    """Whether it is the last message, of the assistant: the only one that may be empty."""
    if not isinstance(messages, list) or place.path != ("messages", len(messages) - 1, "content"):
        return False
    return place.holder.get("role") == "assistant" and place.value in ("", [])


def _say(detail: ErrorDetails, place: ErrorLocation) -> Iterator[CheckFault]:
    """Word one error of the schema."""
    speak = _SPEAKERS.get(detail["type"], _other)
    fault = speak(detail, place)
    if fault is not None:
        yield fault._replace(kind=f"{_NUMBER.sub('.N', place.name)} {fault.kind}")


def _missing(_: ErrorDetails, place: ErrorLocation) -> CheckFault:
    name = place.name
    if name in ("model", "max_tokens", "messages"):
        hint = {"model": "or give one for all: --model", "max_tokens": "or give one for all: --max-tokens"}.get(
            name, ""
        )
        return CheckFault(f"{name.replace('_', '-')}-missing", f"{name} is missing", hint)
    guess = _guess(str(place.last), place.holder)
    return CheckFault("missing-key", f"{name} is missing", guess)


def _guess(key: str, holder: Any) -> str:
    """Name a key that is there and nearly the missing one."""
    close = get_close_matches(key, [k for k in holder if isinstance(k, str)], n=1) if isinstance(holder, dict) else []
    return f'is "{close[0]}" meant to be "{key}"?' if close else ""


def _extra(_: ErrorDetails, place: ErrorLocation) -> CheckFault:
    key = str(place.last)
    if len(place.path) == 1:
        for table, code, what in (
            (NOT_IN_BATCH, "not-in-batch", "is refused in a batch"),
            (SDK_ONLY, "sdk-only-key", "belongs to a client library, not to the request"),
            (FOREIGN_KEYS, "foreign-key", "is a key of another service"),
        ):
            if key in table:
                return CheckFault(code, f"{key} {what}", table[key])
        if key in SAMPLING:
            return CheckFault("sampling-removed", f"{key} was removed by API version 2026-10-21", LEGACY_HINT)
    close = _nearest_key(key[:60], len(place.path) == 1)
    hint = f'did you mean "{close}"?' if close else "the API refuses keys that it does not know"
    return CheckFault("unknown-key", f"{place.name} is not known here"[:300], hint, Severity.WARNING)


@lru_cache(maxsize=1000)
def _nearest_key(key: str, top: bool) -> str | None:
    """Return the known key that this one may have been meant to be."""
    return next(iter(get_close_matches(key, _known_keys(top), n=1, cutoff=0.7)), None)


@cache
def _known_keys(top: bool) -> tuple[str, ...]:
    """Return every key that the schema knows, of params or of anything inside."""
    if top:
        return tuple(schema.LegacyParams.__annotations__) + tuple(schema.Common.__annotations__)
    types = [*vars(blocks).values(), *vars(schema).values()]
    return tuple({key for each in types for key in getattr(each, "__annotations__", {})})


def _wrong_type(detail: ErrorDetails, place: ErrorLocation) -> CheckFault:
    if detail["type"] == "string_unicode":
        return CheckFault(
            "lone-surrogate", f"{place.name} holds half of a character (a lone surrogate)", "it is no valid text"
        )
    wanted = _SHAPES.get(detail["type"], "something else")
    if place.last in ("content", "system") and detail["type"] in UNION_KINDS:
        wanted = "a string or a list of blocks"
    return CheckFault("wrong-type", f"{place.name} must be {wanted}, not {_what(place.value)}")


def _what(value: Any) -> str:
    """Name the JSON type of a value."""
    names = {
        str: "a string",
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
    }
    return names.get(type(value), "null")


def _literal(detail: ErrorDetails, place: ErrorLocation) -> CheckFault:
    key, expected = place.last, str(detail.get("ctx", {}).get("expected", "")).replace("'", '"')
    shown = f'"{place.value[:60]}"' if isinstance(place.value, str) else _what(place.value)
    if place.path == ("stream",):
        return CheckFault(
            "not-in-batch", "stream must be off in a batch", "leave it out: results come when the batch has ended"
        )
    if key == "media_type":
        return CheckFault("media-type", f"{place.name} is {shown}", f"it can be {expected}")
    if "cache_control" in place.path:
        return CheckFault("cache-control", f"{place.name} is {shown}", f"it can be {expected}")
    if key in _GROWING:
        return CheckFault(
            "unknown-value", f"{place.name} is {shown}, not known here", f"known: {expected}", Severity.WARNING
        )
    return CheckFault("bad-value", f"{place.name} is {shown}", f"it can be {expected}")


def _pattern(detail: ErrorDetails, place: ErrorLocation) -> CheckFault:
    pattern = detail.get("ctx", {}).get("pattern")
    shown = f'"{place.value[:60]}"' if isinstance(place.value, str) else ""
    if pattern == r"\S":
        return CheckFault("empty-text", f"{place.name} is empty", "the API refuses text without anything in it")
    if place.last == "data":
        return CheckFault("base64", f"{place.name} is not base64", _base64_hint(str(place.value)))
    if place.last == "name":
        return CheckFault("tool-name", f"{place.name} {shown} is no tool name", "1 to 128 letters, digits, _ and -")
    if place.last == "type":
        hint = FOREIGN_TOOLS.get(str(place.value), "")
        severity = Severity.ERROR if hint else Severity.WARNING
        return CheckFault(
            "unknown-tool", f"{place.name} {shown} is no kind of tool known here", hint, severity, str(place.value)[:40]
        )
    return CheckFault("bad-value", f"{place.name} is {shown}", "letters, digits, _ and - only")


def _base64_hint(data: str) -> str:
    """Say what is wrong with base64 data."""
    if data.startswith("data:"):
        return "leave out the beginning up to the comma (data:…;base64,)"
    if "\n" in data or " " in data:
        return "it may not hold line breaks or spaces"
    if "-" in data or "_" in data:
        return "use the standard alphabet (+ and /), not the one for URLs"
    return "encode the file's bytes with base64" if data else "there is nothing in it"


def _too_short(_: ErrorDetails, place: ErrorLocation) -> CheckFault:
    if place.path == ("messages",):
        return CheckFault("messages-empty", "messages is empty", "a request needs at least one message")
    return CheckFault("empty-content", f"{place.name} is empty", "the API refuses it")


def _too_long(detail: ErrorDetails, place: ErrorLocation) -> CheckFault:
    if place.last == "citations":
        return CheckFault(
            "citations-removed", f"{place.name}: API version 2026-10-21 takes no citations from the user", LEGACY_HINT
        )
    most = detail.get("ctx", {}).get("max_length", "")
    return CheckFault("too-long", f"{place.name} is longer than {most}")


def _range(detail: ErrorDetails, place: ErrorLocation) -> CheckFault:
    limits = detail.get("ctx", {})
    bound = f"at least {limits['ge']}" if "ge" in limits else f"at most {limits.get('le')}"
    code = {"max_tokens": "max-tokens-range", "budget_tokens": "thinking-budget"}.get(str(place.last), "out-of-range")
    return CheckFault(code, f"{place.name} is {str(place.value)[:40]}, it must be {bound}")


def _tag(_: ErrorDetails, place: ErrorLocation) -> CheckFault:
    value = place.value if isinstance(place.value, dict) else {}
    where, last = place.path[0] if place.path else "", place.last
    if where == "messages" and len(place.path) == 2:
        role = str(value.get("role"))[:60]
        return CheckFault(
            "bad-role", f'{place.name}.role is "{role}"', ROLES.get(role, 'it can be "user" or "assistant"')
        )
    if not isinstance(value.get("type"), str):
        return CheckFault("wrong-type", f"{place.name}.type must be a string, not {_what(value.get('type'))}")
    kind = value["type"][:60]
    if last in ("source", "tool_choice"):
        return CheckFault("bad-value", f'{place.name}.type is "{kind}"', _TAGS[last])
    if last == "thinking":
        return CheckFault("unknown-value", f'thinking.type is "{kind}", not known here', "", Severity.WARNING)
    if kind == "document" and where == "messages":
        message = f"{place.name}: a document directly in the assistant's message"
        return CheckFault("document-in-assistant", message, LEGACY_HINT)
    hint = FOREIGN_BLOCKS.get(kind, "")
    close = _nearest_type(kind) if not hint else None
    severity = Severity.ERROR if hint else Severity.WARNING
    hint = hint or (f'did you mean "{close}"?' if close else "it may be newer than this program")
    return CheckFault("unknown-block", f'{place.name} is of type "{kind}", not known here', hint, severity, kind)


_TAGS = {
    "source": 'an image takes "base64", "url" or "file"; a document "text" and "content" as well',
    "tool_choice": 'it can be "auto", "any", "tool" (with a name) or "none"',
}


@lru_cache(maxsize=1000)
def _nearest_type(kind: str) -> str | None:
    """Return the type of block that this one may have been meant to be."""
    return next(iter(get_close_matches(kind, _block_types(), n=1)), None)


@cache
def _block_types() -> tuple[str, ...]:
    """Return the block types that the schema knows."""
    from typing import get_args, get_type_hints

    types = [
        each
        for each in vars(blocks).values()
        if isinstance(each, type) and "type" in getattr(each, "__annotations__", {})
    ]
    return tuple({str(tag) for each in types for tag in get_args(get_type_hints(each)["type"])})


def _no_tag(_: ErrorDetails, place: ErrorLocation) -> CheckFault:
    key = "role" if place.path[:1] == ("messages",) and len(place.path) == 2 else "type"
    return CheckFault("missing-key", f"{place.name}.{key} is missing", _guess(key, place.value))


def _not_finite(_: ErrorDetails, place: ErrorLocation) -> CheckFault:
    return CheckFault("nan", f"{place.name} is NaN or infinite", "JSON has no such numbers; use null or leave it out")


def _other(detail: ErrorDetails, place: ErrorLocation) -> CheckFault:
    return CheckFault("bad-value", f"{place.name}: {detail['msg']}"[:300])


_SPEAKERS: dict[str, Callable[[ErrorDetails, ErrorLocation], CheckFault | None]] = {
    "missing": _missing,
    "extra_forbidden": _extra,
    "literal_error": _literal,
    "string_pattern_mismatch": _pattern,
    "string_too_short": _too_short,
    "too_short": _too_short,
    "string_too_long": _too_long,
    "too_long": _too_long,
    "greater_than_equal": _range,
    "less_than_equal": _range,
    "union_tag_invalid": _tag,
    "union_tag_not_found": _no_tag,
    "finite_number": _not_finite,
    **dict.fromkeys(_SHAPES, _wrong_type),
}
