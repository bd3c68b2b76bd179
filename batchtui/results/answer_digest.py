"""`answer_digest` tells whether two results say the same, whatever the ids and the usage around it."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batchtui.results.parsed_result import ParsedResult


def answer_digest(answer: ParsedResult) -> str:
    """Return 32 hexadecimal digits that stand for the content of an answer, or for the error in its place.

    Message ids, usage and the model's name are left out: a reviewer judges what is said. How it stopped counts, since a
    truncated answer is another one.
    """
    said: object = answer.result or answer.reading.message
    if answer.message:
        said = [answer.content, answer.message.get("stop_reason")]
    # ensure_ascii: a lone surrogate from `\ud800` could not be encoded otherwise.
    text = json.dumps(said, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:32]
