"""What is checked late: everything inside a request's params, found only when its batch has ended."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from batchtui.simulator.models import Model, find
from batchtui.simulator.signatures import forgery_sentences
from batchtui.simulator.validation.closed_objects import (
    PARAMS,
    block_sentences,
    shape_sentences,
    tool_sentences,
)
from batchtui.simulator.validation.conversation import (
    cache_sentences,
    is_paused,
    media_sentences,
    prompt,
    turn_sentences,
)
from batchtui.simulator.validation.schema_checks import format_sentences

SAMPLING_KEYS = ("temperature", "top_p", "top_k")
REFUSED_IN_BATCHES = (
    "speed",
    "store",
    "previous_thread_event_id",
    "thread",
    "cache_hint",
    "context_hint",
    "fallbacks",
    "fallback_credit_token",
    "research_preview_2026_02",
)
OWN_SENTENCES = frozenset({"model", "max_tokens", "messages", "tools"})
KNOWN_KEYS = OWN_SENTENCES | {key.rstrip("?") for key in PARAMS}
PLAIN_KEYS = frozenset({"model", "max_tokens", "messages", "system"})
STRICT_VERSION = "2026-10-21"
LONG_OUTPUT_BETA = "output-300k-2026-03-24"
LONG_OUTPUT = 300_000
OLD_MCP_BETA = "mcp-client-2025-04-04"
OLD_FORMAT_BETA = "structured-outputs-2025-11-13"
LEVELS = ("low", "medium", "high", "xhigh", "max")


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


def find_problem(
    params: Mapping[str, Any], terms: Terms, *, in_batch: bool = True, day: date | None = None
) -> Problem | None:
    """The first thing wrong with a request's params, or None; nothing outside `params` and `terms` is looked at.

    A model whose last day lies before `day` is not there any more; without a day only those that the catalogue calls
    retired are gone.
    """
    # The usual request is decided in a few comparisons: a plan of 100,000 is drawn while a client waits.
    if params.keys() <= PLAIN_KEYS and _is_plainly_right(params, day):
        return None
    for sentence in _sentences(params, terms, in_batch=in_batch, day=day):
        # The one sentence that comes as not_found_error.
        is_unknown_model = sentence == f"model: {params.get('model')}"
        return Problem("not_found_error" if is_unknown_model else "invalid_request_error", sentence)
    return None


def _is_plainly_right(params: Mapping[str, Any], day: date | None) -> bool:
    """The common case in a few comparisons, since a batch may hold a hundred thousand of it."""
    name, limit, messages = params.get("model"), params.get("max_tokens"), params.get("messages")
    model = find(name, day) if isinstance(name, str) else None
    if model is None or not model.batch or type(limit) is not int or not 0 < limit <= model.max_tokens:
        return False
    if not isinstance(messages, list) or len(messages) != 1 or not isinstance(params.get("system", ""), str):
        return False
    message = messages[0]
    if not isinstance(message, dict) or len(message) != 2 or message.get("role") != "user":
        return False
    content = message.get("content")
    return isinstance(content, str) and bool(content.strip())


def _sentences(params: Mapping[str, Any], terms: Terms, *, in_batch: bool, day: date | None) -> Iterator[str]:
    yield from _key_sentences(params, terms, in_batch=in_batch)
    name = params.get("model")
    if "model" not in params:
        yield "model: Field required"
    # All that follows depends on the model.
    if not isinstance(name, str):
        yield "model: Input should be a valid string"
        return
    model = find(name, day)
    if model is None:
        yield f"model: {name}"
        return
    if in_batch and not model.batch:
        yield f"{name} is not supported in the Message Batches API."
    yield from _limit_sentences(params, terms, model)
    yield from _form_sentences(params, terms)
    # From here on the form is right: what comes next looks inside without asking again.
    yield from turn_sentences(params["messages"])
    yield from forgery_sentences(params["messages"])
    yield from cache_sentences(params)
    yield from media_sentences(params)
    yield from _prefill_sentences(params, model)
    yield from _thinking_sentences(params, model)
    yield from _effort_sentences(params, model)
    yield from _sampling_sentences(params, model)
    yield from _tool_sentences(params, terms, model)
    yield from _output_sentences(params, terms)


def _key_sentences(params: Mapping[str, Any], terms: Terms, *, in_batch: bool) -> Iterator[str]:
    """What is wrong with the keys of params, and with what stands under those that have a table."""
    # A canary goes to the Messages API, which takes some of these.
    for key in REFUSED_IN_BATCHES if in_batch else ():
        if key in params:
            yield f"{key}: This parameter is not supported in the Message Batches API."
    if params.get("stream"):
        yield "stream: Streaming is not supported in the Message Batches API."
    for key in params:
        if key not in KNOWN_KEYS or (terms.is_strict and key in SAMPLING_KEYS):
            yield f"{key}: Extra inputs are not permitted"
    for key, wanted in PARAMS.items():
        name = key.rstrip("?")
        if name in params:
            yield from shape_sentences(name, params[name], wanted)
    for key in ("temperature", "top_p"):
        if not 0 <= params.get(key, 1) <= 1:
            yield f"{key}: range: 0..1"


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


def _form_sentences(params: Mapping[str, Any], terms: Terms) -> Iterator[str]:
    """What is wrong with the form of messages, system and tools."""
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
    for index, block in enumerate(params["system"] if isinstance(params.get("system"), list) else ()):
        if not block["text"].strip():
            yield f"system.{index}: text content blocks must contain non-whitespace text"
    tools = params.get("tools", [])
    if not isinstance(tools, list):
        yield "tools: Input should be a valid list"
        return
    for index, tool in enumerate(tools):
        yield from tool_sentences(f"tools.{index}", tool)


def _one_message(index: int, message: object, terms: Terms, *, is_last: bool) -> Iterator[str]:
    where = f"messages.{index}"
    if not isinstance(message, dict):
        yield f"{where}: Input should be a valid dictionary or object to extract fields from"
        return
    role, content = message.get("role"), message.get("content")
    if role not in ("user", "assistant", "system"):
        yield f"{where}.role: Input should be 'user' or 'assistant'"
    if "content" not in message:
        yield f"{where}.content: Field required"
        return
    if not isinstance(content, str | list):
        yield f"{where}.content: Input should be a valid string"
        return
    for key in message.keys() - {"role", "content"}:
        yield f"{where}.{key}: Extra inputs are not permitted"
    # The last message of the assistant begins the answer; an empty one begins nothing, and is accepted.
    is_blank = not content or (isinstance(content, str) and not content.strip())
    if is_blank and not (is_last and role == "assistant" and not content):
        yield f"{where}: all messages must have non-empty content except for the optional final assistant message"
    for position, block in enumerate(content if isinstance(content, list) else ()):
        yield from _one_block(f"{where}.content.{position}", block, role, terms)


def _one_block(where: str, block: object, role: object, terms: Terms) -> Iterator[str]:
    yield from block_sentences(where, block)
    assert isinstance(block, dict)
    kind = block["type"]
    if kind == "text" and not block["text"].strip():
        yield "messages: text content blocks must contain non-whitespace text"
    # Removed with version 2026-10-21, as are citations in text of the user.
    if terms.is_strict and kind == "document" and role == "assistant":
        yield f"{where}: document blocks are not permitted in assistant messages"
    if terms.is_strict and kind == "text" and role == "user" and block.get("citations"):
        yield f"{where}.text.citations: Extra inputs are not permitted"


def _thinks(params: Mapping[str, Any]) -> bool:
    return bool(params.get("thinking", {}).get("type", "disabled") != "disabled")


def _format(params: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The structured output that is asked for."""
    found: Mapping[str, Any] | None = params.get("output_config", {}).get("format")
    return found


