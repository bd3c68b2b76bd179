"""What is checked late: everything inside a request's params, found only when its batch has ended."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from batchtui.simulator.models import Model, find

KNOWN_KEYS = frozenset(
    {
        "model",
        "max_tokens",
        "messages",
        "system",
        "metadata",
        "stop_sequences",
        "stream",
        "temperature",
        "top_p",
        "top_k",
        "tools",
        "tool_choice",
        "thinking",
        "service_tier",
        "output_config",
        "cache_control",
        "container",
        "context_management",
        "inference_geo",
        "mcp_servers",
        "diagnostics",
        "user_profile_id",
        "workspace_id",
        "compaction",
        "billing_policy",
        "thread",
    }
)
OBJECT_KEYS = ("thinking", "tool_choice", "output_config", "cache_control", "metadata")
SAMPLING_KEYS = ("temperature", "top_p", "top_k")
REFUSED_IN_BATCHES = ("speed", "store", "previous_thread_event_id", "cache_hint", "context_hint", "fallbacks")
PLAIN_KEYS = frozenset({"model", "max_tokens", "messages", "system"})
STRICT_VERSION = "2026-10-21"
LONG_OUTPUT_BETA = "output-300k-2026-03-24"
LONG_OUTPUT = 300_000
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}\Z")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one request cannot be answered: what goes into its error envelope."""

    error_type: str
    "Such as invalid_request_error."
    message: str
    "The service's sentence."


@dataclass(frozen=True, slots=True)
class Terms:
    """The headers that decide how params are read; they hold for a whole batch."""

    version: str = "2023-06-01"
    "The anthropic-version header."
    betas: frozenset[str] = frozenset()
    "The names in the anthropic-beta header."

    @property
    def is_strict(self) -> bool:
        """Whether sampling parameters are gone (version 2026-10-21 and later)."""
        return self.version >= STRICT_VERSION


def find_problem(params: Mapping[str, Any], terms: Terms, *, in_batch: bool = True) -> Problem | None:
    """The first thing wrong with a request's params, or None; nothing outside `params` and `terms` is looked at."""
    if params.keys() <= PLAIN_KEYS and _is_plainly_right(params):
        return None
    for sentence in _sentences(params, terms, in_batch=in_batch):
        is_unknown_model = sentence == f"model: {params.get('model')}"
        return Problem("not_found_error" if is_unknown_model else "invalid_request_error", sentence)
    return None


def _is_plainly_right(params: Mapping[str, Any]) -> bool:
    """The common case in a few comparisons, since a batch may hold a hundred thousand of it."""
    name, limit, messages = params.get("model"), params.get("max_tokens"), params.get("messages")
    model = find(name) if isinstance(name, str) else None
    if model is None or not model.batch or type(limit) is not int or not 0 < limit <= model.max_tokens:
        return False
    if not isinstance(messages, list) or len(messages) != 1 or not isinstance(params.get("system", ""), str):
        return False
    message = messages[0]
    if not isinstance(message, dict) or len(message) != 2 or message.get("role") != "user":
        return False
    content = message.get("content")
    return isinstance(content, str) and bool(content.strip())


def _sentences(params: Mapping[str, Any], terms: Terms, *, in_batch: bool) -> Iterator[str]:
    yield from _key_sentences(params, terms, in_batch=in_batch)
    name = params.get("model")
    if "model" not in params:
        yield "model: Field required"
    if not isinstance(name, str):
        yield "model: Input should be a valid string"
        return
    model = find(name)
    if model is None:
        yield f"model: {name}"
        return
    if in_batch and not model.batch:
        yield f"{name} is not supported in the Message Batches API."
    yield from _kind_sentences(params)
    yield from _limit_sentences(params, terms, model)
    yield from _message_sentences(params, terms, model)
    yield from _thinking_sentences(params, model)
    yield from _tool_sentences(params, model)


def _key_sentences(params: Mapping[str, Any], terms: Terms, *, in_batch: bool) -> Iterator[str]:
    if in_batch:
        for key in REFUSED_IN_BATCHES:
            if key in params:
                yield f"{key}: This parameter is not supported in the Message Batches API."
        if params.get("research_preview_2026_02") == "active":
            yield "research_preview_2026_02: This parameter is not supported in the Message Batches API."
    if params.get("stream"):
        yield "stream: Streaming is not supported in the Message Batches API."
    for key in params:
        if key not in KNOWN_KEYS or (terms.is_strict and key in SAMPLING_KEYS):
            yield f"{key}: Extra inputs are not permitted"
    for key in ("temperature", "top_p"):
        value = params.get(key)
        if value is not None and not (isinstance(value, int | float) and 0 <= value <= 1):
            yield f"{key}: range: 0..1"


def _kind_sentences(params: Mapping[str, Any]) -> Iterator[str]:
    for key in OBJECT_KEYS:
        if not isinstance(params.get(key), dict | None):
            yield f"{key}: Input should be a valid dictionary or object to extract fields from"
    system = params.get("system", "")
    if not isinstance(system, str | list):
        yield "system: Input should be a valid string"
    for index, block in enumerate(system if isinstance(system, list) else ()):
        if not isinstance(block, dict) or not isinstance(block.get("text"), str):
            yield f"system.{index}.text: Field required"


