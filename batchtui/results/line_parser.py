"""Parse one raw line of results into the few facts that the index keeps: `parse_line`.

This is the hot path of every collection: it reads the beginning of a line and never builds the whole message.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from batchtui.domain.results.result import Outcome
from batchtui.results.json_line import UnreadableLine, parse_json_object
from batchtui.results.json_text import join_text
from batchtui.results.outcome_rules import classify_outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

PREVIEW = 160
"""Characters of an answer or an error message that the index keeps."""
_COUNT_BITS = 53
"""A count of tokens beyond 2**53 is no count."""
_Tokens = tuple[int, int, int, int, int, int, int]
_new = tuple.__new__
"""Makes a named tuple without the Python function that a class of its own has for it: a third of the time."""
_NO_TOKENS: _Tokens = (0, 0, 0, 0, 0, 0, 0)


class ResultLine(NamedTuple):
    """The facts of one line, in the order of the index's columns. A tuple: a million of them are made."""

    custom_id: str
    """Empty where the line has none."""
    outcome: Outcome
    result_type: str
    """The API's word; empty where the line has none or is no JSON."""
    model: str | None
    stop_reason: str | None
    error_type: str | None
    message: str
    """The error's message, the beginning of the answer, or why the line cannot be read; one line, `PREVIEW` at most."""
    tokens: _Tokens
    """The fields of `Usage`, in order."""
    geography: str | None = None
    """Where the answer was made (`inference_geo`): some places cost more."""

    @property
    def is_readable(self) -> bool:
        """Whether the line was a JSON object with a type of result."""
        return bool(self.result_type)


def parse_line(line: bytes) -> ResultLine:
    """Read one line; never fails: what is no JSON becomes a reading that says so.

    Both error envelopes are accepted: the API's double one and the flat one of other servers.
    """
    try:
        value = parse_json_object(line)
    except UnreadableLine as failure:
        return unreadable(failure.custom_id, failure.reason)
    return parse_value(value)


def parse_value(value: dict[str, Any]) -> ResultLine:
    """Read one line that was parsed already; tolerant of every missing, unknown or ill-typed key."""
    custom_id = value.get("custom_id")
    if not isinstance(custom_id, str):
        custom_id = "" if custom_id is None else str(custom_id)[:PREVIEW]
    result = value.get("result")
    if not isinstance(result, dict):
        return unreadable(custom_id, "the line has no result")
    result_type = result.get("type")
    if result_type == "succeeded":
        message = result.get("message")
        if isinstance(message, dict):
            return _succeeded(custom_id, message)
        return ResultLine(
            custom_id, Outcome.UNRECOGNIZED, result_type, None, None, None, "succeeded without a message", _NO_TOKENS
        )
    return _otherwise(custom_id, result, result_type if isinstance(result_type, str) else "")


def unreadable(custom_id: str, reason: str) -> ResultLine:
    """Return the reading of a line that is no JSON, or no result: shown raw, counted as nothing the API knows."""
    return ResultLine(join_text(custom_id), Outcome.UNRECOGNIZED, "", None, None, None, preview(reason), _NO_TOKENS)


