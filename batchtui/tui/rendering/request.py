"""`request_parts` turns one request into lines: settings, tools, turns in order, and the schema of the answer.

`transcript_parts` adds the answer to its turns: the request of a later turn holds everything that was said before, so
that these two are the whole conversation.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from batchtui.results.content_blocks import BlockKind, as_json, blocks_of
from batchtui.results.json_line import UnreadableLine, parse_json_object
from batchtui.results.structured_output import wanted_schema
from batchtui.text.numbers import amount, count
from batchtui.text.safe import one_line
from batchtui.tui.rendering.answer import block_parts
from batchtui.tui.rendering.plain import MOST_SHOWN, Part, json_lines, pretty_json
from batchtui.tui.rendering.spans import Span, Tone, joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from batchtui.results.content_blocks import Block
    from batchtui.results.parsed_result import ParsedResult

_SAID_APART = frozenset({"model", "system", "messages", "tools"})
"""Params that have lines of their own and are left out of the line of settings."""
MOST_MESSAGES = 200
"""Messages that are laid out: the beginning of a longer conversation is left out, and how much of it is said."""
_FIRST_SHOWN = 2
"""Messages at the beginning of a longer conversation that are shown nevertheless: what was asked."""


def params_of(request: bytes) -> Mapping[str, Any]:
    """Return the params of a request; empty where they cannot be read."""
    try:
        params = parse_json_object(request).get("params")
    except UnreadableLine:
        return {}
    return params if isinstance(params, dict) else {}


def request_parts(request: bytes, most: int | None = MOST_SHOWN) -> Iterator[Part]:
    """Yield a request in parts; of what is no passage `most` characters a block, None for all."""
    params = params_of(request)
    # Not a request as we know it: all of it is shown instead of nothing.
    if not params:
        yield from json_lines(pretty_json(request), most)
        return
    yield joined([[Span(_short(params.get("model", "")), Tone.STRONG)], *_settings(params)], "   ")
    if tools := params.get("tools"):
        yield (Span("tools ", Tone.DIM), Span(", ".join(_names(tools))))
    if params.get("system"):
        yield from _turn("system", params["system"], most)
    messages = params.get("messages")
    for message in messages if isinstance(messages, list) else []:
        if isinstance(message, dict):
            yield from _turn(message.get("role", ""), message.get("content"), most)
    if (schema := wanted_schema(params)) is not None:
        yield ()
        yield (Span("the answer must be JSON of this schema", Tone.ACCENT),)
        yield from json_lines(as_json(schema), most)


def _settings(params: Mapping[str, Any]) -> Iterator[list[Span]]:
    for name, value in params.items():
        # The schema has lines of its own below.
        if name in _SAID_APART or (name in ("output_config", "output_format") and wanted_schema(params) is not None):
            continue
        yield [Span(f"{one_line(name[:60])} ", Tone.DIM), Span(_short(value))]


def _short(value: object) -> str:
    text = value if isinstance(value, str) else as_json(value)
    return one_line(text if len(text) <= 60 else text[:59] + "…")


def _names(tools: object) -> Iterator[str]:
    for tool in tools if isinstance(tools, list) else []:
        if isinstance(tool, dict):
            yield _short(tool.get("name") or tool.get("type") or "?")


def _turn(role: object, content: object, most: int | None) -> Iterator[Part]:
    yield ()
    yield (Span(_short(role), Tone.ACCENT),)
    for block in _blocks(content):
        yield from block_parts(block, most, titled=block.kind is not BlockKind.TEXT)


def _blocks(content: object) -> tuple[Block, ...]:
    # A string is short for one block of text (Messages API).
    if isinstance(content, str):
        return blocks_of([{"type": "text", "text": content}])
    return blocks_of(content if isinstance(content, list) else [])


def transcript_parts(request: bytes, answer: ParsedResult, most: int | None = MOST_SHOWN) -> Iterator[Part]:
    """Yield a conversation in parts; of what is no passage `most` characters a block, None for all."""
    said = params_of(request).get("messages")
    messages = [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []
    if answer.message:
        messages.append({"role": "assistant", "content": answer.content})
    turns = sum(message.get("role") == "assistant" for message in messages)
    yield (Span("conversation ", Tone.STRONG), Span(amount(turns, "turn"), Tone.DIM))
    hidden = range(_FIRST_SHOWN, len(messages) - MOST_MESSAGES) if most is not None else range(0)
    names: dict[str, str] = {}
    turn = 0
    for place, message in enumerate(messages):
        blocks = _blocks(message.get("content"))
        names.update(_called(blocks))
        turn += message.get("role") == "assistant"
        if place in hidden:
            if place == hidden.start:
                yield ()
                yield (Span(f"… {count(len(hidden))} messages are not shown here; [v] shows all", Tone.WARN),)
            continue
        yield ()
        yield _heading(message, turn, blocks)
        for block in blocks:
            named = _named(block, names)
            yield from block_parts(named, most, titled=named.kind is not BlockKind.TEXT)
    if not answer.message:
        yield ()
        yield (Span(one_line(answer.error_message or answer.reading.message or "no answer"), Tone.BAD),)


def _heading(message: Mapping[str, Any], turn: int, blocks: Sequence[Block]) -> Part:
    role = one_line(str(message.get("role", ""))[:60])
    if role == "assistant":
        return (Span(f"{role} ", Tone.ACCENT), Span(f"turn {turn}", Tone.DIM))
    are_results = bool(blocks) and all(block.kind is BlockKind.TOOL_RESULT for block in blocks)
    return (Span(f"{role} ", Tone.ACCENT), Span("results of tools" if are_results else "", Tone.DIM))


def _called(blocks: Sequence[Block]) -> Iterator[tuple[str, str]]:
    """Yield id and name of each call of a tool."""
    for block in blocks:
        call, name = block.raw.get("id"), block.raw.get("name")
        if isinstance(call, str) and isinstance(name, str):
            yield call, name


def _named(block: Block, names: Mapping[str, str]) -> Block:
    """Return the block of a result with the name of the tool that it comes from."""
    name = names.get(str(block.raw.get("tool_use_id")))
    if block.kind is not BlockKind.TOOL_RESULT or name is None:
        return block
    what = "error of" if block.raw.get("is_error") else "result of"
    return replace(block, title=f"{what} {name[:60]}")
