"""Sign the blocks of an answer, so that a conversation that comes back changed is noticed: `sign_blocks`.

The service signs its thinking and knows its own calls of tools; here every signature and every id of a call is made of
what stands before it in its turn, so that nothing has to be remembered between two requests.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_MARK = "sim"
"""Begins every id and signature of ours; those of other origin are not judged."""
_PREFIXES: Mapping[str, str] = {"tool_use": f"toolu_{_MARK}", "server_tool_use": f"srvtoolu_{_MARK}"}
_THINKING = f"EqQBCkYI{_MARK}"


def sign_blocks(blocks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the blocks of one turn with their ids and signatures; results of server tools get the id of their call."""
    signed: list[dict[str, Any]] = []
    for block in blocks:
        kind = block["type"]
        if kind in _PREFIXES:
            block = {"type": kind, "id": f"{_PREFIXES[kind]}{_digest(signed, block)}", **block}
        elif kind == "thinking":
            block = {**block, "signature": f"{_THINKING}{_digest(signed, block)}"}
        elif kind.endswith("_tool_result"):
            block = {**block, "tool_use_id": signed[-1]["id"]}
        signed.append(block)
    return signed


def forgery_sentences(messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What the service says of turns of the assistant that are not as it wrote them."""
    for index, message in enumerate(messages):
        content = message["content"]
        if message["role"] != "assistant" or not isinstance(content, list):
            continue
        for place, block in enumerate(content):
            where = f"messages.{index}.content.{place}"
            before = content[:place]
            if block["type"] == "thinking":
                signature = str(block.get("signature", ""))
                if signature.startswith(_THINKING) and signature != f"{_THINKING}{_digest(before, block)}":
                    yield f"{where}: Invalid `signature` in `thinking` block"
            elif block["type"] in _PREFIXES:
                prefix = _PREFIXES[block["type"]]
                if str(block["id"]).startswith(prefix) and block["id"] != f"{prefix}{_digest(before, block)}":
                    yield (
                        f"{where}: `thinking` or `tool_use` blocks in the latest assistant message cannot be modified."
                        " These blocks must remain as they were in the original response."
                    )


def _digest(before: Sequence[Mapping[str, Any]], block: Mapping[str, Any]) -> str:
    """A digest of a block and of everything before it in its turn."""
    bare = {key: value for key, value in block.items() if key not in ("id", "signature", "cache_control")}
    # Marks of the cache may be added to blocks that go back.
    rest = [{key: value for key, value in each.items() if key != "cache_control"} for each in before]
    text = json.dumps([*rest, bare], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
