"""The objects inside params as the published document has them, and `shape_sentences`, which holds a request to them.

Every object here is closed: a key that is not listed is refused, as the service does with "Extra inputs are not
permitted". Written in a small language of its own, so that the simulator is a second opinion on what clients check.
"""

import re
from collections.abc import Callable, Iterator, Mapping

Shape = Mapping[str, str]
"""Keys, those that may be absent with a question mark behind them, and what each may hold."""

_ID = r"^[a-zA-Z0-9_-]+$"
_SERVER_ID = r"^srvtoolu_[a-zA-Z0-9_]+$"
_CACHE: Shape = {"type": "=ephemeral", "ttl?": "=5m,1h"}
_MARK = {"cache_control?": "@cache|null"}

BLOCKS: Mapping[str, Shape] = {
    "text": {"text": "str1", "citations?": "[@citation]|null", **_MARK},
    "image": {"source": "@image_source", "transformations?": "obj|null", **_MARK},
    "document": {
        "source": "@document_source",
        "title?": "str1|null",
        "context?": "str1|null",
        "citations?": "@citing|null",
        **_MARK,
    },
    "search_result": {"source": "str", "title": "str", "content": "[text]", "citations?": "@citing", **_MARK},
    "thinking": {"thinking": "str", "signature": "str"},
    "redacted_thinking": {"data": "str"},
    "tool_use": {
        "id": "id", "name": "str1", "input": "obj", "caller?": "@caller", "toolset_name?": "str|null", **_MARK,
    },
    "tool_result": {
        "tool_use_id": "id",
        "content?": "[block]|str",
        "is_error?": "bool",
        "toolset_name?": "str|null",
        **_MARK,
    },
    "tool_reference": {"tool_name": "str1", **_MARK},
    "server_tool_use": {"id": "server_id", "name": "str1", "input": "obj", "caller?": "@caller", **_MARK},
    "web_search_tool_result": {
        "tool_use_id": "server_id", "content": "[@answer]|@answer", "caller?": "@caller", **_MARK
    },
    "web_fetch_tool_result": {"tool_use_id": "server_id", "content": "@answer", "caller?": "@caller", **_MARK},
    "code_execution_tool_result": {"tool_use_id": "server_id", "content": "@answer", **_MARK},
    "bash_code_execution_tool_result": {"tool_use_id": "server_id", "content": "@answer", **_MARK},
    "text_editor_code_execution_tool_result": {"tool_use_id": "server_id", "content": "@answer", **_MARK},
    "tool_search_tool_result": {"tool_use_id": "server_id", "content": "@answer", **_MARK},
    "advisor_tool_result": {"tool_use_id": "server_id", "content": "@answer", **_MARK},
    "container_upload": {"file_id": "str1", **_MARK},
    "mcp_tool_use": {"id": "id", "name": "str", "server_name": "str", "input": "obj", **_MARK},
    "mcp_tool_result": {"tool_use_id": "id", "content?": "[text]|str", "is_error?": "bool", **_MARK},
    "compaction": {
        "content?": "str|null", "encrypted_content?": "str|null", "signature?": "str|null",
        "tool_changes?": "any", **_MARK,
    },
    "mid_conv_system": {"content": "any", **_MARK},
    "tool_addition": {"tool": "obj", **_MARK},
    "tool_removal": {"tool": "obj", **_MARK},
    "fallback": {"from": "@hop", "to": "@hop", "trigger?": "any"},
}  # fmt: skip
"""Blocks by type; `type` itself is understood."""
OPEN_BLOCKS = frozenset({"mcp_tool_listing", "browser_state"})
"""Blocks of betas that no document describes."""

