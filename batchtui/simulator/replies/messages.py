"""What the simulated models say: plausible, and always the same for the same seed, custom_id and params."""

import json
from collections.abc import Mapping
from functools import lru_cache
from random import Random
from typing import Any
from zlib import crc32

from batchtui.simulator.batch_plan import PAUSED, REFUSED, TRUNCATED
from batchtui.simulator.models import known
from batchtui.simulator.replies.conversation import (
    CALLS,
    LONG_TOKENS,
    PAUSES,
    PlannedTurn,
    call_blocks,
    client_tools,
    search_blocks,
    server_tools,
    turn_of,
)
from batchtui.simulator.replies.judge import comparison, is_comparison
from batchtui.simulator.replies.schema_values import value_for
from batchtui.simulator.replies.usage import count_input, tokens, usage_object
from batchtui.simulator.signatures import sign_blocks
from batchtui.simulator.validation.late import PLAIN_KEYS

OPENINGS = (
    "Here is what stands out.",
    "The short answer is yes, with one reservation.",
    "I read it twice; the main point is clear.",
    "Three things matter here.",
)
SENTENCES = (
    "The first part holds up well and needs no change.",
    "The figures agree with each other to the last digit.",
    "One assumption is left unsaid, and it carries most of the weight.",
    "A reader who knows the field will follow this without effort.",
    "The second paragraph repeats the first in other words.",
    "Dates and names are consistent throughout.",
    "What is missing is an example that shows the limits.",
    "Nothing in the text contradicts the conclusion.",
    "The tone is calm, and that suits the subject.",
    "It would be worth checking the source of the last claim.",
)
REFUSAL = "I can't help with that request."
THOUGHTS = "The question is narrow. I look at what is given, then at what is asked, and answer only that. "

_STOPS: Mapping[int, str] = {PAUSED: "pause_turn"}

Content = tuple[list[dict[str, Any]], str, int]
"Content blocks, stop reason and the tokens of thinking among the output."


def answer(
    params: Mapping[str, Any],
    *,
    seed: int,
    custom_id: str,
    message_id: str,
    answer_tokens: int,
    fate: int = 0,
    tier: str = "batch",
    turns: int = 0,
    judge: tuple[float, float, float] = (0.5, 0.0, 0.0),
) -> dict[str, Any]:
    """One whole message.

    `fate` is one of the codes of a plan and bends the stop reason; `turns` is the most that a conversation has, 0
    where each request is answered without regard to others. `judge`: of comparisons the share that the longer answer
    wins, the share of ties, and the share in which the first one is taken whatever it says.
    """
    origin = _origin(seed, custom_id, params)
    turn = turn_of(params, seed, custom_id, turns) if turns and fate in (0, TRUNCATED) else None
    if turn is not None and turn.is_long and int(params.get("max_tokens", 1)) < LONG_TOKENS:
        fate = TRUNCATED
    content, stop_reason, thinking = _content(params, origin, answer_tokens, fate, turn)
    verdict = _comparison(params, seed, judge) if fate == 0 and turn is None else None
    if verdict is not None:
        content, stop_reason, thinking = [{"type": "text", "text": verdict}], "end_turn", 0
    content = sign_blocks(content)
    output = thinking + sum(_output_size(block) for block in content)
    limit = int(params.get("max_tokens", 1))
    if output > limit or fate == TRUNCATED:
        content, output, thinking = _cut(content, min(limit, max(output, 1)), thinking, whole=fate == TRUNCATED)
        stop_reason = "max_tokens"
    name = str(params.get("model", ""))
    model = known(name)
    geography = str(params.get("inference_geo") or "not_available")
    # Three of four find the prompt cache warm: caching in batches is best effort by the documentation.
    given = count_input(params, cache_is_warm=origin % 4 != 0)
    return {
        "model": model.id if model else name,
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "stop_details": _refusal_details() if stop_reason == "refusal" else None,
        "usage": usage_object(given, max(output, 1), thinking=thinking, tier=tier, geography=geography),
    }


def _origin(seed: int, custom_id: str, params: Mapping[str, Any]) -> int:
    """A number of 32 bits that stands for the request."""
    messages = params.get("messages")
    # Asked for plainly: it runs for every line of a download, and JSON knows no other lists and objects.
    last = messages[-1] if isinstance(messages, list) and messages else {}
    content = last.get("content") if isinstance(last, dict) else last
    text = content if isinstance(content, str) else repr(content)
    return crc32(f"{seed}/{custom_id}/{params.get('model')}/{text}".encode("utf-8", "surrogatepass"))


