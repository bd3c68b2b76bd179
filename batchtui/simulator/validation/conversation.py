"""The service's judgement of a conversation: calls of tools, caching, and media."""

import binascii
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MOST_MARKS = 4
MOST_IMAGE = 10 * 1024 * 1024
MOST_SIDE = 8_000
# The service compares the first bytes with the media type that is named.
SIGNATURES: Mapping[str, tuple[bytes, ...]] = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
}

Block = Mapping[str, Any]


def turns(messages: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Block]]]:
    """The turns of both sides, consecutive messages of one side as one; instructions in between are left out."""
    joined: list[tuple[str, list[Block]]] = []
    for message in messages:
        content = message["content"]
        blocks = content if isinstance(content, list) else [{"type": "text", "text": content}]
        if message["role"] == "system":
            continue
        if joined and joined[-1][0] == message["role"]:
            joined[-1][1].extend(blocks)
        else:
            joined.append((message["role"], list(blocks)))
    return joined


def is_paused(content: object) -> bool:
    """Whether an assistant's message ends as a paused turn does, so that it is continued and not prefilled."""
    if not isinstance(content, list) or not content:
        return False
    kind = str(content[-1].get("type"))
    is_result = kind.endswith("_tool_result") and kind != "tool_result"
    return is_result or kind in ("server_tool_use", "mcp_tool_use", "compaction")