_CITED = {"cited_text": "str", "document_index": "int0", "document_title": "str1|null"}
VARIANTS: Mapping[str, Mapping[str, Shape]] = {
    "citation": {
        "char_location": {**_CITED, "start_char_index": "int0", "end_char_index": "int"},
        "page_location": {**_CITED, "start_page_number": "int1", "end_page_number": "int"},
        "content_block_location": {**_CITED, "start_block_index": "int0", "end_block_index": "int"},
        "web_search_result_location": {
            "cited_text": "str", "encrypted_index": "str", "title": "str1|null", "url": "str1",
        },
        "search_result_location": {
            "cited_text": "str", "search_result_index": "int0", "source": "str", "title": "str|null",
            "start_block_index": "int0", "end_block_index": "int",
        },
    },
    "image_source": {
        "base64": {"media_type": "=image/jpeg,image/png,image/gif,image/webp", "data": "str1"},
        "url": {"url": "str1"},
        "file": {"file_id": "str1"},
    },
    "document_source": {
        "base64": {"media_type": "=application/pdf", "data": "str1"},
        "text": {"media_type": "=text/plain", "data": "str"},
        "content": {"content": "[block]|str"},
        "url": {"url": "str1"},
        "file": {"file_id": "str1"},
    },
    "caller": {
        "direct": {},
        "code_execution_20250825": {"tool_id": "server_id"},
        "code_execution_20260120": {"tool_id": "server_id"},
        "code_execution_20260521": {"tool_id": "server_id"},
    },
    "answer": {
        "web_search_result": {"encrypted_content": "str", "title": "str", "url": "str", "page_age?": "str|null"},
        "web_fetch_result": {"url": "str", "content": "obj", "retrieved_at?": "str|null"},
        "code_execution_result": {"content": "list", "return_code": "int", "stderr": "str", "stdout": "str"},
        "bash_code_execution_result": {"content": "list", "return_code": "int", "stderr": "str", "stdout": "str"},
        "encrypted_code_execution_result": {
            "content": "list", "return_code": "int", "stderr": "str", "encrypted_stdout": "str",
        },
        "text_editor_code_execution_view_result": {
            "content": "str", "file_type": "=text,image,pdf", "num_lines?": "int|null", "start_line?": "int|null",
            "total_lines?": "int|null",
        },
        "text_editor_code_execution_create_result": {"is_file_update": "bool"},
        "text_editor_code_execution_str_replace_result": {
            "lines?": "list|null", "new_lines?": "int|null", "new_start?": "int|null", "old_lines?": "int|null",
            "old_start?": "int|null",
        },
        "tool_search_tool_search_result": {"tool_references": "list"},
        "advisor_result": {"text": "str", "stop_reason?": "str|null"},
        "advisor_redacted_result": {"encrypted_content": "str", "stop_reason?": "str|null"},
        "text_editor_code_execution_tool_result_error": {"error_code": "str", "error_message?": "str|null"},
        "tool_search_tool_result_error": {"error_code": "str", "error_message?": "str|null"},
        **{
            f"{tool}_tool_result_error": {"error_code": "str"}
            for tool in ("web_search", "web_fetch", "code_execution", "bash_code_execution", "advisor")
        },
    },
    "thinking": {
        "enabled": {"budget_tokens": "int", "display?": "=summarized,omitted|null", "block_binding?": "any"},
        "adaptive": {"display?": "=summarized,omitted|null", "block_binding?": "any"},
        "disabled": {},
        "between_tools": {},
    },
    "tool_choice": {
        "auto": {"disable_parallel_tool_use?": "bool"},
        "any": {"disable_parallel_tool_use?": "bool"},
        "tool": {"name": "str", "disable_parallel_tool_use?": "bool"},
        "none": {},
    },
}  # fmt: skip
"""Objects that are told from one another by their `type`."""

_COMMON = {"allowed_callers?": "[caller_name]", "defer_loading?": "bool", "strict?": "bool", **_MARK}
_DOMAINS = {"allowed_domains?": "[str]|null", "blocked_domains?": "[str]|null", "max_uses?": "int1|null"}
_DISPLAY = {"display_width_px": "int1", "display_height_px": "int1", "display_number?": "int0|null"}
_EXAMPLES = {"input_examples?": "[obj]"}
_FETCH = {**_DOMAINS, "citations?": "@citing|null", "max_content_tokens?": "int1|null", "url_sources?": "obj|null"}
_SEARCH = {**_DOMAINS, "user_location?": "@location|null"}
_INCLUSION = {"response_inclusion?": "=full,excluded"}

SERVER_TOOLS: Mapping[str, tuple[str, Shape]] = {
    "advisor_20260301": ("advisor", {
        "model": "str1", "max_tokens?": "int|null", "max_uses?": "int1|null", "caching?": "@cache|null",
    }),
    "bash_20241022": ("bash", _EXAMPLES),
    "bash_20250124": ("bash", _EXAMPLES),
    "browser_toolset_20260801": ("", {"configs?": "obj|null"}),
    "code_execution_20250522": ("code_execution", {}),
    "code_execution_20250825": ("code_execution", {}),
    "code_execution_20260120": ("code_execution", {}),
    "code_execution_20260521": ("code_execution", {}),
    "computer_20241022": ("computer", {**_DISPLAY, **_EXAMPLES}),
    "computer_20250124": ("computer", {**_DISPLAY, **_EXAMPLES}),
    "computer_20251124": ("computer", {**_DISPLAY, **_EXAMPLES, "enable_zoom?": "bool"}),
    "computer_toolset_20260801": ("", {"configs?": "obj|null"}),
    "mcp_toolset": ("", {
        "mcp_server_name": "str1", "default_config?": "obj", "configs?": "obj|null", "tools?": "list|null",
    }),
    "memory_20250818": ("memory", _EXAMPLES),
    "text_editor_20241022": ("str_replace_editor", _EXAMPLES),
    "text_editor_20250124": ("str_replace_editor", _EXAMPLES),
    "text_editor_20250429": ("str_replace_based_edit_tool", _EXAMPLES),
    "text_editor_20250728": ("str_replace_based_edit_tool", {**_EXAMPLES, "max_characters?": "int1|null"}),
    "tool_search_tool_bm25": ("tool_search_tool_bm25", {}),
    "tool_search_tool_bm25_20251119": ("tool_search_tool_bm25", {}),
    "tool_search_tool_regex": ("tool_search_tool_regex", {}),
    "tool_search_tool_regex_20251119": ("tool_search_tool_regex", {}),
    "web_fetch_20250910": ("web_fetch", _FETCH),
    "web_fetch_20260209": ("web_fetch", _FETCH),
    "web_fetch_20260309": ("web_fetch", {**_FETCH, "use_cache?": "bool"}),
    "web_fetch_20260318": ("web_fetch", {**_FETCH, "use_cache?": "bool", **_INCLUSION}),
    "web_search_20250305": ("web_search", _SEARCH),
    "web_search_20260209": ("web_search", _SEARCH),
    "web_search_20260318": ("web_search", {**_SEARCH, **_INCLUSION}),
}  # fmt: skip
"""The fixed name of each tool that the service brings, empty where it has none, and its own keys."""