def _prefill_sentences(params: Mapping[str, Any], model: Model) -> Iterator[str]:
    last = params["messages"][-1]
    if last["role"] != "assistant" or is_paused(last["content"]):
        return
    if not model.prefill:
        yield "This model does not support assistant message prefill. The conversation must end with a user message."
    if _thinks(params):
        yield "messages: assistant message prefill is not supported when thinking is enabled"
    if _format(params) is not None:
        yield "messages: assistant message prefill is not supported with output_config.format"
    content = last["content"]
    if isinstance(content, list):
        content = content[-1].get("text", "") if content and content[-1]["type"] == "text" else ""
    if content != content.rstrip():
        yield "messages: final assistant content cannot end with trailing whitespace"


def _thinking_sentences(params: Mapping[str, Any], model: Model) -> Iterator[str]:
    thinking = params.get("thinking")
    if thinking is None:
        return
    kind, effort = thinking["type"], params.get("output_config", {}).get("effort")
    if kind in model.no_thinking:
        instead = "adaptive" if "adaptive" not in model.no_thinking else "enabled"
        yield f'"thinking.type.{kind}" is not supported for this model. Use "thinking.type.{instead}".'
    if kind == "disabled" and effort in model.always_thinks_at:
        yield f'"thinking.type.disabled" is not supported with effort "{effort}" for this model.'
    if kind != "enabled":
        return
    if thinking["budget_tokens"] < 1024:
        yield "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"
    elif thinking["budget_tokens"] >= params["max_tokens"]:
        yield "`max_tokens` must be greater than `thinking.budget_tokens`."
    if "top_k" in params or params.get("temperature", 1) != 1:
        yield "`temperature` may only be set to 1 when thinking is enabled, and `top_k` must be unset."


