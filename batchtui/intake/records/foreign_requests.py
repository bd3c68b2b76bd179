"""Make a request of a line that was made for another API, where that is safe: `convert_line`.

Safe means that the model reads the same conversation and the answer has the same use. What only steers the other
service is dropped and named. What would change the answer's meaning (tools, images, JSON modes, several answers) is
never dropped: such a line is left out as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from batchtui.domain.submission.problem import Severity
from batchtui.intake.problems import CheckFault
from batchtui.intake.records.foreign_lines import foreign_line, is_bedrock, is_openai, is_vertex_claude

if TYPE_CHECKING:
    from collections.abc import Mapping

LEFT_OUT = "convert-key-left-out"
_MODEL_HINT = "pass a Claude model with --model; batchtui models lists them"
_TOKENS_HINT = "set it with --max-tokens N"

_NEUTRAL: Mapping[str, tuple[Any, ...]] = {
    "n": (1,),
    "stream": (False,),
    "temperature": (1,),
    "top_p": (1,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logprobs": (False,),
    "store": (False,),
    "tools": ([],),
    "functions": ([],),
    "tool_choice": ("none", "auto"),
    "function_call": ("none", "auto"),
    "response_format": ({"type": "text"},),
    "modalities": (["text"],),
    "logit_bias": ({},),
    "metadata": ({},),
    "service_tier": ("auto", "default"),
}
"""Values that say what happens anyway: nothing is lost without them (OpenAI API reference, create chat completion)."""
_STEERS_ONLY = frozenset(
    {
        "seed", "user", "safety_identifier", "metadata", "store", "service_tier", "stream", "stream_options",
        "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs", "reasoning_effort", "verbosity",
        "prompt_cache_key", "prompt_cache_retention", "parallel_tool_calls",
    }
)  # fmt: skip
"""Keys of OpenAI's without a counterpart; the answer stays one text without them."""
_HANDLED = frozenset({"model", "messages", "max_tokens", "max_completion_tokens", "stop", "temperature", "top_p"})
_MESSAGE_KEYS = frozenset({"role", "content", "name"})


