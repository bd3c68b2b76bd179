"""Lines of results for tests, in the shapes that the service was recorded to send."""

from __future__ import annotations

import json
from typing import Any

USAGE = {
    "input_tokens": 14,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 5,
    "service_tier": "batch",
    "inference_geo": "not_available",
}


def encoded(value: Any) -> bytes:
    """Compact JSON, as the service writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def succeeded(custom_id: str, *content: Any, stop_reason: str | None = "end_turn", **message: Any) -> bytes:
    """A succeeded result; a text stands for a block of type text."""
    blocks = [{"type": "text", "text": block} if isinstance(block, str) else block for block in content]
    body = {
        "model": "claude-haiku-5-5", "id": "msg_01A", "type": "message", "role": "assistant", "content": blocks,
        "stop_reason": stop_reason, "stop_sequence": None, "usage": USAGE, **message,
    }  # fmt: skip
    return encoded({"custom_id": custom_id, "result": {"type": "succeeded", "message": body}})


def errored(custom_id: str, error_type: str = "invalid_request_error", message: str = "no", **error: Any) -> bytes:
    """An errored result in the double envelope."""
    inner = {"details": {"error_visibility": "user_facing"}, "type": error_type, "message": message, **error}
    outer = {"type": "error", "error": inner, "request_id": None}
    return encoded({"custom_id": custom_id, "result": {"type": "errored", "error": outer}})


def bare(custom_id: str, result_type: str) -> bytes:
    """A result that has nothing but its type: canceled, expired, or one that nobody knows."""
    return encoded({"custom_id": custom_id, "result": {"type": result_type}})


def tool_use(name: str, value: Any) -> dict[str, Any]:
    """A block that calls a tool."""
    return {"type": "tool_use", "id": "toolu_01A", "name": name, "input": value}
