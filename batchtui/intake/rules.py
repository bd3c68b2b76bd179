"""Rules that reach across the keys of one request, for params that already fit the schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from batchtui.domain.limits import LONG_OUTPUT_BETA
from batchtui.domain.problem import Severity
from batchtui.intake.model_rules import ModelVerdict
from batchtui.intake.problems import CheckFault
from batchtui.intake.rejected_keys import BETA_NEEDED, MAGIC, SAMPLING

if TYPE_CHECKING:
    from batchtui.intake.shapes import Key

MOST_CACHE_MARKS = 4
_WITH_DATA = ("image", "document", "tool_result")
_CLOSED_KEYS = frozenset({"model", "max_tokens", "messages", "system", "metadata", "thinking", "tool_choice",
                          "cache_control", "stop_sequences", "service_tier", "stream", "inference_geo"})  # fmt: skip
INTERLEAVED_BETA = "interleaved-thinking"


Rule = Callable[[dict[str, Any], ModelVerdict, tuple[str, ...]], Iterator[CheckFault]]


def rules_for(key: Key, verdict: ModelVerdict) -> tuple[Rule, ...]:
    """Return the rules that can apply to requests of this skeleton; most have none but that of max_tokens.

    A rule takes params that fit the schema, the verdict on their model, and the betas that will be sent.
    """
    names, kinds = set(key.names), key.kinds
    applies: tuple[tuple[Any, Rule], ...] = (
        (verdict.faults, _model),
        ("thinking" in names, _thinking),
        (len(set(key.tools or ())) < len(key.tools or ()), _tool_names),
        ("tool_choice" in names, _tool_choice),
        (key.role(0) == "system", _beginning),
        (key.role(-1) == "assistant", _ending),
        (any(kind.startswith(("tool_use", "tool_result")) for kind in kinds), _calls),
        (key.cache_marks > 1 or any(kind.startswith(_WITH_DATA) for kind in kinds), _blocks),
        (names & SAMPLING, _sampling),
        (names & BETA_NEEDED.keys(), _betas),
        ("stop_sequences" in names, _stop_sequences),
    )
    return tuple(rule for does_apply, rule in applies if does_apply)


def holds_free_json(key: Key) -> bool:
    """Whether some of it is JSON that the schema does not look into, where NaN could hide."""
    return bool(not key.kinds <= {"text", "text+cache"} or not _CLOSED_KEYS.issuperset(key.names))


def _model(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Say what is wrong with the model's name."""
    yield from verdict.faults


def max_tokens_faults(params: dict[str, Any], verdict: ModelVerdict) -> Iterator[CheckFault]:
    """Hold max_tokens against what the model writes at most."""
    wanted, limit = params["max_tokens"], verdict.max_tokens
    if limit is None or wanted <= limit:
        return
    hint = (
        f"--beta {LONG_OUTPUT_BETA} allows 300,000 in a batch"
        if verdict.long_output and limit < wanted <= 300_000
        else ""
    )
    message = f"max_tokens is {wanted:,}, {params['model']} writes at most {limit:,}"
    yield CheckFault("max-tokens-limit", message, hint or "lower it, or --max-tokens for all", kind=params["model"])