OBJECTS: Mapping[str, Shape] = {
    "cache": _CACHE,
    "citing": {"enabled?": "bool"},
    "hop": {"model": "str1"},
    "location": {
        "type": "=approximate", "city?": "str1|null", "country?": "country|null", "region?": "str1|null",
        "timezone?": "str1|null",
    },
    "message": {"role": "=user,assistant,system", "content": "[block]|str"},
    "metadata": {"user_id?": "str|null"},
    "output_format": {"type": "=json_schema", "schema": "obj"},
    "output_config": {"effort?": "str|null", "format?": "@output_format|null", "task_budget?": "@budget|null"},
    "budget": {"type": "=tokens", "total": "int1", "remaining?": "int0|null"},
    "mcp_server": {
        "type": "=url", "name": "str", "url": "str", "authorization_token?": "str|null",
        "tool_configuration?": "@mcp_configuration|null",
    },
    "mcp_configuration": {"allowed_tools?": "[str]|null", "enabled?": "bool|null"},
    "container": {"id?": "str|null", "skills?": "[@skill]|null"},
    "skill": {"type": "=anthropic,custom", "skill_id": "str1", "version?": "str1"},
    "context_management": {"edits?": "[obj]"},
    "diagnostics": {"previous_message_id?": "str|null"},
    "tool": {
        "name": "tool_name", "input_schema": "obj", "type?": "=custom|null", "description?": "str",
        "eager_input_streaming?": "bool|null", **_EXAMPLES, **_COMMON,
    },
}  # fmt: skip
PARAMS: Shape = {
    "metadata?": "@metadata",
    "stop_sequences?": "[str]",
    "stream?": "bool",
    "system?": "[text]|str",
    "thinking?": "@thinking",
    "tool_choice?": "@tool_choice",
    "service_tier?": "=auto,standard_only",
    "output_config?": "@output_config",
    "output_format?": "@output_format|null",
    "cache_control?": "@cache|null",
    "container?": "str|@container|null",
    "context_management?": "@context_management|null",
    "mcp_servers?": "[@mcp_server]",
    "inference_geo?": "str|null",
    "diagnostics?": "@diagnostics|null",
    "user_profile_id?": "str",
    "compaction?": "obj|null",
    "temperature?": "num",
    "top_p?": "num",
    "top_k?": "int0",
}
"""What stands beside model, max_tokens, messages and tools, which have sentences of their own."""


def _matches(pattern: str) -> Callable[[object], bool]:
    found = re.compile(pattern)
    return lambda value: isinstance(value, str) and found.search(value) is not None


def _whole(least: int | None = None) -> Callable[[object], bool]:
    return lambda value: type(value) is int and (least is None or value >= least)


_SIMPLE: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "any": (lambda value: True, ""),
    "null": (lambda value: value is None, "Input should be null"),
    "str": (lambda value: isinstance(value, str), "Input should be a valid string"),
    "str1": (lambda value: isinstance(value, str) and value != "", "String should have at least 1 character"),
    "bool": (lambda value: isinstance(value, bool), "Input should be a valid boolean"),
    "int": (_whole(), "Input should be a valid integer"),
    "int0": (_whole(0), "Input should be greater than or equal to 0"),
    "int1": (_whole(1), "Input should be greater than 0"),
    "num": (lambda value: type(value) in (int, float), "Input should be a valid number"),
    "obj": (lambda value: isinstance(value, dict), "Input should be a valid dictionary"),
    "list": (lambda value: isinstance(value, list), "Input should be a valid list"),
    "id": (_matches(_ID), f"String should match pattern '{_ID}'"),
    "server_id": (_matches(_SERVER_ID), f"String should match pattern '{_SERVER_ID}'"),
    "tool_name": (_matches(r"^[a-zA-Z0-9_-]{1,128}\Z"), "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"),
    "country": (_matches(r"^[A-Za-z]{2}\Z"), "String should have 2 letters"),
    "caller_name": (_matches(r"^(direct|code_execution_\d{8})\Z"), "Input should be a known caller"),
}