def _effort_sentences(params: Mapping[str, Any], model: Model) -> Iterator[str]:
    effort = params.get("output_config", {}).get("effort")
    if effort is not None and effort not in LEVELS:
        yield "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'"
    elif effort is not None and effort not in model.efforts:
        yield f"This model does not support the effort parameter value '{effort}'."


def _sampling_sentences(params: Mapping[str, Any], model: Model) -> Iterator[str]:
    if model.samples:
        if "temperature" in params and "top_p" in params:
            yield "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
        return
    if params.get("temperature", 1) != 1:
        yield "`temperature` is deprecated for this model."
    if params.get("top_p", 1) < 0.99:
        yield "`top_p` is deprecated for this model."
    if "top_k" in params:
        yield "`top_k` is deprecated for this model."


def _tool_sentences(params: Mapping[str, Any], terms: Terms, model: Model) -> Iterator[str]:
    tools = params.get("tools", [])
    names = [tool["name"] for tool in tools if "name" in tool]
    if len(set(names)) != len(names):
        yield "tools: Tool names must be unique."
    for index, tool in enumerate(tools):
        if str(tool.get("type", "")).startswith(("web_search", "web_fetch")):
            yield from _domain_sentences(index, tool)
    yield from _mcp_sentences(params.get("mcp_servers", []), tools, terms)
    choice = params.get("tool_choice")
    if choice is None:
        return
    kind = choice["type"]
    is_forced = kind in ("any", "tool")
    if is_forced and not tools and not params.get("mcp_servers"):
        yield "tool_choice may only be specified while providing tools."
    if is_forced and not model.forced_tools:
        yield f"tool_choice: forced tool use ('{kind}') is not supported for this model."
    if is_forced and _thinks(params):
        yield "Thinking may not be enabled when tool_choice forces tool use."
    if kind == "tool" and choice["name"] not in names and not params.get("mcp_servers"):
        yield f"Tool '{choice['name']}' not found in provided tools"


def _domain_sentences(index: int, tool: Mapping[str, Any]) -> Iterator[str]:
    allowed, blocked = tool.get("allowed_domains") or [], tool.get("blocked_domains") or []
    if allowed and blocked:
        yield f"tools.{index}: only one of allowed_domains and blocked_domains can be set"
    for domain in (*allowed, *blocked):
        if not domain or domain.startswith("//") or "://" in domain or set(domain) & set(" @?#"):
            yield f"tools.{index}: invalid domain '{domain}': leave out the scheme"


def _mcp_sentences(servers: list[Any], tools: list[Any], terms: Terms) -> Iterator[str]:
    names = [server["name"] for server in servers]
    wanted = [tool["mcp_server_name"] for tool in tools if tool.get("type") == "mcp_toolset"]
    if len(set(names)) != len(names):
        yield "mcp_servers: server names must be unique"
    for server in servers:
        if not server["url"].lower().startswith("https://"):
            yield "mcp_servers: only https URLs are supported"
        # With the header of 2025-04-04 a server is used without a toolset that names it.
        uses = wanted.count(server["name"])
        if uses > 1 or (uses == 0 and OLD_MCP_BETA not in terms.betas):
            yield f"MCP server '{server['name']}' must be referenced by exactly one mcp_toolset"
    if not set(wanted) <= set(names):
        yield "tools: mcp_toolset names an MCP server that is not in mcp_servers"


def _output_sentences(params: Mapping[str, Any], terms: Terms) -> Iterator[str]:
    if "output_format" in params:
        if OLD_FORMAT_BETA not in terms.betas:
            yield "output_format: Extra inputs are not permitted"
        elif params["output_format"] is not None and _format(params) is not None:
            yield "output_format: use only output_config.format"
    output = _format(params)
    blocks = prompt(params)
    if output is not None and any(
        block.get("type") in ("document", "search_result") and (block.get("citations") or {}).get("enabled")
        for block in blocks
    ):
        yield "citations cannot be enabled together with output_config.format"
    yield from format_sentences(params.get("tools", []), output)
