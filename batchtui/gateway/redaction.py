"""Other people's words inside our sentences: on one line, of bounded length, without anything that looks like a key."""

from __future__ import annotations

import re
from collections.abc import Mapping

LONGEST = 600
"""Characters of the API's own message that are kept: it may be anything, of any length."""

_KEY = re.compile(r"sk-ant-[\w-]+|(?<=Bearer )\S+", re.IGNORECASE)
_USER_IN_URL = re.compile(r"(?<=://)[^/@\s]+@")


def redact(words: object, longest: int = LONGEST) -> str:
    """Make one line of what somebody else said. It stays hostile text: whoever shows it makes it safe."""
    # Cut before anything is searched: the text may be megabytes.
    line = " ".join(str(words)[: 4 * longest].split())
    line = _USER_IN_URL.sub("", _KEY.sub("[key]", line))
    return line if len(line) <= longest else line[: longest - 1] + "…"


def error_message(body: object) -> str:
    """Find the message in an error body: `{"error": {"message"}}`, or flat as other servers send it; else empty."""
    for part in (dig(body, "error"), body):
        if isinstance(part, str) and part is not body:
            return redact(part)
        message = dig(part, "message") or dig(part, "detail")
        if isinstance(message, str):
            return redact(message)
    return ""


def dig(value: object, *keys: str) -> object:
    """Walk into nested objects; None where there is nothing of that name."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