def shape_sentences(where: str, value: object, wanted: str) -> Iterator[str]:
    """What is wrong with the form of a value; `wanted` is written as in the tables above."""
    choices = wanted.split("|")
    if len(choices) == 1:
        yield from _one_sentences(where, value, choices[0])
        return
    # Right by any of its forms: nothing is said.
    if any(not list(_one_sentences(where, value, choice)) for choice in choices):
        return
    meant = next((choice for choice in choices if _looks_like(value, choice)), choices[0])
    yield from _one_sentences(where, value, meant)


def object_sentences(where: str, value: object, shape: Shape) -> Iterator[str]:
    """What is wrong with an object: keys that are missing, wrong or too many."""
    if not isinstance(value, dict):
        yield f"{where}: Input should be a valid dictionary or object to extract fields from"
        return
    names = {key.rstrip("?"): (wanted, key.endswith("?")) for key, wanted in shape.items()}
    dot = f"{where}." if where else ""
    for key, (wanted, may_be_absent) in names.items():
        if key in value:
            yield from shape_sentences(f"{dot}{key}", value[key], wanted)
        elif not may_be_absent:
            yield f"{dot}{key}: Field required"
    for key in value:
        if key not in names:
            yield f"{dot}{key}: Extra inputs are not permitted"


def _looks_like(value: object, choice: str) -> bool:
    if isinstance(value, list):
        return choice.startswith("[")
    return choice.startswith("@") if isinstance(value, dict) else not choice.startswith(("@", "["))


def _one_sentences(where: str, value: object, wanted: str) -> Iterator[str]:
    if wanted.startswith("["):
        if not isinstance(value, list):
            yield f"{where}: Input should be a valid list"
            return
        for index, entry in enumerate(value):
            yield from _one_sentences(f"{where}.{index}", entry, wanted[1:-1])
    elif wanted.startswith("@"):
        yield from _named_sentences(where, value, wanted[1:])
    elif wanted.startswith("="):
        if value not in wanted[1:].split(","):
            yield f"{where}: Input should be {' or '.join(map(repr, wanted[1:].split(',')))}"
    elif wanted in ("block", "text"):
        yield from block_sentences(where, value, only=() if wanted == "block" else ("text",))
    else:
        is_right, sentence = _SIMPLE[wanted]
        if not is_right(value):
            yield f"{where}: {sentence}"


def _named_sentences(where: str, value: object, name: str) -> Iterator[str]:
    if name in OBJECTS:
        yield from object_sentences(where, value, OBJECTS[name])
        return
    variants = VARIANTS[name]
    if not isinstance(value, dict):
        yield f"{where}: Input should be a valid dictionary or object to extract fields from"
        return
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in variants:
        yield f"{where}: Input tag {kind!r} found using 'type' does not match any of the expected tags"
        return
    yield from object_sentences(where, value, {"type": f"={kind}", **variants[kind]})


def block_sentences(where: str, block: object, *, only: tuple[str, ...] = ()) -> Iterator[str]:
    """What is wrong with the form of a content block."""
    kind = block.get("type") if isinstance(block, dict) else None
    if not isinstance(kind, str):
        yield f"{where}.type: Field required"
    elif kind in OPEN_BLOCKS and not only:
        return
    elif kind not in BLOCKS or (only and kind not in only):
        yield f"{where}: Input tag '{kind}' found using 'type' does not match any of the expected tags"
    else:
        yield from object_sentences(where, block, {"type": f"={kind}", **BLOCKS[kind]})


def tool_sentences(where: str, tool: object) -> Iterator[str]:
    """What is wrong with the form of a tool, the caller's own or the service's."""
    kind = tool.get("type") if isinstance(tool, dict) else None
    if kind in (None, "custom"):
        yield from object_sentences(f"{where}.custom", tool, OBJECTS["tool"])
        return
    if not isinstance(kind, str) or kind not in SERVER_TOOLS:
        # A dated name that is not listed may be newer than this table, so nothing is said about it.
        if not isinstance(kind, str) or not re.search(r"_20\d{6}\Z", kind):
            yield f"{where}: Input tag {kind!r} found using 'type' does not match any of the expected tags"
        return
    name, own = SERVER_TOOLS[kind]
    shape = {"type": f"={kind}", **own, **_COMMON, **({"name": f"={name}"} if name else {})}
    yield from object_sentences(f"{where}.{kind}", tool, shape)
