"""Data: keys, values and kinds that are known to be refused or meant differently, and what to do instead.

Source: the batch processing documentation, and the request formats of other services that people bring
along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.limits import API_VERSION, LEGACY_API_VERSION

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
    "extra_body": "move its keys up into params",
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
HEADERS: Mapping[str, str] = {
    "anthropic_version": f"it is a header of the whole batch: --api-version {API_VERSION}",
    "anthropic-version": f"it is a header of the whole batch: --api-version {API_VERSION}",
    "anthropic_beta": "betas are headers of the whole batch: --beta NAME",
    "anthropic-beta": "betas are headers of the whole batch: --beta NAME",
    "x-api-key": "leave it out: credentials never belong into a request",
    "api_key": "leave it out: credentials never belong into a request",
}
"""What Bedrock's and Vertex's bodies carry inside, and this API takes as headers."""
MISPLACED: Mapping[str, str] = {
    "effort": "put it into output_config",
    "format": "put it into output_config",
    "json_schema": "put it into output_config.format",
    "schema": "put it into output_config.format",
    "task_budget": "put it into output_config",
    "budget_tokens": "put it into thinking",
    "ttl": "put it into cache_control",
    "user_id": "put it into metadata",
    "user": 'write an opaque id as "metadata": {"user_id": …}',
    "custom_id": "put it beside params",
    "role": "a message goes into the list of messages",
    "content": "a message goes into the list of messages",
    "input_schema": "put it into a tool",
    "citations": "put it into the document that is cited from",
}
"""Keys at the top of params that belong elsewhere; a hint never names the key itself, which would read as advice."""
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
    "n": "leave it out: there is one answer per request",
    "frequency_penalty": "leave it out",
    "presence_penalty": "leave it out",
    "logit_bias": "leave it out",
    "logprobs": "leave it out",
    "seed": "leave it out",
    "reasoning_effort": 'use "output_config": {"effort": …}',
    "reasoning": 'use "thinking": {"type": "adaptive"}',
    "verbosity": "leave it out, and ask for it in the prompt",
    "top_logprobs": "leave it out",
    "parallel_tool_calls": 'use "disable_parallel_tool_use" in tool_choice',
    "modalities": "leave it out: answers are text",
    "safety_settings": "leave it out",
    "generation_config": "move its keys up into params",
    "contents": 'write it as "messages": [{"role": "user", "content": …}]',
}
"""Keys of other services' requests."""
FOREIGN_BLOCKS: Mapping[str, str] = {
    "image_url": 'use {"type": "image", "source": {"type": "url", "url": …}}',
    "input_text": 'use {"type": "text", "text": …}',
    "output_text": 'use {"type": "text", "text": …}',
    "input_image": 'use {"type": "image", "source": …}',
    "input_file": 'use {"type": "document", "source": …}',
    "input_audio": "audio is not supported",
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
LEGACY_HINT = f"send the batch with --api-version {LEGACY_API_VERSION}, or leave it out"
KNOWN_VERSIONS = frozenset({"2023-01-01", LEGACY_API_VERSION, API_VERSION})
KNOWN_BETAS = frozenset({
    "computer-use-2024-10-22", "computer-use-2025-01-24", "computer-use-2025-11-24", "output-128k-2025-02-19",
    "output-300k-2026-03-24", "mcp-client-2025-04-04", "mcp-client-2025-11-20", "dev-full-thinking-2025-05-14",
    "interleaved-thinking-2025-05-14", "code-execution-2025-05-22", "code-execution-2025-08-25",
    "context-1m-2025-08-07", "context-management-2025-06-27", "model-context-window-exceeded-2025-08-26",
    "fast-mode-2026-02-01", "advisor-tool-2026-03-01", "compact-2026-01-12", "structured-outputs-2025-11-13",
    "task-budgets-2026-03-13",
    "message-batches-2024-09-24", "prompt-caching-2024-07-31", "pdfs-2024-09-25", "token-counting-2024-11-01",
    "token-efficient-tools-2025-02-19", "files-api-2025-04-14", "extended-cache-ttl-2025-04-11", "skills-2025-10-02",
    "effort-2025-11-24", "web-fetch-2025-09-10", "fine-grained-tool-streaming-2025-05-14", "cache-diagnosis-2026-04-07",
    "user-profiles-2026-03-24", "thinking-token-count-2026-05-13",
})  # fmt: skip
"""Betas whose keys are known here (SDK 2.14.0). Another one may add keys and types: these are warnings then."""