def error_of(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inner error of an errored result: `{"type", "message", "details"?}` as far as it is there."""
    error = result.get("error")
    if isinstance(error, str):
        return {"message": error}
    if not isinstance(error, dict):
        return {}
    # The API nests the error in an envelope of its own; other servers send it flat.
    inner = error.get("error")
    return inner if isinstance(inner, dict) else error


def first_text(content: list[Any]) -> str:
    """Return the text of an answer: its blocks of type text, and nothing of its other blocks.

    Neighbours are joined as they are, since the service cuts a cited sentence into several blocks. Where another block
    (a tool call, thinking) lies between two texts they are paragraphs of their own.
    """
    # The usual answer has one block, and this is called for every line.
    if len(content) == 1:
        block = content[0]
        if isinstance(block, dict) and block.get("type") == "text":
            text = block.get("text")
            return text if isinstance(text, str) else ""
    said: list[str] = []
    is_apart = False
    for block in content:
        if not isinstance(block, dict) or block.get("type") != "text":
            is_apart = bool(said)
        elif isinstance(text := block.get("text"), str) and text:
            if is_apart:
                said.append(paragraph_break(said[-1], text))
                is_apart = False
            said.append(text)
    return "".join(said)


def paragraph_break(before: str, after: str) -> str:
    """Return the line ends that two texts lack to be two paragraphs."""
    ends = before[-2:].count("\n") if before.endswith("\n") else 0
    begins = after[:2].count("\n") if after.startswith("\n") else 0
    return "\n" * max(0, 2 - ends - begins)


def preview(text: str) -> str:
    """Return the beginning of a text as one line of at most `PREVIEW` characters."""
    # Most texts begin with a printable line; only the others need to be split and joined.
    head = text[:PREVIEW]
    if head.isprintable() and head[:1] != " ":
        return head
    return " ".join(text.lstrip()[: 2 * PREVIEW].split())[:PREVIEW]


def _succeeded(custom_id: str, message: dict[str, Any]) -> ResultLine:
    content = message.get("content")
    if not isinstance(content, list):
        content = [{"type": "text", "text": content}] if isinstance(content, str) else []
    text = first_text(content)
    stop_reason, model = message.get("stop_reason"), message.get("model")
    if not isinstance(stop_reason, str):
        stop_reason = None
    if not isinstance(model, str):
        model = None
    said = text if text and not text.isspace() else _call_preview(content)
    outcome = classify_outcome("succeeded", stop_reason, content, text)
    usage = message.get("usage")
    place = usage.get("inference_geo") if isinstance(usage, dict) else None
    if not isinstance(place, str):
        place = None
    facts = (custom_id, outcome, "succeeded", model, stop_reason, None, preview(said), _tokens(usage), place)
    return _new(ResultLine, facts)


def _otherwise(custom_id: str, result: dict[str, Any], result_type: str) -> ResultLine:
    error = error_of(result)
    said = error.get("message")
    return ResultLine(
        custom_id,
        classify_outcome(result_type, None, [], ""),
        result_type,
        None,
        None,
        _word(error.get("type")),
        preview(said) if isinstance(said, str) else "",
        _NO_TOKENS,
    )


def _call_preview(content: list[Any]) -> str:
    """Return the first tool call as `name {input}`, for a message that says nothing in words."""
    for block in content:
        if isinstance(block, dict) and block.get("type") == "tool_use":
            return f"{block.get('name')} {json.dumps(block.get('input'), ensure_ascii=False)[: 2 * PREVIEW]}"
    return ""


def _word(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _tokens(usage: object) -> _Tokens:
    if not isinstance(usage, dict):
        return _NO_TOKENS
    get = usage.get
    # `or 0`: the API sends null for what was not used.
    written = get("cache_creation_input_tokens") or 0
    write_5m = write_1h = 0
    split = get("cache_creation")
    if written or (split and "cache_creation_input_tokens" not in usage):
        write_5m, write_1h = _cache_writes(written, split)
    thinking = get("output_tokens_details")
    thought = (thinking.get("thinking_tokens") or 0) if isinstance(thinking, dict) else 0
    tools = get("server_tool_use")
    searches = (tools.get("web_search_requests") or 0) if isinstance(tools, dict) else 0
    put_in = get("input_tokens") or 0
    read = get("cache_read_input_tokens") or 0
    put_out = get("output_tokens") or 0
    tokens = (put_in, write_5m, write_1h, read, put_out, thought, searches)
    try:  # one look at all seven: negative, too large for the index or no whole number
        if (put_in | write_5m | write_1h | read | put_out | thought | searches) >> _COUNT_BITS == 0:
            return tokens
    except TypeError:
        pass
    return _repaired(tokens)


def _cache_writes(written: Any, split: Any) -> tuple[Any, Any]:
    """Return tokens written for 5 minutes and for 1 hour; a server that does not split means 5 minutes."""
    if isinstance(split, dict):
        short, long = split.get("ephemeral_5m_input_tokens") or 0, split.get("ephemeral_1h_input_tokens") or 0
        if short or long:
            return short, long
    return written, 0


def _repaired(tokens: tuple[Any, ...]) -> _Tokens:
    """Return the tokens with everything that cannot be a count as 0."""
    a, b, c, d, e, f, g = (count if isinstance(count, int) and count >> _COUNT_BITS == 0 else 0 for count in tokens)
    return a, b, c, d, e, f, g
