"""Turn what the schema says of a request into faults that a person can act on: `explain`."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from batchtui.domain.submission.problem import Severity
from batchtui.intake.problems import CheckFault
from batchtui.intake.rules.models import SAMPLING, sampling_removed_hint
from batchtui.intake.rules.rejected_keys import (
    FOREIGN_BLOCKS,
    FOREIGN_KEYS,
    FOREIGN_TOOLS,
    HEADERS,
    LEGACY_HINT,
    MISPLACED,
    NOT_IN_BATCH,
    ROLES,
    SDK_ONLY,
)
from batchtui.intake.rules.tools import server_tools
from batchtui.intake.schema import blocks, server_results
from batchtui.intake.schema import request as schema
from batchtui.intake.schema.error_location import UNION_KINDS, ErrorLocation, intended_branch, locate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic_core import ErrorDetails, ValidationError

    from batchtui.intake.rules.models import ModelVerdict

MOST_FAULTS = 20
"""Of one request; more say nothing new."""
_NUMBER = re.compile(r"\.\d+")
_SHAPES = {"string_type": "a string", "list_type": "a list", "dict_type": "an object", "int_type": "a whole number",
           "bool_type": "true or false", "float_type": "a number", "int_from_float": "a whole number",
           "string_unicode": "text"}  # fmt: skip
_NEWER = frozenset({"unknown-key", "unknown-block", "unknown-tool", "unknown-value"})
"""Faults that a beta or an API version of later date may explain."""
_DATED = re.compile(r"_20\d{6}$")


def explain(
    error: ValidationError, request: dict[str, Any], verdict: ModelVerdict | None, *, may_be_newer: bool
) -> list[CheckFault]:
    """Return what is wrong with the params of a request; the envelope is looked at elsewhere.

    `verdict` is on the request's model, where it names one. `may_be_newer` says that the batch goes out with a beta
    or a version that is not known here: unknown keys and types are warnings then.
    """
    # Four times as many errors as faults are looked at: unions bring one for each branch.
    found = [
        (detail, locate(detail["loc"][1:], request.get("params")))
        for detail in error.errors(include_url=False, include_input=False)[: 4 * MOST_FAULTS]
        if detail["loc"][0] == "params"
    ]
    messages = request["params"].get("messages")
    found = [(detail, at) for detail, at in found if not at.is_wrong_branch and not _is_empty_ending(at, messages)]
    # The keys of a tool of unknown type are unknown, too: its type alone is the fault.
    new_tools = {at.path[:2] for detail, at in found if at.path[:1] == ("tools",) and at.path[2:] == ("type",)}
    found = [
        (detail, at) for detail, at in found if detail["type"] != "extra_forbidden" or at.path[:2] not in new_tools
    ]
    # A string or a list: both branches complain, and one of them was meant.
    faults = [fault for detail, place in intended_branch(found) for fault in _say(detail, place)][:MOST_FAULTS]
    return [_adjusted(fault, verdict, may_be_newer=may_be_newer) for fault in faults]


def write_whole_numbers(error: ValidationError, params: dict[str, Any]) -> Iterator[CheckFault]:
    """Rewrite whole numbers that are written as 1e3 or 1000.0, as R and spreadsheets do; yield a warning for each.

    JSON Schema counts them as integers, strict readers do not: a plain integer is right for both.
    """
    for detail in error.errors(include_url=False, include_input=False)[: 4 * MOST_FAULTS]:
        if detail["type"] not in ("int_type", "int_from_float"):
            continue
        place = locate(detail["loc"][1:], params)
        value = place.value
        if (
            isinstance(value, float)
            and value.is_integer()
            and isinstance(place.holder, dict)
            and abs(value) < _MOST_EXACT
        ):
            place.holder[place.last] = int(value)
            message = f"{place.name} is written as {value!r}"
            yield CheckFault("whole-number", message, f"it is sent as {int(value)}", Severity.WARNING, place.name)


_MOST_EXACT = 2**53
"""From here on not every whole number is one as a float."""


def _adjusted(fault: CheckFault, verdict: ModelVerdict | None, *, may_be_newer: bool) -> CheckFault:
    """Return a fault as it counts for this model and this batch."""
    if fault.code == "sampling-removed":
        return fault._replace(hint=sampling_removed_hint(verdict))
    if may_be_newer and fault.code in _NEWER:
        return fault._replace(severity=Severity.WARNING)
    return fault


def _is_empty_ending(place: ErrorLocation, messages: Any) -> bool:
    """Whether it is the last message, of the assistant: the only one that may be empty."""
    if not isinstance(messages, list) or place.path != ("messages", len(messages) - 1, "content"):
        return False
    return place.holder.get("role") == "assistant" and place.value in ("", [])


def _say(detail: ErrorDetails, place: ErrorLocation) -> Iterator[CheckFault]:
    """Return one error of the schema as a fault."""
    speak = _SPEAKERS.get(detail["type"], _other)
    fault = speak(detail, place)
    if fault is not None:
        # Without the numbers of places: the same fault in tool 3 and in tool 4 is reported as one, with its count.
        yield fault._replace(kind=f"{_NUMBER.sub('.N', place.name)} {fault.kind}")


_REQUIRED = {
    "model": ("model-missing", "add it, or set one for all requests: --model MODEL"),
    "max_tokens": ("max-tokens-missing", "add it, or set one for all requests: --max-tokens N"),
    "messages": ("messages-missing", 'add "messages": [{"role": "user", "content": "…"}]'),
}
"""Keys without which there is no request: the code, and what to do."""


def _missing(_: ErrorDetails, place: ErrorLocation) -> CheckFault:
    name = place.name
    if name in _REQUIRED:
        code, hint = _REQUIRED[name]
        return CheckFault(code, f"{name} is missing", hint)
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
            (HEADERS, "header-key", "is not a key of a request"),
            (MISPLACED, "misplaced-key", "does not belong at the top of params"),
        ):
            if key in table:
                return CheckFault(code, f"{key} {what}", table[key])
        if key in SAMPLING:
            return CheckFault("sampling-removed", f"{key} was removed by API version 2026-10-21", LEGACY_HINT)
    if key == "cache_control":
        hint = "put it on a block of text, an image, a document or a tool"
        return CheckFault("cache-control", f"{place.name}: cache_control is not allowed on this object", hint)
    # Looked up among all legal keys, since that is remembered; a key that is there already is no advice.
    close = _nearest(key[:60], _legal_keys(place))
    if isinstance(place.holder, dict) and close in place.holder:
        close = None
    hint = f'did you mean "{close}"?' if close else "leave it out: the API refuses keys that it does not know"
    # What a newer date brings is not known here, and must not keep the request from being sent.
    severity = Severity.WARNING if _is_newer_tool(place) else Severity.ERROR
    return CheckFault("unknown-key", f"{place.name} is an unknown key"[:300], hint, severity)


def _is_newer_tool(place: ErrorLocation) -> bool:
    """Whether it is a key of a server tool whose date is not known here."""
    kind = place.holder.get("type") if isinstance(place.holder, dict) else None
    is_tool = place.path[:1] == ("tools",) and len(place.path) == 3
    return is_tool and kind not in (None, "custom") and kind not in server_tools()


# A file of a million lines has the same misspelt key in each of them.
@lru_cache(maxsize=1000)
def _nearest(key: str, legal: frozenset[str]) -> str | None:
    """Return the legal key that this one may have been meant to be."""
    return next(iter(get_close_matches(key, sorted(legal), n=1, cutoff=0.7)), None)


def _legal_keys(place: ErrorLocation) -> frozenset[str]:
    """Return the keys that the object takes which an unknown key stands in."""
    if len(place.path) == 1:
        return _TOP_KEYS
    if place.path[0] == "messages" and len(place.path) == 3:
        return frozenset({"role", "content"})
    kind = place.holder.get("type") if isinstance(place.holder, dict) else None
    if place.path[0] == "tools" and len(place.path) == 3 and kind in (None, "custom"):
        return frozenset(schema.CustomTool.__annotations__)
    if isinstance(kind, str):
        return _keys_by_type().get(kind, frozenset())
    return _KEYS_BY_NAME.get(str(place.path[-2]), frozenset())


_TOP_KEYS = frozenset({*schema.Params.__annotations__, *schema.Common.__annotations__})
_KEYS_BY_NAME: dict[str, frozenset[str]] = {
    "metadata": frozenset(schema.Metadata.__annotations__),
    "output_config": frozenset(schema.OutputConfig.__annotations__),
    "citations": frozenset(blocks.CitationsConfig.__annotations__),
    "container": frozenset(schema.Container.__annotations__),
    "diagnostics": frozenset(schema.Diagnostics.__annotations__),
    "context_management": frozenset(schema.ContextManagement.__annotations__),
}


@cache
def _keys_by_type() -> dict[str, frozenset[str]]:
    """Return the keys of every object that names its type, by that type."""
    found: dict[str, frozenset[str]] = {}
    for each in _typed_objects():
        for tag in get_args(get_type_hints(each)["type"]):
            found[str(tag)] = found.get(str(tag), frozenset()) | frozenset(each.__annotations__)
    return found


def _typed_objects() -> list[type]:
    """Return every object of the schema that names its type."""
    # Taken from the schema itself: a list kept by hand would fall behind it.
    held = [*vars(blocks).values(), *vars(schema).values(), *vars(server_results).values()]
    return [each for each in held if isinstance(each, type) and "type" in getattr(each, "__annotations__", {})]


def _wrong_type(detail: ErrorDetails, place: ErrorLocation) -> CheckFault:
    if detail["type"] == "string_unicode":
        return CheckFault(
            "lone-surrogate", f"{place.name} contains half of a character (a lone surrogate)", "it is not valid text"
        )
    wanted = _SHAPES.get(detail["type"], "something else")
    if place.last in ("content", "system") and detail["type"] in UNION_KINDS:
        wanted = "a string or a list of blocks"
    return CheckFault("wrong-type", f"{place.name} must be {wanted}, not {_what(place.value)}")


def _what(value: Any) -> str:
    """Name the JSON type of a value."""
    # By exact type: to Python, True is a number as well.
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
    # `stream: false` is right, so the schema's own message (it can be false) would hide the reason.
    if place.path == ("stream",):
        hint = "leave it out: results come when the batch has ended"
        return CheckFault("not-in-batch", "stream must be off in a batch", hint)
    # Codes of their own where the manual has something to say about the value.
    if key == "media_type":
        return CheckFault("media-type", f"{place.name} is {shown}", f"it can be {expected}")
    if "cache_control" in place.path:
        return CheckFault("cache-control", f"{place.name} is {shown}", f"it can be {expected}")
    if key == "display":
        return CheckFault("unknown-value", f"{place.name} is {shown}, an unknown value", f"it can be {expected}")
    return CheckFault("bad-value", f"{place.name} is {shown}", f"it can be {expected}")


def _pattern(detail: ErrorDetails, place: ErrorLocation) -> CheckFault:
    pattern = detail.get("ctx", {}).get("pattern")
    shown = f'"{place.value[:60]}"' if isinstance(place.value, str) else ""
    # pydantic says which pattern was not met, and that tells which rule of the schema it was.
    if pattern == r"\S":
        return CheckFault("empty-text", f"{place.name} is empty", "the API refuses empty text")
    if place.last == "data":
        return CheckFault("base64", f"{place.name} is not base64", _base64_hint(str(place.value)))
    if place.last == "name":
        return CheckFault("tool-name", f"{place.name} {shown} is not a tool name", "1 to 128 letters, digits, _ and -")
    if place.last == "type":
        return _unknown_tool(place, shown)
    if place.last == "country":
        return CheckFault("tool-country", f"{place.name} is {shown}", 'two letters, such as "US" (ISO 3166-1)')
    hint = "ids of server tools begin with srvtoolu_" if pattern and "srvtoolu" in pattern else _ID_HINT
    return CheckFault("bad-value", f"{place.name} is {shown}", hint)


_ID_HINT = "letters, digits, _ and - only"


def _unknown_tool(place: ErrorLocation, shown: str) -> CheckFault:
    """Return the fault of a tool whose type is not known: one with a date may be newer than this program."""
    value = str(place.value)
    hint = FOREIGN_TOOLS.get(value, "")
    is_newer = not hint and _DATED.search(value) is not None
    close = None if hint or is_newer else _nearest(value[:60], frozenset(server_tools()))
    hint = hint or (f'did you mean "{close}"?' if close else 'a tool of your own has type "custom", or none')
    if is_newer:
        hint = "it may be newer than this program"
    severity = Severity.WARNING if is_newer else Severity.ERROR
    return CheckFault("unknown-tool", f"{place.name} {shown} is an unknown kind of tool", hint, severity, value[:40])


def _base64_hint(data: str) -> str:
    """Return the hint for invalid base64 data."""
    if data.startswith("data:"):
        return "leave out the beginning up to the comma (data:…;base64,)"
    if "\n" in data or " " in data:
        return "it may not contain line breaks or spaces"
    if "-" in data or "_" in data:
        return "use the standard alphabet (+ and /), not the one for URLs"
    return "encode the file's bytes with base64" if data else "it is empty"


def _too_short(_: ErrorDetails, place: ErrorLocation) -> CheckFault:
    if place.path == ("messages",):
        return CheckFault("messages-empty", "messages is empty", "a request needs at least one message")
    return CheckFault("empty-content", f"{place.name} is empty", "the API refuses it")


def _too_long(detail: ErrorDetails, place: ErrorLocation) -> CheckFault:
    # The schema forbids them by a length of 0, which would be a strange thing to tell a person.
    if place.last == "citations":
        return CheckFault(
            "citations-removed",
            f"{place.name}: API version 2026-10-21 takes no citations in user messages",
            LEGACY_HINT,
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
    # Cut: the value may be a whole page, and the message is shown in a terminal.
    kind = value["type"][:60]
    if last in ("source", "tool_choice"):
        return CheckFault("bad-value", f'{place.name}.type is "{kind}"', _TAGS[last])
    if last == "thinking":
        known = 'it can be "adaptive", "enabled", "disabled" or "between_tools", depending on the model'
        return CheckFault("unknown-value", f'thinking.type is "{kind}", an unknown value', known)
    if kind == "document" and where == "messages":
        message = f"{place.name}: a document directly in the assistant's message"
        return CheckFault("document-in-assistant", message, LEGACY_HINT)
    hint = FOREIGN_BLOCKS.get(kind, "")
    close = _nearest(kind, frozenset(_keys_by_type())) if not hint else None
    hint = hint or (f'did you mean "{close}"?' if close else "the API refuses types that it does not know")
    return CheckFault("unknown-block", f'{place.name} has the unknown type "{kind}"', hint, kind=kind)


_TAGS = {
    "source": 'an image takes "base64", "url" or "file"; a document "text" and "content" as well',
    "tool_choice": 'it can be "auto", "any", "tool" (with a name) or "none"',
}


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