def _thinking(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Hold thinking against the model and max_tokens."""
    thinking = params["thinking"]
    kind, budget = thinking.get("type"), thinking.get("budget_tokens")
    if kind in verdict.refused_thinking:
        hint = 'leave it out or use {"type": "adaptive"}, and output_config.effort'
        yield CheckFault(
            "thinking-refused", f'{params["model"]} refuses thinking of type "{kind}"', hint, kind=str(kind)
        )
    may_exceed = bool(params.get("tools")) and any(beta.startswith(INTERLEAVED_BETA) for beta in betas)
    if isinstance(budget, int) and budget >= params["max_tokens"] and not may_exceed:
        message = f"thinking.budget_tokens is {budget:,}, it must be less than max_tokens ({params['max_tokens']:,})"
        yield CheckFault("thinking-budget", message, "thinking is part of what max_tokens counts")


def _tool_names(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Find two tools of one name."""
    names = _names(params)
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        yield CheckFault("tool-name-duplicate", f'two tools are called "{twice}"', "names must be unique in a request")


def _tool_choice(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Hold tool_choice against the tools, the model and thinking."""
    choice = params["tool_choice"]
    kind, is_forced = choice.get("type"), choice.get("type") in ("any", "tool")
    if not params.get("tools") and not params.get("mcp_servers"):
        severity = Severity.ERROR if is_forced else Severity.WARNING
        yield CheckFault(
            "tool-choice-without-tools", "tool_choice is given, but no tools", "give tools, or leave it out", severity
        )
    elif kind == "tool" and not params.get("mcp_servers") and choice["name"] not in _names(params):
        yield CheckFault("tool-choice-unknown", f'tool_choice names "{choice["name"][:60]}", which is no tool here')
    if is_forced and verdict.is_newest:
        hint = 'use {"type": "auto"} and ask for the tool in the prompt, or output_config.format'
        yield CheckFault(
            "tool-choice-refused", f'{params["model"]} refuses tool_choice "{kind}"', hint, kind=params["model"]
        )
    elif is_forced and params.get("thinking", {}).get("type") == "enabled":
        yield CheckFault(
            "tool-choice-thinking", f'tool_choice "{kind}" does not go with thinking', 'use {"type": "auto"}'
        )


def _names(params: dict[str, Any]) -> list[str]:
    """Return the names of the tools."""
    return [tool["name"] for tool in params["tools"] if "name" in tool]


def _beginning(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Speak of a conversation that begins with instructions, as other services have it."""
    hint = 'instructions go into "system", beside "messages"'
    yield CheckFault("system-first", 'the first message has the role "system"', hint, Severity.WARNING)


def _ending(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Look at a conversation that ends with the assistant."""
    prefill = _prefill(params["messages"][-1])
    if prefill is not None and verdict.is_newest:
        message = f"the last message is the assistant's: {params['model']} refuses a prefill"
        yield CheckFault("prefill-refused", message, "end with the user", kind=params["model"])
    elif prefill is not None and prefill != prefill.rstrip():
        yield CheckFault(
            "prefill-space", "the assistant's last message ends in a space", "the API refuses it; strip it"
        )


def _calls(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Hold calls of tools against their answers; turns of one side in a row are one turn."""
    called: set[str] = set()
    answered: set[str] = set()
    before = ""
    for message in params["messages"]:
        role = message["role"]
        if role == "system":
            continue
        if role == "assistant" and before == "user" and (called or answered):
            if called != answered:
                yield from _pairs(called, answered)
            called, answered = set(), set()
        before = role
        if type(message["content"]) is list:
            if role == "assistant":
                called.update([block["id"] for block in message["content"] if block["type"] == "tool_use"])
            else:
                answered.update(
                    [block["tool_use_id"] for block in message["content"] if block["type"] == "tool_result"]
                )
    if called != answered:
        yield from _pairs(called, answered)


def _prefill(message: dict[str, Any]) -> str | None:
    """Return the text that the answer shall go on from; None where it ends in something else."""
    content = message["content"]
    if isinstance(content, str):
        return content
    last = content[-1] if content else {}
    return last["text"] if last.get("type") == "text" else None


def _pairs(called: set[str], answered: set[str]) -> Iterator[CheckFault]:
    """Hold calls of tools against the answers in the turn that follows."""
    if called - answered:
        message = f"the call of a tool ({min(called - answered)[:60]}) has no tool_result in the next message"
        yield CheckFault("tool-result-missing", message, "the API refuses it")
    if answered - called:
        message = f"a tool_result ({min(answered - called)[:60]}) answers no tool_use of the message before"
        yield CheckFault("tool-result-orphan", message, "the API refuses it")


def _blocks(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Look at every block, tools and system included, in the order in which a prompt is cached."""
    marks: list[str] = []
    for block in _all_blocks(params):
        mark = block.get("cache_control")
        if type(mark) is dict:  # the inside of beta blocks is left to the API
            marks.append(mark.get("ttl", "5m"))
        if "source" in block and block["type"] in ("image", "document"):
            yield from _data(block["source"])
    if len(marks) + bool(params.get("cache_control")) > MOST_CACHE_MARKS:
        yield CheckFault(
            "cache-control-count", f"cache_control stands {len(marks)} times, 4 are allowed", "keep the last ones"
        )
    if "1h" in marks and "5m" in marks[: len(marks) - marks[::-1].index("1h")]:
        yield CheckFault("cache-control-order", "a 1h cache_control comes after a 5m one", "longer ones go first")


def _all_blocks(params: dict[str, Any]) -> list[dict[str, Any]]:
    """Return tools, then blocks of system, then blocks of messages, inner ones too."""
    blocks = [*params.get("tools", ())]
    if type(params.get("system")) is list:
        blocks += params["system"]
    for message in params["messages"]:
        if type(message["content"]) is list:
            for block in message["content"]:
                blocks.append(block)
                if block["type"] == "tool_result" and type(block.get("content")) is list:
                    blocks += block["content"]
    return blocks


def _data(source: dict[str, Any]) -> Iterator[CheckFault]:
    """Hold base64 data against its media type."""
    data = source.get("data")
    if source.get("type") != "base64" or not isinstance(data, str):
        return
    if len(data) % 4:
        yield CheckFault(
            "base64", "base64 data is cut short (its length is no multiple of 4)", "encode the whole file again"
        )
    seems = next((kind for start, kind in MAGIC if data.startswith(start)), None)
    if seems is not None and seems != source["media_type"]:
        yield CheckFault(
            "media-type", f"media_type is {source['media_type']}, but the data is {seems}", "name what it is"
        )


def _sampling(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Look at sampling parameters, where the version still takes them."""
    given = sorted(SAMPLING & params.keys())
    if verdict.is_newest:
        yield CheckFault("sampling-model", f"{params['model']} may refuse {given[0]}", "leave it out", Severity.WARNING)
    if params.get("thinking", {}).get("type") == "enabled" and ("top_k" in given or params.get("temperature", 1) != 1):
        yield CheckFault("sampling-thinking", f"{given[0]} does not go with thinking", "leave it out")


def _betas(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Find what needs a beta header that will not be sent."""
    for key, beta in BETA_NEEDED.items():
        if params.get(key) and not any(name.startswith(tuple(beta.split(" or "))) for name in betas):
            yield CheckFault(
                "beta-missing", f"{key} needs a beta header ({beta}-…)", "--beta NAME", Severity.WARNING, key
            )


def _stop_sequences(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Find a stop sequence of nothing."""
    if any(not each.strip() for each in params["stop_sequences"]):
        yield CheckFault("stop-sequence-blank", "a stop sequence is blank", "each needs something that is no space")
