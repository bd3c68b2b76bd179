"""`request_parts` turns one request into lines: settings, tools, turns in order, and the schema of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchtui.results.content_blocks import BlockKind, as_json, blocks_of
from batchtui.results.json_line import UnreadableLine, parse_json_object
from batchtui.results.structured_output import wanted_schema
from batchtui.text.safe import one_line
from batchtui.tui.rendering.answer import block_parts
from batchtui.tui.rendering.plain import MOST_SHOWN, Part, json_lines, pretty_json
from batchtui.tui.rendering.spans import Span, Tone, joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SAID_APART = frozenset({"model", "system", "messages", "tools"})
"""Params that have lines of their own and are left out of the line of settings."""


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
    # A string is short for one block of text (Messages API).
    blocks = blocks_of([{"type": "text", "text": content}] if isinstance(content, str) else _list(content))
    for block in blocks:
        yield from block_parts(block, most, titled=block.kind is not BlockKind.TEXT)


def _list(content: object) -> list[Any]:
    return content if isinstance(content, list) else []
