"""Check the conversation of a request: who begins, calls of tools and their results, and the marks of the cache.

The API joins turns of one side that follow one another, so that these rules look at joined turns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchtui.domain.submission.problem import Severity
from batchtui.intake.problems import CheckFault

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_CACHE_MARKS = 4
"""Cache breakpoints in a request; a cache_control at the top of params is one of them."""
_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
_CALLED_IN_TURN = "tool_use"


def first_turn_faults(params: dict[str, Any]) -> Iterator[CheckFault]:
    """Look at who begins the conversation."""
    role = next((message["role"] for message in params["messages"] if message["role"] != "system"), "user")
    if role == "assistant":
        # Older documents call for a user's turn at the beginning; recorded requests of 2025 show that none is needed.
        hint = "the API accepts it; begin with a user message unless this is intended"
        yield CheckFault("assistant-first", "the conversation begins with the assistant", hint, Severity.WARNING)
    elif params["messages"][0]["role"] == "system":
        hint = 'instructions go into "system", beside "messages"'
        yield CheckFault("system-first", 'the first message has the role "system"', hint, Severity.WARNING)


def joined_turns(messages: list[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield each turn with its blocks, the messages of one side in a row as one; a string is a text block."""
    role, blocks = "", list[dict[str, Any]]()
    for message in messages:
        # Instructions in between belong to neither side and join the turns around them.
        if message["role"] == "system":
            continue
        if message["role"] != role:
            if role:
                yield role, blocks
            role, blocks = message["role"], []
        content = message["content"]
        blocks = blocks + (content if isinstance(content, list) else [{"type": "text", "text": content}])
    if role:
        yield role, blocks


def call_faults(params: dict[str, Any]) -> Iterator[CheckFault]:
    """Yield the faults of tool calls without a result, and of results without a call."""
    ids: set[str] = set()
    """Of all calls so far: code may call a tool in one turn and have its own result in a later one."""
    called: set[str] = set()
    for role, blocks in joined_turns(params["messages"]):
        if role == "assistant":
            called = {block["id"] for block in blocks if block["type"] == _CALLED_IN_TURN}
            yield from _assistant_faults(blocks, ids)
        else:
            yield from _answer_faults(blocks, called)
            called = set()
    if called:
        yield _unanswered(called)


def _assistant_faults(blocks: list[dict[str, Any]], ids: set[str]) -> Iterator[CheckFault]:
    """Look at the ids of calls, and at results of server tools, which need their call before them.

    Recorded requests show that an id may come again in a later turn, once its first call is answered.
    """
    here: set[str] = set()
    for block in blocks:
        kind = block["type"]
        if kind in _CALLS:
            if block["id"] in here:
                message = f'the id "{block["id"][:60]}" is used by two calls of tools'
                yield CheckFault("tool-use-duplicate", message, "give each call its own id")
            # Unique within a turn: `ids` grows over turns, `here` does not.
            here.add(block["id"])
            ids.add(block["id"])
        # Results of server tools come in the assistant's own turn, and their call is sent back with them.
        elif kind.endswith("_tool_result") and block["tool_use_id"] not in ids:
            call = "mcp_tool_use" if kind == "mcp_tool_result" else "server_tool_use"
            message = f"a {kind} ({block['tool_use_id'][:60]}) has no {call} before it"
            yield CheckFault("server-result-orphan", message, f"send the {call} block back with it", kind=kind)


def _answer_faults(blocks: list[dict[str, Any]], called: set[str]) -> Iterator[CheckFault]:
    """Look at the results in a user's turn: all calls are answered once, at the beginning of the turn."""
    results = [block for block in blocks if block["type"] == "tool_result"]
    answered = [block["tool_use_id"] for block in results]
    if called - set(answered):
        yield _unanswered(called - set(answered))
    # One is enough: a conversation cut in the middle has all of them at once.
    for orphan in sorted(set(answered) - called)[:1]:
        message = f"a tool_result ({orphan[:60]}) belongs to no tool_use of the previous message"
        yield CheckFault("tool-result-orphan", message, "the API refuses it; also send its tool_use block")
    if len(set(answered)) < len(answered):
        twice = next(each for each in answered if answered.count(each) > 1)
        message = f"two tool_results for the same tool_use ({twice[:60]})"
        yield CheckFault("tool-result-duplicate", message, "put both into the content of one")
    if any(block["type"] != "tool_result" for block in blocks[: len(results)]):
        message = "a tool_result comes after other content in a user message"
        yield CheckFault(
            "tool-result-not-first", message, "tool_result blocks come first in the message, text after them"
        )
    for block in results:
        if block.get("is_error") and not block.get("content"):
            message = "a tool_result with is_error has no content"
            yield CheckFault("tool-result-empty", message, "say in content what went wrong")


def _unanswered(ids: set[str]) -> CheckFault:
    """Return the fault of calls without results."""
    message = f"the tool call ({min(ids)[:60]}) has no tool_result in the next message"
    return CheckFault("tool-result-missing", message, "add a user message with its tool_result")


def cache_faults(params: dict[str, Any]) -> Iterator[CheckFault]:
    """Count the breakpoints of the cache, and look at their order: tools, system, messages, then the one at the top."""
    marks: list[str] = []
    last_own: str | None = None
    for block in all_blocks(params):
        mark = block.get("cache_control")
        last_own = mark.get("ttl", "5m") if isinstance(mark, dict) else None
        if last_own is not None:
            marks.append(last_own)
    top = params.get("cache_control")
    at_top = top.get("ttl", "5m") if isinstance(top, dict) else None
    count = len(marks) + (at_top is not None)
    if count > MOST_CACHE_MARKS:
        what = f"{len(marks)} blocks have cache_control" + (" and there is one at the top of params" if at_top else "")
        # The last breakpoints serve longest: each reads whatever those before it have written.
        hint = "leave out the one at the top" if at_top and len(marks) == MOST_CACHE_MARKS else "keep the last ones"
        yield CheckFault("cache-control-count", f"{what}: {count} breakpoints, {MOST_CACHE_MARKS} are allowed", hint)
    # The one at the top stands for the last block that can be cached.
    order = marks + ([at_top] if at_top else [])
    if "1h" in order and "5m" in order[: len(order) - order[::-1].index("1h")]:
        hint = "put breakpoints with ttl 1h before those with 5m, which is the default"
        yield CheckFault("cache-control-order", "a cache_control with ttl 1h comes after one with 5m", hint)
    elif at_top and last_own is not None and last_own != at_top:
        message = f"the last block has ttl {last_own}, the cache_control at the top of params {at_top}"
        yield CheckFault(
            "cache-control-order", message, "both mark the same place: give them one ttl, or leave one out"
        )


def all_blocks(params: dict[str, Any]) -> list[dict[str, Any]]:
    """Return tools, then blocks of system, then blocks of messages, inner ones before the block that holds them."""
    blocks = [*params.get("tools", ())]
    if type(params.get("system")) is list:
        blocks += params["system"]
    for message in params["messages"]:
        if type(message["content"]) is list:
            for block in message["content"]:
                blocks += inner_blocks(block)
                blocks.append(block)
    return blocks


def inner_blocks(block: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the blocks inside a block: of a tool's result, a search result, or a document made of blocks."""
    inner = block.get("content")
    if block["type"] == "document":
        inner = block["source"].get("content")
    if block["type"] not in ("document", "tool_result", "search_result") or not isinstance(inner, list):
        return []
    return [deeper for each in inner for deeper in (*inner_blocks(each), each)]
