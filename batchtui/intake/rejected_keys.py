"""Data: keys, values and kinds that are known to be refused or meant differently, and what to do instead.

Where it was read: API.md ("Two phases of validation"), the batch processing documentation, and the request formats of
other services that people bring along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_IN_BATCH: Mapping[str, str] = {
    "speed": "leave it out: a batch has no fast mode",
    "store": "leave it out",
    "previous_thread_event_id": "leave it out: threads do not work in batches",
    "thread": "leave it out: threads do not work in batches",
    "cache_hint": "leave it out",
    "context_hint": "leave it out",
    "fallbacks": "leave it out, and retry what failed with another model",
    "fallback_credit_token": "leave it out",
    "research_preview_2026_02": "leave it out",
}
"""Keys of params that work elsewhere and make every request of a batch fail."""
SDK_ONLY: Mapping[str, str] = {
    "extra_body": "put what is in it beside the other keys of params",
    "extra_headers": "headers go with the whole batch: --api-version and --beta",
    "extra_query": "leave it out",
    "timeout": "leave it out: a batch has 24 hours",
    "max_retries": "leave it out",
    "betas": "headers go with the whole batch: --beta NAME",
    "http_client": "leave it out",
    "response_model": "leave it out: it belongs to another library",
    "workspace_id": "leave it out: the key decides the workspace",
}
"""Arguments of client libraries that are no part of a request."""
SAMPLING = frozenset({"temperature", "top_p", "top_k"})
"""Removed by version 2026-10-21, an error even at their default values."""
FOREIGN_KEYS: Mapping[str, str] = {
    "max_completion_tokens": 'here it is called "max_tokens"',
    "max_output_tokens": 'here it is called "max_tokens"',
    "max_tokens_to_sample": 'here it is called "max_tokens"',
    "prompt": 'write it as "messages": [{"role": "user", "content": …}]',
    "input": 'write it as "messages": [{"role": "user", "content": …}]',
    "instructions": 'here it is called "system"',
    "system_prompt": 'here it is called "system"',
    "stop": 'here it is called "stop_sequences", and is a list',
    "response_format": 'use "output_config": {"format": {"type": "json_schema", "schema": …}}',
    "functions": 'use "tools"',
    "function_call": 'use "tool_choice"',
    "n": "leave it out: one answer a request",
    "frequency_penalty": "leave it out",
    "presence_penalty": "leave it out",
    "logit_bias": "leave it out",
    "logprobs": "leave it out",
    "seed": "leave it out",
    "reasoning_effort": 'use "output_config": {"effort": …}',
}
"""Keys of other services' requests."""
FOREIGN_BLOCKS: Mapping[str, str] = {
    "image_url": 'use {"type": "image", "source": {"type": "url", "url": …}}',
    "input_text": 'use {"type": "text", "text": …}',
    "output_text": 'use {"type": "text", "text": …}',
    "input_image": 'use {"type": "image", "source": …}',
    "input_file": 'use {"type": "document", "source": …}',
    "input_audio": "audio is not taken",
    "file": 'use {"type": "document", "source": {"type": "file", "file_id": …}}',
    "function": 'use {"type": "tool_use", …}',
    "pdf": 'use {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": …}}',
}
"""Block types of other services."""
FOREIGN_TOOLS: Mapping[str, str] = {
    "function": 'a tool is {"name", "description", "input_schema"}, without a "function" around it',
}
ROLES: Mapping[str, str] = {
    "tool": 'a tool\'s answer is a "tool_result" block in a message of role "user"',
    "function": 'a tool\'s answer is a "tool_result" block in a message of role "user"',
    "developer": 'instructions go into "system", beside "messages"',
    "model": 'the other side is called "assistant"',
    "bot": 'the other side is called "assistant"',
    "ai": 'the other side is called "assistant"',
    "human": 'the person is called "user"',
}
BETA_NEEDED: Mapping[str, str] = {
    "mcp_servers": "mcp-client",
    "context_management": "context-management or compact",
    "compaction": "compact",
}
"""Keys of params that need a beta header whose name begins so."""
LEGACY_CODES = frozenset({"sampling-removed", "citations-removed", "document-in-assistant"})
"""Faults that vanish with the header `anthropic-version: 2023-06-01`."""
LEGACY_HINT = "send the batch with --api-version 2023-06-01, or take it out"

MAGIC: tuple[tuple[str, str], ...] = (
    ("iVBORw0KGgo", "image/png"),
    ("/9j/", "image/jpeg"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
    ("JVBERi0", "application/pdf"),
)
"""How base64 data of each media type begins."""