class CannotConvert(ValueError):
    """No request can be made of a line without changing what it asks."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.fault = CheckFault(code, message, hint)


class ConvertedLine(NamedTuple):
    """A converted request whose id may not be legal yet, and which is not checked yet."""

    kind: str
    """openai, bedrock, vertex, or request for one that needs no conversion."""
    original_id: Any
    """As the line has it; None where it has none."""
    params: dict[str, Any]
    dropped: tuple[CheckFault, ...]
    """What was left out of it, as warnings."""


def convert_line(value: Mapping[str, Any], *, model: str | None = None, max_tokens: int | None = None) -> ConvertedLine:
    """Return a line as a request.

    Args:
        value: the JSON object.
        model: takes the place of the line's model.
        max_tokens: takes the place of the line's limit.

    Raises:
        CannotConvert: it cannot be made a request safely; its `fault` says why.
    """
    dropped: list[CheckFault] = []
    if isinstance(value.get("params"), dict):
        kind, params = "request", dict(value["params"])
    elif (named := foreign_line(value)) is not None and named.code == "results-line":
        raise CannotConvert(*named[:3])
    elif is_openai(value):
        kind, (params, dropped) = "openai", _from_openai(value)
    elif is_bedrock(value):
        kind, (params, dropped) = "bedrock", _from_messages(value.get("modelInput"), "modelInput")
    elif is_vertex_claude(value):
        kind, (params, dropped) = "vertex", _from_messages(value["request"], "request")
    else:
        hint = "OpenAI chat lines with text, and Bedrock or Vertex lines for Claude are converted"
        raise CannotConvert(*(named[:3] if named else ("convert-unknown", "this kind of line is not converted", hint)))
    _put_in(params, kind, model, max_tokens)
    return ConvertedLine(kind, original_id(value), params, tuple(dropped))


def original_id(value: Mapping[str, Any]) -> Any:
    """Return the id of a line of any of these kinds; None where it has none."""
    return value.get("custom_id", value.get("recordId"))


def _put_in(params: dict[str, Any], kind: str, model: str | None, max_tokens: int | None) -> None:
    """Put in what a request needs and the line may lack."""
    if model is not None:
        params["model"] = model
    if "model" not in params:
        raise CannotConvert("convert-model", "the line names no model", _MODEL_HINT)
    # No table of counterparts: which model takes another one's place is the person's choice.
    if kind == "openai" and not str(params["model"]).startswith("claude-"):
        raise CannotConvert("convert-model", f'"{str(params["model"])[:60]}" is not a Claude model', _MODEL_HINT)
    if max_tokens is not None:
        params["max_tokens"] = max_tokens
    if "max_tokens" not in params:
        raise CannotConvert("convert-max-tokens", "the line names no max_tokens", _TOKENS_HINT)


def _from_messages(given: Any, key: str) -> tuple[dict[str, Any], list[CheckFault]]:
    """Take params of the Messages API out of the form in which another cloud has them."""
    if not isinstance(given, dict) or not isinstance(given.get("messages"), list):
        raise CannotConvert("convert-not-messages", f"{key} is not a request for Claude's Messages API")
    if foreign := sorted({"inferenceConfig", "schemaVersion", "max_tokens_to_sample", "prompt"} & given.keys()):
        raise CannotConvert("convert-not-messages", f'{key} is for another model or API: it has "{foreign[0]}"')
    params = {name: each for name, each in given.items() if name not in ("anthropic_version", "anthropic_beta")}
    dropped = []
    if "anthropic_version" in given:
        dropped.append(_left_out("anthropic_version", "it is the other cloud's; the API has a header for it"))
    if given.get("anthropic_beta"):
        dropped.append(_left_out("anthropic_beta", "betas go in a header: pass --beta to batchtui submit"))
    return params, dropped


def _from_openai(value: Mapping[str, Any]) -> tuple[dict[str, Any], list[CheckFault]]:
    """Translate a chat completion with text."""
    url, body = value.get("url"), value["body"]
    if url is not None and not str(url).rstrip("/").endswith("/chat/completions"):
        raise CannotConvert("convert-url", f"only /v1/chat/completions is converted, not {str(url)[:60]}")
    if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
        raise CannotConvert("convert-body", "body has no list of messages")
    # Programs write null for parameters that were not set.
    body = {key: each for key, each in body.items() if each is not None}
    dropped = list(_other_keys(body))
    system, messages = _turns(body["messages"], dropped)
    params: dict[str, Any] = {"model": body["model"]} if "model" in body else {}
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    if limit is not None:
        params["max_tokens"] = limit
    if system:
        params["system"] = system
    params["messages"] = messages
    if body.get("stop"):
        params["stop_sequences"] = [body["stop"]] if isinstance(body["stop"], str) else body["stop"]
    for key in ("temperature", "top_p"):
        # Left out at their defaults: API version 2026-10-21 refuses the keys themselves.
        if key in body and body[key] not in _NEUTRAL[key]:
            params[key] = body[key]
    if isinstance(params.get("temperature"), int | float) and params["temperature"] > 1:
        dropped.append(_left_out("temperature", "Claude takes 0 to 1"))
        del params["temperature"]
    return params, dropped


def _other_keys(body: Mapping[str, Any]) -> list[CheckFault]:
    """Return what is left out of a body; raises where something may not be."""
    dropped = []
    for key, value in body.items():
        if key in _HANDLED or value in _NEUTRAL.get(key, ()):
            continue
        if key not in _STEERS_ONLY:
            raise CannotConvert("convert-key", f'"{key[:60]}" cannot be converted safely', "write this request by hand")
        dropped.append(_left_out(key, "it has no counterpart"))
    return dropped


def _turns(given: list[Any], dropped: list[CheckFault]) -> tuple[Any, list[dict[str, Any]]]:
    """Return the system prompt and the messages."""
    system: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []
    for message in given:
        role = message.get("role") if isinstance(message, dict) else None
        if role not in ("system", "developer", "user", "assistant"):
            raise CannotConvert("convert-role", f'a message of the role "{str(role)[:40]}" cannot be converted')
        _look_at_message(message, dropped)
        content = _text_of(message.get("content"))
        if role in ("user", "assistant"):
            messages.append({"role": role, "content": content})
        # Moved to the front it would change what the model has read by then.
        elif messages:
            raise CannotConvert("convert-system", "a system message comes after the first turn")
        else:
            system += [{"type": "text", "text": content}] if isinstance(content, str) else content
    return system[0]["text"] if len(system) == 1 else system, messages


def _look_at_message(message: Mapping[str, Any], dropped: list[CheckFault]) -> None:
    """Note a name, which has no counterpart; raises where more than text is in a message."""
    for key, value in message.items():
        if key not in _MESSAGE_KEYS and value not in (None, [], {}):
            raise CannotConvert("convert-message", f'a message has "{key[:40]}", and only text is converted')
    if message.get("name") is not None and not any(fault.kind == "name" for fault in dropped):
        dropped.append(_left_out("name", "messages have no name"))


def _text_of(content: Any) -> str | list[dict[str, Any]]:
    """Return a message's content; raises where it is not text."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise CannotConvert("convert-message", "a message has no text")
    blocks = []
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind != "text" or not isinstance(part.get("text"), str):
            raise CannotConvert("convert-message", f'a part of the type "{str(kind)[:40]}" is not text')
        blocks.append({"type": "text", "text": part["text"]})
    return blocks


def _left_out(key: str, why: str) -> CheckFault:
    return CheckFault(LEFT_OUT, f'"{key}" was left out: {why}', "", Severity.WARNING, key)