def turn_sentences(messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong with the order of turns, and with calls of tools and their results."""
    joined = turns(messages)
    seen: set[str] = set()
    open_calls: list[str] = []
    for role, blocks in joined:
        if role == "assistant":
            yield from _call_sentences(blocks, seen)
            # Only the caller's own tools: server tools get their results within the same turn.
            open_calls = [block["id"] for block in blocks if block["type"] == "tool_use"]
            continue
        yield from _result_sentences(blocks, open_calls)
        open_calls = []
    if open_calls:
        yield f"`tool_use` ids were found without `tool_result` blocks immediately after: {open_calls[0]}."


def _call_sentences(blocks: Sequence[Block], seen: set[str]) -> Iterator[str]:
    here: set[str] = set()
    for block in blocks:
        kind = block["type"]
        if kind in ("tool_use", "server_tool_use", "mcp_tool_use"):
            if block["id"] in here:
                yield "messages: `tool_use` ids must be unique"
            here.add(block["id"])
            seen.add(block["id"])
        elif kind.endswith("_tool_result") and block["tool_use_id"] not in seen:
            yield f"messages: unexpected `tool_use_id` found in `{kind}` blocks: {block['tool_use_id']}"


def _result_sentences(blocks: Sequence[Block], calls: Sequence[str]) -> Iterator[str]:
    kinds = [block["type"] for block in blocks]
    results = [block for block in blocks if block["type"] == "tool_result"]
    answered = [block["tool_use_id"] for block in results]
    if set(calls) - set(answered):
        yield "`tool_use` ids were found without `tool_result` blocks immediately after."
    if set(answered) - set(calls):
        yield "unexpected `tool_use_id` found in `tool_result` blocks. Each must have a `tool_use` block before it."
    if len(answered) != len(set(answered)):
        yield "each tool_use must have a single result. Found multiple `tool_result` blocks."
    if kinds[: len(results)] != ["tool_result"] * len(results):
        yield "`tool_result` blocks must come first in the content of a user message."
    if any(block.get("is_error") and not block.get("content") for block in results):
        yield "tool_result: content cannot be empty if `is_error` is true"


def nested(block: Block) -> list[Block]:
    """A block after the blocks inside it."""
    kind = block.get("type")
    content = block.get("content") if kind in ("tool_result", "search_result") else None
    if kind == "document":
        content = block["source"].get("content")
    inner = [each for held in content for each in nested(held)] if isinstance(content, list) else []
    return [*inner, block]


def prompt(params: Mapping[str, Any]) -> list[Block]:
    """Tools, system and messages as the blocks that a prompt is made of, in the order of caching."""
    blocks: list[Block] = list(params.get("tools") or ())
    blocks += params["system"] if isinstance(params.get("system"), list) else []
    for message in params["messages"]:
        if isinstance(message["content"], list):
            blocks += [each for block in message["content"] for each in nested(block)]
        else:
            blocks.append({"type": "text"})
    return blocks


def cache_sentences(params: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the breakpoints of the cache: too many, or a longer one after a shorter one."""
    blocks = prompt(params)
    lives = [block["cache_control"].get("ttl", "5m") for block in blocks if block.get("cache_control")]
    at_top = params.get("cache_control")
    if at_top:
        life = at_top.get("ttl", "5m")
        last = blocks[-1].get("cache_control") if blocks else None
        if last and last.get("ttl", "5m") != life:
            yield "cache_control: the last block has a cache_control with another ttl."
        lives.append(life)
    if len(lives) > MOST_MARKS:
        yield f"A maximum of {MOST_MARKS} blocks with cache_control may be provided. Found {len(lives)}."
    # Prompt caching, mixing lifetimes: a longer one must come before a shorter one.
    if any(later == "1h" and "5m" in lives[:index] for index, later in enumerate(lives)):
        yield "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block."


def media_sentences(params: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with images and documents, as far as it shows without decoding them."""
    for block in prompt(params):
        if block.get("type") not in ("image", "document"):
            continue
        source = block["source"]
        if source["type"] == "url" and not source["url"].lower().startswith("https://"):
            yield f"{block['type']}.source.url: Only HTTPS URLs are supported."
        elif source["type"] == "base64":
            yield from _data_sentences(source["data"], source["media_type"])


def _data_sentences(data: str, media_type: str) -> Iterator[str]:
    try:
        raw = binascii.a2b_base64(data.encode(), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        yield "source.base64.data: The image or document was provided in invalid base64."
        return
    if media_type == "application/pdf":
        if b"%PDF-" not in raw[:1024]:
            yield "The PDF specified was not valid."
        return
    if not raw.startswith(SIGNATURES[media_type]) or (media_type == "image/webp" and raw[8:12] != b"WEBP"):
        yield f"Image does not match the provided media type {media_type}"
        return
    if len(data) > MOST_IMAGE:
        yield f"image exceeds 10 MB maximum: {len(data)} bytes > {MOST_IMAGE} bytes"
    if max(_sides(raw, media_type)) > MOST_SIDE:
        yield f"At least one of the image dimensions exceed max allowed size: {MOST_SIDE} pixels"


def _sides(raw: bytes, media_type: str) -> tuple[int, int]:
    """Width and height of an image; zeros where its header does not say."""
    try:
        match media_type, raw[12:16]:
            case "image/png", _:
                return struct.unpack(">II", raw[16:24])
            case "image/gif", _:
                return struct.unpack("<HH", raw[6:10])
            case "image/webp", b"VP8X":
                return 1 + int.from_bytes(raw[24:27], "little"), 1 + int.from_bytes(raw[27:30], "little")
            case "image/webp", b"VP8L":
                bits = int.from_bytes(raw[21:25], "little")
                return 1 + bits % 2**14, 1 + (bits >> 14) % 2**14
            case "image/webp", _:
                width, height = struct.unpack("<HH", raw[26:30])
                return width % 2**14, height % 2**14
    except struct.error:
        return 0, 0
    return _jpeg_sides(raw)


def _jpeg_sides(raw: bytes) -> tuple[int, int]:
    place = 2
    while len(raw) >= place + 9 and raw[place] == 0xFF:
        kind = raw[place + 1]
        # The frame headers SOF0 to SOF15; C4, C8 and CC are other segments (ITU T.81, table B.1).
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", raw[place + 5 : place + 9])
            return width, height
        place += 1 if kind == 0xFF else 2 + int.from_bytes(raw[place + 2 : place + 4], "big")
    return 0, 0
