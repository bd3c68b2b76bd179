"""Choose the rules that reach across the keys of one request (`rules_for`), for params that already fit the schema.

Requests of one skeleton need the same rules, and most need none: what is costly runs only where a key or a block asks
for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from batchtui.domain.submission.problem import Severity
from batchtui.intake.problems import CheckFault
from batchtui.intake.rules import models as by_model
from batchtui.intake.rules.media import source_faults
from batchtui.intake.rules.models import ModelVerdict
from batchtui.intake.rules.rejected_keys import BETA_NEEDED
from batchtui.intake.rules.tools import mcp_faults, output_format_faults
from batchtui.intake.rules.turns import all_blocks, cache_faults, call_faults, first_turn_faults

if TYPE_CHECKING:
    from batchtui.intake.rules.tools import ToolChecks
    from batchtui.intake.shapes import Key

_WITH_MEDIA = ("image", "document", "tool_result")
_WITH_MARKS = ("document", "tool_result", "search_result")
_CLOSED_KEYS = frozenset({"model", "max_tokens", "messages", "system", "metadata", "thinking", "tool_choice",
                          "cache_control", "stop_sequences", "service_tier", "stream", "inference_geo"})  # fmt: skip
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")
INTERLEAVED_BETA = "interleaved-thinking"
"""With this beta and tools, the budget for thinking may exceed max_tokens."""

Rule = Callable[[dict[str, Any], ModelVerdict, tuple[str, ...]], Iterator[CheckFault]]


def rules_for(key: Key, verdict: ModelVerdict, tool_checks: ToolChecks) -> tuple[Rule, ...]:
    """Return the rules that can apply to requests of this skeleton; most have none but that of max_tokens.

    A rule takes params that fit the schema, the verdict on their model, and the betas that will be sent.
    """
    names, kinds = set(key.names), key.kinds
    applies: tuple[tuple[Any, Rule], ...] = (
        (verdict.faults, by_model.name_faults),
        ("thinking" in names, by_model.thinking_faults),
        ("thinking" in names, _thinking_budget),
        ("output_config" in names, by_model.effort_faults),
        ("output_format" in names, lambda params, _, betas: output_format_faults(params, betas)),
        (key.tools or "output_config" in names, lambda params, _, betas: tool_checks.tool_faults(params, betas)),
        (len(set(key.tools or ())) < len(key.tools or ()), _tool_names),
        (
            "mcp_servers" in names or "mcp_toolset" in (key.tools or ()),
            lambda params, _, betas: mcp_faults(params, betas),
        ),
        ("tool_choice" in names, _tool_choice),
        ("tool_choice" in names, by_model.forced_tool_faults),
        (key.role(0) != "user", lambda params, *_: first_turn_faults(params)),
        (key.role(-1) == "assistant", by_model.prefill_faults),
        (any("tool_use" in kind or "tool_result" in kind for kind in kinds), lambda params, *_: call_faults(params)),
        (_may_break_cache(key), lambda params, *_: cache_faults(params)),
        (any(kind.startswith(_WITH_MEDIA) for kind in kinds), _media),
        ("output_config" in names and kinds - {"text", "text+cache"}, _cited_format),
        (names & by_model.SAMPLING, by_model.sampling_faults),
        (names & BETA_NEEDED.keys(), _betas),
        ("stop_sequences" in names, _stop_sequences),
        ("metadata" in names, _user_id),
    )
    # Decided once a skeleton: a job of 100,000 requests has a handful of them.
    return tuple(rule for does_apply, rule in applies if does_apply)


def _may_break_cache(key: Key) -> bool:
    """Whether there can be two breakpoints of the cache: one alone is always right."""
    marks = key.cache_marks + ("cache_control" in key.names)
    return marks > 1 or any(kind.startswith(_WITH_MARKS) for kind in key.kinds)


def holds_free_json(key: Key) -> bool:
    """Whether some of it is JSON that the schema does not look into, where NaN could hide."""
    return bool(not key.kinds <= {"text", "text+cache"} or not _CLOSED_KEYS.issuperset(key.names))


def _thinking_budget(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Yield the fault of a thinking budget that is not below max_tokens, unless thinking may be interleaved."""
    budget = params["thinking"].get("budget_tokens")
    # With interleaved thinking the budget is for all turns of tools together (documentation, extended thinking).
    may_exceed = bool(params.get("tools")) and any(beta.startswith(INTERLEAVED_BETA) for beta in betas)
    if budget is not None and budget >= params["max_tokens"] and not may_exceed:
        message = f"thinking.budget_tokens is {budget:,}, it must be less than max_tokens ({params['max_tokens']:,})"
        yield CheckFault("thinking-budget", message, "thinking is part of what max_tokens counts")


def _tool_names(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Find two tools of one name."""
    names = _names(params)
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        yield CheckFault("tool-name-duplicate", f'two tools are called "{twice}"', "names must be unique in a request")


def _tool_choice(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Yield the fault of a tool_choice that the tools do not allow."""
    choice = params["tool_choice"]
    kind = choice["type"]
    if not params.get("tools") and not params.get("mcp_servers"):
        severity = Severity.ERROR if kind in ("any", "tool") else Severity.WARNING
        message = "tool_choice is given, but no tools"
        yield CheckFault("tool-choice-without-tools", message, "give tools, or leave it out", severity)
    elif kind == "tool" and not params.get("mcp_servers") and choice["name"] not in _names(params):
        message = f'tool_choice names "{choice["name"][:60]}", which is not in tools'
        yield CheckFault("tool-choice-unknown", message, "add it to tools, or use one of them")


def _names(params: dict[str, Any]) -> list[str]:
    """Return the names of the tools."""
    return [tool["name"] for tool in params["tools"] if "name" in tool]


def _media(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Look at every image and document."""
    for block in all_blocks(params):
        if "source" in block and block["type"] in ("image", "document"):
            yield from source_faults(block["type"], block["type"], block["source"], verdict)


def _cited_format(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Find documents that are to be cited from beside a structured output."""
    if (params["output_config"] or {}).get("format") is None:
        return
    if any((block.get("citations") or {}).get("enabled") for block in all_blocks(params) if _may_cite(block)):
        hint = "turn citations off, or leave output_config.format out"
        yield CheckFault("format-citations", "citations do not go with output_config.format", hint)


def _may_cite(block: dict[str, Any]) -> bool:
    """Whether a block's citations say if it is to be cited from; in text blocks they are citations themselves."""
    return block.get("type") in ("document", "search_result")


def _betas(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Find what needs a beta header that will not be sent."""
    for key, beta in BETA_NEEDED.items():
        if key in params and not any(name.startswith(tuple(beta.split(" or "))) for name in betas):
            yield CheckFault(
                "beta-missing", f"{key} needs a beta header ({beta}-…)", "--beta NAME", Severity.WARNING, key
            )


def _stop_sequences(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Find a stop sequence of nothing."""
    if any(not each.strip() for each in params["stop_sequences"]):
        yield CheckFault(
            "stop-sequence-blank", "a stop sequence is blank", "each needs a character that is not a space"
        )


def _user_id(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Find a person's address where an opaque id is asked for."""
    if _EMAIL.search(params["metadata"].get("user_id") or ""):
        hint = "use an id that tells nothing about the person, such as a hash"
        yield CheckFault("user-id-email", "metadata.user_id looks like an email address", hint, Severity.WARNING)
