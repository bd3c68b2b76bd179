"""How a conversation of several turns goes, drawn from the seed: `plan_turns`, `turn_of`.

A turn is found again by counting the turns of the assistant in the request: nothing is remembered between batches.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from batchtui.simulator.replies.schema_values import value_for

LONG_TOKENS = 1_500
"A long turn is truncated where max_tokens is below this; asked again with a higher limit it is whole."
MOST_CALLS = 3
"Parallel calls of tools in one turn, at most."
ENDS, CALLS, PAUSES = "end_turn", "tool_use", "pause_turn"


@dataclass(frozen=True, slots=True)
class PlannedTurn:
    """How one turn of the assistant ends."""

    stop: str
    "end_turn, tool_use or pause_turn."
    is_long: bool
    "Whether it needs more than LONG_TOKENS."
    calls: int = 1
    "Calls of tools, where it calls any."


def plan_turns(seed: int, custom_id: str, most: int) -> tuple[PlannedTurn, ...]:
    """One to `most` turns; the last one ends the conversation."""
    # Seeded on purpose: the same seed tells the same story. It guards nothing.
    draw = Random(f"{seed}/{custom_id}/turns")  # noqa: S311
    turns = [
        PlannedTurn(draw.choice((CALLS, CALLS, PAUSES)), draw.random() < 0.15, draw.randint(1, MOST_CALLS))
        for _ in range(draw.randint(1, most) - 1)
    ]
    return (*turns, PlannedTurn(ENDS, draw.random() < 0.15))


def turn_of(params: Mapping[str, Any], seed: int, custom_id: str, most: int) -> PlannedTurn:
    """The turn that answers a request; tools that it does not have are not called."""
    turns = plan_turns(seed, custom_id, most)
    said: int = sum(message.get("role") == "assistant" for message in params["messages"])
    turn = turns[min(said, len(turns) - 1)]
    can = {ENDS}
    if client_tools(params):
        can.add(CALLS)
    if server_tools(params):
        can.add(PAUSES)
    if turn.stop in can:
        return turn
    # The other kind of tool stands in, so that the conversation has its length wherever there is any tool.
    return PlannedTurn(next((kind for kind in (CALLS, PAUSES) if kind in can), ENDS), turn.is_long, turn.calls)


def client_tools(params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The tools that the caller runs."""
    return [tool for tool in params.get("tools") or () if isinstance(tool.get("input_schema"), Mapping)]


def server_tools(params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The tools that the service runs; only searches are simulated."""
    return [tool for tool in params.get("tools") or () if str(tool.get("type", "")).startswith("web_search")]


def call_blocks(tools: Sequence[Mapping[str, Any]], draw: Random, calls: int) -> list[dict[str, Any]]:
    """A sentence and so many calls of tools, without their ids."""
    chosen = [draw.choice(tools) for _ in range(calls)]
    names = ", ".join(str(tool["name"]) for tool in chosen)
    blocks: list[dict[str, Any]] = [{"type": "text", "text": f"I'll use {names} for this."}]
    for tool in chosen:
        blocks.append({"type": "tool_use", "name": tool["name"], "input": value_for(tool["input_schema"], draw)})
    return blocks


def search_blocks(draw: Random) -> list[dict[str, Any]]:
    """A search and what it found, without their ids: what a paused turn ends with."""
    number = draw.randrange(10_000)
    found = {
        "type": "web_search_result",
        "url": f"https://example.com/{number}",
        "title": f"Page {number}",
        "encrypted_content": f"c2ltdWxhdGVk{number:04}",
        "page_age": None,
    }
    return [
        {"type": "text", "text": "I'll search for that."},
        {"type": "server_tool_use", "name": "web_search", "input": {"query": f"page {number}"}},
        {"type": "web_search_tool_result", "content": [found]},
    ]
