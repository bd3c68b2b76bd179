"""Token counts that add up: four characters a token, split into fresh, written and read where caching is asked for."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

CACHE_MINIMUM = 1_024
"A prefix shorter than this many tokens is not cached."
IMAGE_CHARACTERS = 6_000
"An image or a PDF page counts like this much text, whatever its size."


@dataclass(frozen=True, slots=True)
class InputTokens:
    """The input of one request; fresh, written and read add up to the whole."""

    fresh: int
    "input_tokens: neither written to the cache nor read from it."
    written_5m: int = 0
    "Written to the cache for five minutes."
    written_1h: int = 0
    "Written to the cache for an hour."
    read: int = 0
    "Read from the cache."

    @property
    def total(self) -> int:
        """Input tokens of all kinds together."""
        return self.fresh + self.written_5m + self.written_1h + self.read


def count_input(params: Mapping[str, Any], *, cache_is_warm: bool) -> InputTokens:
    """Estimate a request's input; `cache_is_warm` decides whether its cached prefix is read or written."""
    messages = params.get("messages")
    if (
        # model, max_tokens and one text message: the usual request of a large batch, counted without building lists.
        len(params) == 3
        and isinstance(messages, list)
        and len(messages) == 1
        and isinstance(messages[0].get("content"), str)
    ):
        return InputTokens(tokens(len(messages[0]["content"])) + 3)
    characters = cached = 0
    lifetime = ""
    for part in _blocks(params):
        characters += _size(part)
        control = part.get("cache_control") if isinstance(part, Mapping) else None
        if isinstance(control, Mapping):
            cached, lifetime = characters, str(control.get("ttl", "5m"))
    if params.get("cache_control"):
        cached, lifetime = characters, str(dict(params["cache_control"]).get("ttl", "5m"))
    total, prefix = tokens(characters) + 3, tokens(cached)
    # As documented: a shorter prefix is not cached, and nothing is said about it.
    if prefix < CACHE_MINIMUM:
        return InputTokens(total)
    fresh = total - prefix
    if cache_is_warm:
        return InputTokens(fresh, read=prefix)
    return InputTokens(fresh, written_1h=prefix) if lifetime == "1h" else InputTokens(fresh, written_5m=prefix)


def tokens(characters: int) -> int:
    """How many tokens so many characters are, at least one for anything."""
    return -(-characters // 4)


def usage_object(
    given: InputTokens, output: int, *, thinking: int = 0, tier: str = "batch", geography: str = "not_available"
) -> dict[str, Any]:
    """The `usage` of a message, keys in the recorded order."""
    usage: dict[str, Any] = {
        "input_tokens": given.fresh,
        "cache_creation_input_tokens": given.written_5m + given.written_1h,
        "cache_read_input_tokens": given.read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": given.written_5m,
            "ephemeral_1h_input_tokens": given.written_1h,
        },
        "output_tokens": output,
        "service_tier": tier,
        "inference_geo": geography,
    }
    if thinking:
        usage["output_tokens_details"] = {"thinking_tokens": thinking}
    return usage


def _blocks(params: Mapping[str, Any]) -> Iterator[object]:
    """Everything that is input, in the order in which a prefix is cached: tools, system, messages."""
    yield from params.get("tools") or ()
    system = params.get("system") or ()
    yield from [system] if isinstance(system, str) else system
    for message in params.get("messages") or ():
        content = message.get("content") if isinstance(message, Mapping) else message
        yield from content if isinstance(content, list) else [content]


def _size(part: object) -> int:
    if isinstance(part, str):
        return len(part)
    if not isinstance(part, Mapping):
        return 0
    if part.get("type") == "text":
        return len(str(part.get("text", "")))
    source = part.get("source")
    if isinstance(source, Mapping) and source.get("type") != "text":
        return IMAGE_CHARACTERS
    return len(json.dumps(part, default=str))