def _limit_sentences(params: Mapping[str, Any], terms: Terms, model: Model) -> Iterator[str]:
    if "max_tokens" not in params:
        yield "max_tokens: Field required"
        return
    limit = params["max_tokens"]
    if type(limit) is not int:
        yield "max_tokens: Input should be a valid integer"
        return
    if limit < 1:
        yield "max_tokens: Input should be greater than or equal to 1"
    most = LONG_OUTPUT if model.long_output and LONG_OUTPUT_BETA in terms.betas else model.max_tokens
    if limit > most:
        yield f"max_tokens: {limit} > {most}, which is the maximum allowed number of output tokens for {model.id}"


def _message_sentences(params: Mapping[str, Any], terms: Terms, model: Model) -> Iterator[str]:
    if "messages" not in params:
        yield "messages: Field required"
        return
    messages = params["messages"]
    if not isinstance(messages, list):
        yield "messages: Input should be a valid list"
        return
    if not messages:
        yield "messages: at least one message is required"
    for index, message in enumerate(messages):
        yield from _one_message(index, message, terms, is_last=index == len(messages) - 1)
    if messages and isinstance(messages[-1], dict) and messages[-1].get("role") == "assistant" and model.is_newest:
        yield "This model does not support assistant message prefill. The conversation must end with a user message."


def _one_message(index: int, message: object, terms: Terms, *, is_last: bool) -> Iterator[str]:
    where = f"messages.{index}"
    if not isinstance(message, dict):
        yield f"{where}: Input should be a valid dictionary or object to extract fields from"
        return
    role, content = message.get("role"), message.get("content")
    if role not in ("user", "assistant", "system"):
        yield f"{where}.role: Input should be 'user' or 'assistant'"
    if index == 0 and role == "assistant":
        yield 'messages: first message must use the "user" role'
    if "content" not in message:
        yield f"{where}.content: Field required"
        return
    if not isinstance(content, str | list):
        yield f"{where}.content: Input should be a valid string"
        return
    if not content and not (is_last and role == "assistant"):
        yield f"{where}: all messages must have non-empty content except for the optional final assistant message"
    for position, block in enumerate(content if isinstance(content, list) else ()):
        yield from _one_block(f"{where}.content.{position}", block, role, terms)


def _one_block(where: str, block: object, role: object, terms: Terms) -> Iterator[str]:
    if not isinstance(block, dict) or not isinstance(block.get("type"), str):
        yield f"{where}.type: Field required"
        return
    kind = block["type"]
    if kind == "text" and not block.get("text"):
        yield "messages: text content blocks must be non-empty"
    if terms.is_strict and kind == "document" and role == "assistant":
        yield f"{where}: document blocks are not permitted in assistant messages"
    if terms.is_strict and kind == "text" and role == "user" and block.get("citations"):
        yield f"{where}.text.citations: Extra inputs are not permitted"


def _thinking_sentences(params: Mapping[str, Any], model: Model) -> Iterator[str]:
    thinking = params.get("thinking")
    if not isinstance(thinking, dict) or thinking.get("type") != "enabled":
        return
    budget, limit = thinking.get("budget_tokens"), params.get("max_tokens")
    if model.is_newest:
        yield '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive".'
    if type(budget) is not int:
        yield "thinking.enabled.budget_tokens: Field required"
    elif budget < 1024:
        yield "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"
    elif isinstance(limit, int) and budget >= limit:
        yield "`max_tokens` must be greater than `thinking.budget_tokens`."


def _tool_sentences(params: Mapping[str, Any], model: Model) -> Iterator[str]:
    tools = params.get("tools") or []
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        yield "tools: Input should be a valid list"
        return
    names = [tool.get("name") for tool in tools]
    for index, tool in enumerate(tools):
        yield from _one_tool(index, tool)
    if len(set(map(repr, names))) != len(names):
        yield "tools: Tool names must be unique."
    yield from _choice_sentences(params.get("tool_choice"), names, model)


def _one_tool(index: int, tool: Mapping[str, Any]) -> Iterator[str]:
    name = tool.get("name")
    if not isinstance(name, str):
        if tool.get("type") != "mcp_toolset":
            yield f"tools.{index}.custom.name: Field required"
    elif not TOOL_NAME.match(name):
        yield f"tools.{index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
    if tool.get("type", "custom") == "custom" and not isinstance(tool.get("input_schema"), dict):
        yield f"tools.{index}.custom.input_schema: Field required"


def _choice_sentences(choice: object, names: Iterable[object], model: Model) -> Iterator[str]:
    if not isinstance(choice, dict):
        return
    kind = choice.get("type")
    if kind in ("any", "tool") and model.is_newest:
        yield f"tool_choice: forced tool use ('{kind}') is not supported for this model."
    if kind == "tool" and choice.get("name") not in names:
        yield f"Tool '{choice.get('name')}' not found in provided tools"
