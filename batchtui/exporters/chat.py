"""Write conversations for fine-tuning: one `{"messages": […]}` line for each request and its answer.

The shape is the one that fine-tuning tools share (OpenAI's, Hugging Face TRL, Axolotl): a system message first, calls
of tools as `tool_calls`, their results as messages of the role `tool`, the tools themselves beside the messages. What
that shape cannot say (a PDF) is no reason to write half a conversation: `conversation` returns None.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from batchtui.exporters.json_formats import write_pieces
from batchtui.results.json_text import encode_json, join_text
from batchtui.results.line_parser import first_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from batchtui.exporters.record import ExportRecord


class _Unsayable(ValueError):
    """A block that a line of chat has no place for."""


def write_chat(out: IO[bytes], entries: Iterable[ExportRecord]) -> None:
    """Write a line for each entry that is a whole conversation."""
    found = (entry.chat or conversation(entry) for entry in entries)
    write_pieces(out, (join_text(encode_json(one)).encode() + b"\n" for one in found if one is not None))


def conversation(entry: ExportRecord) -> dict[str, Any] | None:
    """Return request and answer as one conversation; None without an answer, or where the shape cannot say it all."""
    try:
        messages = [*_system(entry.params.get("system")), *_turns(entry.params.get("messages"))]
        answer = _assistant(entry.answer.content)
    except _Unsayable:
        return None
    if not messages or not (answer.get("content") or answer.get("tool_calls")):
        return None
    if messages[-1]["role"] == "assistant":  # the beginning of the answer, put into its mouth
        before = messages.pop()
        answer["content"] = f"{before.get('content') or ''}{answer['content'] or ''}"
    tools = [_tool(tool) for tool in _objects(entry.params.get("tools")) if isinstance(tool.get("input_schema"), dict)]
    return {"messages": [*messages, answer], **({"tools": tools} if tools else {})}


def _system(system: object) -> Iterator[dict[str, Any]]:
    if system:
        yield {"role": "system", "content": _content(system)}


def _turns(turns: object) -> Iterator[dict[str, Any]]:
    for turn in _objects(turns):
        content = turn.get("content")
        if turn.get("role") == "assistant":
            yield _assistant([{"type": "text", "text": content}] if isinstance(content, str) else _objects(content))
            continue
        blocks = _objects(content)
        # Results of tools come first: that shape wants them right behind the call, as messages of their own.
        results = [block for block in blocks if block.get("type") == "tool_result"]
        for block in results:
            said = _content(block.get("content") or "")
            yield {"role": "tool", "tool_call_id": str(block.get("tool_use_id")), "content": said}
        others = [block for block in blocks if block.get("type") != "tool_result"]
        if isinstance(content, str) or others:
            yield {"role": str(turn.get("role")), "content": _content(content if isinstance(content, str) else others)}


def _assistant(blocks: Iterable[Any]) -> dict[str, Any]:
    """Return a turn of the assistant. Its thinking is left out, and so is what the service's own tools did."""
    said = [block for block in blocks if isinstance(block, dict)]
    calls = [
        {
            "id": str(block.get("id")),
            "type": "function",
            "function": {"name": str(block.get("name")), "arguments": encode_json(block.get("input") or {})},
        }
        for block in said
        if block.get("type") == "tool_use"
    ]
    text = first_text(said) or None
    return {"role": "assistant", "content": text, **({"tool_calls": calls} if calls else {})}


def _content(content: object) -> str | list[dict[str, Any]]:
    """Return text as text, and text with pictures as parts."""
    if isinstance(content, str):
        return content
    parts = [_part(block) for block in _objects(content)]
    if all(part["type"] == "text" for part in parts):
        return "\n\n".join(part["text"] for part in parts)
    return parts


def _part(block: Mapping[str, Any]) -> dict[str, Any]:
    source = block.get("source")
    about = source if isinstance(source, dict) else {}
    match block.get("type"), about.get("type"):
        case "text", _ if isinstance(block.get("text"), str):
            return {"type": "text", "text": block["text"]}
        case "document", "text" if isinstance(about.get("data"), str):
            return {"type": "text", "text": about["data"]}
        case "image", "base64":
            return _picture(f"data:{about.get('media_type')};base64,{about.get('data')}")
        case "image", "url":
            return _picture(str(about.get("url")))
    raise _Unsayable(str(block.get("type")))


def _picture(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def _tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    about = {"name": str(tool.get("name")), "description": tool.get("description"), "parameters": tool["input_schema"]}
    return {"type": "function", "function": {key: value for key, value in about.items() if value is not None}}


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