def _content(
    params: Mapping[str, Any], origin: int, answer_tokens: int, fate: int, turn: PlannedTurn | None
) -> Content:
    if fate == REFUSED:
        return [{"type": "text", "text": REFUSAL}], "refusal", 0
    # The usual request: neither tools nor thinking, so no seeded draw is needed for it.
    if params.keys() <= PLAIN_KEYS and fate != PAUSED:
        return [{"type": "text", "text": _said(params, origin, answer_tokens)}], _STOPS.get(fate, "end_turn"), 0
    # A seeded draw on purpose: answers must repeat. It guards nothing.
    draw = Random(origin)  # noqa: S311
    blocks: list[dict[str, Any]] = []
    thinking = 0
    if dict(params.get("thinking") or {}).get("type") in ("enabled", "adaptive"):
        thought = THOUGHTS * draw.randint(1, 3)
        thinking = tokens(len(thought))
        blocks.append({"type": "thinking", "thinking": thought.strip()})
    if fate == PAUSED and turn is None and server_tools(params):
        return [*blocks, *search_blocks(draw)], "pause_turn", thinking
    if turn is not None and turn.stop == PAUSES:
        return [*blocks, *search_blocks(draw)], "pause_turn", thinking
    tools = [tool] if turn is None and (tool := _tool_to_call(params, draw)) is not None else []
    if turn is not None and turn.stop == CALLS:
        tools = client_tools(params)
    if tools:
        return [*blocks, *call_blocks(tools, draw, turn.calls if turn else 1)], "tool_use", thinking
    wanted = dict(params.get("output_config") or {}).get("format")
    if isinstance(wanted, Mapping) and wanted.get("type") == "json_schema":
        text = json.dumps(value_for(wanted.get("schema"), draw), ensure_ascii=False)
    else:
        text = _said(params, origin, answer_tokens)
    return [*blocks, {"type": "text", "text": text}], _STOPS.get(fate, "end_turn"), thinking


def _comparison(params: Mapping[str, Any], seed: int, judge: tuple[float, float, float]) -> str | None:
    wanted = dict(params.get("output_config") or {}).get("format")
    if not isinstance(wanted, Mapping) or not is_comparison(wanted.get("schema")):
        return None
    longer_wins, ties, bias = judge
    return comparison(params, seed=seed, longer_wins=longer_wins, ties=ties, bias=bias)


def _tool_to_call(params: Mapping[str, Any], draw: Random) -> Mapping[str, Any] | None:
    choice = params.get("tool_choice") or {}
    tools = client_tools(params)
    # Once a result was given, the model answers in words: otherwise a conversation would call tools forever.
    if not tools or choice.get("type") == "none" or _answers_a_tool(params):
        return None
    if choice.get("type") == "tool":
        return next((tool for tool in tools if tool.get("name") == choice.get("name")), None)
    return draw.choice(tools)


def _answers_a_tool(params: Mapping[str, Any]) -> bool:
    content = params["messages"][-1].get("content")
    return isinstance(content, list) and any(block.get("type") == "tool_result" for block in content)


def _said(params: Mapping[str, Any], origin: int, answer_tokens: int) -> str:
    """Prose, or a small document where the prompt asks for Markdown."""
    asked = params["messages"][-1].get("content")
    if isinstance(asked, str) and "Markdown" in asked:
        return _document(origin)
    return _prose(origin, answer_tokens)


def _document(origin: int) -> str:
    first, second, third = (SENTENCES[(origin // 7 + step) % len(SENTENCES)] for step in range(3))
    return (
        f"# Verdict\n\n{OPENINGS[origin % len(OPENINGS)]}\n\n- {first}\n- **{second}**\n- {third}\n\n"
        f"| Point | Weight | Holds |\n|---|---:|---|\n| sources | {origin % 5 + 1} | yes |\n"
        f"| figures | {origin % 7 + 2} | yes |\n| tone | 1 | mostly |\n\n"
        f'```json\n{{"verdict": "right", "confidence": 0.{origin % 9 + 1}}}\n```\n\n'
        f"> As the manual says, chapter {origin % 12 + 1}."
    )


def _prose(origin: int, answer_tokens: int) -> str:
    opening, start, length = origin % len(OPENINGS), origin // 7 % len(SENTENCES), origin // 71 % 9
    return _paragraph(opening, start, int(answer_tokens * 4 * (0.6 + 0.1 * length)))


# There are only some 360 different texts of one length; a download of 100,000 lines repeats them.
@lru_cache(maxsize=4_096)
def _paragraph(opening: int, start: int, length: int) -> str:
    text = OPENINGS[opening]
    while len(text) < length:
        text += " " + SENTENCES[start % len(SENTENCES)]
        start += 1
    return text


def _output_size(block: Mapping[str, Any]) -> int:
    if block["type"] == "text":
        return tokens(len(block["text"]))
    return tokens(len(json.dumps(block["input"]))) + 12 if block["type"] == "tool_use" else 0


def _cut(
    content: list[dict[str, Any]], limit: int, thinking: int, *, whole: bool
) -> tuple[list[dict[str, Any]], int, int]:
    """The blocks up to `limit` output tokens; `whole` means that the limit was reached although the text is shorter."""
    left = max(limit - thinking, 0)
    text = next((block["text"] for block in content if block["type"] == "text"), "")
    kept = [block for block in content if block["type"] == "thinking"]
    cut = text[: max(min(left * 4, len(text)) - 1, 1)].rstrip() if left and text else ""
    if cut:
        kept.append({"type": "text", "text": cut})
    used = limit if whole else thinking + left
    return kept, used, min(thinking, used)


def _refusal_details() -> dict[str, Any]:
    return {
        "type": "refusal",
        "category": "general_harms",
        "explanation": "This request was declined by a safety classifier.",
    }
